"""Members as the targets of campaigns: once each, the window in which they may respond, and whether they did.

A member chosen by a campaign through several contacts is one target, from the first contact on; treated
where any contact was. The window is from that contact to the campaign's last day, or for
`RESPONSE_DAYS` days where the campaign has none or was over. A coupon campaign asks to redeem one of its
coupons, every other campaign to buy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER
from loyalty_core.history import History

RESPONSE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Targets:
    """A row per member and campaign, sorted by both."""

    member: Ints
    campaign: Ints
    at: Ints  # first contact
    day: Ints
    until: Ints  # last day of the window
    channel: Ints
    treated: Flags

    def __len__(self) -> int:
        return len(self.member)

    def where(self, keep: Flags) -> Targets:
        """Some of them."""
        return Targets(*(getattr(self, name)[keep] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Deeds:
    """What targets may do, sorted by owner, then instant. An owner is a member, or one in a campaign."""

    owner: Ints
    at: Ints
    day: Ints

    def first_from(self, owner: Ints, at: Ints) -> Ints:
        """The row of each owner's first deed at or after the instant; the row behind their last if none."""
        return self._first(self.at, owner, at)

    def first_after(self, owner: Ints, day: Ints) -> Ints:
        """The row behind each owner's last deed up to that day."""
        return self._first(self.day, owner, np.asarray(day, np.int64) + 1)

    def _first(self, ascending: Ints, owner: Ints, least: Ints) -> Ints:
        """Each owner's first row that has at least that value, halving what is left in every step."""
        low = np.searchsorted(self.owner, owner, side="left")
        high = np.searchsorted(self.owner, owner, side="right")
        while np.any(low < high):
            middle = (low + high) // 2
            before = (low < high) & (ascending[np.minimum(middle, len(ascending) - 1)] < least)
            low, high = np.where(before, middle + 1, low), np.where(before, high, middle)
        return low


def targets_of(history: History) -> Targets:
    """Whom campaigns chose."""
    contacts, ends_on = history.offers.contacts, history.offers.campaigns.ends_on
    order = np.lexsort((contacts.at, ~contacts.treated, contacts.campaign, contacts.member))
    order = order[contacts.campaign[order] >= 0]
    member, campaign = contacts.member[order], contacts.campaign[order]
    first = np.append(True, (member[1:] != member[:-1]) | (campaign[1:] != campaign[:-1]))[: len(order)]
    rows = order[first]
    day = contacts.day[rows].astype(np.int64)
    last_day = ends_on[contacts.campaign[rows]].astype(np.int64)
    until = np.where((last_day == NEVER) | (last_day < day), day + RESPONSE_DAYS, last_day)
    return Targets(
        contacts.member[rows],
        contacts.campaign[rows],
        contacts.at[rows],
        day,
        until,
        contacts.channel[rows],
        contacts.treated[rows],
    )


def sales_deeds(history: History) -> Deeds:
    """What members bought."""
    purchases = history.purchases
    sale = ~purchases.refund & (purchases.member >= 0)
    return Deeds(purchases.member[sale], purchases.at[sale], purchases.day[sale])


def redemption_deeds(history: History) -> Deeds:
    """Coupons that members redeemed, by member and campaign (see `in_campaign`)."""
    coupons = history.offers.coupons
    redeemed = np.flatnonzero((coupons.redeemed_on != NEVER) & (coupons.campaign >= 0))
    owner = in_campaign(history, coupons.member[redeemed], coupons.campaign[redeemed])
    order = np.lexsort((coupons.redeemed_at[redeemed], owner))
    rows = redeemed[order]
    return Deeds(owner[order], coupons.redeemed_at[rows], coupons.redeemed_on[rows])


def in_campaign(history: History, member: Ints, campaign: Ints) -> Ints:
    """Member and campaign as one number that sorts like the pair."""
    return member.astype(np.int64) * max(len(history.offers.campaigns), 1) + campaign


def responded(history: History, targets: Targets) -> Flags:
    """Whether each target did what the campaign asks for, inside the window."""
    if not len(targets):
        return np.zeros(0, np.bool_)
    redeemed = _done(
        redemption_deeds(history), in_campaign(history, targets.member, targets.campaign), targets
    )
    asks_coupon = history.offers.campaigns.asks_coupon[targets.campaign]
    return np.where(asks_coupon, redeemed, bought(history, targets))


def bought(history: History, targets: Targets) -> Flags:
    """Whether each target bought inside the window, whatever the campaign asks for."""
    return _done(sales_deeds(history), targets.member, targets)


def _done(deeds: Deeds, owner: Ints, targets: Targets) -> Flags:
    found: Flags = deeds.first_from(owner, targets.at) < deeds.first_after(owner, targets.until)
    return found


def total_in_window(deeds: Deeds, amount: Ints, targets: Targets) -> Ints:
    """Sum of the amounts of each target's deeds inside the window."""
    if not len(targets):
        return np.zeros(0, np.int64)
    upto = np.append(0, np.cumsum(amount, dtype=np.int64))
    first = deeds.first_from(targets.member, targets.at)
    after = np.maximum(deeds.first_after(targets.member, targets.until), first)
    total: Ints = upto[after] - upto[first]
    return total
