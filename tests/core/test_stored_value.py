"""Prepaid cards in any order of acts, against one card kept in plain Python by the words of the document."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.days import NEVER
from loyalty_core.points.stored_value import CardPayments, PrepaidCards
from loyalty_core.proportion import part_of
from loyalty_core.rules.programme import Programme
from tests.core.drawn import ints

STEPS = (
    {"from_amount": 100, "bonus": 5},
    {"from_amount": 500, "bonus": 30, "bonus_share": "0.015"},
    {"from_amount": 1000, "bonus_share": "0.1"},
)
MEMBERS = 2


def card_programme(**rule) -> Programme:
    rule = {"bonuses": STEPS, "low_balance": 50, "bonus_expiry": {"months": 1}} | rule
    return Programme(name="cards", stored_value=rule)


@dataclass
class PlainCard:
    """Principal, and bonus as [the day it is gone, what is left], oldest first."""

    order: str
    principal: int = 0
    bonuses: list[list[int]] = field(default_factory=list)

    @property
    def bonus(self) -> int:
        return sum(left for _, left in self.bonuses)

    def live_to(self, day: int) -> None:
        self.bonuses = [lot for lot in self.bonuses if lot[0] > day]

    def pay(self, amount: int) -> tuple[int, int, list[list[int]]]:
        amount = min(amount, self.principal + self.bonus)
        if self.order == "principal_first":
            principal = min(amount, self.principal)
        elif self.order == "bonus_first":
            principal = amount - min(amount, self.bonus)
        else:
            principal = amount - floor(amount * Fraction(self.bonus, max(self.principal + self.bonus, 1)))
        self.principal -= principal
        return principal, amount - principal, self._leave(amount - principal)

    def _leave(self, wanted: int) -> list[list[int]]:
        lots = []
        for lot in sorted(self.bonuses):
            part = min(lot[1], wanted)
            lot[1] -= part
            wanted -= part
            lots += [[lot[0], part]] if part else []
        self.bonuses = sorted(lot for lot in self.bonuses if lot[1])
        return lots


def plain_bonus(amount: int) -> int:
    reached = [step for step in STEPS if amount >= 100 * step["from_amount"]]
    if not reached:
        return 0
    step = reached[-1]
    part = floor(amount * Fraction(str(step.get("bonus_share", 0))))
    return 100 * step.get("bonus", 0) + part


TOP_UPS = st.tuples(st.just("top up"), st.sampled_from([1, 9_999, 10_000, 50_001, 99_999, 123_457, 10**13]))
PAID = st.tuples(st.just("pay"), st.sampled_from([0, 1, 333, 10_000, 60_000, 10**14]))
REFUNDS = st.tuples(st.just("refund"), st.sampled_from([1, 2, 100, 9_999, 10**14]))
OUT = st.tuples(st.just("pay out"), st.sampled_from([1, 5_000, 10**14]))
WAIT = st.tuples(st.just("wait"), st.sampled_from([1, 20, 31]))


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.one_of(TOP_UPS, PAID, PAID, REFUNDS, OUT, WAIT)), max_size=20),
    st.sampled_from(["principal_first", "bonus_first", "in_proportion"]),
)
def test_cards_are_what_the_document_says_whatever_is_done_with_them(acts, order) -> None:
    cards, payments = PrepaidCards(card_programme(consumption=order), MEMBERS), CardPayments(len(acts) + 1)
    plain = [PlainCard(order) for _ in range(MEMBERS)]
    paid: list[list] = []  # member, principal, bonus lots, refunded
    today = 0
    for member, (act, amount) in acts:
        who, day, some = ints([member]), np.array([today], np.int32), ints([amount])
        card = plain[member]
        card.live_to(today)
        cards.settle(who, day)
        if act == "wait":
            today += amount
        elif act == "top up":
            done = cards.top_up(who, day, some)
            assert done.bonus.tolist() == [plain_bonus(amount)]
            card.principal += amount
            card.bonuses += [[int(done.bonus_expires_on[0]), plain_bonus(amount)]]
        elif act == "pay":
            before = card.principal + card.bonus
            done = cards.pay(who, day, some)
            principal, bonus, lots = card.pay(amount)
            assert (done.principal.tolist(), done.bonus.tolist()) == ([principal], [bonus])
            assert done.low.tolist() == [before >= 5_000 > before - principal - bonus]
            payments.note(ints([len(paid)]), done, who)
            paid.append([member, principal, bonus, lots, 0])
        elif act == "pay out":
            assert cards.pay_out(who, some).tolist() == [min(amount, card.principal)]
            card.principal -= min(amount, card.principal)
        elif mine := [n for n, row in enumerate(paid) if row[0] == member]:
            _refund(cards, payments, card, mine[-1], paid[mine[-1]], amount, who, day)
        assert cards.principal[member] == card.principal >= 0
        assert cards.bonus.balance[member] == card.bonus
        assert cards.balance[member] == card.principal + card.bonus


def _refund(cards, payments, card, number, row, amount, who, day) -> None:
    _, principal, bonus, lots, before = row
    after = min(before + amount, principal + bonus)
    row[4] = after
    whole = max(principal + bonus, 1)
    back = floor(Fraction(bonus * after, whole)) - floor(Fraction(bonus * before, whole))
    money, moves = payments.refund(ints([number]), ints([amount]))
    cards.bring_back(who, day, money, moves)
    assert (int(money[0]), int(moves.points.sum())) == (after - before - back, back)
    card.principal += after - before - back
    for lot in reversed(lots):  # the last spent first
        part = min(lot[1], back)
        lot[1] -= part
        back -= part
        if part and lot[0] > day[0]:
            card.bonuses.append([lot[0], part])


def test_what_a_ledger_decides_about_a_card_happens_as_far_as_it_is_there() -> None:
    """Bonus comes with the expiry told, leaves from the lot it names, then from the oldest."""
    cards, who, day = PrepaidCards(Programme(name="c"), 1), np.array([0]), np.array([10], np.int32)

    def decide(amount: int, account: str, expires_on: int = int(NEVER)) -> None:
        cards.decide(who, day, np.array([amount]), account, np.array([expires_on], np.int32))

    def lots() -> list[tuple[int, int]]:
        left = cards.bonus.open(who)
        return list(zip(left.day.tolist(), left.points.tolist(), strict=True))

    for amount, expires_on in ((5, 40), (7, 90)):
        decide(amount, "stored_value_bonus", expires_on)
    decide(-3, "stored_value_bonus", 90)
    assert lots() == [(40, 5), (90, 4)]
    decide(-6, "stored_value_bonus", 90)
    assert lots() == [(40, 3)]
    decide(-100, "stored_value_bonus")
    for amount, left in ((30, 30), (-10, 20), (-100, 0)):
        decide(amount, "stored_value")
        assert (cards.principal[0], cards.balance[0]) == (left, left)


def test_the_largest_step_that_a_top_up_reaches_decides_its_bonus() -> None:
    cards = PrepaidCards(card_programme(), 5)
    amounts = ints([9_999, 10_000, 49_999, 50_000, 100_010])
    done = cards.top_up(np.arange(5), np.zeros(5, np.int32), amounts)
    # 500.00 earns 30.00 and 1.5 % of it; 1,000.10 a tenth, rounded down.
    assert done.bonus.tolist() == [0, 500, 500, 3_750, 10_001]
    assert cards.principal.tolist() == amounts.tolist()


def test_principal_and_bonus_are_paid_and_come_back_in_proportion() -> None:
    cards, payments = PrepaidCards(card_programme(consumption="in_proportion"), 1), CardPayments(1)
    who, day = ints([0]), np.zeros(1, np.int32)
    cards.top_up(who, day, ints([100_000]))  # and 100.00 on top
    paid = cards.pay(who, day, ints([1_100]))
    assert (paid.principal.tolist(), paid.bonus.tolist()) == ([1_000], [100])
    payments.note(ints([0]), paid, who)
    backs = []
    for _ in range(3):
        money, lots = payments.refund(ints([0]), ints([500]))
        cards.bring_back(who, day, money, lots)
        backs.append((int(money[0]), int(lots.points.sum())))
    assert backs == [(455, 45), (455, 45), (90, 10)]  # in all what was paid, and no more
    assert (cards.principal.tolist(), cards.bonus.balance.tolist()) == ([100_000], [10_000])


@pytest.mark.parametrize(("pay", "low"), [(5_999, False), (6_000, False), (6_001, True), (20_000, True)])
def test_a_payment_is_marked_when_the_balance_falls_below_the_mark(pay: int, low: bool) -> None:
    cards = PrepaidCards(card_programme(), 1)
    who, day = ints([0]), np.zeros(1, np.int32)
    cards.top_up(who, day, ints([10_500]))
    assert cards.bonus.balance.tolist() == [500]
    assert cards.pay(who, day, ints([pay])).low.tolist() == [low]
    assert cards.pay(who, day, ints([1])).low.tolist() == [pay == 6_000]  # once per fall


def test_only_the_bonus_expires() -> None:
    cards = PrepaidCards(card_programme(), 1)
    who = ints([0])
    cards.top_up(who, np.zeros(1, np.int32), ints([10_000]))
    assert not len(cards.settle(who, np.array([30], np.int32)).expired)
    gone = cards.settle(who, np.array([NEVER - 1], np.int32)).expired
    assert (gone.points.tolist(), gone.day.tolist()) == ([500], [31])
    assert cards.balance.tolist() == [10_000]


def test_a_share_of_a_huge_amount_is_exact() -> None:
    amount, top = 10**17 + 1, 999_999_999
    assert part_of(ints([amount]), ints([top]), ints([10**9])).tolist() == [amount * top // 10**9]


def test_a_bonus_share_may_have_any_decimals() -> None:
    programme = card_programme(bonuses=[{"from_amount": 1, "bonus_share": Decimal("0.333333333")}])
    cards = PrepaidCards(programme, 1)
    assert cards.top_up(ints([0]), np.zeros(1, np.int32), ints([10**12])).bonus.tolist() == [333_333_333_000]


def test_top_ups_and_payments_set_the_clock_of_inactivity_back() -> None:
    """The second top-up is too small for a bonus, and the payment leaves the bonus alone."""
    who = ints([0])
    for deed in ("nothing", "top_up", "pay"):
        cards = PrepaidCards(card_programme(bonus_expiry={"inactivity_months": 1}), 1)
        cards.top_up(who, ints([0]), ints([100_00]))
        cards.settle(who, ints([20]))
        if deed != "nothing":
            getattr(cards, deed)(who, ints([20]), ints([1_00]))
        gone = cards.settle(who, ints([100])).expired
        assert gone.day.tolist() == [31 if deed == "nothing" else 51]  # 21 January and a month
