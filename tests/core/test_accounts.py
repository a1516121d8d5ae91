"""Accounts moved by arbitrary acts, held step by step against members kept in plain Python."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from loyalty_core.days import NEVER
from loyalty_core.facts import POINTS_ACCOUNT
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.outcomes import Outcome, Sale
from loyalty_core.rules.programme import Expiry, Programme, Tier
from tests.core.drawn import FIRST, date_or_none, days, ints, programmes
from tests.core.plain_programme import PlainMember, months_later

MEMBERS = 3
some_members = st.sets(st.integers(0, MEMBERS - 1), min_size=1).map(sorted)
a_number_each = st.lists(st.sampled_from([0, 1, 49, 50, 100, 2500, 10_000]), min_size=3, max_size=3)


class AccountsLived(RuleBasedStateMachine):
    """Three members who buy, return, are given, spend, wait and are reviewed, in any order."""

    @initialize(programme=programmes())
    def join(self, programme: Programme) -> None:
        self.day = FIRST
        self.accounts = Accounts(programme, days([FIRST] * MEMBERS))
        self.plain = [PlainMember(programme, FIRST) for _ in range(MEMBERS)]
        self.given = np.zeros(MEMBERS, np.int64)
        self.spent = np.zeros(MEMBERS, np.int64)
        self.expired = np.zeros(MEMBERS, np.int64)
        self.reported = Counter()

    @property
    def today(self) -> int:
        return int(days([self.day])[0])

    @rule(step=st.sampled_from([1, 1, 27, 28, 30, 31, 365]))
    def wait(self, step: int) -> None:
        self.day += timedelta(days=step)

    @rule(who=some_members, amount=a_number_each)
    def buy(self, who, amount) -> None:
        bought = self.accounts.buy(ints(who), self.today, ints(amount[n] for n in who))
        for place, member in enumerate(who):
            plain = self._due(member)
            assert bought.tier_before[place] == plain.tier
            assert bought.earned[place] == plain.buy(self.day, amount[member])
            assert bought.tier_after[place] == plain.tier
            self.given[member] += bought.earned[place]

    @rule(who=some_members, amount=a_number_each)
    def refund(self, who, amount) -> None:
        taken = self.accounts.refund(ints(who), self.today, ints(amount[n] for n in who))
        for place, member in enumerate(who):
            assert taken.points[place] == self._due(member).refund(self.day, amount[member])
            self.spent[member] += taken.points[place]

    @rule(who=some_members, points=a_number_each, months=st.sampled_from([None, 1, 2, 3, 24]))
    def grant(self, who, points, months) -> None:
        expires_on = months_later(self.day, months) if months else None
        until = np.repeat(days([expires_on]), len(who))
        today = np.full(len(who), self.today, np.int32)
        self.accounts.decide(ints(who), today, ints(points[n] for n in who), "points", until, today)
        for member in who:
            self._due(member).grant(points[member], expires_on)
            self.given[member] += points[member]

    @rule(who=some_members, points=a_number_each)
    def redeem(self, who, points) -> None:
        taken = self.accounts.redeem(ints(who), self.today, ints(points[n] for n in who))
        for place, member in enumerate(who):
            assert taken[place] == self._due(member).take(points[member])
            self.spent[member] += taken[place]

    @rule()
    def review(self) -> None:
        """At the start of a new day, before anything else happens on it."""
        self.day += timedelta(days=1)
        before = [plain.tier for plain in self.plain]
        moves = self.accounts.review(self.today)
        for member in self.plain:
            member.review(self.day)
        moved = [n for n in range(MEMBERS) if before[n] != self.plain[n].tier]
        assert moves.member.tolist() == moved
        assert moves.from_tier.tolist() == [before[n] for n in moved]

    @rule()
    def expire(self) -> None:
        moves = self.accounts.expire(np.arange(MEMBERS), self.today)
        for member in range(MEMBERS):
            self._due(member)
        for member, day, points in zip(moves.member, moves.day, moves.points, strict=True):
            self.reported[int(member), date_or_none(day)] += int(points)
            self.expired[member] += points
        assert self.reported == self._plainly_expired()
        np.testing.assert_array_equal(self.given - self.spent - self.expired, self.accounts.balance)

    @invariant()
    @precondition(lambda self: hasattr(self, "accounts"))
    def all_agree(self) -> None:
        everybody = np.arange(MEMBERS)
        assert (self.accounts.balance >= 0).all()
        assert self.accounts.balance.tolist() == [plain.balance for plain in self.plain]
        assert self.accounts.tier.tolist() == [plain.tier for plain in self.plain]
        if len(self.plain[0].programme.tiers) > 1:
            assert self.accounts.qualifying(everybody, self.today).tolist() == [
                plain.window(self.day) for plain in self.plain
            ]
        for member, plain in enumerate(self.plain):
            lots = self.accounts.points.open(ints([member]))
            found = [(date_or_none(day), int(left)) for day, left in zip(lots.day, lots.points, strict=True)]
            assert found == plain.open_lots()

    def _due(self, member: int) -> PlainMember:
        self.plain[member].expire(self.day)
        return self.plain[member]

    def _plainly_expired(self) -> Counter:
        found = Counter()
        for member, plain in enumerate(self.plain):
            for kind, day, _, amount, _, _ in plain.ledger:
                if kind == "expire":
                    found[member, day] -= amount
        return found


AccountsLived.TestCase.settings = settings(max_examples=250, stateful_step_count=50)
TestAccountsLived = AccountsLived.TestCase


def two_tiers(**rules) -> Programme:
    tiers = (Tier(name="member"), Tier(name="gold", threshold=100, earn_percent=200))
    return Programme(name="two tiers", tiers=tiers, **rules)


def test_a_purchase_earns_at_the_tier_before_it_and_lifts_the_tier_after_it() -> None:
    accounts = Accounts(two_tiers(), ints([0]))
    who = ints([0])
    first = accounts.buy(who, 10, ints([10_000]))
    second = accounts.buy(who, 10, ints([10_000]))
    assert (first.earned[0], first.tier_before[0], first.tier_after[0]) == (100, 0, 1)
    assert second.earned[0] == 200


EVERY_DAY = [FIRST + timedelta(days=n) for n in range(2 * 366)]  # of two years, 29 February 2020 among them


@pytest.mark.parametrize("months", [1, 2, 3, 12])
def test_the_rolling_window_ends_on_its_day_whatever_the_month(months: int) -> None:
    accounts = Accounts(two_tiers(qualification={"window": "rolling", "months": months}), days(EVERY_DAY))
    who = np.arange(accounts.n)
    accounts.buy(who, days(EVERY_DAY), np.full(accounts.n, 500))
    for aside in (-2, -1, 0, 1, 2, 3, 4):
        then = [months_later(day, months) + timedelta(days=aside) for day in EVERY_DAY]
        within = [months_later(end, -months) < day for day, end in zip(EVERY_DAY, then, strict=True)]
        assert (accounts.qualifying(who, days(then)) == 500).tolist() == within


@pytest.mark.parametrize("months", [1, 2, 3, 12])
def test_points_go_on_the_day_they_expire_and_not_before(months: int) -> None:
    accounts = Accounts(two_tiers(expiry=Expiry(months=months)), days(EVERY_DAY))
    who = np.arange(accounts.n)
    accounts.buy(who, days(EVERY_DAY), np.full(accounts.n, 500))
    gone = days([months_later(day, months) for day in EVERY_DAY])
    assert len(accounts.expire(who, gone - 1)) == 0
    assert accounts.expire(who, gone).points.tolist() == [5] * accounts.n
    assert len(accounts.expire(who, gone)) == 0


def test_the_calendar_window_is_the_year_of_the_day() -> None:
    accounts = Accounts(two_tiers(qualification={"window": "calendar"}), ints([0]))
    who = ints([0])
    accounts.buy(who, 0, ints([500]))
    assert accounts.qualifying(who, 364).tolist() == [500]
    assert accounts.qualifying(who, 365).tolist() == [0]


def test_a_review_looks_at_the_window_that_ended_the_day_before() -> None:
    """Gold for 1970, kept at the review of 1 January 1971, lost a year later, one level only."""
    rules = {"window": "calendar", "upgrade": "at_review"}
    accounts = Accounts(two_tiers(qualification=rules), ints([0, 365]))
    accounts.buy(ints([0, 1]), 364, ints([10_000, 10_000]))
    moves = accounts.review(365)
    assert (moves.member.tolist(), moves.to_tier.tolist()) == ([0], [1])  # the other joins that day
    assert accounts.review(730).to_tier.tolist() == [0]


def test_spending_comes_too_late_on_the_day_of_expiry() -> None:
    accounts = Accounts(two_tiers(expiry=Expiry(months=1)), ints([0]))
    who = ints([0])
    accounts.buy(who, 30, ints([500]))
    assert accounts.redeem(who, 58, ints([5])).tolist() == [0]
    assert accounts.expire(who, 58).day.tolist() == [58]  # found while redeeming, and still reported


def test_points_that_never_expire_are_spent_last() -> None:
    accounts = Accounts(two_tiers(expiry=Expiry(months=1)), ints([0]))
    who = ints([0])
    accounts.decide(who, 0, ints([100]), "points", ints([NEVER]), ints([0]))
    accounts.buy(who, 0, ints([1_000]))
    accounts.redeem(who, 1, ints([7]))
    assert accounts.expire(who, 100).points.tolist() == [3]
    assert accounts.balance.tolist() == [100]


def test_the_copy_of_a_standing_moves_on_alone() -> None:
    accounts = Accounts(two_tiers(), ints([0]))
    copy = accounts.copy()
    copy.buy(ints([0]), 1, ints([10_000]))
    assert (accounts.balance[0], accounts.tier[0]) == (0, 0)
    assert (copy.balance[0], copy.tier[0]) == (100, 1)


def test_a_lot_given_after_spending_unexpiring_points_is_whole() -> None:
    accounts = Accounts(two_tiers(expiry=Expiry(months=1)), ints([0]))
    who = ints([0])
    accounts.decide(who, 0, ints([100]), "points", ints([NEVER]), ints([0]))
    accounts.redeem(who, 0, ints([40]))
    accounts.buy(who, 0, ints([1_000]))
    accounts.redeem(who, 1, ints([7]))
    assert accounts.expire(who, 100).points.tolist() == [3]
    assert accounts.balance.tolist() == [60]


def test_a_purchase_counts_until_the_last_of_it_is_taken_back() -> None:
    tiers = ({"name": "member"}, {"name": "gold", "reach": {"at_least": {"purchases": 5}}})
    accounts, who, today = Accounts(Programme(name="c", tiers=tiers), days([FIRST])), ints([0]), days([FIRST])
    bought = accounts.buy(who, today, ints([100]))
    counted = []
    for before, amount in ((0, 40), (40, 59), (99, 1), (100, 10)):
        accounts.refund(who, today, ints([amount]), sale_of(bought, 100, before))
        (total,) = accounts.standing.as_of(who, today).values()
        counted.append(int(total[0]))
    assert counted == [1, 1, 0, 0]


def sale_of(bought: Outcome, amount: int, refunded: int) -> Sale:
    """The sale of one member as a refund finds it."""
    return Sale(
        amount_minor=ints([amount]),
        refunded_minor=ints([refunded]),
        earned={POINTS_ACCOUNT: bought.earned},
        available_on=bought.available_on,
        expires_on=bought.expires_on,
    )
