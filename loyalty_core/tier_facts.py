"""Moves between tiers in each period, and who stands near the next one."""

from __future__ import annotations

import numpy as np

from loyalty_core.days import add_months
from loyalty_core.grid import Grid
from loyalty_core.history import History, Ints
from loyalty_core.programme import Programme, Qualification
from loyalty_core.timeline import LONG_AGO, latest_at, total_at, value_at


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


def tier_stocks(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Members below the top at the opening, who of them moved up, and who is near the next tier now."""
    return grid.in_blocks(
        lambda block: _cohorts(history, programme, block) | _near(history, programme, block)
    )


def _cohorts(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    moves = history.tier_changes
    opening = grid.periods.first - 1
    tier = tier_at(history, opening)
    below = (tier >= 0) & (tier < len(programme.tiers) - 1)
    upward = (moves.from_tier >= 0) & (moves.to_tier > moves.from_tier)
    member, day = moves.member[upward], moves.day[upward].astype(np.int64)
    last_up = value_at(latest_at(member, day, len(history.members), grid.periods.last), day, LONG_AGO)
    cells = grid.cut.cells_at(opening)
    return {
        "opening_below_top": grid.stock(below, cells),
        "opening_upgraded": grid.stock(below & (last_up > opening), cells),
    }


def _near(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Who has at least 90 % of the spend that the next tier asks for, and is not there yet."""
    close, top = grid.periods.last, len(programme.tiers) - 1
    tier = tier_at(history, close)
    asked = np.array(programme.thresholds_minor, np.int64)[np.minimum(tier + 1, top)]
    spend = qualifying_spend_at(history, programme.qualification, close)
    near = (tier >= 0) & (tier < top) & (10 * spend >= 9 * asked)
    return {"near_upgrade": grid.stock(near, grid.cut.cells_at(close))}


def tier_at(history: History, days: Ints) -> Ints:
    """Each member's tier at the close of each day, members × days; -1 without one and outside membership."""
    moves, members = history.tier_changes, history.members
    tier = value_at(latest_at(moves.member, moves.day, len(members), days), moves.to_tier, -1)
    enrolled = (members.joined_on[:, None] <= days) & ~(members.left_on[:, None] <= days)
    return np.where(enrolled, tier, -1)


def qualifying_spend_at(history: History, rule: Qualification, days: Ints) -> Ints:
    """Each member's net spend in the qualification window up to each day, members × days, minor units."""
    purchases, n = history.purchases, len(history.members)
    bought = purchases.member >= 0
    rows = purchases.member[bought], purchases.day[bought], purchases.amount[bought]
    ever = total_at(*rows, n, days)
    if rule.window == "since_joining":
        return ever
    years = days.astype("datetime64[D]").astype("datetime64[Y]")
    year_ends = years.astype("datetime64[D]").astype(np.int64) - 1
    out = year_ends if rule.window == "calendar" else add_months(days, -rule.months).astype(np.int64)
    return ever - total_at(*rows, n, out)
