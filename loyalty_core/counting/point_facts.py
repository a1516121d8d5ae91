"""Points: what moved in each period, what stands at its close, and who could afford a reward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting.cuts import ACCOUNT
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.lives import while_enrolled
from loyalty_core.days import NEVER
from loyalty_core.facts import (
    ADJUST,
    EARN,
    ENTRY_KINDS,
    EXPIRE,
    POINTS_ACCOUNT,
    REDEEM,
    REVERSE,
    STORED_VALUE_ACCOUNTS,
    TRANSFER,
)
from loyalty_core.history import Entries, History
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import Spells, daily, following, running

Codes = Mapping[str, Ints]  # codes of a row's own attributes, here of its account


@dataclass(frozen=True, slots=True)
class _Lines:
    """Entries of one kind with the day and cell that they count on."""

    member: Ints
    day: Ints
    cell: Ints
    amount: Ints


def point_flows(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Movements of each period by kind, each by what the member was on the day it took effect."""
    lines = grid.once("lines", lambda: _lines(history, programme, grid))

    def moved(name: str) -> Ints:
        return grid.total(grid.place(lines[name].day, lines[name].cell), lines[name].amount)

    redeemed = lines["points_redeemed"]
    place = grid.place(redeemed.day, redeemed.cell)
    return {name: moved(name) for name in lines} | {
        "members_redeeming": grid.members(grid.pairs(place, redeemed.member))
    }


def _lines(history: History, programme: Programme, grid: Grid) -> dict[str, _Lines]:
    """The entries that each flow adds up, and their amounts in it."""
    entries, chosen = history.entries, _chosen(history, grid)
    amount, effective = entries.amount, entries.effective_on

    def those(rows: Flags, amount: Ints, day: Ints = effective) -> _Lines:
        kept = np.flatnonzero(chosen & rows)
        member, on, own = entries.member[kept], day[kept], {ACCOUNT: entries.codes["account"][kept]}
        return _Lines(member, on, grid.cut.cells(member, on, own), amount[kept])

    redeemed = _is(entries, (REDEEM,))
    due = (amount > 0) & (entries.expires_on < NEVER)
    return {
        "points_issued": those(_is(entries, (EARN,)), amount),
        "points_redeemed": those(redeemed, -amount),
        "points_expired": those(_is(entries, (EXPIRE,)), -amount),
        "points_adjusted": those(_is(entries, (ADJUST, REVERSE, TRANSFER)), amount),
        "points_due": those(due, amount, entries.expires_on.astype(np.int64)),
        "reward_cost": those(redeemed, redemption_cost_minor(history, programme)),
    }


def _is(entries: Entries, kinds: Sequence[str]) -> Flags:
    return np.isin(entries.kind, [ENTRY_KINDS.index(kind) for kind in kinds])


def _chosen(history: History, grid: Grid) -> Flags:
    """Entries of the account points, unless the cut itself says which accounts; stored value is no points."""
    account = history.entries.codes["account"]
    if ACCOUNT in grid.cut.slices:
        return ~np.isin(account, _codes_of_money(history))
    labels = history.labels.get("entries.account", ())
    return (
        account == labels.index(POINTS_ACCOUNT) if POINTS_ACCOUNT in labels else np.zeros(len(account), bool)
    )


def _codes_of_money(history: History) -> list[int]:
    """The accounts whose entries are in minor units of money."""
    labels = history.labels.get("entries.account", ())
    return [code for code, label in enumerate(labels) if label in STORED_VALUE_ACCOUNTS]


def redemption_cost_minor(history: History, programme: Programme) -> Ints:
    """What each entry costs as a redemption, in minor units of money; its reason names the reward."""
    entries = history.entries
    points = np.maximum(-entries.amount.astype(np.int64), np.int64(0))
    reasons = history.labels.get("entries.reason", ())
    return cost_of_redeeming(programme, points, reasons, entries.codes["reason"])


def cost_of_redeeming(programme: Programme, points: Ints, reasons: Sequence[str], reason: Ints) -> Ints:
    """What redemptions of so many points cost, in minor units of money, halves rounded up.

    A reward that the reason (a code into `reasons`) names costs its share of the points taken; other
    redemptions cost the programme's cost per point.
    """
    by_reason = {reward.name: reward for reward in programme.rewards}
    one_point = programme.cost_per_point.scaleb(programme.currency_decimals - programme.point_decimals)
    numerator, denominator = one_point.as_integer_ratio()
    cost = _rounded(points, numerator, denominator)
    for code, name in enumerate(reasons):
        if name in by_reason:
            reward = by_reason[name]
            chosen = reason == code
            price = programme.point_units(reward.points)
            cost[chosen] = _rounded(points[chosen], programme.minor(reward.cost), price)
    return cost


def _rounded(amount: Ints, numerator: int, denominator: int) -> Ints:
    """amount × numerator ÷ denominator, halves rounded up."""
    return (2 * amount * numerator + denominator) // (2 * denominator)


@dataclass(frozen=True, slots=True)
class Balances:
    """Spells in cells, and what is held or waits during each."""

    held: Spells
    balance: Ints
    waiting: Spells
    pending: Ints

    def at(self, grid: Grid) -> dict[str, Ints]:
        """The stocks of points on the grid."""
        owing = self.balance < 0
        owed = self.held.where(owing)
        return {
            "points_opening": grid.opening(self.held, self.balance),
            "points_outstanding": grid.standing(self.held, self.balance),
            "points_pending": grid.standing(self.waiting, self.pending),
            "points_negative": grid.standing(owed, self.balance[owing]),
            "members_negative": grid.standing(owed),
        }


def point_stocks(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Balances at each close and at the opening, by what the member is on that very day."""
    accounts = grid.once("balances", lambda: _standing(history, grid))
    facts: dict[str, Ints] = {}
    for balances in accounts:
        facts = {name: facts.get(name, 0) + values for name, values in balances.at(grid).items()}
    able = grid.once("able", lambda: _in_reach(history, programme, grid))
    return facts | {"members_who_could_afford": grid.met(*able) if able else grid.zeros}


def _standing(history: History, grid: Grid) -> list[Balances]:
    """The balances of each account that is counted."""
    entries = history.entries
    waits = entries.effective_on > entries.day
    found = []
    for own, rows in _accounts(history, grid):
        balances = balance_spells(entries, rows)
        held, spell = grid.cut.pieces(balances, own)
        later = np.flatnonzero(rows & waits)
        day = entries.day[later].astype(np.int64)
        waiting, entry = grid.cut.pieces(
            Spells(entries.member[later], day, entries.effective_on[later] - 1, later), own
        )
        found.append(Balances(held, balances.what[spell], waiting, entries.amount[later][entry]))
    return found


def balance_spells(entries: Entries, rows: Flags) -> Spells:
    """The days from one change to the next of the balance that those entries make up, which is `what`."""
    kept = np.flatnonzero(rows)
    member, day, net = daily(entries.member[kept], entries.effective_on[kept], entries.amount[kept])
    return Spells(member, day, following(member, day) - 1, running(member, net))


def _accounts(history: History, grid: Grid) -> list[tuple[Codes, Flags]]:
    """The entries that make up one balance per member: of each account if cut by it, else together."""
    account = history.entries.codes["account"]
    if ACCOUNT not in grid.cut.slices:
        return [({}, _chosen(history, grid))]
    accepted = grid.cut.accepted.get(ACCOUNT)
    of_points = np.setdiff1d(account, _codes_of_money(history))
    codes = [code for code in of_points if accepted is None or accepted[code + 1]] or [-1]
    if ACCOUNT in grid.cut.by:
        return [({ACCOUNT: np.array(code)}, account == code) for code in codes]
    return [({ACCOUNT: np.array(codes[0])}, np.isin(account, codes))]


def _in_reach(history: History, programme: Programme, grid: Grid) -> list[Spells]:
    """The days in cells on which members could afford the cheapest reward, account by account."""
    price = programme.cheapest_reward_units
    if price is None:
        return []
    return [
        grid.cut.pieces(_able(history, price, rows), own)[0].united()
        for own, rows in _accounts(history, grid)
    ]


def _able(history: History, price_units: int, rows: Flags) -> Spells:
    """Days on which members held that many points in the balance that those entries make up.

    A day's balance is that at its close with the points redeemed that day added back, so that
    whoever bought a reward with points is among those who could.
    """
    entries, kept = history.entries, np.flatnonzero(rows)
    taken = np.where(_is(entries, (REDEEM,)), -entries.amount, 0)[kept]
    member, day, net, redeemed = daily(
        entries.member[kept], entries.effective_on[kept], entries.amount[kept], taken
    )
    close = running(member, net)
    # Redemptions taken back on a day lower what is counted for it, not what is there from the next on.
    start = np.where(close + redeemed >= price_units, day, day + 1)
    end = np.where(close >= price_units, following(member, day) - 1, day)
    able = Spells(member, start, end, np.zeros(len(day), np.int64))
    return while_enrolled(history, able.where(start <= end).united())
