"""Members at each close, and how they moved since the opening."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting.cuts import Cut
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.lifecycle import ENROLLED, State
from loyalty_core.counting.lives import acts, consents, days_after, in_states, lives, memberships
from loyalty_core.counting.sales import Sales
from loyalty_core.days import NEVER
from loyalty_core.history import History
from loyalty_core.periods import year_earlier
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import LONG_AGO, Spells, latest, value_at

YEAR_DAYS = 365  # trailing windows of a year end on the day itself
LOST = (State.CHURNED, State.LEFT)


def member_stocks(history: History, programme: Programme, sales: Sales, grid: Grid) -> dict[str, Ints]:
    """Members at each close, and the cohorts of each opening with what became of them."""
    life = _lives(history, programme, sales, grid)
    standing = grid.once("standing", lambda: _standing(history, programme, sales, life, grid.cut))
    counts = {name: grid.standing(spells) for name, spells in standing.items()}
    enrolled = sum((counts[_name(state)] for state in ENROLLED), grid.zeros)
    then = grid.standing(_enrolled(history, grid), closes=year_earlier(grid.periods.last))
    return (
        counts
        | {
            "members_enrolled": enrolled,
            "members_enrolled_year_earlier": then,
            "members_gained_in_year": enrolled - then,
        }
        | _movement(grid, grid.once("moving", lambda: _moving(sales, life, grid.cut)))
    )


def _name(state: State) -> str:
    return f"members_{state.name.lower()}"


def _lives(history: History, programme: Programme, sales: Sales, grid: Grid) -> Spells:
    return grid.once("lives", lambda: lives(history, programme.lifecycle, sales))


def _standing(
    history: History, programme: Programme, sales: Sales, life: Spells, cut: Cut
) -> dict[str, Spells]:
    """The spells of which each stock counts those that hold a close, by cell."""
    windows, consent = programme.lifecycle, consents(history)
    joined_on = history.members.joined_on.astype(np.int64)
    everyone = np.arange(len(joined_on))
    settling = Spells(everyone, joined_on + 31, joined_on + 60, everyone)
    found = {_name(state): in_states(life, state) for state in (*ENROLLED, State.LEFT)}
    found |= {
        "members_engaged": days_after(history, *acts(history, sales), windows.active_days + 1),
        "members_bought_in_year": days_after(history, sales.member, sales.day, YEAR_DAYS),
        "members_reachable": consent.where(consent.what == 1),
        "members_consent_known": consent.where(consent.what >= 0),
        "members_settling_in": settling,
        "members_activated": settling.where(_activated(history, sales)),
    }
    return {name: cut.pieces(spells)[0] for name, spells in found.items()}


def _activated(history: History, sales: Sales) -> Flags:
    """Which members bought within 30 days of joining."""
    joined_on = history.members.joined_on.astype(np.int64)
    row = latest(sales.member, sales.day, np.arange(len(joined_on)), joined_on + 30)
    return value_at(row, sales.day, LONG_AGO) >= joined_on


@dataclass(frozen=True, slots=True)
class _Moving:
    """Members by what they were at an opening: spells in cells, and when they next bought."""

    at_risk: Spells
    lost: Spells
    silent: Spells
    silent_until: Ints
    churned: Spells
    churned_until: Ints


def _moving(sales: Sales, life: Spells, cut: Cut) -> _Moving:
    def waiting(state: State) -> tuple[Spells, Ints]:
        spells = in_states(life, state)
        pieces, spell = cut.pieces(spells)
        return pieces, sales.next_day(spells.member, spells.start)[spell]

    at_risk = cut.pieces(in_states(life, State.ACTIVE, State.SILENT))[0]
    return _Moving(at_risk, in_states(life, *LOST), *waiting(State.SILENT), *waiting(State.CHURNED))


def _movement(grid: Grid, moving: _Moving) -> dict[str, Ints]:
    """Cohorts are cut by what their members were at the opening."""
    return {
        "opening_active_or_silent": grid.opening(moving.at_risk),
        "opening_lost": _lost(grid, moving),
        "opening_silent": grid.opening(moving.silent),
        "opening_silent_woken": grid.opened(moving.silent, moving.silent_until),
        "opening_churned": grid.opening(moving.churned),
        "opening_churned_won_back": grid.opened(moving.churned, moving.churned_until),
    }


def _lost(grid: Grid, moving: _Moving) -> Ints:
    """Of the spells after which a member is lost that hold a close, the one before it held the opening."""
    period, inside = grid.periods.index(moving.lost.start)
    still = np.flatnonzero(inside & (moving.lost.end >= grid.periods.last[period]))
    before = moving.at_risk.holding(moving.lost.member[still], grid.periods.first[period[still]] - 1)
    cell = value_at(before, moving.at_risk.what, -1)
    return grid.count(np.where(cell >= 0, period[still] * grid.cut.size + cell, -1))


def member_flows(history: History, programme: Programme, sales: Sales, grid: Grid) -> dict[str, Ints]:
    """Members who joined, left, fell silent or lapsed, each by what they were on that day."""

    def happened(member: Ints, day: Ints, cell: Ints) -> Ints:
        return grid.members(grid.pairs(grid.place(day, cell), member))

    events = grid.once("events", lambda: _events(history, programme, sales, grid.cut))
    return {name: happened(*rows) for name, rows in events.items()}


def _events(
    history: History, programme: Programme, sales: Sales, cut: Cut
) -> dict[str, tuple[Ints, Ints, Ints]]:
    """Member, day and cell of what happened in each flow."""
    members, windows = history.members, programme.lifecycle
    everyone = np.arange(len(members))
    joined_on, left_on = members.joined_on.astype(np.int64), members.left_on.astype(np.int64)
    row = latest(sales.member, sales.day, everyone, joined_on)
    at_checkout = value_at(row, sales.day, LONG_AGO) == joined_on
    left = left_on < NEVER
    rows = {
        "members_joined": (everyone, joined_on),
        "members_joined_at_checkout": (everyone[at_checkout], joined_on[at_checkout]),
        "members_departed": (everyone[left], left_on[left]),
        "members_silenced": _passed(history, sales, windows.active_days + 1),
        "members_lapsed": _passed(history, sales, windows.silent_days + 1),
    }
    return {name: (member, day, cut.cells(member, day)) for name, (member, day) in rows.items()}


def _passed(history: History, sales: Sales, days: int) -> tuple[Ints, Ints]:
    """Members and days on which their last purchase was that many days ago, while enrolled."""
    member, day = sales.member, sales.day + days
    members = history.members
    passed = (sales.following > day) & (members.joined_on[member] <= day) & (day < members.left_on[member])
    return member[passed], day[passed]


def member_days(history: History, programme: Programme, sales: Sales, grid: Grid) -> dict[str, Ints]:
    """Days of membership, and days spent active, in each period: what averages rest on."""
    life = _lives(history, programme, sales, grid)
    active = grid.once("active", lambda: grid.cut.pieces(in_states(life, State.ACTIVE))[0])
    return {"enrolled_days": grid.days(_enrolled(history, grid)), "active_days": grid.days(active)}


def _enrolled(history: History, grid: Grid) -> Spells:
    return grid.once("enrolled", lambda: grid.cut.pieces(memberships(history))[0])
