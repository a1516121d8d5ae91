"""Stored value in minor units of money: principal and bonus are accounts of their own.

Of the principal alone unless cut by account; entries of other accounts are none of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting.cuts import ACCOUNT
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.member_facts import YEAR_DAYS
from loyalty_core.counting.point_facts import balance_spells
from loyalty_core.counting.recording import recorded
from loyalty_core.facts import EARN, ENTRY_KINDS, EXPIRE, REDEEM, STORED_VALUE_ACCOUNTS
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import (
    LONG_AGO,
    Spells,
    daily,
    distinct,
    latest,
    moment,
    parts,
    running,
    value_at,
)

TOP_UP_DAYS = 30


def stored_value(history: History, grid: Grid) -> dict[str, Ints]:
    """Money put in and used in each period, and what stood on the cards at its opening and close."""
    names = ("opening", "topped_up", "consumed", "balance")
    facts = {f"stored_value_{name}": grid.zeros for name in names} | {"stored_value_recorded": grid.zeros}
    for own, rows in _accounts(history, grid):
        for name, values in _of_account(history, grid, own, rows).items():
            facts[name] = facts[name] + values
    return facts


def _accounts(history: History, grid: Grid) -> Iterator[tuple[Mapping[str, Ints], Flags]]:
    """The entries of each account that is counted, and its code for the cut."""
    labels = history.labels.get("entries.account", ())
    chosen = STORED_VALUE_ACCOUNTS if ACCOUNT in grid.cut.slices else STORED_VALUE_ACCOUNTS[:1]
    for name in chosen:
        if name in labels:
            code = labels.index(name)
            yield {ACCOUNT: np.array(code)}, history.entries.codes["account"] == code


def _of_account(history: History, grid: Grid, own: Mapping[str, Ints], rows: Flags) -> dict[str, Ints]:
    entries = history.entries
    member, amount, kind = entries.member[rows], entries.amount[rows], entries.kind[rows]
    day = entries.effective_on[rows]
    cell = grid.cut.cells(member, day, own)
    place = grid.place(day, cell)
    balances = balance_spells(entries, rows)
    held, spell = grid.cut.pieces(balances, own)

    def moved(what: str) -> Ints:
        return grid.total(np.where(kind == ENTRY_KINDS.index(what), place, -1), amount)

    return {
        "stored_value_opening": grid.opening(held, balances.what[spell]),
        "stored_value_topped_up": moved(EARN),
        "stored_value_consumed": -moved(REDEEM),
        "stored_value_balance": grid.standing(held, balances.what[spell]),
        "stored_value_recorded": recorded(grid, day, cell),
    }


def bonus_given(history: History, grid: Grid) -> dict[str, Ints]:
    """Bonus put on cards in each period, less what lapsed in it; and the lines of it up to each close."""
    rows = _is_stored_value(history, STORED_VALUE_ACCOUNTS[1:])
    entries = history.entries
    rows &= np.isin(entries.kind, [ENTRY_KINDS.index(kind) for kind in (EARN, EXPIRE)])
    member, day = entries.member[rows], entries.effective_on[rows]
    cell = grid.cut.cells(member, day)
    return {
        "stored_value_bonus_given": grid.total(grid.place(day, cell), entries.amount[rows]),
        "stored_value_bonus_recorded": recorded(grid, day, cell),
    }


def low_balances(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Times a member's stored value fell below the mark 30 days before, and was topped up within them."""
    mark = programme.minor(programme.stored_value.low_balance)
    member, day, close = _closes(history)
    before = np.append(0, close)[:-1]
    before[np.append(True, member[1:] != member[:-1])[: len(member)]] = 0
    fell = (before >= mark) & (close < mark)
    member, day = member[fell], day[fell]
    place = grid.place(day + TOP_UP_DAYS, grid.cut.cells(member, day))
    topped_member, topped_day = _top_ups(history)
    row = latest(topped_member, topped_day, member, day + TOP_UP_DAYS)
    again = value_at(row, topped_day, LONG_AGO) > day
    return {
        "low_balances": grid.count(place),
        "low_balances_topped_up": grid.count(np.where(again, place, -1)),
    }


def _closes(history: History) -> tuple[Ints, Ints, Ints]:
    """Member, day and the balance of both accounts at its close, for each day on which it moved."""
    entries, rows = history.entries, np.flatnonzero(_is_stored_value(history, STORED_VALUE_ACCOUNTS))
    member, day, net = daily(entries.member[rows], entries.effective_on[rows], entries.amount[rows])
    return member, day, running(member, net)


def _top_ups(history: History) -> tuple[Ints, Ints]:
    entries = history.entries
    rows = _is_stored_value(history, STORED_VALUE_ACCOUNTS[:1]) & (entries.kind == ENTRY_KINDS.index(EARN))
    return parts(distinct(moment(entries.member[rows], entries.effective_on[rows])))


def _is_stored_value(history: History, names: tuple[str, ...]) -> Flags:
    labels = history.labels.get("entries.account", ())
    codes = [labels.index(name) for name in names if name in labels]
    found: Flags = np.isin(history.entries.codes["account"], codes)
    return found


def revenue_of_year(history: History, grid: Grid) -> dict[str, Ints]:
    """Net purchases of members in the 365 days up to each close, by what the member was on that day."""
    purchases = history.purchases

    def counting() -> tuple[Spells, Ints]:
        rows = np.flatnonzero(purchases.member >= 0)
        member, day = purchases.member[rows], purchases.day[rows].astype(np.int64)
        return Spells(member, day, day + YEAR_DAYS - 1, grid.cut.cells(member, day)), purchases.amount[rows]

    return {"revenue_of_year": grid.standing(*grid.once("revenue of a year", counting))}
