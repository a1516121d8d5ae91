"""Moves between tiers in each period, who stands near the next one, and who was reviewed and kept theirs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.counting.cuts import OPENING_TIER, Cut
from loyalty_core.counting.grid import Grid, days_within
from loyalty_core.history import History
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.known_tiers import below_top, moved_down, moved_up, own_tiers
from loyalty_core.tiers.requirements import levels_of
from loyalty_core.tiers.tier_calendar import tier_since, tier_spells, turns
from loyalty_core.tiers.tier_progress import near_downgrade, near_upgrade
from loyalty_core.timeline import Spells, distinct, value_at


def tier_flows(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Members who moved up, and down, by what they were at the close of that day: the tier they reached."""
    moves = history.tier_changes
    place = grid.place(moves.day, grid.cut.cells(moves.member, moves.day))
    up, down = (np.where(one(moves, programme), place, -1) for one in (moved_up, moved_down))
    return {
        "tier_upgrades": grid.members(grid.pairs(up, moves.member)),
        "tier_downgrades": grid.members(grid.pairs(down, moves.member)),
    }


def tier_stocks(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Members below the top at the opening, who of them moved up, and who is near another tier now."""
    below, near_up, near_down = grid.once(
        "tiers", lambda: _standing(history, programme, grid.cut, grid.last_day)
    )
    moves = history.tier_changes
    upward = np.flatnonzero(moved_up(moves, programme))
    period, inside = grid.periods.index(moves.day[upward])
    before = below.holding(moves.member[upward], grid.periods.first[period] - 1)
    cell = value_at(before, below.what, -1)
    place = np.where(inside & (cell >= 0), period * grid.cut.size + cell, -1)
    return {
        "opening_below_top": grid.opening(below),
        "opening_upgraded": grid.members(grid.pairs(place, moves.member[upward])),
        "near_upgrade": grid.standing(near_up),
        "near_downgrade": grid.standing(near_down),
    }


def _standing(history: History, programme: Programme, cut: Cut, last_day: int) -> list[Spells]:
    """The spells, by cell, of members below the top, near the next tier, and near losing theirs."""
    found = (
        below_top(tier_spells(history), programme),
        near_upgrade(history, programme, last_day),
        near_downgrade(history, programme, last_day),
    )
    return [cut.pieces(one)[0] for one in found]


def tier_migration(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Members by their tiers at the opening and the close; none before joining and after leaving.

    Whoever has a tier at the close is taken to have had it at the opening, and put right where it began
    in between; then come those who have none any more.
    """
    spells, periods = tier_spells(history), grid.periods
    kept = grid.once("kept tiers", lambda: grid.cut.pieces(spells, _tiers(spells.what, spells.what))[0])
    period, inside = periods.index(spells.start)
    rows = np.flatnonzero(inside & (spells.end >= periods.last[period]))
    before = spells.holding(spells.member[rows], periods.first[period[rows]] - 1)
    tier = spells.what[rows]
    came = period[rows], spells.member[rows], value_at(before, spells.what, -1), tier
    taken = period[rows], spells.member[rows], tier, tier
    return {
        "members_by_tiers": grid.standing(kept)
        + _moved(grid, *came)
        - _moved(grid, *taken)
        + _moved(grid, *_without_tier(spells, periods))
    }


def _tiers(opening: Ints, close: Ints) -> dict[str, Ints]:
    return {OPENING_TIER: opening, "member_tier": close}


def _moved(grid: Grid, period: Ints, member: Ints, opening: Ints, close: Ints) -> Ints:
    """Members by those tiers, and by what they are at the close of each one's period."""
    day = grid.periods.last[period]
    return grid.count(grid.place(day, grid.cut.cells(member, day, _tiers(opening, close))))


def _without_tier(spells: Spells, periods: Periods) -> tuple[Ints, Ints, Ints, Ints]:
    """Periods and members with a tier at the opening and none at the close: with both tiers."""
    period, inside = periods.index(spells.end + 1)
    opening = periods.first[period] - 1
    ended = inside & (spells.start <= opening) & (opening <= spells.end)
    gone = spells.holding(spells.member, periods.last[period]) < 0
    rows = np.flatnonzero(ended & gone)
    return period[rows], spells.member[rows], spells.what[rows], np.full(len(rows), -1)


def tier_reviews(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Members reviewed, and those without a move down in the period, by the tier before the review."""
    moves, n = history.tier_changes, max(len(history.members), 1)
    fell_in, inside = grid.periods.index(moves.day)
    fallen = distinct((fell_in * n + moves.member)[inside & moved_down(moves, programme)])
    reviewed: list[Ints] = [np.zeros(0, np.int64)]
    kept: list[Ints] = [np.zeros(0, np.int64)]
    for member, day in _looks(history, programme, grid):
        place = grid.place(day, grid.cut.cells(member, day - 1))
        stays = ~np.isin(grid.periods.index(day)[0] * n + member, fallen)
        reviewed.append(grid.pairs(place, member))
        kept.append(grid.pairs(np.where(stays, place, -1), member))
    return {
        "members_reviewed": grid.members(distinct(np.concatenate(reviewed))),
        "members_kept": grid.members(distinct(np.concatenate(kept))),
    }


def _looks(history: History, programme: Programme, grid: Grid) -> Iterator[tuple[Ints, Ints]]:
    """Members and days of the reviews in the periods that ask for keeping a tier; see `Qualification`.

    A tier with a validity is reviewed when it is over, the others by the calendar or on the
    anniversary of joining: with the tier that the member had at the close of the day before.
    """
    levels, spells = levels_of(programme), own_tiers(tier_spells(history), programme)
    first, last = int(grid.periods.first[0]), int(grid.periods.last[-1])
    asked = np.array([number > 0 and level.asks for number, level in enumerate(levels)])
    months = np.array([level.valid_months for level in levels])
    timed = spells.where((asked & (months > 0))[spells.what])
    yield from turns(timed, tier_since(history, timed), months[timed.what], first, last)
    others = spells.where((asked & (months == 0))[spells.what])
    if programme.qualification.reviews == "anniversary":
        joined_on = history.members.joined_on[others.member].astype(np.int64)
        yield from turns(others, joined_on, np.full(len(others), 12), first, last)
        return
    eves = programme.qualification.review_days(first, last).astype(np.int64) - 1
    for spell, eve in days_within(others, eves):
        yield others.member[spell], eve + 1
