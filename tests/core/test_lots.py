"""Lots given in any order leave as in a plain list: by the day they expire, then as they were given; or those
of one day alone."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.days import NEVER
from loyalty_core.points.lots import Lots, Moves
from loyalty_core.points.stretches import Stretches

MEMBERS = 2
STAYS = int(NEVER)
DAYS = st.sampled_from([1, 2, 3, 4, 5, STAYS])  # few, so that lots often expire on one day
OF_SOME = st.sampled_from([None, 0, 1])  # all lots, those with an even number, those with an odd one
GIVEN = st.tuples(st.just("give"), st.integers(0, MEMBERS - 1), DAYS, st.integers(0, 9), st.none())
LEAVING = st.tuples(
    st.sampled_from(["spend", "take", "withdraw"]),
    st.integers(0, MEMBERS - 1),
    DAYS,
    st.integers(1, 25),
    OF_SOME,
)
Lot = list[int]  # the day it expires, its number, what is left


def leave(lots: list[Lot], wanted: int) -> list[tuple[int, int]]:
    """What goes from each lot of a member, as number and points; those that stay are one."""
    gone: dict[int, int] = {}
    for lot in sorted(lots):
        points = min(wanted, lot[2])
        lot[2] -= points
        wanted -= points
        if points:
            gone[lot[1]] = gone.get(lot[1], 0) + points
    return list(gone.items())


def due(lots: list[Lot], day: int, remainder: int | None) -> list[Lot]:
    """Those that are gone on just that day; those that stay have no numbers to choose by."""
    return [lot for lot in lots if lot[0] == day and (day == STAYS or remainder in (None, lot[1] % 2))]


def told(moves: Moves) -> list[tuple[int, int]]:
    return list(zip(moves.lot.tolist(), moves.points.tolist(), strict=True))


@settings(max_examples=200)
@given(st.lists(st.one_of(GIVEN, GIVEN, LEAVING), max_size=14), st.integers(1, 5))
def test_lots_leave_by_day_and_then_in_the_order_in_which_they_were_given(acts, until) -> None:
    lots, plain = Lots(MEMBERS), [[] for _ in range(MEMBERS)]
    number = 0
    for act, member, day, points, remainder in acts:
        who, some, on = np.array([member]), np.array([points]), np.array([day], np.int32)
        alike = None if remainder is None else lambda lot, _, rest=remainder: lot % 2 == rest
        if act == "give":
            kept = points > 0 and day != STAYS
            number += kept
            assert lots.add(who, some, on).tolist() == [number if kept else 0]
            plain[member].append([day, number if kept else 0, points])
        elif act == "spend":
            assert told(lots.spend(who, some)) == leave(plain[member], points)
        elif act == "take":
            assert lots.take(who, some).tolist() == [sum(part for _, part in leave(plain[member], points))]
        else:
            taken, moves = lots.withdraw(who, some, on, alike)
            left = leave(due(plain[member], day, remainder), points)
            assert (told(moves), int(taken[0])) == (left, sum(part for _, part in left))
        assert lots.balance[member] == sum(lot[2] for lot in plain[member])
        left = lots.open(who)
        assert list(zip(left.day.tolist(), left.points.tolist(), strict=True)) == [
            (lot[0], lot[2]) for lot in sorted(plain[member]) if lot[2] and lot[0] != STAYS
        ]
        assert lots.staying(who).tolist() == [sum(lot[2] for lot in due(plain[member], STAYS, None))]
        going = [any(lot[2] for lot in plain[member] if lot[0] <= until)]
        assert lots.any_going(who, np.array([until], np.int32)).tolist() == going
        if day != STAYS and alike is not None:
            found = sum(lot[2] for lot in due(plain[member], day, remainder))
            assert lots.due_on(who, on, alike).tolist() == [found]
    for member in range(MEMBERS):
        moves = lots.expire(np.array([member]), np.array([until], np.int32))
        gone = [lot for lot in plain[member] if lot[0] <= until]
        assert told(moves) == [(lot[1], lot[2]) for lot in sorted(gone) if lot[2]]


def test_thousands_of_lots_are_kept_one_like_the_other() -> None:
    """More than any first guess of how many there will be, in two goes, the later ones gone first."""
    members = 3_000
    lots, who = Lots(members), np.arange(members)
    first = lots.add(who, who + 1, np.full(members, 20, np.int32))
    later = lots.add(who, who + 2, np.full(members, 10, np.int32))
    assert lots.count == 2 * members
    assert later.tolist() == list(range(members + 1, 2 * members + 1))
    for lot, day, more in ((later, 10, 2), (first, 20, 1)):
        moves = lots.expire(who, np.full(members, day, np.int32))
        assert (moves.member == who).all()
        assert moves.lot.tolist() == lot.tolist()
        assert moves.points.tolist() == (who + more).tolist()
    assert not lots.balance.any()


def test_a_lot_put_behind_all_others_is_followed_by_the_next() -> None:
    """Two lots, of which the first is spent and taken off; then one in front, one behind, in any order."""
    lots, who = Lots(1), np.array([0])

    def give(day: int, points: int) -> None:
        lots.add(who, np.array([points]), np.array([day], np.int32))

    give(30, 3)
    give(20, 2)  # before the only one
    give(25, 4)  # between the two
    give(30, 5)  # behind the last one again
    assert lots.open(who).day.tolist() == [20, 25, 30, 30]
    assert lots.open(who).points.tolist() == [2, 4, 3, 5]


def test_a_log_that_grows_into_memory_used_before_ends_where_its_last_stretch_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def used(shape: int, kind: type[np.generic]) -> np.ndarray:
        return np.full(shape, 7, kind)

    monkeypatch.setattr(np, "empty", used)
    who, rounds = np.arange(300), 5  # there is room for three, then it is doubled
    log = Stretches(len(who), both_ways=False)
    for nth in range(1, rounds + 1):
        log.append(who, np.full(len(who), nth, np.int32), np.full(len(who), 10 * nth))
    ends = [upto.tolist() for _, _, upto in islice(log.waiting(who), rounds + 1)]
    assert ends == [[10 * nth] * len(who) for nth in range(1, rounds + 1)]
