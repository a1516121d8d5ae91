"""Programmes and members' lives as Hypothesis draws them, and histories written from plain lists."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import strategies as st

from loyalty_core.days import NEVER
from loyalty_core.history import Activities, Entries, History, Members, Purchases, TierChanges, Versions
from loyalty_core.rules.programme import Expiry, Programme, Qualification, Tier
from tests.core.plain_programme import Purchase, months_later

FIRST = date(2019, 11, 1)
ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@st.composite
def qualifications(draw) -> Qualification:
    month_days = st.lists(st.sampled_from(["01-01", "02-28", "02-29", "03-01", "06-31", "12-31"]), max_size=3)
    return Qualification(
        window=draw(st.sampled_from(["rolling", "calendar", "since_joining"])),
        months=draw(st.sampled_from([1, 2, 3, 12])),
        reviews=draw(st.one_of(st.just("monthly"), month_days.map(tuple))),
        upgrade=draw(st.sampled_from(["at_once", "at_review"])),
        downgrade=draw(st.sampled_from(["one_level", "to_earned", "never"])),
    )


@st.composite
def programmes(draw) -> Programme:
    steps = draw(st.lists(st.sampled_from([1, 50, 100, 250]), max_size=3))
    thresholds = [0, *(sum(steps[: n + 1]) for n in range(len(steps)))]
    percents = st.sampled_from([0, 33, 100, 150, 200])
    tiers = [Tier(name=f"t{n}", threshold=t, earn_percent=draw(percents)) for n, t in enumerate(thresholds)]
    return Programme(
        name="drawn",
        time_zone=draw(st.sampled_from(ZONES)),
        currency_decimals=draw(st.sampled_from([0, 2])),
        point_decimals=draw(st.sampled_from([0, 1])),
        tiers=tuple(tiers),
        qualification=draw(qualifications()),
        earning={"points_per_unit": draw(st.sampled_from(["0.01", "0.333", "1", "1.5", "10"]))},
        expiry=Expiry(months=draw(st.sampled_from([None, 1, 2, 12]))),
    )


@st.composite
def amounts(draw, decimals: int) -> int:
    """Minor units; often exactly a threshold, sometimes a refund."""
    units = draw(st.sampled_from([0, 1, 7, 49, 50, 51, 100, 250, -1, -50, -120]))
    return units * 10**decimals + draw(st.sampled_from([0, 0, 1 if units >= 0 else -1]))


@st.composite
def lives(draw, programme: Programme) -> tuple[list[tuple[date, date | None]], list[tuple[int, Purchase]]]:
    """Members as (joined_on, left_on), and purchases as (member, purchase), guests -1."""
    # Firsts of months are review days, so that joining, leaving and buying meet reviews.
    firsts = st.integers(0, 26).map(lambda n: months_later(FIRST, n))
    days = st.one_of(firsts, st.integers(0, 800).map(lambda n: FIRST + timedelta(days=n)))
    members = draw(st.lists(st.tuples(days, st.one_of(st.none(), days)), min_size=1, max_size=3))
    members = [(joined, left if left and left >= joined else None) for joined, left in members]
    # Local midnights, the last instants before them, and anything else.
    zone = ZoneInfo(programme.time_zone)
    midnights = days.map(lambda day: datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC))
    shifts = st.one_of(st.sampled_from([0, 0, -1, 1]), st.integers(0, 86_400_000_000 - 1))
    instants = st.builds(lambda at, us: at + timedelta(microseconds=us), midnights, shifts)
    purchase = st.builds(Purchase, instants, amounts(programme.currency_decimals))
    bought = draw(st.lists(st.tuples(st.integers(-1, len(members) - 1), purchase), max_size=20))
    return members, bought + draw(echoes(bought, programme))


@st.composite
def echoes(draw, bought: list[tuple[int, Purchase]], programme: Programme) -> list[tuple[int, Purchase]]:
    """Purchases whole months after others, or a day beside: where windows end and points expire."""
    months = sorted({programme.qualification.months, programme.expiry.months or 1})
    steps = st.tuples(
        st.sampled_from(months), st.sampled_from([-1, 0, 0, 1]), amounts(programme.currency_decimals)
    )
    found = []
    for member, first in bought:
        for ahead, aside, amount in draw(st.lists(steps, max_size=2)):
            day = months_later(first.at.date(), ahead) + timedelta(days=aside)
            at = datetime.combine(day, first.at.timetz())
            found.append((member, Purchase(at, amount)))
    return found


def history_of(
    members: list[tuple[date, date | None]],
    purchases: list[tuple[int, Purchase]] = (),
    zone: str = "UTC",
    entries: Entries | None = None,
    tier_changes: TierChanges | None = None,
    labels: dict | None = None,
) -> History:
    """A history; purchases get their place in it as `name`."""
    ordered = sorted(purchases, key=lambda row: (row[0], row[1].at))
    for place, (_, purchase) in enumerate(ordered):
        purchase.name = place
    return History(
        members=Members(
            ids=np.array([f"m{n}" for n in range(len(members))], object),
            joined_on=days([joined for joined, _ in members]),
            left_on=days([left for _, left in members]),
            left_reason=np.full(len(members), -1, np.int32),
        ),
        versions=Versions(
            **{name: ints() for name in ("member", "valid_from", "birth_year", "birthday", "consent")},
            codes={},
        ),
        purchases=_purchases(ordered, ZoneInfo(zone)),
        entries=no_entries() if entries is None else entries,
        tier_changes=no_tier_changes() if tier_changes is None else tier_changes,
        activities=Activities(**{name: ints() for name in ("member", "day", "at", "value")}, codes={}),
        labels=labels or {},
    )


def _purchases(ordered: list[tuple[int, Purchase]], zone: ZoneInfo) -> Purchases:
    amount = ints(purchase.amount for _, purchase in ordered)
    nothing = np.zeros(len(ordered), np.int64)
    return Purchases(
        member=ints(member for member, _ in ordered),
        day=days([purchase.at.astimezone(zone).date() for _, purchase in ordered]),
        at=ints(microseconds(purchase.at) for _, purchase in ordered),
        amount=amount,
        refund=amount < 0,
        quantity=nothing,
        discount=nothing,
        paid_points=nothing,
        paid_stored_value=nothing,
        with_coupon=nothing > 0,
        refund_of=nothing - 1,
        codes={},
    )


def no_entries() -> Entries:
    columns = ("member", "day", "at", "kind", "amount", "available_on", "expires_on", "purchase")
    return Entries(**{name: ints() for name in columns}, codes={"account": ints(), "reason": ints()})


def no_tier_changes() -> TierChanges:
    columns = ("member", "day", "at", "from_tier", "to_tier")
    return TierChanges(**{name: ints() for name in columns}, codes={"reason": ints()})


def ints(values=()) -> np.ndarray:
    return np.array(list(values), np.int64)


def days(dates) -> np.ndarray:
    return np.array([NEVER if one is None else (one - date(1970, 1, 1)).days for one in dates], np.int32)


def date_or_none(day: int) -> date | None:
    return None if day == NEVER else date(1970, 1, 1) + timedelta(days=int(day))


def microseconds(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)
