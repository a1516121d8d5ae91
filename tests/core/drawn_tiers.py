"""Programmes with any tiers, members' lives among them, and both through arrays and through plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from random import Random

import numpy as np
from hypothesis import strategies as st

from loyalty_core.rules.programme import Programme, Qualification, Tier
from loyalty_core.rules.tier_rules import Admission, DirectEntry, Requirement
from loyalty_core.tiers.tier_standing import TierStanding
from tests.core.drawn import days, ints
from tests.core.plain_tiers import ONE_DAY, PlainTiers, months_later

FIRST = date(2019, 11, 1)
WINDOWS = ("rolling", "calendar", "joining_year", "tier_year", "since_joining")
LABELS = ("tea", "tea|books", "books", "")
UNITS = {"spend": 100, "status_points": 10, "redeemed_points": 10}  # 2 decimals of money, 1 of points


@st.composite
def requirements(draw) -> Requirement:
    least = st.sampled_from([1, 2, 3, 5])
    measures = st.sampled_from(["spend", "spend", "purchases", "status_points", "redeemed_points"])
    at_least = draw(st.dictionaries(measures, least, min_size=1, max_size=3))
    return Requirement(
        at_least=at_least,
        met=draw(st.one_of(st.just("all"), st.integers(1, len(at_least)))),
        window=draw(st.sampled_from([None, *WINDOWS])),
        months=draw(st.sampled_from([None, 1, 2, 12])),
    )


@st.composite
def offers(draw) -> DirectEntry:
    some = draw(st.sampled_from([(2, ()), (None, ("books",)), (1, ("tea", "books"))]))
    starts = draw(st.sampled_from([None, FIRST + timedelta(days=200)]))
    return DirectEntry(
        first_day=starts,
        last_day=draw(st.sampled_from([None, FIRST + timedelta(days=400)])),
        purchase_of=some[0],
        categories=some[1],
        valid_months=draw(st.sampled_from([None, 1, 3])),
    )


@st.composite
def tiers(draw, number: int) -> Tier:
    ways = {"valid_months": draw(st.sampled_from([None, None, 1, 2, 12]))}
    ways["direct"] = tuple(draw(st.lists(offers(), max_size=1)))
    ways["keep"] = draw(st.one_of(st.none(), requirements()))
    ways["entry"] = draw(st.sampled_from(["open"] * 5 + ["invitation", "paid"]))
    if ways["entry"] == "open":
        ways["reach"] = draw(st.one_of(requirements(), requirements(), st.none()))
        ways["newcomer"] = draw(st.one_of(st.none(), st.none(), requirements()))
        ways["newcomer_days"] = draw(st.sampled_from([1, 30, 90]))
        ways["admission"] = Admission(
            member_months=draw(st.sampled_from([0, 0, 1, 3])), from_below=draw(st.booleans())
        )
        if ways["reach"] is None and not ways["direct"]:
            ways["threshold"] = number
    ways["fee_months"] = draw(st.sampled_from([1, 12]))
    return Tier(name=f"t{number}", **ways)


@st.composite
def documents(draw, upgrade: str | None = None) -> Programme:
    """A programme; tiers are reached in the way named, if one is."""
    month_days = st.lists(st.sampled_from(["01-01", "02-29", "03-01", "06-31", "12-31"]), max_size=2)
    upper = [draw(tiers(number)) for number in range(1, draw(st.integers(1, 4)))]
    return Programme(
        name="drawn",
        point_decimals=1,
        tiers=(Tier(name="t0"), *upper),
        qualification=Qualification(
            window=draw(st.sampled_from(WINDOWS)),
            months=draw(st.sampled_from([1, 3, 12])),
            reviews=draw(st.one_of(st.sampled_from(["monthly", "anniversary"]), month_days.map(tuple))),
            upgrade=upgrade or draw(st.sampled_from(["at_once", "at_review"])),
            downgrade=draw(st.sampled_from(["one_level", "one_level", "to_earned", "never"])),
            grace_days=draw(st.sampled_from([0, 0, 1, 30, 366])),
            minimum_stay_months=draw(st.sampled_from([0, 0, 1, 6])),
        ),
    )


@dataclass(frozen=True)
class Act:
    """Something on a day: a deed (measure, units), a purchase ("buy"), or a tier given ("give")."""

    on: date
    member: int
    what: str
    amount: int
    category: int = 0


EDGES = [date(2020, 2, 28), date(2020, 2, 29), date(2020, 1, 31), date(2019, 12, 31)]
KINDS = ["buy"] * 6 + ["status_points", "redeemed_points", "refund", "give"]


class Lot:
    """Lives by lot: from a seed, since drawing every act would take most of the time."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def day(self) -> date:
        """A first of a month, an end of one or any day, of two and a half years."""
        some = FIRST + timedelta(days=self.random.randint(0, 900))
        return self.random.choice([some, some.replace(day=1), self.random.choice(EDGES)])

    def members(self) -> list[tuple[date, date | None]]:
        found = [(self.day(), self.day() if self.random.random() < 0.2 else None) for _ in range(3)]
        return [(joined, left if left and left >= joined else None) for joined, left in found]

    def acts(self) -> list[Act]:
        """Acts, many of them whole months after others, give or take a day."""
        found = [self.act(self.day(), self.random.randint(0, 2)) for _ in range(self.random.randint(0, 25))]
        for first in found[: self.random.randint(0, 25)]:
            months, aside = self.random.choice([1, 1, 2, 3, 12]), self.random.choice([-1, 0, 0, 1])
            found.append(self.act(months_later(first.on, months) + timedelta(days=aside), first.member))
        return sorted(found, key=lambda act: act.on)

    def act(self, day: date, member: int) -> Act:
        amount = self.random.choice([10, 90, 100, 100, 190, 200, 300, 500])
        return Act(day, member, self.random.choice(KINDS), amount, self.random.randint(-1, len(LABELS) - 1))


def enrolled(member: tuple[date, date | None], on: date) -> bool:
    return member[0] <= on and (member[1] is None or on <= member[1])


def plainly(programme: Programme, members, done: list[Act], until: date) -> list[PlainTiers]:
    """The members' lives, one at a time, every single day."""
    found = []
    for number, (joined, left) in enumerate(members):
        plain = PlainTiers(programme, joined, left)
        day = joined
        mine = [act for act in done if act.member == number and enrolled((joined, left), act.on)]
        while day <= until:
            plain.morning(day)
            while mine and mine[0].on == day:
                _plainly(plain, mine.pop(0))
            day += ONE_DAY
        found.append(plain)
    return found


def _plainly(plain: PlainTiers, act: Act) -> None:
    if act.what == "give":
        return _plainly_given(plain, act)
    if act.what in ("buy", "refund"):
        sign = 1 if act.what == "buy" else -1
        plain.do(act.on, "spend", Fraction(sign * act.amount, 100))
        plain.do(act.on, "purchases", sign)
        if act.what == "refund":
            return None
    else:
        plain.do(act.on, act.what, Fraction(act.amount, UNITS[act.what]))
    plain.lift(act.on)
    if act.what == "buy":
        label = LABELS[act.category] if act.category >= 0 else ""
        plain.purchase(act.on, Fraction(act.amount, 100), set(label.split("|")) - {""})
    return None


def _plainly_given(plain: PlainTiers, act: Act) -> None:
    number = given_tier(plain.programme, act)
    if number is not None:
        paid = plain.programme.tiers[number].entry == "paid"
        (plain.pay if paid else plain.invite)(act.on, number)


def given_tier(programme: Programme, act: Act) -> int | None:
    """One of the tiers that are given, if there are any."""
    given = [n for n, tier in enumerate(programme.tiers) if tier.entry != "open"]
    return given[act.amount % len(given)] if given else None


class Arrays:
    """The same lives through the arrays; `moves` as those of `PlainTiers`, without how."""

    def __init__(self, programme: Programme, members) -> None:
        self.programme, self.members = programme, members
        joined, left = days([one for one, _ in members]), days([one for _, one in members])
        self.standing = TierStanding(programme, joined, left, LABELS)
        self.moves: list[list[tuple]] = [[] for _ in members]

    def run(self, done: list[Act], until: date) -> None:
        first, last = int(days([FIRST])[0]), int(days([until])[0])
        reviews = [int(day) for day in self.programme.qualification.review_days(first, last)]
        for act in done:
            day = int(days([act.on])[0])
            reviews = self._review(reviews, day)
            if enrolled(self.members[act.member], act.on):
                self._act(act, ints([act.member]), days([act.on]))
        self._review(reviews, last)
        everybody = np.arange(len(self.members))
        self._note(self.standing.settle(everybody, np.full(len(everybody), last)))

    def _review(self, reviews: list[int], upto: int) -> list[int]:
        for day in (day for day in reviews if day <= upto):
            self._note(self.standing.review(day))
        return [day for day in reviews if day > upto]

    def _act(self, act: Act, who, day) -> None:
        standing = self.standing
        self._note(standing.settle(who, day))
        before = standing.tier[who]
        if act.what == "give":
            number = given_tier(self.programme, act)
            if number is not None:
                self._moved(who, day, before, standing.enter(who, day, ints([number])))
            return
        sign = -1 if act.what == "refund" else 1
        if act.what in ("buy", "refund"):
            standing.count(who, day, "spend", ints([sign * act.amount]))
            standing.count(who, day, "purchases", ints([sign]))
        else:
            standing.count(who, day, act.what, ints([act.amount]))
        if act.what == "refund":
            return
        after = standing.lift(who, day)
        self._moved(who, day, before, after)
        if act.what == "buy":
            categories = ints([act.category])
            self._moved(who, day, after, standing.direct(who, day, ints([act.amount]), categories))

    def _note(self, moves) -> None:
        rows = zip(moves.member, moves.day, moves.from_tier, moves.to_tier, strict=True)
        for member, day, before, after in rows:
            self.moves[member].append((int(day), int(before), int(after)))

    def _moved(self, who, day, before, after) -> None:
        if before[0] != after[0]:
            self.moves[who[0]].append((int(day[0]), int(before[0]), int(after[0])))
