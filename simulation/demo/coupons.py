"""The demo's coupons: offered by campaigns and on joining, claimed, and redeemed with a sale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.facts import TREATED
from simulation.demo.story import Part
from simulation.ledger_frames import Texts, dates, instants, only
from simulation.streams import Keys, Purpose

CLAIMED, USED, VOID = 0.58, 0.62, 0.004  # of those offered; of those claimed and fitting; of all
CLAIMED_WITHIN_US = 6 * 24 * 3_600_000_000
TRIED_SALES = 6  # after claiming, one of which may take the coupon
WELCOME = "welcome"  # the rule of the coupon that everybody is offered on joining
NO_SALE = -1


@dataclass(frozen=True)
class Coupons:
    """The coupons offered to the members of a part, by member and instant.

    `rule` is a place among the coupon rules of the programme; `bought` has what was taken off the price of
    each row of the part's purchases.
    """

    part: Part
    campaign: Texts  # None on joining
    member: Ints
    rule: Ints
    at: Ints
    bought: pd.DataFrame

    @cached_property
    def claimed_at(self) -> Ints:
        """When each would be claimed."""
        return self.at + (self._luck(0) * CLAIMED_WITHIN_US).astype(np.int64)

    @cached_property
    def claimed(self) -> Flags:
        demo, day = self.part.demo, self.part.demo.day_of(self.claimed_at)
        in_time = day < np.minimum(self.expires_on, self.part.left_on[self.member])
        found: Flags = in_time & (self._luck(1) < CLAIMED) & (self.claimed_at <= demo.last_instant)
        return found

    @cached_property
    def expires_on(self) -> Ints:
        """The first day on which each is worth nothing."""
        valid = self._by_rule([rule.days_valid or 0 for rule in self.part.demo.declared.coupons])
        return self.part.demo.day_of(self.at) + valid + 1

    @cached_property
    def face(self) -> Ints:
        """What each takes off, minor units."""
        programme = self.part.demo.declared
        return self._by_rule([programme.minor(rule.face_value or 0) for rule in programme.coupons])

    @cached_property
    def least(self) -> Ints:
        """The spend that each asks for, minor units."""
        programme = self.part.demo.declared
        return self._by_rule([programme.minor(rule.minimum_spend) for rule in programme.coupons])

    @cached_property
    def sale(self) -> Ints:
        """The row of the purchases that takes each coupon, the first that it fits; NO_SALE for none."""
        rows = self.part.facts.purchases
        before = rows["amount"] + self.bought["discount"].to_numpy(np.int64)
        wants, found = self.claimed & (self._luck(2) < USED), np.full(len(self.member), NO_SALE)
        place, taken = _first_after(rows["member"], rows["at"], self.member, self.claimed_at), set[int]()
        for row in (place + ahead for ahead in range(TRIED_SALES)):
            there = np.minimum(row, len(before) - 1)
            fits = wants & (found == NO_SALE) & (row < len(before)) & (rows["member"][there] == self.member)
            fits &= ~rows["refund"][there] & (rows["day"][there] < self.expires_on)
            fits &= (before[there] + self.face >= self.least) & ~np.isin(there, list(taken))
            some = np.flatnonzero(fits)
            _, first = np.unique(there[some], return_index=True)  # a sale takes one coupon
            found[some[first]] = there[some[first]]
            taken.update(there[some[first]].tolist())
        return found

    @property
    def ids(self) -> Texts:
        """One of a kind for each member and campaign."""
        behind = [WELCOME if name is None else name for name in self.campaign]
        ids: Texts = "C-" + np.array(behind, object) + "-" + self.part.population.ids[self.member]
        return ids

    def frame(self) -> pd.DataFrame:
        """The table `coupons`."""
        used = self.sale != NO_SALE
        sale = np.where(used, self.sale, 0)
        names = np.array([rule.name for rule in self.part.demo.declared.coupons], object)
        return pd.DataFrame(
            {
                "coupon_id": self.ids,
                "campaign_id": self.campaign,
                "member_id": self.part.population.ids[self.member],
                "state": self._states(used),
                "offered_at": instants(self.at),
                "claimed_at": instants(self.claimed_at).where(self.claimed),
                "redeemed_at": instants(self.part.facts.purchases["at"][sale]).where(used),
                "expires_on": dates(self.expires_on),
                "face_value": self.face,
                "minimum_spend": self.least,
                "purchase_id": only(used, self.bought["purchase_id"].to_numpy(object)[sale]),
                "reference": names[self.rule],
            }
        )

    def _states(self, used: Flags) -> Texts:
        over = self.expires_on <= self.part.demo.days[1]
        flags = [used, over, self._luck(3) < VOID, self.claimed]
        states: Texts = np.select(flags, ["redeemed", "expired", "void", "claimed"], "offered").astype(object)
        return states

    def _by_rule(self, values: Sequence[int]) -> Ints:
        return np.array(values, np.int64)[self.rule]

    def _luck(self, nth: int) -> Floats:
        """A draw of each coupon; those of a member differ in the instant at which they were offered."""
        keys: Keys = self.part.keys[self.member] ^ self.at.astype(np.uint64)
        return self.part.demo.streams.uniform(Purpose.COUPON, keys, nth)


def coupons(part: Part, contacts: pd.DataFrame, bought: pd.DataFrame) -> Coupons:
    """Those of campaigns for whom they reached, and of joining for everybody."""
    names = [rule.name for rule in part.demo.declared.coupons]
    of_campaign = {
        offer.campaign.campaign_id: names.index(offer.coupon)
        for offer in part.demo.offers
        if offer.coupon in names
    }
    told = contacts.loc[(contacts["arm"] == TREATED) & contacts["campaign_id"].isin(of_campaign)]
    new = np.arange(len(part) if WELCOME in names else 0)
    member = np.concatenate([pd.Index(part.population.ids).get_indexer(pd.Index(told["member_id"])), new])
    told_at = told["planned_at"].dt.tz_localize(None).to_numpy("datetime64[us]").astype(np.int64)
    at = np.concatenate([told_at, part.demo.midnight(part.population.joined_on[new]) + 1])
    campaign = np.concatenate([told["campaign_id"].to_numpy(object), np.full(len(new), None, object)])
    place = [of_campaign[name] for name in told["campaign_id"]]
    rule = np.array(place + [names.index(WELCOME)] * len(new), np.int64)
    order = np.lexsort((at, member))
    return Coupons(part, campaign[order], member[order], rule[order], at[order], bought)


def _first_after(member: Ints, at: Ints, who: Ints, since: Ints) -> Ints:
    """The first row later than each member's second, in rows by member and instant."""
    begin = int(min(at.min(initial=0), since.min(initial=0)))
    rows, asked = ((one << 32) + (when - begin) // 1_000_000 for one, when in ((member, at), (who, since)))
    found: Ints = np.searchsorted(rows, asked, side="right")
    return found
