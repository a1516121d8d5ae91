"""The coupons that members hold: what they were given and have not used."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.history import History
from loyalty_core.rounds import rounds
from loyalty_core.rules.programme import Programme


class HeldCoupons:
    """The coupons of one kind that n members were given, each member's in order; `used` counts those used.

    Those before a member's oldest have been used or are worth nothing any more.
    """

    def __init__(self, n: int) -> None:
        self.used = np.zeros(n, np.int64)
        self._given, self._oldest = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self._issued_on, self._expires_on = np.zeros((1, n), np.int32), np.zeros((1, n), np.int32)

    def add(self, who: Ints, day: Ints, expires_on: Ints) -> Ints:
        """One more for each member; the number of it among the member's."""
        number = self._given[who]
        if number.max(initial=0) >= len(self._issued_on):
            self._issued_on = np.concatenate([self._issued_on, np.zeros_like(self._issued_on)])
            self._expires_on = np.concatenate([self._expires_on, np.zeros_like(self._expires_on)])
        self._issued_on[number, who], self._expires_on[number, who] = day, expires_on
        self._given[who] += 1
        return number

    def holding(self, who: Ints, day: Ints) -> Ints:
        """Positions of the members who hold any on a day; what is worth nothing by then is gone."""
        some = np.flatnonzero(self._oldest[who] < self._given[who])
        left = some
        while len(left):
            members = who[left]
            left = left[self._expires_on[self._oldest[members], members] <= day[left]]
            self._oldest[who[left]] += 1
            left = left[self._oldest[who[left]] < self._given[who[left]]]
        found: Ints = some[self._oldest[who[some]] < self._given[who[some]]]
        return found

    def oldest_issued_on(self, who: Ints) -> Ints:
        """When the oldest was given that each of these members holds."""
        issued_on: Ints = self._issued_on[self._oldest[who], who].astype(np.int64)
        return issued_on

    def of(self, member: int) -> list[tuple[int, int]]:
        """The coupons that a member holds, each with the days on which it was given and is worth nothing."""
        left = slice(self._oldest[member], self._given[member])
        days = self._issued_on[left, member], self._expires_on[left, member]
        return list(zip(*(one.tolist() for one in days), strict=True))

    def use(self, who: Ints) -> Ints:
        """These members use their oldest; its number."""
        number: Ints = self._oldest[who]
        self._oldest[who] += 1
        self.used[who] += 1
        return number


def coupons_held(history: History, programme: Programme, day: int) -> dict[str, HeldCoupons]:
    """What members hold at the close of a day, by the name of the rule, where there are any of it.

    Held is what was claimed and not used; a coupon is known by the rule that its `reference` names. What
    was used counts for the most that a member may use.
    """
    rows, names = history.offers.coupons, history.labels.get("coupons.reference", ())
    found = {}
    for rule in programme.coupons:
        if rule.name not in names or len(rows.rule) != len(rows.member):
            continue
        mine = (rows.rule == names.index(rule.name)) & (rows.claimed_on <= day)
        used = mine & (rows.redeemed_on <= day)
        left = mine & ~used & (rows.expires_on > day)
        if left.any() or (used.any() and rule.per_member is not None):
            found[rule.name] = _held(history, left, used)
    return found


def _held(history: History, left: Flags, used: Flags) -> HeldCoupons:
    n, rows = len(history.members), history.offers.coupons
    held = HeldCoupons(n)
    held.used += np.bincount(rows.member[used], minlength=n)
    who, since, until = rows.member[left], rows.claimed_on[left], rows.expires_on[left]
    for _, turn in rounds(who, np.zeros(len(who), np.int64)):
        held.add(who[turn], since[turn], until[turn])
    return held
