"""Small random programmes with everything that a ledger, a till and a member list can hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from random import Random
from zoneinfo import ZoneInfo

import pandas as pd

from loyalty_core.facts import TABLES
from loyalty_core.histories import history_from_frames
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme, programme_from_dict
from tests.core.generated_offers import Offering
from tests.core.generated_tiers import Ladder

BEGIN = date(2023, 2, 1)
EDGES_DAYS = (10, 11, 30, 31, 60, 61, 90, 91, 180, 181, 364, 365)
TIERS = ("base", "silver", "gold")
ZONES = ("Asia/Shanghai", "America/New_York", "UTC", "Pacific/Apia")


@dataclass(frozen=True)
class Case:
    """One generated programme: its document, and the rows of its fact tables as plain values."""

    document: dict
    rows: dict[str, list[dict]]

    @cached_property
    def programme(self) -> Programme:
        return programme_from_dict(self.document)

    @cached_property
    def history(self) -> History:
        return history_from_frames(frames(self.rows), self.programme)


def frames(rows: dict[str, list[dict]]) -> dict[str, pd.DataFrame]:
    """The rows as frames in the declared columns."""
    return {
        name: pd.DataFrame(table, columns=[column.name for column in TABLES[name]])
        for name, table in rows.items()
    }


def generated(seed: int, members: int = 12, span_days: int = 520, early_leavers: bool = True) -> Case:
    """The programme of that seed: the same every time; some members leave before they join, unless told."""
    return _Maker(seed, members, span_days, early_leavers).case()


class _Maker:
    def __init__(self, seed: int, members: int, span_days: int, early_leavers: bool) -> None:
        self.random, self.span_days, self.early_leavers = Random(seed), span_days, early_leavers
        self.ids = [f"m{number:02d}" for number in range(members)]
        self.zone = ZoneInfo(self.random.choice(ZONES))
        self.number = 0
        self.offering = Offering(seed, list(self.ids), self.zone, BEGIN, span_days)
        self.ladder = Ladder(seed, list(self.ids), self.zone, BEGIN, span_days)

    def case(self) -> Case:
        self.random.shuffle(self.ids)
        listed = [member for member in self.ids if self.chance(0.9)]
        rows = {
            "members": [row for member in listed for row in self.versions(member)],
            "purchases": self.purchases(),
            "entries": self.entries(),
            "tier_changes": [row for member in self.ids for row in self.tier_changes(member)],
            "activities": self.activities(),
        }
        self.offering.add_to(rows)
        self.ladder.add_to(rows)
        for table in rows.values():
            self.random.shuffle(table)
        return Case(self.document() | self.offering.document() | self.ladder.document(), rows)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def name(self) -> str:
        self.number += 1
        return f"x{self.number}"

    def day(self, least: int = 0) -> date:
        """A day of the span, often one that a window back from a month's end just holds or misses."""
        first, last = BEGIN + timedelta(days=least), BEGIN + timedelta(days=self.span_days)
        month_start = date(2023, 3, 1) + timedelta(days=31 * self.random.randint(0, 17))
        edge = month_start.replace(day=1) - timedelta(days=1 + self.random.choice(EDGES_DAYS))
        if first <= edge <= last and self.chance(0.4):
            return edge
        return first + timedelta(days=self.random.randint(0, (last - first).days))

    def instant(self, day: date) -> datetime:
        """Some time of that local day, often close to midnight."""
        at = self.random.choice([time(0, 0), time(23, 59, 59, 999999), time(12, 30), time(7, 5, 3)])
        return datetime.combine(day, at, tzinfo=self.zone).astimezone(UTC)

    def document(self) -> dict:
        active = self.random.choice([10, 30, 90])
        rewards = [
            {"name": "voucher", "points": 200, "cost": 3},
            {"name": "cup", "points": 70, "cost": self.random.choice([0, 1.25])},
        ]
        return {
            "name": "generated",
            "time_zone": self.zone.key,
            "currency_decimals": 2,
            "point_decimals": self.random.choice([0, 1]),
            "lifecycle": {
                "active_days": active,
                "silent_days": active + self.random.choice([1, 30, 90]),
                "new_days": self.random.choice([5, 60]),
            },
            "rewards": rewards[: self.random.choice([0, 1, 2, 2, 2])],
            "cost_per_point": self.random.choice(["0", "0.013"]),
            "margin_share": self.random.choice([None, "0.35", "0.6"]),
            "fixed_cost_per_month": self.random.choice(["0", "100.01"]),
            "points_as_cash": self.random.choice([None, {"value_per_point": "0.02"}]),
        }

    def versions(self, member: str) -> list[dict]:
        first = self.day() if self.chance(0.8) else BEGIN
        joined_on = None if self.chance(0.15) else first
        starts = sorted({first, *(self.day() for _ in range(self.random.choice([0, 0, 1, 2])))})
        least = 200 if self.early_leavers else (first - BEGIN).days + 1
        left_on = self.day(least) if self.chance(0.25) and least < self.span_days else None
        joined_on = first if left_on and not self.early_leavers else joined_on
        return [
            {
                "member_id": member,
                "valid_from": start,
                "joined_on": joined_on,
                "left_on": left_on,
                "region": self.random.choice(["North", "South", None]),
                "channel": self.random.choice(["app", "store"]),
                "store": self.random.choice(["s1", "s2", ""]) or None,
                "gender": self.random.choice(["female", "male", None]),
                "consent": self.random.choice([True, False, None]),
            }
            for start in starts
        ]

    def purchases(self) -> list[dict]:
        found = []
        for member in [*self.ids, *[None] * 2]:
            for _ in range(self.random.choice([0, 1, 3, 9])):
                found.append(self.purchase(member, self.day()))
                if self.chance(0.3):
                    found.append(self.purchase(member, self.day()))
                    found.append(found[-1] | {"purchase_id": self.name()})  # twice on one day
        return found

    def purchase(self, member: str | None, day: date) -> dict:
        refund = self.chance(0.15)
        amount = self.random.randint(0, 20_000)
        return {
            "purchase_id": self.name(),
            "member_id": member,
            "kind": "refund" if refund else "sale",
            "occurred_at": self.instant(day),
            "amount": -amount if refund else amount,
            "quantity": self.random.choice([None, 1, 3]) if not refund else self.random.choice([-1, 2, None]),
            "channel": self.random.choice(["web", "till", None]),
            "store": self.random.choice(["s1", "s2"]),
        }

    def entries(self) -> list[dict]:
        kinds = ["earn"] * 5 + ["redeem"] * 3 + ["expire", "adjust", "reverse", "transfer"]
        return [
            self.entry(member, self.random.choice(kinds))
            for member in self.ids
            for _ in range(self.random.choice([0, 4, 12]))
        ]

    def entry(self, member: str, kind: str) -> dict:
        day, points = self.day(), self.random.randint(1, 1500)
        sign = {"earn": 1, "redeem": -1, "expire": -1}.get(kind) or self.random.choice([1, -1])
        waits = self.random.choice([None, 0, 0, 14]) if kind == "earn" else None
        return {
            "entry_id": self.name(),
            "member_id": member,
            "account": "status" if self.chance(0.2) else "points",
            "kind": kind,
            "amount": sign * (points // 3 if sign < 0 else points),
            "occurred_at": self.instant(day),
            "available_on": None if waits is None else day + timedelta(days=waits),
            "expires_on": day + timedelta(days=90) if kind == "earn" and self.chance(0.7) else None,
            "reason": self.random.choice(["voucher", "cup", "points as cash", None])
            if kind == "redeem"
            else None,
        }

    def tier_changes(self, member: str) -> list[dict]:
        days = sorted(self.random.sample(range(self.span_days), self.random.choice([0, 1, 2, 4])))
        tiers = ["", *(self.random.choice(TIERS) for _ in days)]
        return [
            {
                "member_id": member,
                "occurred_at": self.instant(BEGIN + timedelta(days=day)),
                "from_tier": before,
                "to_tier": after,
            }
            for day, before, after in zip(days, tiers, tiers[1:], strict=False)
        ]

    def activities(self) -> list[dict]:
        return [
            {
                "activity_id": self.name(),
                "member_id": member,
                "occurred_at": self.instant(self.day()),
                "kind": "sign_in",
            }
            for member in self.ids
            for _ in range(self.random.choice([0, 2]))
        ]
