"""Programmes with every kind of promise, and lives under them, by lot: drawing every part takes too long."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from hypothesis import strategies as st

from loyalty_core.rules.programme import Programme, programme_from_dict
from tests.core import test_earner, test_tier_standing
from tests.core.drawn import FIRST, ZONES
from tests.core.plain_membership import DECISIONS, Done
from tests.core.plain_tiers import months_later

NAMES = ("member", "silver", "gold", "top")
OTHER_NAMES = (*NAMES, "new")
STORES, CHANNELS = (None, "north", "south"), (None, "web", "till")
CATEGORIES = ((), ("shoes",), ("bags", "shoes"), ("books",), ("tea", "books"))
STORED_VALUE = ("stored_value", "stored_value_bonus")
ACTIVITIES = ("sign_in", "sign_in", "flight", "invitation", "membership_fee", *["top_up"] * 3, "pay_out")


@st.composite
def whole_programmes(draw, after: Programme | None = None) -> Programme:
    """Tiers, earning and all that is about points, drawn apart and put together.

    What comes `after` another programme may have other tiers, in another order.
    """
    tiers = draw(test_tier_standing.documents()).model_dump(mode="json")
    earning = draw(test_earner.programmes()).model_dump(mode="json")["earning"]
    lot = Random(draw(st.integers(0, 10**6)))
    among = NAMES if after is None else lot.choice([NAMES, NAMES, lot.sample(OTHER_NAMES, len(OTHER_NAMES))])
    names = among[: len(tiers["tiers"])]
    for tier, name in zip(tiers["tiers"], names, strict=True):
        tier |= {"name": name, "earn_percent": lot.choice([0, 50, 100, 150])}
    if after is not None and lot.random() < 0.5:
        renamed = [name for name in OTHER_NAMES if name not in names]
        lot.choice(tiers["tiers"])["formerly"] = lot.sample(renamed, lot.randint(1, len(renamed)))
    scored = lot.choice([{}, {}, {"sign_in": 1, "flight": 2}, {"sign_in": 1, "top_up": 2}])
    _scoring(tiers["tiers"], scored, lot)
    parts = tiers["qualification"] | {"activity_scores": scored}
    return programme_from_dict(
        {
            "name": "whole",
            "time_zone": after.time_zone if after else lot.choice(ZONES),
            "point_decimals": 1,
            "tiers": tiers["tiers"],
            "qualification": parts,
            "earning": _of_tiers(earning, set(names)),
            "expiry": lot.choice(EXPIRIES),
            "pending": {"days": lot.choice([0, 0, 1, 14, 40])},
            "refunds": {
                "claw_back": lot.choice(["within_balance", "pending_only", "allow_negative"]),
                "restore": lot.choice(["as_before", "as_new", "no"]),
            },
            "points_as_cash": _points_as_cash(lot),
            "stored_value": _stored_value(lot),
        }
    )


EXPIRIES: tuple[dict[str, Any], ...] = (
    {},
    {"months": 1},
    {"months": 3, "rounded_to": "quarter"},
    {"months": 2, "on": "02-29"},
    {"inactivity_months": 2},
    {"months": 12, "inactivity_months": 3},
)


def _scoring(tiers: list[dict], scored: dict, lot: Random) -> None:
    """Some requirements ask for activities instead of redeemed points."""
    for tier in tiers:
        for name in ("reach", "keep", "newcomer"):
            asked = (tier[name] or {}).get("at_least", {})
            if scored and lot.random() < 0.5 and "redeemed_points" in asked:
                asked["activity_score"] = asked.pop("redeemed_points")


def _of_tiers(earning: dict, names: set[str]) -> dict:
    """The rules, saying nothing of tiers that there are not."""
    for one in (*earning["rules"], *earning["multipliers"]):
        one["when"]["tiers"] = [name for name in one["when"]["tiers"] if name in names]
        by_tier = one.get("percent_by_tier", {})
        for name in set(by_tier) - names:
            del by_tier[name]
    return earning


def _points_as_cash(lot: Random) -> dict | None:
    if lot.random() < 0.5:
        return None
    return {
        "value_per_point": lot.choice(["0.01", "0.03", "1"]),
        "largest_share": lot.choice(["0.5", "1"]),
        "step": lot.choice([None, "1", "5"]),
        "earns_points": lot.random() < 0.5,
    }


def _stored_value(lot: Random) -> dict:
    steps = [{"from_amount": 3, "bonus": 1}, {"from_amount": 9, "bonus": 2, "bonus_share": "0.155"}]
    return {
        "bonuses": lot.choice([steps, steps, []]),
        "consumption": lot.choice(["principal_first", "bonus_first", "in_proportion"]),
        "bonus_expiry": lot.choice(EXPIRIES),
    }


class Lives:
    """Members with their deeds, in order; the same for the same number.

    With `decisions` there are adjustments, too, and points that are moved from one member to another.
    """

    def __init__(self, seed: int, programme: Programme, most: int = 25, decisions: int = 0):
        self.random, self.zone, self.most = Random(seed), ZoneInfo(programme.time_zone), most
        self.members = [self._member() for _ in range(3)]
        self.deeds: list[list[Done]] = [self._deeds(number) for number in range(3)]
        for place in range(decisions):
            self._decide(f"d{place:02d}")

    def history(self, programme: Programme, which: tuple[int, ...] = (0, 1, 2)) -> dict[str, pd.DataFrame]:
        """The fact tables of some of the members."""
        sold = [row for number in which for row in map(self._purchase(number), self.deeds[number]) if row]
        done = [row for number in which for row in map(self._activity(number), self.deeds[number]) if row]
        return {
            "members": pd.DataFrame([self._profile(number) for number in which]),
            "purchases": pd.DataFrame(sold, columns=PURCHASE).sort_values("purchase_id"),
            "activities": pd.DataFrame(done, columns=ACTIVITY).sort_values("activity_id"),
        } | self._entries(which)

    def _decide(self, name: str) -> None:
        """An adjustment, or points moved from one member to another: two lines of the ledger."""
        draw = self.random
        giver, taker = draw.sample(range(3), 2)
        points = draw.choice([1, 10, 55, 300])
        lines = [(giver, "transfer", -points), (taker, "transfer", points)]
        if draw.random() < 0.5:
            lines = [(giver, "adjust", draw.choice([-points, points]))]
        day = max(self._day(), *(self.members[member][0] for member, *_ in lines))
        age, wait = draw.choice([None, None, 20, 90, 400]), draw.choice([None, 0, 1, 14, 40])
        dates = {
            "account": draw.choice(["points", "points", "points", "status", "elsewhere", *STORED_VALUE]),
            "expires_on": age and day + timedelta(days=age),
            "available_on": None if wait is None else day + timedelta(days=wait),
        }
        at = self._at(day)
        for member, kind, value in lines:
            self.deeds[member].append(Done(name, at, kind, value=value, **dates))

    def _entries(self, which: tuple[int, ...]) -> dict[str, pd.DataFrame]:
        rows = [
            (f"m{number}", one.at, one.kind, one.value, one.account, one.expires_on, one.available_on)
            for number in which
            for one in self.deeds[number]
            if one.kind in DECISIONS
        ]
        return {"entries": pd.DataFrame(rows, columns=ENTRY)} if rows else {}

    def _day(self) -> date:
        some = FIRST + timedelta(days=self.random.randint(0, 700))
        edges = [date(2020, 2, 28), date(2020, 2, 29), date(2020, 12, 31), some.replace(day=1)]
        return self.random.choice([some, some, some, *edges])

    def _member(self) -> tuple[date, date | None, tuple[int, int] | None]:
        joined = FIRST + timedelta(days=self.random.randint(0, 200))
        left = self._day() if self.random.random() < 0.2 else None
        born = self.random.choice([None, (2, 29), (5, 2), (3, 1)])
        return joined, left if left and left >= joined else None, born

    def _deeds(self, number: int) -> list[Done]:
        days = [self._day() for _ in range(self.random.randint(0, self.most))]
        echoes = self.random.randint(0, len(days))
        days += [months_later(d, self.random.choice([1, 2, 3, 12])) for d in days[:echoes]]
        days += [day + timedelta(days=1) for day in days[:echoes]]
        sales: list[Done] = []
        found = [self._deed(f"{number}-{place:02d}", day, sales) for place, day in enumerate(sorted(days))]
        return found

    def _deed(self, name: str, day: date, sales: list[Done]) -> Done:
        at = self._at(day)
        draw = self.random.random()
        if draw < 0.3:
            kind = self.random.choice(ACTIVITIES)
            names = self.random.choice([None, *NAMES]) if kind in ("invitation", "membership_fee") else None
            value = self.random.choice([None, 0, 3, 10])
            if kind == "top_up":
                value = self.random.choice([None, 0, -100, 299, 300, 1000, 2001])
            if kind == "pay_out":
                value = self.random.choice([None, 0, -100, 150, 400, 5000])
            return Done(name, at, kind, value=value, names=names)
        amount = self.random.choice([10, 90, 100, 100, 190, 200, 500, 999, 1000])
        if draw < 0.5:
            sale = self.random.choice(sales) if sales and self.random.random() < 0.7 else None
            part = self.random.choice([1, 1, 2, 3])
            return Done(
                name, at, "refund", max(sale.amount // part, 1) if sale else amount, of=sale and sale.name
            )
        sale = Done(name, at, "sale", amount, quantity=self.random.randint(0, 3))
        sale.store, sale.channel = self.random.choice(STORES), self.random.choice(CHANNELS)
        sale.categories = self.random.choice(CATEGORIES)
        sale.paid = self.random.choice([0, 0, amount // 2, amount])
        sale.by_card = self.random.choice([0, amount // 2, amount])
        sales.append(sale)
        return sale

    def _at(self, day: date) -> datetime:
        """A local midnight, the last instant before the next, or some time between."""
        begin, end = (
            datetime(d.year, d.month, d.day, tzinfo=self.zone).astimezone(UTC)
            for d in (day, day + timedelta(days=1))
        )
        last = end - timedelta(microseconds=1)
        some = begin + timedelta(
            microseconds=self.random.randint(0, (end - begin) // timedelta(microseconds=1) - 1)
        )
        return self.random.choice([begin, last, some, some])

    def _profile(self, number: int) -> dict:
        joined, left, born = self.members[number]
        birthday = f"{born[0]:02d}-{born[1]:02d}" if born else None
        return {
            "member_id": f"m{number}",
            "valid_from": joined,
            "joined_on": joined,
            "left_on": left,
            "birthday": birthday,
        }

    def _purchase(self, number: int):
        def row(deed: Done) -> tuple | None:
            if deed.kind not in ("sale", "refund"):
                return None
            sign = -1 if deed.kind == "refund" else 1
            joined = "|".join(deed.categories) or None
            places = (deed.store, deed.channel, joined, deed.paid, deed.by_card, deed.of)
            return (
                deed.name,
                f"m{number}",
                deed.kind,
                deed.at,
                sign * deed.amount,
                sign * deed.quantity,
                *places,
            )

        return row

    def _activity(self, number: int):
        def row(deed: Done) -> tuple | None:
            if deed.kind in ("sale", "refund", *DECISIONS):
                return None
            return deed.name, f"m{number}", deed.kind, deed.at, deed.value, deed.names

        return row


PURCHASE = (
    "purchase_id",
    "member_id",
    "kind",
    "occurred_at",
    "amount",
    "quantity",
    "store",
    "channel",
    "categories",
    "paid_points",
    "paid_stored_value",
    "refund_of",
)
ACTIVITY = ("activity_id", "member_id", "kind", "occurred_at", "value", "reference")
ENTRY = ("member_id", "occurred_at", "kind", "amount", "account", "expires_on", "available_on")
