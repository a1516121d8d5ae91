"""What a programme's people decide about points, as lines of the ledger: adjusted, moved, or pooled.

Lines that take points name the lots by their dates, oldest expiry first, and those that bring them carry
the dates on: a ledger then tells which points went, and nobody's points live longer for having been
moved. Points are of the points account, and the standing is moved on with what is decided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from loyalty_core.days import NEVER
from loyalty_core.errors import InputError
from loyalty_core.facts import ADJUST, TRANSFER
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.points.lots import Moves


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An entry of one member (its place in the standing), in point units with their sign.

    `expires_on` is NEVER where the points stay or none are named, `available_on` None where they do not wait.
    """

    member: int
    kind: str
    points: int
    expires_on: int = int(NEVER)
    available_on: int | None = None


# Of a standing at the close of a day, and the places of members in it.
Decision = Callable[[Accounts, int, Sequence[int]], list[Line]]


def adjusted(accounts: Accounts, day: int, member: int, points: int) -> list[Line]:
    """Points given, gone when those earned that day are, or (negative) taken; InputError where there are not
    so many."""
    who, on = np.array([member]), np.array([day], np.int32)
    if points < 0:
        _assert_there(accounts, member, -points)
        taken = accounts.points.spend(who, np.array([-points]))
        return [
            Line(member=member, kind=ADJUST, points=-part, expires_on=gone) for gone, part in _lots(taken)
        ]
    gone = accounts.expiry(on)
    accounts.points.credit(who, on, np.array([points]), gone)
    return [Line(member=member, kind=ADJUST, points=points, expires_on=int(gone[0]))]


def moved(accounts: Accounts, day: int, giver: int, taker: int, points: int) -> list[Line]:
    """Points from one member to another; InputError where there are not so many."""
    _assert_there(accounts, giver, points)
    on = np.array([day], np.int32)
    moves = accounts.points.transfer(np.array([giver]), np.array([taker]), on, np.array([points]))
    return [line for gone, part in _lots(moves) for line in _pair(giver, taker, part, gone)]


def pooled(accounts: Accounts, day: int, givers: Sequence[int], taker: int) -> list[Line]:
    """All that each giver has goes to the taker: what is there, what waits, and what is owed."""
    lines, on = list[Line](), np.array([day], np.int32)
    for giver in givers:
        merged = accounts.points.merge(np.array([giver]), np.array([taker]), on)
        for gone, part in _lots(merged.available):
            lines += _pair(giver, taker, part, gone)
        waits = zip(
            merged.waiting.day.tolist(), merged.gone_on.tolist(), merged.waiting.points.tolist(), strict=True
        )
        for there, gone, part in waits:
            lines += _pair(giver, taker, part, gone, there)
        lines += _pair(taker, giver, int(merged.owed[0]), int(NEVER))
    return lines


def _pair(
    giver: int, taker: int, points: int, expires_on: int, available_on: int | None = None
) -> list[Line]:
    """The two lines of points that change hands; none where there are none."""
    return [
        Line(
            member=member,
            kind=TRANSFER,
            points=sign * points,
            expires_on=expires_on,
            available_on=available_on,
        )
        for member, sign in ((giver, -1), (taker, 1))
        if points
    ]


def _lots(moves: Moves) -> list[tuple[int, int]]:
    return list(zip(moves.day.tolist(), moves.points.tolist(), strict=True))


def _assert_there(accounts: Accounts, member: int, points: int) -> None:
    balance = int(accounts.balance[member])
    if points > balance:
        held = Decimal(balance).scaleb(-accounts.programme.point_decimals)
        raise InputError(f"only {held} points are there; take no more than these")
