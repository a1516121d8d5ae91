"""Imported redemptions held against the programme: reward prices, and points as cash."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.facts import ENTRY_KINDS, REDEEM, STORED_VALUE_ACCOUNTS
from loyalty_core.reconciling.imported_ledger import ImportedLedger
from loyalty_core.reconciling.mismatch import Matched, Mismatch, compared
from loyalty_core.rewards.catalogue import CashRates, Catalogue, Refusal
from loyalty_core.rewards.taken import taken_together
from loyalty_core.rules.programme import Programme

_PLENTY = 2**62  # a balance and a spend that suffice for every reward


def matched_redemptions(ledger: ImportedLedger, programme: Programme, tier: Ints, balance: Ints) -> Matched:
    """Every imported redeem entry; beside all entries the tiers of members and the points there before.

    One whose reason names a reward is as declared if it is a whole number of prices, or if it is in one sum
    with others of its instant that name the same (points at hand, and such as still waited). Points that paid
    for a purchase, all in one sum, are if the programme's rate makes them what the purchase says was
    paid with points, or as much of that as there was; where it does not say, if points may pay as
    much. Any other is if it is the price of a reward that the member could have.
    """
    entries = ledger.history.entries
    index = np.flatnonzero(ledger.imported & (entries.kind == ENTRY_KINDS.index(REDEEM)))
    named = _reward_named(ledger, programme, index)
    points, expected = _priced(ledger, programme, index, tier, named)
    found = points.copy()
    mismatch = np.where(expected > 0, compared(points, expected), Mismatch.NO_PRICE)
    bought = len(ledger.history.purchases.member)
    accounts = ledger.history.labels.get("entries.account", ())
    on_cards = [accounts.index(name) for name in STORED_VALUE_ACCOUNTS if name in accounts]
    of_sale = (ledger.event[index] >= 0) & (ledger.event[index] < bought)
    own = np.flatnonzero((named < 0) & of_sale & ~np.isin(entries.codes["account"][index], on_cards))
    if programme.points_as_cash is not None and len(own):
        paid, allowed = _as_cash(ledger, programme, index[own], tier, balance)
        as_cash = (paid == allowed) | (mismatch[own] != Mismatch.NONE)
        found[own], expected[own] = np.where(as_cash, [paid, allowed], [found[own], expected[own]])
        mismatch[own[as_cash]] = Mismatch.TOO_MUCH_CASH
        mismatch[own[paid == allowed]] = Mismatch.NONE
    return Matched(index=index, found=-found, expected=-expected, mismatch=mismatch)


def _priced(
    ledger: ImportedLedger, programme: Programme, index: Ints, tier: Ints, named: Ints
) -> tuple[Ints, Ints]:
    """What was taken and its price: of each entry, or of all that took a part of one reward at an instant."""
    points = -ledger.history.entries.amount[index]
    price = _price(ledger, programme, index, points, tier, named)
    part = np.flatnonzero((named >= 0) & (points != price))
    points[part], _ = taken_together(ledger.history, index[part], named[part])
    price[part] = _price(ledger, programme, index[part], points[part], tier, named[part])
    return points, price


def _price(
    ledger: ImportedLedger, programme: Programme, index: Ints, points: Ints, tier: Ints, named: Ints
) -> Ints:
    """The whole number of prices next to what was taken, or the price that it is; 0 where there is none."""
    catalogue, entries = Catalogue(programme), ledger.history.entries
    day, plenty = entries.day[index], np.full(len(index), _PLENTY)
    price = np.zeros(len(index), np.int64)
    for place in range(len(programme.rewards)):
        each = np.full(len(index), place)
        asked = catalogue.price(each, tier[index], day)
        pieces = np.maximum((points + asked // 2) // np.maximum(asked, 1), 1)
        price = np.where(named == place, asked * pieces, price)
        refusal = catalogue.refusal(each, tier[index], day, plenty, _PLENTY)
        could_be = (named < 0) & (asked == points) & (refusal == Refusal.NONE)
        price = np.where(could_be, asked, price)
    return price


def _reward_named(ledger: ImportedLedger, programme: Programme, index: Ints) -> Ints:
    """The place of the reward that each entry's reason names in any language, -1 where it names none."""
    place_of = {text: place for place, r in enumerate(programme.rewards) for text in (r.label.en, r.label.zh)}
    place_of |= {reward.name: place for place, reward in enumerate(programme.rewards)}
    reasons = ledger.history.labels.get("entries.reason", ())
    places = np.array([*(place_of.get(text, -1) if text else -1 for text in reasons), -1], np.int64)
    return places[ledger.history.entries.codes["reason"][index]]


def _as_cash(
    ledger: ImportedLedger, programme: Programme, index: Ints, tier: Ints, balance: Ints
) -> tuple[Ints, Ints]:
    """Points that paid for each entry's purchase, in all its entries, and those that are as declared."""
    purchases, rates = ledger.history.purchases, CashRates(programme)
    purchase, standing = ledger.event[index], tier[index]
    paid, there = np.zeros(len(purchases.at), np.int64), np.zeros(len(purchases.at), np.int64)
    np.add.at(paid, purchase, -ledger.history.entries.amount[index])
    np.add.at(there, purchase, np.maximum(balance[index], 0))
    points, amount, stated = paid[purchase], purchases.amount[purchase], purchases.paid_points[purchase]
    asked = np.minimum(rates.most(amount, standing, there[purchase]), rates.needed(stated, standing))
    return points, np.where(stated > 0, asked, rates.most(amount, standing, points))
