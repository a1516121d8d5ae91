"""Points: what moved in each period, what stands at its close, and who could afford a reward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np

from loyalty_core.counting.cuts import ACCOUNT
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.member_facts import in_cells
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
from loyalty_core.history import NEVER, Entries, Flags, History, Ints
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import Spells, moment, parts, total_at

Codes = Mapping[str, Ints]  # codes of a row's own attributes, here of its account


def taking_effect(entries: Entries) -> Ints:
    """The day each entry counts from: when it happened, later where its points wait to be available."""
    return np.maximum(entries.day, entries.available_on).astype(np.int64)


def point_flows(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Movements of each period by kind, each by what the member was on the day it took effect."""
    entries, chosen = history.entries, _chosen(history, grid)
    own = {ACCOUNT: entries.codes["account"]}
    place = _only(
        chosen, grid.place(taking_effect(entries), _cells(history, grid, taking_effect(entries), own))
    )
    due = _only(
        chosen & (entries.amount > 0),
        grid.place(entries.expires_on.astype(np.int64), _cells(history, grid, entries.expires_on, own)),
    )

    def moved(*kinds: str, sign: int = 1) -> Ints:
        return sign * grid.total(_only(_is(entries, kinds), place), entries.amount)

    redeemed = _only(_is(entries, (REDEEM,)), place)
    return {
        "points_issued": moved(EARN),
        "points_redeemed": moved(REDEEM, sign=-1),
        "points_expired": moved(EXPIRE, sign=-1),
        "points_adjusted": moved(ADJUST, REVERSE, TRANSFER),
        "points_due": grid.total(due, entries.amount),
        "reward_cost": grid.total(redeemed, redemption_cost_minor(history, programme)),
        "members_redeeming": grid.members(grid.pairs(redeemed, entries.member)),
    }


def _cells(history: History, grid: Grid, day: Ints, own: Codes) -> Ints:
    return grid.cut.cells(history.entries.member, day, own)


def _only(keep: Flags, place: Ints) -> Ints:
    return np.where(keep, place, -1)


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


def point_stocks(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Balances at each close and at the opening, by what the member is on that very day."""
    accounts = _accounts(history, grid)

    def balances(block: Grid) -> dict[str, Ints]:
        facts: dict[str, Ints] = {}
        for own, rows in accounts:
            counted = _balances(history, block, own, rows)
            facts = {name: facts.get(name, 0) + values for name, values in counted.items()}
        return facts

    return grid.in_blocks(balances) | {
        "members_who_could_afford": _who_could_afford(history, programme, grid, accounts)
    }


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


def _balances(history: History, grid: Grid, own: Codes, rows: Flags) -> dict[str, Ints]:
    bounds = grid.periods.bounds
    cells = grid.cut.cells_at(bounds, own)
    entries, n = history.entries, len(history.members)
    member, amount = entries.member[rows], entries.amount[rows]
    balance = total_at(member, taking_effect(entries)[rows], amount, n, bounds)
    noted = total_at(member, entries.day[rows], amount, n, bounds)
    now, close = balance[:, 1:], cells[:, 1:]
    return {
        "points_opening": grid.worth(balance[:, :-1], cells[:, :-1]),
        "points_outstanding": grid.worth(now, close),
        "points_pending": grid.worth(noted[:, 1:] - now, close),
        "points_negative": grid.worth(np.minimum(now, 0), close),
        "members_negative": grid.stock(now < 0, close),
    }


def _who_could_afford(
    history: History, programme: Programme, grid: Grid, accounts: Sequence[tuple[Codes, Flags]]
) -> Ints:
    """Members who on some day of the period had the price of the cheapest reward in an account."""
    price = programme.cheapest_reward_units
    if price is None:
        return grid.zeros
    able = [in_cells(_able(history, price, rows), grid, own) for own, rows in accounts]
    return grid.met(reduce(Spells.and_also, able))


def _able(history: History, price_units: int, rows: Flags) -> Spells:
    """Days on which members held that many points in the balance that those entries make up.

    A day's balance is that at its close with the points redeemed that day added back, so that
    whoever bought a reward with points is among those who could.
    """
    entries = history.entries
    moments, day_of_entry = np.unique(
        moment(entries.member[rows], taking_effect(entries)[rows]), return_inverse=True
    )
    member, day = parts(moments)
    net, redeemed = np.zeros((2, len(moments)), np.int64)
    np.add.at(net, day_of_entry, entries.amount[rows])
    np.add.at(redeemed, day_of_entry, np.where(_is(entries, (REDEEM,)), -entries.amount, 0)[rows])
    total = np.cumsum(net)
    first = np.searchsorted(member, member)
    close = total - np.append(0, total)[first]
    following = np.full(len(day), NEVER, np.int64)
    same = member[1:] == member[:-1]
    following[:-1][same] = day[1:][same]
    that_day = Spells(member, day, day, close).where(close + redeemed >= price_units)
    since = Spells(member, day + 1, following - 1, close).where(
        (close >= price_units) & (following > day + 1)
    )
    return _enrolled(history, that_day.and_also(since))


def _enrolled(history: History, spells: Spells) -> Spells:
    members = history.members
    return spells.clipped(
        members.joined_on[spells.member].astype(np.int64), members.left_on[spells.member].astype(np.int64) - 1
    )
