"""Coupons of members: offered, claimed, redeemed, and what was bought with them."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting.cuts import CAMPAIGN
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.recording import recorded
from loyalty_core.days import NEVER
from loyalty_core.history import History
from loyalty_core.timeline import Spells


def coupon_flows(history: History, grid: Grid) -> dict[str, Ints]:
    """Coupons offered in each period with those claimed by its close, and claimed ones by their validity.

    By what the member was when the coupon was offered, or claimed. Those whose validity ended in the
    period are final; those valid at its close are counted as they stand there.
    """
    coupons = history.offers.coupons
    own = {CAMPAIGN: coupons.campaign}
    offered_in = grid.cut.cells(coupons.member, coupons.offered_on, own)
    offered = grid.place(coupons.offered_on, offered_in)
    period, _ = grid.periods.index(coupons.offered_on)
    claimed_by_close = coupons.claimed_on <= grid.periods.last[period]
    return {
        "coupons_offered": grid.count(offered),
        "coupons_offered_claimed": grid.count(np.where(claimed_by_close, offered, -1)),
        "claims_recorded": recorded(grid, coupons.claimed_on, offered_in),
    } | _claimed(history, grid)


def _claimed(history: History, grid: Grid) -> dict[str, Ints]:
    """A coupon claimed only when it was worth nothing any more is not counted."""
    coupons = history.offers.coupons
    usable = (coupons.claimed_on != NEVER) & (coupons.claimed_on < coupons.expires_on)
    own = {CAMPAIGN: coupons.campaign}
    cell = np.where(usable, grid.cut.cells(coupons.member, coupons.claimed_on, own), -1)
    ended = grid.place(coupons.expires_on, cell)
    redeemed = coupons.redeemed_on < coupons.expires_on
    last_day = coupons.expires_on.astype(np.int64) - 1
    valid = Spells(coupons.member, coupons.claimed_on.astype(np.int64), last_day, cell)
    used_on = np.maximum(coupons.claimed_on, coupons.redeemed_on).astype(np.int64)
    return {
        "coupons_ended": grid.count(ended),
        "coupons_ended_redeemed": grid.count(np.where(redeemed, ended, -1)),
        "coupons_valid": grid.standing(valid),
        "coupons_valid_redeemed": grid.standing(
            Spells(coupons.member, used_on, last_day, cell).where(used_on <= last_day)
        ),
    }


def coupon_moves(history: History, grid: Grid) -> dict[str, Ints]:
    """Coupons claimed, redeemed while valid and expired unused in each period, and those open at its close.

    What was redeemed when it was worth nothing any more has expired. An open coupon is one that its member
    may still redeem, claimed or not.
    """
    coupons, own = history.offers.coupons, {CAMPAIGN: history.offers.coupons.campaign}
    redeemed = coupons.redeemed_on < coupons.expires_on
    ends = np.minimum(coupons.redeemed_on, coupons.expires_on).astype(np.int64)
    offered_on = coupons.offered_on.astype(np.int64)
    lasting = Spells(coupons.member, offered_on, ends - 1, np.arange(len(ends)))
    kept = lasting.start <= lasting.end
    of_kept = {CAMPAIGN: coupons.campaign[kept]}

    def happened(day: Ints, keep: Flags | bool = True) -> Ints:
        cell = grid.cut.cells(coupons.member, day, own)
        return grid.count(np.where(keep, grid.place(day, cell), -1))

    return {
        "coupons_claimed": happened(coupons.claimed_on),
        "coupons_redeemed": happened(coupons.redeemed_on, redeemed),
        "coupons_expired": happened(coupons.expires_on, ~redeemed),
        "coupons_open": grid.standing(grid.cut.pieces(lasting.where(kept), of_kept)[0]),
        "coupons_recorded": recorded(
            grid, offered_on, grid.cut.cells(coupons.member, coupons.offered_on, own)
        ),
    }


def coupon_sales(history: History, grid: Grid) -> dict[str, Ints]:
    """Net sales of purchases of members that name a coupon; refunds of such purchases subtract."""
    purchases, rows = history.purchases, np.flatnonzero(bought_with_coupon(history))
    own = {f"purchase_{name}": purchases.codes[name][rows] for name in ("channel", "store")}
    day = purchases.day[rows]
    cell = grid.cut.cells(purchases.member[rows], day, own)
    return {
        "coupon_revenue": grid.total(grid.place(day, cell), purchases.amount[rows]),
        "coupon_sales_recorded": recorded(grid, day, cell),
    }


def discounts(history: History, grid: Grid) -> dict[str, Ints]:
    """What was taken off the price of members' purchases in each period, less that of refunded ones."""
    purchases = history.purchases
    rows = np.flatnonzero((purchases.member >= 0) & (purchases.discount != 0))
    own = {f"purchase_{name}": purchases.codes[name][rows] for name in ("channel", "store")}
    day, off = purchases.day[rows], purchases.discount[rows]
    cell = grid.cut.cells(purchases.member[rows], day, own)
    back = purchases.refund[rows]
    return {
        "discounts_given": grid.total(grid.place(day, cell), np.where(back, -off, off)),
        "discounts_recorded": recorded(grid, day, cell),
    }


def bought_with_coupon(history: History) -> Flags:
    """Purchases of members that name a coupon, and refunds of those."""
    purchases = history.purchases
    refunded = (purchases.refund_of >= 0) & purchases.with_coupon[purchases.refund_of]
    found: Flags = (purchases.with_coupon | refunded) & (purchases.member >= 0)
    return found
