"""Moves between tiers in each period, who stands near the next one, and who was reviewed and kept theirs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from loyalty_core.counting.cuts import OPENING_TIER
from loyalty_core.counting.grid import BLOCK_CELLS, Grid
from loyalty_core.days import next_turn
from loyalty_core.history import NEVER, Flags, History, Ints
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.requirements import levels_of
from loyalty_core.tiers.tier_calendar import review_days, tier_at
from loyalty_core.tiers.tier_progress import Progress
from loyalty_core.timeline import LONG_AGO, Spells, distinct, latest, latest_at, value_at


def tier_flows(history: History, grid: Grid) -> dict[str, Ints]:
    """Members who moved up, and down, by what they were at the close of that day: the tier they reached."""
    moves = history.tier_changes
    entered = moves.from_tier >= 0
    place = grid.place(moves.day, grid.cut.cells(moves.member, moves.day))
    upward = entered & (moves.to_tier > moves.from_tier)
    return {
        "tier_upgrades": grid.members(grid.pairs(np.where(upward, place, -1), moves.member)),
        "tier_downgrades": grid.members(grid.pairs(np.where(_downward(history), place, -1), moves.member)),
    }


def tier_stocks(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Members below the top at the opening, who of them moved up, and who is near another tier now."""
    return grid.in_blocks(
        lambda block: _cohorts(history, programme, block) | _near(history, programme, block)
    )


def tier_migration(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Members by their tiers at the opening and the close; none before joining and after leaving."""

    def counted(block: Grid) -> dict[str, Ints]:
        opening = tier_at(history, block.periods.first - 1)
        close = tier_at(history, block.periods.last)
        cells = block.cut.cells_at(block.periods.last, {OPENING_TIER: opening, "member_tier": close})
        return {"members_by_tiers": block.stock((opening >= 0) | (close >= 0), cells)}

    return grid.in_blocks(counted)


def tier_reviews(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Members reviewed, and those without a move down in the period, by the tier before the review."""
    moves, n = history.tier_changes, max(len(history.members), 1)
    fell_in, inside = grid.periods.index(moves.day)
    fallen = distinct((fell_in * n + moves.member)[inside & _downward(history)])
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


def tier_spells(history: History) -> Spells:
    """The days of membership on which members have each tier; `what` is the tier."""
    moves, members = history.tier_changes, history.members
    following = np.append(moves.day[1:], NEVER)[: len(moves.day)].astype(np.int64)
    following[:-1][moves.member[1:] != moves.member[:-1]] = NEVER
    spells = Spells(
        moves.member.astype(np.int64),
        moves.day.astype(np.int64),
        following - 1,
        moves.to_tier.astype(np.int64),
    ).where(moves.to_tier >= 0)
    joined_on, left_on = members.joined_on[spells.member], members.left_on[spells.member]
    return spells.clipped(joined_on.astype(np.int64), left_on.astype(np.int64) - 1)


def days_within(spells: Spells, days: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Each spell on each of the ascending days that it holds, some days at a time: spells, days."""
    at_a_time = max(BLOCK_CELLS // max(len(spells), 1), 1)
    for begin in range(0, len(days), at_a_time):
        some = days[begin : begin + at_a_time]
        first = np.searchsorted(some, spells.start)
        held = np.searchsorted(some, spells.end, side="right") - first
        spell = np.repeat(np.arange(len(spells)), held)
        nth = np.arange(len(spell)) - np.repeat(np.cumsum(held) - held, held)
        yield spell, some[first[spell] + nth].astype(np.int64)


def _looks(history: History, programme: Programme, grid: Grid) -> Iterator[tuple[Ints, Ints]]:
    """Members and days of the reviews in the periods that ask for keeping a tier; see `Qualification`.

    A tier with a validity is reviewed when it is over, the others by the calendar or on the
    anniversary of joining: with the tier that the member had at the close of the day before.
    """
    levels, spells = levels_of(programme), tier_spells(history)
    first, last = int(grid.periods.first[0]), int(grid.periods.last[-1])
    asked = np.array([number > 0 and level.asks for number, level in enumerate(levels)])
    months = np.array([level.valid_months for level in levels])
    timed = spells.where((asked & (months > 0))[spells.what])
    entered = latest(history.tier_changes.member, history.tier_changes.day, timed.member, timed.start)
    since = value_at(entered, history.tier_changes.day.astype(np.int64), 0)
    yield from _turns(timed, since, months[timed.what], first, last)
    others = spells.where((asked & (months == 0))[spells.what])
    if programme.qualification.reviews == "anniversary":
        joined_on = history.members.joined_on[others.member].astype(np.int64)
        yield from _turns(others, joined_on, np.full(len(others), 12), first, last)
        return
    eves = review_days(programme, first, last).astype(np.int64) - 1
    for spell, eve in days_within(others, eves):
        yield others.member[spell], eve + 1


def _turns(spells: Spells, anchor: Ints, months: Ints, first: int, last: int) -> Iterator[tuple[Ints, Ints]]:
    """Members and days, from `first` to `last`, that lie whole periods after an anchor in each spell.

    The spell holds the day before.
    """
    member, end = spells.member, np.minimum(spells.end + 1, last)
    day: Ints = next_turn(anchor, months, np.maximum(spells.start, first - 1)).astype(np.int64)
    while (within := day <= end).any():
        member, end, anchor, months = (one[within] for one in (member, end, anchor, months))
        yield member, day[within]
        day = next_turn(anchor, months, day[within]).astype(np.int64)


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
    close = grid.periods.last
    progress, cells = Progress(history, programme, close), grid.cut.cells_at(close)
    return {
        "near_upgrade": grid.stock(progress.near_upgrade(), cells),
        "near_downgrade": grid.stock(progress.near_downgrade(), cells),
    }


def _downward(history: History) -> Flags:
    moves = history.tier_changes
    down: Flags = (moves.from_tier >= 0) & (moves.to_tier < moves.from_tier) & (moves.to_tier >= 0)
    return down
