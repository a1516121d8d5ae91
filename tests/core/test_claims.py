"""Rewards claimed from the kernel, some tied to the spend of the day: against plain lots and plain sums."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.days import NEVER
from loyalty_core.facts import EARN, ENTRY_KINDS, REDEEM
from loyalty_core.history import Entries
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.standing import standing
from loyalty_core.rewards.catalogue import Refusal
from loyalty_core.rules.programme import Programme, programme_from_dict
from tests.core.drawn import days, history_of, ints
from tests.core.plain_ledger import Event, Holder, Life, expiry

FIRST = date(2024, 1, 20)
ME, ONE = 0, ints([0])
PRICES = (30, 30, 5)
TIED = (None, 40, 25)  # currency units to be spent on the day


@st.composite
def clubs(draw) -> Programme:
    rewards = [
        {"name": f"r{n}", "points": points, "same_day_spend": tied, "minimum_balance": {"gold": 35}}
        for n, (points, tied) in enumerate(zip(PRICES, TIED, strict=True))
    ]
    return programme_from_dict(
        {
            "name": "club",
            "tiers": [{"name": "member"}, {"name": "gold", "reach": {"at_least": {"redeemed_points": 60}}}],
            "pending": {"days": draw(st.sampled_from([0, 1, 3, 40]))},
            "expiry": draw(st.sampled_from([{}, {"months": 1}, {"months": 12, "inactivity_months": 1}])),
            "refunds": {"claw_back": draw(st.sampled_from(["within_balance", "allow_negative"]))},
            "rewards": rewards,
        }
    )


deeds = st.tuples(
    st.sampled_from([0, 0, 0, 1, 2, 35]),  # days later
    st.sampled_from(["buy", "buy", "claim", "claim", "refund"]),
    st.sampled_from([0, 1, 2]),
    st.sampled_from([5, 24, 25, 40, 60]),
)


class PlainClub:
    """One member: lots in a plain ledger, what was spent day by day, what was redeemed in all."""

    def __init__(self, programme: Programme) -> None:
        self.programme, self.wait = programme, timedelta(days=programme.pending.days)
        self.life = Life({ME: Holder()}, programme.expiry.inactivity_months, programme.refunds.claw_back)
        self.spent: dict[date, int] = {}
        self.redeemed = 0

    @property
    def me(self) -> Holder:
        return self.life.members[ME]

    def dates(self, day: date) -> dict:
        return {
            "available_on": day + self.wait,
            "expires_on": expiry({"months": self.programme.expiry.months}, day),
        }

    def buy(self, day: date, amount: int) -> None:
        self.life.credit(Event("credit", day, ME, amount, **self.dates(day)))
        self.life.touch(Event("touch", day, ME))
        self.spent[day] = self.spent.get(day, 0) + amount

    def refund(self, day: date, amount: int) -> None:
        """A part of what was bought that day, which is all that this test brings back."""
        self.life.take_back(Event("take_back", day, ME, amount, **self.dates(day)))
        self.spent[day] = self.spent.get(day, 0) - amount

    def claim(self, day: date, reward: int) -> tuple[int, int]:
        """Points paid, and of them such as still waited."""
        tied = TIED[reward]
        of_today = [lot for lot in self.me.waiting() if lot.available_on == day + self.wait] if tied else []
        if tied and self.spent.get(day, 0) < tied:
            return 0, 0
        usable = self.me.balance + sum(lot.left for lot in of_today)
        if usable < max(PRICES[reward], 35 if self.redeemed >= 60 else 0):
            return 0, 0
        there = sum(points for _, points in self.life.spend(Event("spend", day, ME, PRICES[reward])))
        waited = sum(points for _, points in self.life._leave(ME, of_today, PRICES[reward] - there))
        if there + waited:
            self.life.touch(Event("touch", day, ME))
        self.redeemed += there + waited
        return there + waited, waited


@settings(max_examples=150)
@given(clubs(), st.lists(deeds, min_size=1, max_size=25))
def test_claims_take_what_is_there_and_then_what_the_day_has_earned(programme, done) -> None:
    accounts, plain, day = Accounts(programme, days([FIRST])), PlainClub(programme), FIRST
    sold: dict[date, int] = {}
    for later, kind, reward, amount in done:
        day += timedelta(days=later)
        on = int(days([day])[0])
        plain.life.wait(ME, day)
        if kind == "buy":
            accounts.buy(ONE, on, ints([100 * amount]))
            plain.buy(day, amount)
            sold[day] = sold.get(day, 0) + amount
        elif kind == "refund" and sold.get(day, 0) >= amount:
            accounts.refund(ONE, on, ints([100 * amount]))
            plain.refund(day, amount)
            sold[day] -= amount
        elif kind == "claim":
            paid = accounts.claim(ONE, on, ints([reward]))
            assert (paid.points[0], paid.pending[0]) == plain.claim(day, reward)
            assert accounts.tier[0] == (plain.redeemed >= 60)
        accounts.settle(ONE, on)
        assert (accounts.balance[0], accounts.pending[0]) == (plain.me.balance, plain.me.pending)


def tied_club() -> Programme:
    rewards = [{"name": "parking", "points": 30, "same_day_spend": 40}, {"name": "tea", "points": 30}]
    return programme_from_dict({"name": "club", "pending": {"days": 7}, "rewards": rewards})


def test_a_refund_takes_away_the_spend_that_a_reward_is_tied_to() -> None:
    accounts = Accounts(tied_club(), ints([0]))
    accounts.buy(ONE, 10, ints([40_00]))
    assert accounts.refusals(ONE, 10, ints([0])).tolist() == [Refusal.NONE]
    assert accounts.refusals(ONE, 10, ints([1])).tolist() == [Refusal.PRICE]
    assert accounts.refusals(ONE, 11, ints([0])).tolist() == [Refusal.SPEND]
    again = Accounts(tied_club(), ints([0]))
    again.buy(ONE, 10, ints([40_00]))
    again.refund(ONE, 10, ints([1]))
    assert again.refusals(ONE, 10, ints([0])).tolist() == [Refusal.SPEND]


def test_who_took_points_before_they_were_available_has_fewer_when_they_are() -> None:
    """In the ledger such a redemption has the dates of the points that it took."""
    accounts = Accounts(tied_club(), ints([0]))
    accounts.buy(ONE, 10, ints([50_00]))
    paid = accounts.claim(ONE, 10, ints([0]))
    assert (paid.points[0], paid.pending[0], paid.available_on[0]) == (30, 30, 17)
    assert (accounts.balance[0], accounts.pending[0]) == (0, 20)
    kinds = [ENTRY_KINDS.index(EARN), ENTRY_KINDS.index(REDEEM)]
    nothing = {"account": ints([0, 0]), "reason": ints([-1, -1])}
    entries = Entries(
        member=ints([0, 0]),
        day=ints([10, 10]),
        at=ints([0, 1]),
        kind=ints(kinds),
        amount=ints([50, -30]),
        available_on=ints([17, 17]),
        expires_on=ints([NEVER, NEVER]),
        purchase=ints([-1, -1]),
        codes=nothing,
    )
    history = history_of([(date(1970, 1, 1), None)], entries=entries, labels={"entries.account": ("points",)})
    found = standing(history, tied_club(), 12)
    assert (found.balance[0], found.pending[0]) == (0, 20)
    found.settle(ONE, 17)
    assert (found.balance[0], found.pending[0]) == (20, 0)
