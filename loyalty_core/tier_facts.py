"""Moves between tiers in each period."""

from __future__ import annotations

import numpy as np

from loyalty_core.grid import Grid
from loyalty_core.history import History, Ints
from loyalty_core.programme import Programme
from loyalty_core.timeline import latest_at, value_at


def tier_flows(history: History, grid: Grid) -> dict[str, Ints]:
    """Members who moved up, and down, by what they were at the close of that day: the tier they reached."""
    moves = history.tier_changes
    entered = moves.from_tier >= 0
    place = grid.place(moves.day, grid.cut.cells(moves.member, moves.day))
    upward = entered & (moves.to_tier > moves.from_tier)
    downward = entered & (moves.to_tier < moves.from_tier) & (moves.to_tier >= 0)
    return {
        "tier_upgrades": grid.members(grid.pairs(np.where(upward, place, -1), moves.member)),
        "tier_downgrades": grid.members(grid.pairs(np.where(downward, place, -1), moves.member)),
    }


def tier_cohorts(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Members below the top at the opening, and those of them who moved up in the period."""
    return grid.in_blocks(lambda block: _cohorts(history, programme, block))


def _cohorts(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    moves, members, n = history.tier_changes, history.members, len(history.members)
    opening = grid.periods.first.astype(np.int64) - 1
    tier = value_at(latest_at(moves.member, moves.day, n, opening), moves.to_tier, -1)
    enrolled = (members.joined_on[:, None] <= opening) & ~(members.left_on[:, None] <= opening)
    below = enrolled & (tier >= 0) & (tier < len(programme.tiers) - 1)
    upward = (moves.from_tier >= 0) & (moves.to_tier > moves.from_tier)
    member, day = moves.member[upward], moves.day[upward].astype(np.int64)
    last_up = value_at(latest_at(member, day, n, grid.periods.last), day, -(2**40))
    cells = grid.cut.cells_at(opening)
    return {
        "opening_below_top": grid.stock(below, cells),
        "opening_upgraded": grid.stock(below & (last_up > opening), cells),
    }
