"""What campaigns brought about: targets and their responses, who was held out, what it cost.

Responses count on the last day of their window, when they are final; everything is by what the member
was on the day of the first contact. What a campaign added is told by purchases, which those who were held out
can make, too: nobody of them has its coupons.
"""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting.cuts import CAMPAIGN, CONTACT_CHANNEL
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.sales import Sales
from loyalty_core.counting.targets import (
    RESPONSE_DAYS,
    Deeds,
    Targets,
    bought,
    in_campaign,
    responded,
    targets_of,
    total_in_window,
)
from loyalty_core.days import NEVER
from loyalty_core.facts import ENTRY_KINDS, POINTS_ACCOUNT, REDEEM
from loyalty_core.history import History
from loyalty_core.offers import UNKNOWN_COST


def target_flows(history: History, grid: Grid) -> dict[str, Ints]:
    """Members targeted in each period, who of them redeemed a coupon by its close, and final responses."""
    targets = targets_of(history)
    targets = targets.where(targets.treated)
    cell = _cells(targets, grid)
    place, settled = grid.place(targets.day, cell), grid.place(targets.until, cell)
    period, _ = grid.periods.index(targets.day)
    close = grid.periods.last[period]
    holding, redeeming = _first_days(history, targets)
    return {
        "targeted": grid.count(place),
        "targeted_with_coupon": grid.count(np.where(holding <= close, place, -1)),
        "targeted_redeeming": grid.count(np.where(redeeming <= close, place, -1)),
        "treated_settled": grid.count(settled),
        "treated_responded": grid.count(np.where(responded(history, targets), settled, -1)),
    }


def _cells(targets: Targets, grid: Grid) -> Ints:
    own = {CAMPAIGN: targets.campaign, CONTACT_CHANNEL: targets.channel}
    return grid.cut.cells(targets.member, targets.day, own)


def _first_days(history: History, targets: Targets) -> tuple[Ints, Ints]:
    """The first days on which each target was offered, and redeemed, a coupon of the campaign."""
    coupons = history.offers.coupons
    wanted = in_campaign(history, targets.member, targets.campaign)
    owner = in_campaign(history, coupons.member, coupons.campaign)
    place = np.searchsorted(wanted, owner)
    inside = place < len(wanted)
    inside[inside] = wanted[place[inside]] == owner[inside]
    inside &= coupons.campaign >= 0
    offered, redeemed = np.full((2, len(targets)), NEVER, np.int64)
    np.minimum.at(offered, place[inside], coupons.offered_on[inside])
    np.minimum.at(redeemed, place[inside], coupons.redeemed_on[inside])
    return offered, redeemed


def response_flows(history: History, sales: Sales, grid: Grid) -> dict[str, Ints]:
    """Who bought in the windows of campaigns, treated or not, and what the treated bought and redeemed."""
    targets = targets_of(history)
    settled = grid.place(targets.until, _cells(targets, grid))
    did = bought(history, targets)
    held_out = np.where(targets.treated, -1, settled)
    treated = np.where(targets.treated, settled, -1)
    spend, burnt = _spend(history, targets), _points_redeemed(history, targets)
    return {
        "treated_bought": grid.count(np.where(did, treated, -1)),
        "held_out_settled": grid.count(held_out),
        "held_out_bought": grid.count(np.where(did, held_out, -1)),
        "treated_spend": grid.total(np.where(did, treated, -1), spend),
        "points_burnt": grid.total(treated, burnt),
    } | _others(history, sales, targets, grid)


def _spend(history: History, targets: Targets) -> Ints:
    """Net of refunds, minor units."""
    purchases = history.purchases
    return total_in_window(Deeds(purchases.member, purchases.at, purchases.day), purchases.amount, targets)


def _points_redeemed(history: History, targets: Targets) -> Ints:
    entries, accounts = history.entries, history.labels.get("entries.account", ())
    code = accounts.index(POINTS_ACCOUNT) if POINTS_ACCOUNT in accounts else -2
    kept = (entries.kind == ENTRY_KINDS.index(REDEEM)) & (entries.codes["account"] == code)
    rows = Deeds(entries.member[kept], entries.at[kept], entries.day[kept])
    return total_in_window(rows, -entries.amount[kept].astype(np.int64), targets)


def _others(history: History, sales: Sales, targets: Targets, grid: Grid) -> dict[str, Ints]:
    """Members enrolled when a campaign began whom it did not choose, and who bought while it ran."""
    members = history.members
    begin, end = campaign_days(history)
    none: Ints = np.zeros(0, np.int64)
    others, buying = [none], [none]
    for campaign in np.flatnonzero(grid.periods.index(end)[1] & (begin < NEVER)):
        first, last = begin[campaign], end[campaign]
        free = (members.joined_on <= first) & ~(members.left_on <= first)
        free[targets.member[targets.campaign == campaign]] = False
        buyer = np.zeros(len(free), bool)
        buyer[sales.member[(sales.day >= first) & (sales.day <= last)]] = True
        who = np.flatnonzero(free)
        own = {CAMPAIGN: np.full(len(who), campaign)}
        place = grid.place(np.full(len(who), last), grid.cut.cells(who, np.full(len(who), first), own))
        others.append(place)
        buying.append(place[buyer[who]])
    return {
        "others_enrolled": grid.count(np.concatenate(others)),
        "others_bought": grid.count(np.concatenate(buying)),
    }


def campaign_days(history: History) -> tuple[Ints, Ints]:
    """First and last day of each campaign, int64; `RESPONSE_DAYS` days later where it has no last day."""
    campaigns = history.offers.campaigns
    begin, end = campaigns.starts_on.astype(np.int64), campaigns.ends_on.astype(np.int64)
    return begin, np.where(end == NEVER, begin + RESPONSE_DAYS, end)


def campaign_costs(history: History, grid: Grid) -> dict[str, Ints]:
    """What campaigns cost, on their last day; a fact of no member."""
    campaigns = history.offers.campaigns
    _, end = campaign_days(history)
    own = {CAMPAIGN: np.arange(len(campaigns))}
    known: Flags = campaigns.cost != UNKNOWN_COST
    place = np.where(known, grid.place(end, grid.cut.cells(np.full(len(campaigns), -1), end, own)), -1)
    return {
        "campaign_cost": grid.total(place, campaigns.cost),
        "campaign_costs_known": grid.count(place),
    }
