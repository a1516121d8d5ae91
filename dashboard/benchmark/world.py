"""A generated programme as CSV files: the same for the same number of members, and nobody in it is real."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

FIRST, LAST = np.datetime64("2024-11-01", "D"), np.datetime64("2026-10-31", "D")
DAYS = int((LAST - FIRST).astype(int)) + 1
PURCHASES, EARNED, REDEEMED = 8, 8, 1  # for each member
REGIONS, CHANNELS, GENDERS = 8, ("store", "app", "web"), ("female", "male", "other")
STORES = 5  # of each region
TIERS = ("member", "silver", "gold")
MOVED = 0.04  # of the members moved to another region once
LAYOUT = 1  # to be raised when other files come out

PROGRAMME = {
    "name": "bench",
    "time_zone": "UTC",
    "currency": "EUR",
    "currency_decimals": 2,
    "tiers": [
        {"name": name, "threshold": threshold} for name, threshold in zip(TIERS, (0, 300, 700), strict=True)
    ],
    "earning": {"points_per_unit": 1},
    "expiry": {"months": 12},
    "rewards": [{"name": "voucher", "points": 100, "cost": 1}],
}
OTHERWISE = PROGRAMME | {
    "name": "otherwise",
    "tiers": [
        {"name": name, "threshold": threshold} for name, threshold in zip(TIERS, (0, 200, 900), strict=True)
    ],
    "earning": {"points_per_unit": 2},
}
_AT = "%Y-%m-%d %H:%M:%S"
_PLAIN = pyarrow.csv.WriteOptions(quoting_style="none")  # as databases write what needs no quotes
MAPPING = {
    "name": "bench",
    "about": "generated",
    "time_zone": "UTC",
    "files": {
        "members": {
            "match": ["members*"],
            "rows": [
                {
                    "table": "members",
                    "columns": {
                        "member_id": "member",
                        "valid_from": {"from": "since", "format": "%Y-%m-%d"},
                        "joined_on": {"from": "joined", "format": "%Y-%m-%d"},
                        "gender": "gender",
                        "region": "region",
                        "channel": "channel",
                        "store": "store",
                    },
                }
            ],
        },
        "purchases": {
            "match": ["purchases*"],
            "rows": [
                {
                    "table": "purchases",
                    "columns": {
                        "purchase_id": "id",
                        "member_id": "member",
                        "kind": "kind",
                        "occurred_at": {"from": "at", "format": _AT},
                        "amount": "amount",
                        "quantity": "pieces",
                        "store": "store",
                        "channel": "channel",
                    },
                }
            ],
        },
        "entries": {
            "match": ["entries*"],
            "rows": [
                {
                    "table": "entries",
                    "columns": {
                        "entry_id": "id",
                        "member_id": "member",
                        "account": {"value": "points"},
                        "kind": "kind",
                        "amount": "points",
                        "occurred_at": {"from": "at", "format": _AT},
                        "reason": "reason",
                    },
                }
            ],
        },
        "tier_changes": {
            "match": ["tier_changes*"],
            "rows": [
                {
                    "table": "tier_changes",
                    "columns": {
                        "member_id": "member",
                        "occurred_at": {"from": "at", "format": _AT},
                        "from_tier": "before",
                        "to_tier": "after",
                    },
                }
            ],
        },
    },
}


@dataclass(frozen=True, slots=True)
class World:
    """The files, and how many rows each has."""

    folder: Path
    rows: dict[str, int]

    @property
    def files(self) -> list[Path]:
        return [self.folder / f"{name}.csv" for name in self.rows]

    @property
    def size(self) -> int:
        return sum(self.rows.values())

    def some(self, rows: int) -> dict[Path, int]:
        """About so many rows, as large a part of every file."""
        part = min(rows / self.size, 1)
        return {file: round(self.rows[file.stem] * part) for file in self.files}


def made(members: int, folder: Path) -> World:
    """Write the files of a programme with so many members; those that are there already are taken."""
    told = folder / f"rows-{members}-{LAYOUT}.json"
    if told.exists():
        return World(folder, json.loads(told.read_text("ascii")))
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.Generator(np.random.PCG64(members))
    ids = np.char.add("M", np.char.zfill(np.arange(members).astype(str), 7))
    joined = np.sort(draw.integers(0, DAYS, members) * (draw.random(members) > 0.25)).astype(np.int64)
    region, place = draw.integers(0, REGIONS, members), draw.integers(0, STORES, members)
    channel, gender = draw.integers(0, 3, members), draw.choice(3, members, p=(0.52, 0.46, 0.02))
    tables = {
        "members": _members(draw, ids, joined, region, place, channel, gender),
        "purchases": _purchases(draw, ids, joined, region, place, channel),
        "entries": _entries(draw, ids, joined),
        "tier_changes": _tier_changes(draw, ids, joined),
    }
    for name, columns in tables.items():
        pyarrow.csv.write_csv(pa.table(columns), folder / f"{name}.csv", _PLAIN)
    rows = {name: len(next(iter(columns.values()))) for name, columns in tables.items()}
    told.write_text(json.dumps(rows), "ascii")  # last, so that files are whole where it is there
    return World(folder, rows)


def _named(codes: np.ndarray, names: tuple[str, ...]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(names)).cast(pa.string())


def _regions(codes: np.ndarray) -> pa.Array:
    return _named(codes, tuple(f"R{number}" for number in range(REGIONS)))


def _stores(region: np.ndarray, place: np.ndarray) -> pa.Array:
    names = tuple(f"S{number:02d}" for number in range(REGIONS * STORES))
    return _named(region * STORES + place, names)


def _dates(days: np.ndarray) -> pa.Array:
    return pa.array((FIRST + days).astype("datetime64[D]"))


def _instants(draw: np.random.Generator, days: np.ndarray) -> pa.Array:
    seconds = draw.integers(8 * 3600, 21 * 3600, len(days))
    return pa.array((FIRST + days).astype("datetime64[s]") + seconds.astype("timedelta64[s]"))


def _members(draw, ids, joined, region, place, channel, gender) -> dict[str, object]:
    moved = np.flatnonzero((draw.random(len(ids)) < MOVED) & (joined < DAYS - 2))
    since = joined[moved] + 1 + (draw.random(len(moved)) * (DAYS - 1 - joined[moved])).astype(np.int64)
    who = np.concatenate([np.arange(len(ids)), moved])
    there = np.concatenate([region, (region[moved] + 1) % REGIONS])
    return {
        "member": pa.array(ids[who]),
        "since": _dates(np.concatenate([joined, since])),
        "joined": _dates(joined[who]),
        "gender": _named(gender[who], GENDERS),
        "region": _regions(there),
        "channel": _named(channel[who], CHANNELS),
        "store": _stores(there, place[who]),
    }


def _some_days(draw, joined: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Members, some far busier than others, and a day of each since joining."""
    weight = draw.gamma(0.9, 1.0, len(joined)) + 0.02
    who = np.sort(draw.choice(len(joined), count, p=weight / weight.sum()))
    return who, joined[who] + (draw.random(count) ** 1.3 * (DAYS - joined[who])).astype(np.int64)


def _purchases(draw, ids, joined, region, place, channel) -> dict[str, object]:
    count = PURCHASES * len(ids)
    who, day = _some_days(draw, joined, count)
    refund = draw.random(count) < 0.02
    cents = np.round(np.exp(3.2 + 0.7 * draw.standard_normal(count)) * 100).astype(np.int64)
    cents = np.where(refund, -cents // 2, cents)
    elsewhere = draw.random(count) < 0.25
    store = np.where(elsewhere, draw.integers(0, STORES, count), place[who])
    through = np.where(draw.random(count) < 0.3, draw.integers(0, 3, count), channel[who])
    return {
        "id": pa.array(np.char.add("P", np.arange(count).astype(str))),
        "member": pa.array(ids[who]),
        "kind": _named(refund.astype(int), ("sale", "refund")),
        "at": _instants(draw, day),
        "amount": pa.array(cents / 100).cast(pa.float64()),
        "pieces": pa.array(np.where(refund, -1, draw.integers(1, 4, count))),
        "store": _stores(region[who], store),
        "channel": _named(through, CHANNELS),
    }


def _entries(draw, ids, joined) -> dict[str, object]:
    earned, redeemed = EARNED * len(ids), REDEEMED * len(ids)
    who, day = _some_days(draw, joined, earned + redeemed)
    redeem = np.zeros(len(who), bool)
    redeem[draw.choice(len(who), redeemed, replace=False)] = True
    points = np.where(redeem, -100, draw.integers(5, 80, len(who)))
    return {
        "id": pa.array(np.char.add("E", np.arange(len(who)).astype(str))),
        "member": pa.array(ids[who]),
        "kind": _named(redeem.astype(int), ("earn", "redeem")),
        "points": pa.array(points),
        "at": _instants(draw, day),
        "reason": _named(redeem.astype(int), ("purchase", "voucher")),
    }


def _tier_changes(draw, ids, joined) -> dict[str, object]:
    """Everybody enters the lowest tier; a third move up later, some of them once more."""
    up = np.flatnonzero((draw.random(len(ids)) < 0.33) & (joined < DAYS - 30))
    first = joined[up] + 1 + (draw.random(len(up)) * (DAYS - 20 - joined[up])).astype(np.int64)
    more = draw.random(len(up)) < 0.3
    second = first[more] + 1 + (draw.random(int(more.sum())) * (DAYS - 1 - first[more])).astype(np.int64)
    after = np.repeat([0, 1, 2], [len(ids), len(up), len(second)])
    return {
        "member": pa.array(np.concatenate([ids, ids[up], ids[up][more]])),
        "at": _instants(draw, np.concatenate([joined, first, second])),
        "before": _named(np.maximum(after - 1, -1) + 1, ("", *TIERS)),
        "after": _named(after, TIERS),
    }
