"""Members who had left before a run: nothing becomes of them but that what they still have falls due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER
from loyalty_core.facts import EXPIRE, STORED_VALUE_BONUS_ACCOUNT
from loyalty_core.history import History
from loyalty_core.history_parts import select
from loyalty_core.kernel.standing import standing
from loyalty_core.points.lots import Moves
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.known_tiers import with_own_tiers
from simulation.arm import Arm
from simulation.journal import NO_SALE, Facts, Journal
from simulation.population import todays_members
from simulation.season import Clock


def departed(history: History, arm: Arm, clock: Clock, earlier: Sequence[Programme] = ()) -> Facts | None:
    """What falls due in the days of the clock for those who had left before; None where nobody had.

    `earlier` are the documents that held before the arm's.
    """
    history, eve = with_own_tiers(history, arm.programme), clock.first_day - 1
    gone = history.members.left_on <= eve
    if not gone.any():
        return None
    own = select(history, gone)
    stays = replace(own.members, left_on=np.full(len(own.members), NEVER, own.members.left_on.dtype))
    accounts = standing(replace(own, members=stays), arm.programme, eve, earlier=earlier)
    journal = Journal(arm.other_accounts)
    points, bonus = accounts.expire(np.arange(accounts.n), clock.last_day), accounts.expired_bonus()
    journal.enter(*_told(points, clock), EXPIRE, -points.points, _no_sale(points))
    if STORED_VALUE_BONUS_ACCOUNT in journal.others:
        told = _told(bonus, clock)
        journal.enter_other(STORED_VALUE_BONUS_ACCOUNT, *told, EXPIRE, -bonus.points, _no_sale(bonus))
    people = todays_members(own, clock.first_day, 10**arm.programme.currency_decimals)
    return Facts(journal, people)


def _told(moves: Moves, clock: Clock) -> tuple[Ints, Ints, Ints]:
    return moves.member, moves.day, clock.midnight(moves.day)


def _no_sale(moves: Moves) -> Ints:
    return np.full(len(moves), NO_SALE)
