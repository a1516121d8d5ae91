"""What members did that may count for a tier, read from a history measure by measure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import to_day
from loyalty_core.facts import (
    ADJUST,
    EARN,
    ENTRY_KINDS,
    POINTS_ACCOUNT,
    REDEEM,
    REVERSE,
    STATUS_ACCOUNT,
    TRANSFER,
)
from loyalty_core.history import History, Purchases, while_enrolled
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import Measure
from loyalty_core.timeline import moment, total_upto


@dataclass(frozen=True, slots=True)
class Deeds:
    """Deeds of one measure, sorted by member and day; amounts as `TierStanding.count` takes them."""

    member: Ints
    day: Ints
    amount: Ints

    def upto(self, member: Ints, day: Ints) -> Ints:
        """The total of each member up to each day."""
        return total_upto(self.member, self.day, self.amount, member, day)


def deeds(history: History, programme: Programme, measure: Measure) -> Deeds:
    """The members' deeds of a measure, from the day of joining to the day of leaving.

    Spend: sales, and refunds on their own day. Purchases: sales, less those taken back whole.
    Status points: earned, adjusted, reversed and transferred on the account `status`. Redeemed
    points: redemptions from `points`. Activity score: activities by what was said of their kind on
    their day, as far back as the programme knows those before it (`Programme.after`).
    """
    member, day, amount = _RECORDED[measure](history, programme)
    members = history.members
    known = member >= 0
    known &= (day >= _of(members.joined_on, member)) & (day <= _of(members.left_on, member))
    member, day, amount = member[known], day[known], amount[known]
    order = np.argsort(moment(member, day), kind="stable")
    return Deeds(member[order], day[order], np.asarray(amount[order], np.int64))


def taken_back(purchases: Purchases) -> Flags:
    """True for the refund with which a sale is taken back whole, so that it no longer counts as one.

    Refunds of a sale are added up in their order until they come to its amount; a sale of nothing
    cannot be taken back.
    """
    rows = np.flatnonzero(purchases.refund & (purchases.refund_of >= 0))
    rows = rows[~purchases.refund[purchases.refund_of[rows]]]
    sale = purchases.refund_of[rows]
    order = np.lexsort((purchases.at[rows], sale))
    rows, sale = rows[order], sale[order]
    ever = np.cumsum(-purchases.amount[rows], dtype=np.int64)
    begin = np.searchsorted(sale, sale)
    back = ever - np.append(0, ever)[begin]
    amount = purchases.amount[sale]
    whole = (back + purchases.amount[rows] < amount) & (back >= amount)
    found = np.zeros(len(purchases.member), bool)
    found[rows[whole]] = True
    return found


def _spend(history: History, _: Programme) -> tuple[Ints, Ints, Ints]:
    purchases = history.purchases
    return purchases.member, purchases.day, purchases.amount


def _purchases(history: History, _: Programme) -> tuple[Ints, Ints, Ints]:
    purchases = history.purchases
    # A sale outside the membership never counted, and its refund takes nothing off.
    counted = np.append(while_enrolled(purchases, history.members), False)[purchases.refund_of]
    counts = np.where(purchases.refund, -(taken_back(purchases) & counted).astype(np.int64), 1)
    return purchases.member, purchases.day, counts


def _status_points(history: History, _: Programme) -> tuple[Ints, Ints, Ints]:
    return _entries(history, STATUS_ACCOUNT, (EARN, ADJUST, REVERSE, TRANSFER), 1)


def _redeemed_points(history: History, _: Programme) -> tuple[Ints, Ints, Ints]:
    return _entries(history, POINTS_ACCOUNT, (REDEEM,), -1)


def _entries(history: History, account: str, kinds: tuple[str, ...], sign: int) -> tuple[Ints, Ints, Ints]:
    entries, names = history.entries, history.labels.get("entries.account", ())
    code = names.index(account) if account in names else -1
    counted = (entries.codes["account"] == code) & (code >= 0)
    counted &= np.isin(entries.kind, [ENTRY_KINDS.index(kind) for kind in kinds])
    return entries.member[counted], entries.day[counted], sign * entries.amount[counted]


def _activity_score(history: History, programme: Programme) -> tuple[Ints, Ints, Ints]:
    activities, kinds = history.activities, history.labels.get("activities.kind", ())
    begins, scores = zip(*programme.scores_in_turn, strict=True)
    # The last of each row answers -1, a kind that is unknown.
    table = np.array([[*(score.get(kind, 0) for kind in kinds), 0] for score in scores], np.int64)
    since = np.array([to_day(on) for on in begins[1:] if on], np.int64)
    place = np.searchsorted(since, activities.day, side="right")
    return activities.member, activities.day, table[place, activities.codes["kind"]]


_RECORDED = {
    "spend": _spend,
    "purchases": _purchases,
    "status_points": _status_points,
    "redeemed_points": _redeemed_points,
    "activity_score": _activity_score,
}


def _of(days: Ints, member: Ints) -> Ints:
    return np.append(days, 0)[member]  # the last answers guests
