"""What the rules of points mean, one example each; that they hold together is for the ledger machine."""

from __future__ import annotations

import numpy as np
import pytest

from loyalty_core.days import NEVER
from loyalty_core.points.paid_lots import PaidLots
from loyalty_core.points.wallet import NO_LOT, Wallet
from tests.core.drawn import ints

ANN, BEN = ints([0]), ints([1])


def day(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


def wallet_with(points: int, expires_on: int = 100, available_on: int = 0, **rules) -> Wallet:
    """Two members, of whom the first earned points on day 0."""
    wallet = Wallet(2, **rules)
    wallet.credit(ANN, day(0), ints([points]), day(expires_on), day(available_on))
    return wallet


def test_points_that_wait_cannot_be_spent_until_their_day() -> None:
    wallet = wallet_with(50, available_on=10)
    assert (wallet.balance[0], wallet.pending[0]) == (0, 50)
    wallet.settle(ANN, day(9))
    assert wallet.debit(ANN, ints([20])).tolist() == [0]
    released = wallet.settle(ANN, day(10)).released
    assert (released.day.tolist(), released.points.tolist()) == ([10], [50])
    assert wallet.debit(ANN, ints([20])).tolist() == [20]
    assert (wallet.balance[0], wallet.pending[0]) == (30, 0)


def test_waiting_does_not_put_off_the_expiry() -> None:
    wallet = wallet_with(50, expires_on=31, available_on=10)
    expired = wallet.settle(ANN, day(31)).expired
    assert (expired.day.tolist(), expired.points.tolist()) == ([31], [50])


def test_points_that_wait_beyond_their_expiry_come_and_go_on_one_day() -> None:
    wallet = wallet_with(50, expires_on=31, available_on=40)
    assert not len(wallet.settle(ANN, day(39)).expired)
    settled = wallet.settle(ANN, day(40))
    assert (settled.released.day.tolist(), settled.expired.day.tolist()) == ([40], [40])
    assert wallet.balance[0] == 0


def test_a_lot_keeps_its_number_when_it_becomes_available() -> None:
    wallet = Wallet(2)
    who, points = ints([0, 1]), ints([5, 7])
    first = wallet.credit(who, day(0, 0), points, day(90, 90))
    later = wallet.credit(who, day(1, 1), points, day(60, 60), day(30, 1))
    assert len({*first.tolist(), *later.tolist()}) == 4
    settled = wallet.settle(who, day(60, 60))
    assert settled.released.lot.tolist() == [later[0]]
    assert sorted(settled.expired.lot.tolist()) == sorted(later.tolist())
    assert wallet.spend(who, points).lot.tolist() == first.tolist()


@pytest.mark.parametrize(
    ("claw_back", "taken", "balance", "pending"),
    [
        ("pending_only", (50, 0, 0, 0), 30, 0),
        ("within_balance", (50, 0, 30, 0), 0, 0),
        ("allow_negative", (50, 0, 30, 20), -20, 0),
    ],
)
def test_a_claw_back_goes_as_far_as_the_programme_lets_it(claw_back, taken, balance, pending) -> None:
    """100 are asked back of a purchase of which 50 still wait, from a member with 30 other points."""
    wallet = wallet_with(30)
    wallet.credit(ANN, day(0), ints([50]), day(200), day(10))
    found = wallet.take_back(ANN, ints([100]), day(200), day(10), claw_back)
    assert tuple(int(part[0]) for part in (found.pending, found.own, found.oldest, found.owed)) == taken
    assert (wallet.balance[0], wallet.pending[0]) == (balance, pending)


def test_a_claw_back_spares_older_points_while_its_own_are_there() -> None:
    """Buying and returning must not put off the expiry of what was there before."""
    wallet = wallet_with(40, expires_on=100)
    wallet.credit(ANN, day(50), ints([40]), day(150))
    found = wallet.take_back(ANN, ints([40]), day(150))
    assert (found.own[0], found.oldest[0]) == (40, 0)
    assert wallet.settle(ANN, day(100)).expired.points.tolist() == [40]


def test_a_claw_back_of_an_unknown_lot_takes_the_oldest() -> None:
    wallet = wallet_with(40)
    assert wallet.take_back(ANN, ints([15]), day(NO_LOT)).oldest.tolist() == [15]
    assert wallet.settle(ANN, day(100)).expired.points.tolist() == [25]


def test_points_that_never_expire_are_taken_back_as_such() -> None:
    wallet = wallet_with(40)
    wallet.credit(ANN, day(0), ints([30]), day(NEVER))
    found = wallet.take_back(ANN, ints([35]), day(NEVER))
    assert (found.own[0], found.oldest[0]) == (30, 5)


def test_what_comes_in_fills_the_gap_first() -> None:
    wallet = wallet_with(10)
    wallet.take_back(ANN, ints([30]), day(100), claw_back="allow_negative")
    wallet.credit(ANN, day(1), ints([15]), day(101))
    assert (wallet.balance[0], wallet.owed[0]) == (-5, 5)
    lot = wallet.credit(ANN, day(2), ints([15]), day(102))
    assert (wallet.balance[0], wallet.owed[0]) == (10, 0)
    expired = wallet.settle(ANN, day(200)).expired
    assert (expired.lot.tolist(), expired.points.tolist()) == (lot.tolist(), [10])


def test_inactivity_takes_everything_on_the_day_after_so_many_months() -> None:
    """The redemption on 10 January sets the clock back: 10 February, day 40."""
    wallet = wallet_with(50, expires_on=300, inactivity_months=1)
    wallet.credit(ANN, day(0), ints([7]), day(NEVER))
    wallet.debit(ANN, ints([20]))
    wallet.touch(ANN, day(9))
    assert not len(wallet.settle(ANN, day(39)).expired)
    expired = wallet.settle(ANN, day(400)).expired
    assert (expired.day.tolist(), expired.points.tolist()) == ([40, 40], [30, 7])


def test_points_that_come_in_after_inactivity_start_its_clock_anew() -> None:
    wallet = wallet_with(50, expires_on=300, inactivity_months=1)
    assert wallet.settle(ANN, day(31)).expired.day.tolist() == [31]
    wallet.credit(ANN, day(50), ints([5]), day(300))
    assert not len(wallet.settle(ANN, day(50 + 27)).expired)
    assert wallet.settle(ANN, day(300)).expired.day.tolist() == [50 + 28]  # 20 February to 20 March


def test_points_released_long_after_the_last_purchase_start_the_clock_too() -> None:
    wallet = wallet_with(50, expires_on=300, available_on=90, inactivity_months=1)
    wallet.touch(ANN, day(0))
    settled = wallet.settle(ANN, day(200))
    assert (settled.released.day.tolist(), settled.expired.day.tolist()) == ([90], [120])


def test_transferred_lots_keep_their_expiry() -> None:
    wallet = wallet_with(50, expires_on=100)
    wallet.credit(ANN, day(0), ints([50]), day(200))
    moves = wallet.transfer(ANN, BEN, day(1), ints([70]))
    assert (moves.day.tolist(), moves.points.tolist()) == ([100, 200], [50, 20])
    assert wallet.balance.tolist() == [30, 70]
    assert wallet.settle(BEN, day(100)).expired.points.tolist() == [50]
    assert wallet.settle(BEN, day(200)).expired.points.tolist() == [20]


def test_pooling_in_a_ring_moves_only_what_everybody_had_before() -> None:
    wallet = Wallet(3)
    who = np.arange(3)
    wallet.credit(who, day(0, 0, 0), ints([1, 10, 100]), day(50, 50, 50))
    wallet.transfer(ints([2, 0, 1]), ints([0, 1, 2]), day(1, 1, 1), ints([500, 500, 500]))
    assert wallet.balance.tolist() == [100, 1, 10]


def test_merging_takes_along_what_waits_and_what_is_owed() -> None:
    wallet = wallet_with(50, expires_on=100, available_on=10)
    wallet.take_back(ANN, ints([60]), day(NO_LOT), claw_back="allow_negative")
    wallet.credit(BEN, day(0), ints([20]), day(90))
    wallet.merge(ANN, BEN, day(1))
    assert (wallet.balance.tolist(), wallet.pending.tolist()) == ([0, -40], [0, 50])
    settled = wallet.settle(BEN, day(100))
    assert (settled.released.points.tolist(), settled.expired.points.tolist()) == ([50], [10])


def test_lots_that_wait_for_one_day_are_told_apart_by_their_expiry() -> None:
    wallet = wallet_with(50, expires_on=100, available_on=10)
    wallet.credit(ANN, day(0), ints([7]), day(200), day(10))
    assert wallet.waiting(ANN, day(200), day(10)).tolist() == [7]
    assert wallet.take_back(ANN, ints([9]), day(200), day(10), "pending_only").pending.tolist() == [7]
    assert wallet.pending[0] == 50


def test_what_waits_keeps_number_and_dates_when_it_is_handed_over() -> None:
    wallet = Wallet(2)
    wallet.credit(ANN, day(0), ints([3]), day(70))
    number = wallet.credit(ANN, day(0), ints([50]), day(100), day(10))
    merged = wallet.merge(ANN, BEN, day(1))
    assert (merged.waiting.day.tolist(), merged.gone_on.tolist()) == ([10], [100])
    assert wallet.settle(BEN, day(99)).released.lot.tolist() == number.tolist()
    gone = wallet.settle(BEN, day(100)).expired
    assert (gone.lot.tolist(), gone.points.tolist()) == (number.tolist(), [50])


def test_points_that_never_expire_and_points_that_are_none_have_no_number() -> None:
    wallet = wallet_with(50, expires_on=int(NEVER), available_on=10)
    assert wallet.credit(ANN, day(0), ints([0]), day(100)).tolist() == [0]
    wallet.settle(ANN, day(10))
    assert wallet.spend(ANN, ints([20])).lot.tolist() == [0]


def test_what_paid_comes_back_with_the_expiry_it_had_unless_it_has_lapsed() -> None:
    wallet, paid = wallet_with(50, expires_on=100), PaidLots(1)
    wallet.credit(ANN, day(0), ints([50]), day(200))
    paid.add(wallet.spend(ANN, ints([80])), ANN, ints([0]))
    back = paid.bring_back(ints([0]), ints([40]))
    assert (back.day.tolist(), back.points.tolist()) == ([100, 200], [10, 30])  # the last spent first
    wallet.settle(ANN, day(150))
    assert wallet.restore(back.member, day(150, 150), back.points, back.day).tolist() == [0, 30]
    assert wallet.balance[0] == 50
    assert paid.bring_back(ints([0]), ints([60])).points.tolist() == [40]  # no more than was spent


@pytest.mark.parametrize("later", [ANN, BEN])
def test_of_two_clocks_the_later_one_stays_when_members_are_merged(later) -> None:
    """Points of 1 January on both; one of them bought on 20 January, so that all is gone on 20 February."""
    wallet = Wallet(2, inactivity_months=1)
    wallet.credit(ints([0, 1]), day(0, 0), ints([10, 20]), day(NEVER, NEVER))
    wallet.touch(later, day(19))
    wallet.merge(ANN, BEN, day(20))
    wallet.credit(ANN, day(21), ints([5]), day(NEVER))  # starts anew: 22 February
    expired = wallet.settle(ints([0, 1]), day(60, 60)).expired
    gone = {
        (int(m), int(d)): int(p) for m, d, p in zip(expired.member, expired.day, expired.points, strict=True)
    }
    assert gone == {(0, 52): 5, (1, 50): 30}


def test_a_new_rule_of_inactivity_counts_from_what_members_did_before_it() -> None:
    """Points of 1 January, a purchase on 20 January; a rule comes, is changed, and goes."""
    wallet = Wallet(2, remember=True)
    wallet.credit(ints([0, 1]), day(0, 0), ints([10, 20]), day(NEVER, NEVER))
    wallet.touch(BEN, day(19))
    wallet.change_inactivity(1, 40)  # 10 February: over since 1 February for Ann, on 20 February for Ben
    expired = wallet.settle(ints([0, 1]), day(60, 60)).expired
    assert (expired.member.tolist(), expired.day.tolist()) == ([0, 1], [40, 50])
    wallet.credit(ANN, day(60), ints([5]), day(NEVER))  # starts anew: 1 April, or with two months 1 May
    wallet.change_inactivity(2, 70)
    assert wallet.settle(ANN, day(119)).expired.points.tolist() == []
    wallet.change_inactivity(None, 119)
    assert not len(wallet.settle(ANN, day(2_000)).expired)
    wallet.change_inactivity(2, 2_000)
    assert wallet.settle(ANN, day(2_100)).expired.day.tolist() == [2_000]


def test_only_a_wallet_that_remembers_may_come_under_another_rule() -> None:
    with pytest.raises(ValueError, match="must remember"):
        Wallet(1).change_inactivity(1, 40)


def test_of_two_clocks_the_later_one_is_remembered_when_members_are_merged() -> None:
    wallet = Wallet(2, remember=True)
    wallet.credit(ints([0, 1]), day(0, 10), ints([10, 20]), day(NEVER, NEVER))
    wallet.merge(ANN, BEN, day(20))
    wallet.credit(ANN, day(30), ints([5]), day(NEVER))
    wallet.change_inactivity(1, 40)  # Ben's clock of 11 January goes on, Ann's began on 31 January
    expired = wallet.settle(ints([0, 1]), day(60, 60)).expired
    assert sorted(zip(expired.member.tolist(), expired.day.tolist(), strict=True)) == [(0, 58), (1, 41)]


def test_a_claw_back_takes_what_waits_and_only_the_rest_from_points_of_the_same_expiry() -> None:
    wallet = wallet_with(10, expires_on=100)
    wallet.credit(ANN, day(0), ints([5]), day(100), day(10))
    taken = wallet.take_back(ANN, ints([8]), day(100), day(10))
    assert (taken.pending[0], taken.own[0], taken.oldest[0]) == (5, 3, 0)
    assert (wallet.balance[0], wallet.pending[0]) == (7, 0)


def test_a_claw_back_finds_points_that_would_be_gone_before_they_are_available() -> None:
    wallet = wallet_with(50, expires_on=5, available_on=10)
    assert wallet.take_back(ANN, ints([20]), day(5), day(10)).pending.tolist() == [20]
    assert wallet.waiting(ANN, day(5), day(10)).tolist() == [30]


def test_who_owes_goes_on_owing_when_a_claw_back_finds_all_that_it_wants() -> None:
    wallet = Wallet(2)
    wallet.take_back(ANN, ints([7]), day(NO_LOT), claw_back="allow_negative")
    wallet.credit(BEN, day(0), ints([10]), day(90))
    wallet.take_back(BEN, ints([10]), day(90), claw_back="allow_negative")
    assert wallet.balance.tolist() == [-7, 0]
    wallet.credit(ANN, day(0), ints([10]), day(90))
    assert wallet.balance.tolist() == [3, 0]


def test_points_that_are_gone_today_do_not_come_back_today() -> None:
    wallet = Wallet(1)
    assert wallet.restore(ints([0, 0]), day(50, 50), ints([3, 4]), day(50, 51)).tolist() == [0, 4]


def test_no_clock_of_inactivity_starts_with_no_points() -> None:
    wallet = Wallet(1, inactivity_months=1)
    wallet.credit(ANN, day(0), ints([0]), day(NEVER))
    wallet.credit(ANN, day(10), ints([5]), day(NEVER))
    assert wallet.settle(ANN, day(100)).expired.day.tolist() == [41]  # 11 January and a month
