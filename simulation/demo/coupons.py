"""The demo's coupons: offered by campaigns and on joining, claimed, and redeemed with a sale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from loyalty_core.facts import TREATED
from loyalty_core.history import Flags, Ints
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.reward_rules import CouponRule
from simulation.demo.story import Part
from simulation.ledger_frames import dates, instants, only
from simulation.streams import Floats, Keys, Purpose

CLAIMED, USED, VOID = 0.58, 0.62, 0.004  # of those offered; of those claimed and fitting; of all
CLAIMED_WITHIN_DAYS = 6
TRIED_SALES = 6  # after claiming, one of which may take the coupon
WELCOME = "welcome"  # the rule of the coupon that everybody is offered on joining
_HOUR_US = 3_600_000_000
_NOBODY = -1


@dataclass(frozen=True)
class Offered:
    """Coupons by member and instant: `rule` is a place among the coupon rules of the programme."""

    ids: np.ndarray
    campaign: np.ndarray
    member: Ints
    rule: Ints
    at: Ints
    keys: Keys

    def luck(self, part: Part, nth: int) -> Floats:
        """A draw of each coupon."""
        return part.demo.streams.uniform(Purpose.COUPON, self.keys, nth)


def coupons(part: Part, contacts: pd.DataFrame, bought: pd.DataFrame) -> tuple[pd.DataFrame, Ints, Ints]:
    """The coupons of a part; with them the rows of `bought` that used one, and what it took off each."""
    programme, offered = part.demo.declared, _offered(part, contacts)
    rules = programme.coupons
    if not rules or not len(offered.member):
        nothing = np.zeros(0, np.int64)
        return pd.DataFrame(), nothing, nothing
    zone_day = part.demo.day_of(offered.at)
    valid = np.array([rule.days_valid or 30 for rule in rules])[offered.rule]
    expires_on = zone_day + valid + 1
    claimed_at = offered.at + (offered.luck(part, 0) * CLAIMED_WITHIN_DAYS * 24 * _HOUR_US).astype(np.int64)
    claimed = (offered.luck(part, 1) < CLAIMED) & (claimed_at <= part.demo.last_instant)
    claimed &= part.demo.day_of(claimed_at) < np.minimum(expires_on, part.left_on[offered.member])
    wants = claimed & (offered.luck(part, 2) < USED)
    sale = _sales(part, offered, programme, bought, wants, claimed_at, expires_on)
    used = sale != _NOBODY
    gone = expires_on <= part.demo.days[1]
    state = np.select(
        [used, gone, offered.luck(part, 3) < VOID, claimed],
        ["redeemed", "expired", "void", "claimed"],
        "offered",
    )
    face = np.array([programme.minor(rule.face_value or 0) for rule in rules])[offered.rule]
    sold_at = part.facts.purchases["at"][np.where(used, sale, 0)]
    frame = pd.DataFrame(
        {
            "coupon_id": offered.ids,
            "campaign_id": offered.campaign,
            "member_id": part.population.ids[offered.member],
            "state": state,
            "offered_at": instants(offered.at),
            "claimed_at": instants(claimed_at).where(claimed),
            "redeemed_at": instants(sold_at).where(used),
            "expires_on": dates(expires_on),
            "face_value": face,
            "minimum_spend": np.array([programme.minor(rule.minimum_spend) for rule in rules])[offered.rule],
            "purchase_id": only(used, bought["purchase_id"].to_numpy(object)[np.where(used, sale, 0)]),
            "reference": np.array([rule.name for rule in rules], object)[offered.rule],
        }
    )
    return frame, sale, face


def _offered(part: Part, contacts: pd.DataFrame) -> Offered:
    """To those whom a campaign with coupons reached, and to everybody on joining."""
    names = [rule.name for rule in part.demo.declared.coupons]
    hands_out = {
        offer.campaign.campaign_id: names.index(offer.coupon)
        for offer in part.demo.offers
        if offer.coupon in names
    }
    told = contacts.loc[(contacts["arm"] == TREATED) & contacts["campaign_id"].isin(hands_out)]
    places = pd.Index(part.population.ids)
    member = places.get_indexer(pd.Index(told["member_id"]))
    at = told["planned_at"].to_numpy("datetime64[us]").astype(np.int64)
    campaign = told["campaign_id"].to_numpy(object)
    rule = told["campaign_id"].map(hands_out).to_numpy(np.int64)
    if WELCOME in names:
        new = np.arange(len(part))
        member = np.concatenate([member, new])
        at = np.concatenate([at, part.demo.midnight(part.population.joined_on) + 1])
        campaign = np.concatenate([campaign, np.full(len(new), None, object)])
        rule = np.concatenate([rule, np.full(len(new), names.index(WELCOME))])
    order = np.lexsort((at, member))
    member, at, campaign, rule = member[order], at[order], campaign[order], rule[order]
    ids = "C-" + np.where(campaign == None, WELCOME, campaign) + "-" + part.population.ids[member]  # noqa: E711
    # Coupons of a member differ in the instant at which they were offered.
    return Offered(ids, campaign, member, rule, at, part.keys[member] ^ at.astype(np.uint64))


def _sales(
    part: Part,
    offered: Offered,
    programme: Programme,
    bought: pd.DataFrame,
    wants: Flags,
    since: Ints,
    expires_on: Ints,
) -> Ints:
    """The row of the sale that takes each coupon, _NOBODY for none: the first that it fits."""
    rows = part.facts.purchases
    rule_of: list[CouponRule] = list(programme.coupons)
    least = np.array([programme.minor(rule.minimum_spend) for rule in rule_of])[offered.rule]
    face = np.array([programme.minor(rule.face_value or 0) for rule in rule_of])[offered.rule]
    before = rows["amount"] + bought["discount"].to_numpy(np.int64)
    place = _first_after(rows["member"], rows["at"], offered.member, since)
    found = np.full(len(offered.member), _NOBODY)
    for ahead in range(TRIED_SALES):
        row = np.minimum(place + ahead, len(before) - 1)
        fits = (
            wants
            & (found == _NOBODY)
            & (place + ahead < len(before))
            & (rows["member"][row] == offered.member)
        )
        fits &= ~rows["refund"][row] & (rows["day"][row] < expires_on) & (before[row] + face >= least)
        taken = np.zeros(len(before), bool)
        taken[found[found != _NOBODY]] = True
        fits &= ~taken[row]
        where = np.flatnonzero(fits)
        _, first = np.unique(row[where], return_index=True)  # a sale takes one coupon
        found[where[first]] = row[where[first]]
    return found


def _first_after(member: Ints, at: Ints, who: Ints, since: Ints) -> Ints:
    """The first row later than each member's second, in rows by member and instant."""
    begin = int(min(at.min(initial=0), since.min(initial=0)))
    rows, asked = ((one << 32) + (when - begin) // 1_000_000 for one, when in ((member, at), (who, since)))
    found: Ints = np.searchsorted(rows, asked, side="right")
    return found
