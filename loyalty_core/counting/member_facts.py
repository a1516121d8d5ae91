"""Members at each close, and how they moved since the opening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from loyalty_core.counting.cuts import Cut
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.lifecycle import ENROLLED, NO_PURCHASE, State, states
from loyalty_core.counting.sales import Sales
from loyalty_core.facts import ENTRY_KINDS, REDEEM
from loyalty_core.history import History, Ints
from loyalty_core.periods import year_earlier
from loyalty_core.rules.programme import Lifecycle, Programme
from loyalty_core.timeline import LONG_AGO, Spells, distinct, latest, latest_at, moment, parts, value_at

YEAR_DAYS = 365  # trailing windows of a year end on the day itself


@dataclass(frozen=True, slots=True)
class Course:
    """Every member at every bound of the periods: arrays of members × bounds."""

    bounds: Ints
    cells: Ints
    state: Ints
    last_sale: Ints  # day, LONG_AGO where none
    last_act: Ints  # purchase, redemption or activity


def course(history: History, windows: Lifecycle, sales: Sales, cut: Cut, bounds: Ints) -> Course:
    """Where each member stands at the close of each of those days."""
    n = len(history.members)
    last_sale = value_at(latest_at(sales.member, sales.day, n, bounds), sales.day, LONG_AGO)
    member, day = _acts(history, sales)
    last_act = value_at(latest_at(member, day, n, bounds), day, LONG_AGO)
    since = np.where(last_sale > LONG_AGO, bounds - last_sale, NO_PURCHASE)
    state = states(since, bounds - history.members.joined_on[:, None], windows)
    state = np.where(history.members.joined_on[:, None] <= bounds, state, np.int8(State.NOT_JOINED))
    state = np.where(history.members.left_on[:, None] <= bounds, np.int8(State.LEFT), state)
    return Course(bounds, cut.cells_at(bounds), state, last_sale, last_act)


def _acts(history: History, sales: Sales) -> tuple[Ints, Ints]:
    """Member and day of everything that counts as engagement, sorted."""
    entries, activities = history.entries, history.activities
    redeemed = entries.kind == ENTRY_KINDS.index(REDEEM)
    acts = distinct(
        np.concatenate(
            [
                moment(sales.member, sales.day),
                moment(entries.member[redeemed], entries.day[redeemed]),
                moment(activities.member, activities.day),
            ]
        )
    )
    return parts(acts)


def member_stocks(history: History, programme: Programme, sales: Sales, grid: Grid) -> dict[str, Ints]:
    """Members at each close, and the cohorts of each opening with what became of them."""
    return grid.in_blocks(lambda block: _block(history, programme, sales, block))


def _block(history: History, programme: Programme, sales: Sales, grid: Grid) -> dict[str, Ints]:
    now = course(history, programme.lifecycle, sales, grid.cut, grid.periods.bounds)
    return (
        _states(now, grid)
        | _recency(history, programme.lifecycle, now, grid)
        | _movement(now, grid)
        | _first_steps(history, sales, now, grid)
        | _a_year_earlier(history, now, grid)
    )


def _states(now: Course, grid: Grid) -> dict[str, Ints]:
    names = {state: f"members_{state.name.lower()}" for state in (*ENROLLED, State.LEFT)}
    cells = now.cells[:, 1:]
    facts = {name: grid.stock(now.state[:, 1:] == state, cells) for state, name in names.items()}
    facts["members_enrolled"] = sum((facts[names[state]] for state in ENROLLED), grid.zeros)
    return facts


def _recency(history: History, windows: Lifecycle, now: Course, grid: Grid) -> dict[str, Ints]:
    cells, days = now.cells[:, 1:], now.bounds[1:]
    enrolled = now.state[:, 1:] <= State.CHURNED
    engaged = enrolled & (days - now.last_act[:, 1:] <= windows.active_days)
    bought = enrolled & (days - now.last_sale[:, 1:] < YEAR_DAYS)
    versions = history.versions
    row = latest_at(versions.member, versions.valid_from, len(history.members), days)
    consent = value_at(row, versions.consent, -1)
    return {
        "members_engaged": grid.stock(engaged, cells),
        "members_bought_in_year": grid.stock(bought, cells),
        "members_reachable": grid.stock(enrolled & (consent == 1), cells),
        "members_consent_known": grid.stock(enrolled & (consent >= 0), cells),
    }


def _movement(now: Course, grid: Grid) -> dict[str, Ints]:
    """Cohorts are cut by what their members were at the opening."""
    opening, close, cells = now.state[:, :-1], now.state[:, 1:], now.cells[:, :-1]
    bought = now.last_sale[:, 1:] > now.bounds[:-1]
    at_risk = (opening == State.ACTIVE) | (opening == State.SILENT)
    lost = at_risk & ((close == State.CHURNED) | (close == State.LEFT))
    return {
        "opening_active_or_silent": grid.stock(at_risk, cells),
        "opening_lost": grid.stock(lost, cells),
        "opening_silent": grid.stock(opening == State.SILENT, cells),
        "opening_silent_woken": grid.stock((opening == State.SILENT) & bought, cells),
        "opening_churned": grid.stock(opening == State.CHURNED, cells),
        "opening_churned_won_back": grid.stock((opening == State.CHURNED) & bought, cells),
    }


def _first_steps(history: History, sales: Sales, now: Course, grid: Grid) -> dict[str, Ints]:
    """Those who joined 31 to 60 days before the close, and which of them bought within 30 days."""
    joined_on = history.members.joined_on.astype(np.int64)
    n = np.arange(len(joined_on))
    row = latest(sales.member, sales.day, n, joined_on + 30)
    activated = value_at(row, sales.day, LONG_AGO) >= joined_on
    ago = now.bounds[1:] - joined_on[:, None]
    settled = (ago >= 31) & (ago <= 60)
    return {
        "members_settling_in": grid.stock(settled, now.cells[:, 1:]),
        "members_activated": grid.stock(settled & activated[:, None], now.cells[:, 1:]),
    }


def _a_year_earlier(history: History, now: Course, grid: Grid) -> dict[str, Ints]:
    days = year_earlier(now.bounds[1:])
    members = history.members
    enrolled = (members.joined_on[:, None] <= days) & ~(members.left_on[:, None] <= days)
    then = grid.stock(enrolled, grid.cut.cells_at(days))
    gained = grid.stock(now.state[:, 1:] <= State.CHURNED, now.cells[:, 1:]) - then
    return {"members_enrolled_year_earlier": then, "members_gained_in_year": gained}


def member_flows(history: History, programme: Programme, sales: Sales, grid: Grid) -> dict[str, Ints]:
    """Members who joined, left, fell silent or lapsed, each by what they were on that day."""
    members = history.members
    everyone = np.arange(len(members))
    joined_on, left_on = members.joined_on.astype(np.int64), members.left_on.astype(np.int64)
    row = latest(sales.member, sales.day, everyone, joined_on)
    at_checkout = value_at(row, sales.day, LONG_AGO) == joined_on

    def happened(member: Ints, day: Ints) -> Ints:
        return grid.members(grid.pairs(grid.place(day, grid.cut.cells(member, day)), member))

    windows = programme.lifecycle
    return {
        "members_joined": happened(everyone, joined_on),
        "members_joined_at_checkout": happened(everyone[at_checkout], joined_on[at_checkout]),
        "members_departed": happened(everyone, left_on),
        "members_silenced": happened(*_passed(history, sales, windows.active_days + 1)),
        "members_lapsed": happened(*_passed(history, sales, windows.silent_days + 1)),
    }


def _passed(history: History, sales: Sales, days: int) -> tuple[Ints, Ints]:
    """Members and days on which their last purchase was that many days ago, while enrolled."""
    member, day = sales.member, sales.day + days
    members = history.members
    passed = (sales.following > day) & (members.joined_on[member] <= day) & (day < members.left_on[member])
    return member[passed], day[passed]


def member_days(history: History, programme: Programme, sales: Sales, grid: Grid) -> dict[str, Ints]:
    """Days of membership, and days spent active, in each period: what averages rest on."""
    members = history.members
    everyone = np.arange(len(members))
    joined_on, left_on = members.joined_on.astype(np.int64), members.left_on.astype(np.int64)
    enrolled = Spells(everyone, joined_on, left_on - 1, everyone)
    day = sales.day
    end = np.minimum(day + programme.lifecycle.active_days, sales.following - 1)
    active = Spells(sales.member, day, end, sales.member)
    active = active.clipped(joined_on[sales.member], left_on[sales.member] - 1)
    return {
        "enrolled_days": grid.days(in_cells(enrolled, grid)),
        "active_days": grid.days(in_cells(active, grid)),
    }


def in_cells(spells: Spells, grid: Grid, own: Mapping[str, Ints] | None = None) -> Spells:
    """The parts of spells within the periods, cut where a member's attributes change, with their cells."""
    spells = spells.clipped(int(grid.periods.first[0]), int(grid.periods.last[-1]))
    history = grid.cut.history
    if grid.cut.slices - {"account"}:
        changes = moment(history.versions.member, history.versions.valid_from)
        moves = moment(history.tier_changes.member, history.tier_changes.day)
        cuts = distinct(np.concatenate([changes, moves]))
        spells = spells.split(*parts(cuts))
    cell = grid.cut.cells(spells.member, spells.start, own)
    return Spells(spells.member, spells.start, spells.end, cell)
