"""Coupons at the till: which may be used for a purchase, what each takes off, which go together best.

A candidate is a coupon that a member holds at the time of a purchase; money is in minor units.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.earning.earning_conditions import Condition, Events, Labels
from loyalty_core.rules.earning_rules import When
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.reward_rules import CouponRule
from loyalty_core.text import Text


class Verdict(IntEnum):
    """Why a coupon does not count for a purchase; the first reason that holds, in this order."""

    COUNTS = 0
    DATES = 1
    TIER = 2
    SCOPE = 3
    SPEND = 4
    LIMIT = 5
    GROUP = 6
    ALONE = 7
    NOTHING_LEFT = 8


VERDICTS: dict[Verdict, Text] = {
    Verdict.COUNTS: Text("counts", "已使用"),
    Verdict.DATES: Text("not valid on that day", "当日无效"),
    Verdict.TIER: Text("not for that tier", "该等级不可用"),
    Verdict.SCOPE: Text("not for this store, channel or category", "不适用于该门店、渠道或品类"),
    Verdict.SPEND: Text("the purchase is below the minimum spend", "未达到最低消费"),
    Verdict.LIMIT: Text("the member has used as many as one may", "已达每人使用上限"),
    Verdict.GROUP: Text("another one of its group takes off as much or more", "同组另一张券优惠更多或相同"),
    Verdict.ALONE: Text("does not go together with those that take off most", "不能与优惠最多的券叠加使用"),
    Verdict.NOTHING_LEFT: Text("nothing is left to take off", "已无可抵扣金额"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Coupons held: the place of the purchase, of the rule, the day of issue, and how many of the kind
    the member has used before."""

    purchase: Ints
    rule: Ints
    issued_on: Ints
    used_before: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A `Verdict` per candidate and what it takes off; together never more than the purchase."""

    verdict: Ints
    off_minor: Ints


class CouponRules:
    """The coupons of a programme; `labels` are those of the history that the purchases are from."""

    def __init__(self, programme: Programme, labels: Labels) -> None:
        rules = programme.coupons
        self._rules, self._minor = rules, programme.minor
        self._dates = [Condition(_dates(rule), programme, labels) for rule in rules]
        self._tiers = [Condition(When(tiers=rule.tiers), programme, labels) for rule in rules]
        self._scopes = [Condition(_scope(rule), programme, labels) for rule in rules]
        # Without a group a coupon is a group of its own kind; no group has a name with a dot.
        groups = [rule.group or f".{rule.name}" for rule in rules]
        self._group = np.array([sorted(set(groups)).index(group) for group in groups], np.int64)
        self._stacks = np.array([rule.stacks for rule in rules], bool)

    def choose(self, purchases: Events, tier: Ints, held: Candidates) -> Choice:
        """Of the coupons held for each purchase, the set allowed together that takes off most.

        Of sets that take off as much, a single coupon before several, and the earlier candidate.
        """
        verdict = self.verdicts(purchases, tier, held)
        amount = np.maximum(purchases.amount_minor, 0)
        off = np.where(verdict == Verdict.COUNTS, self.off_minor(purchases, held), 0)
        best_of_group = _first_largest(held.purchase, self._group[held.rule], off)
        best_alone = _first_largest(held.purchase, np.zeros(len(off), np.int64), off)
        stacking = self._stacks[held.rule] & (off > 0)
        stack = stacking & _first_largest(held.purchase, self._group[held.rule], np.where(stacking, off, 0))
        together = np.zeros(len(amount), np.int64)
        np.add.at(together, held.purchase[stack], off[stack])
        alone = np.zeros(len(amount), np.int64)
        alone[held.purchase[best_alone]] = off[best_alone]
        use_stack = (np.minimum(together, amount) > alone)[held.purchase]
        used = np.where(use_stack, stack, best_alone) & (off > 0)
        taken = _as_far_as_there_is(held.purchase, np.where(used, off, 0), amount)
        return Choice(verdict=_told(verdict, used, taken, off, best_of_group), off_minor=taken)

    def verdicts(self, purchases: Events, tier: Ints, held: Candidates) -> Ints:
        """A `Verdict` per candidate by itself, whatever others there are."""
        verdict = np.zeros(len(held.rule), np.int64)
        for place, rule in enumerate(self._rules):
            own = np.flatnonzero(held.rule == place)
            verdict[own] = self._verdicts_of(place, rule, purchases, tier, held, own)
        return verdict

    def off_minor(self, purchases: Events, held: Candidates) -> Ints:
        """What each candidate would take off by itself: a fixed amount or a share, rounded down."""
        amount = np.maximum(purchases.amount_minor[held.purchase], 0)
        off = np.zeros(len(amount), np.int64)
        for place, rule in enumerate(self._rules):
            own = held.rule == place
            if rule.percent_off is not None:
                off[own] = amount[own] * rule.percent_off // 100
            elif rule.face_value is not None:
                off[own] = np.minimum(amount[own], self._minor(rule.face_value))
            if rule.largest is not None:
                off[own] = np.minimum(off[own], self._minor(rule.largest))
        return off

    def _verdicts_of(
        self, place: int, rule: CouponRule, purchases: Events, tier: Ints, held: Candidates, own: Ints
    ) -> Ints:
        bought, of_tier = _rows(purchases, held.purchase[own]), tier[held.purchase[own]]
        since_issue = bought.day - held.issued_on[own]
        late = since_issue > rule.days_valid if rule.days_valid is not None else np.zeros(len(own), bool)
        amount = bought.amount_minor
        reasons = {
            Verdict.DATES: late | (since_issue < 0) | ~_holds(self._dates[place], bought, of_tier),
            Verdict.TIER: ~_holds(self._tiers[place], bought, of_tier),
            Verdict.SCOPE: ~_holds(self._scopes[place], bought, of_tier),
            Verdict.SPEND: (amount < self._minor(rule.minimum_spend)) | (amount <= 0),
            Verdict.LIMIT: held.used_before[own] >= (rule.per_member or np.iinfo(np.int64).max),
        }
        return np.select(list(reasons.values()), list(reasons), Verdict.COUNTS)


def _told(verdict: Ints, used: Flags, taken: Ints, off: Ints, best_of_group: Flags) -> Ints:
    """The verdicts once it is known which candidates are used."""
    beaten = (verdict == Verdict.COUNTS) & ~used
    reasons = {
        Verdict.NOTHING_LEFT: (used & (taken == 0)) | (beaten & (off == 0)),
        Verdict.GROUP: beaten & ~best_of_group,
        Verdict.ALONE: beaten,
    }
    return np.select(list(reasons.values()), list(reasons), verdict)


def _first_largest(purchase: Ints, group: Ints, off: Ints) -> Flags:
    """For each purchase and group the candidate that takes off most, the first of several."""
    order = np.lexsort((np.arange(len(off)), -off, group, purchase))
    leads = np.ones(len(off), bool)
    same = (purchase[order][1:] == purchase[order][:-1]) & (group[order][1:] == group[order][:-1])
    leads[1:] = ~same
    found = np.zeros(len(off), bool)
    found[order] = leads
    return found


def _as_far_as_there_is(purchase: Ints, off: Ints, amount: Ints) -> Ints:
    """What each takes off when the largest go first and there is no more than the amount."""
    order = np.lexsort((np.arange(len(off)), -off, purchase))
    running = np.cumsum(off[order])
    begins = np.searchsorted(purchase[order], purchase[order], side="left")
    before = running - off[order] - np.append(0, running)[begins]
    taken = np.empty(len(off), np.int64)
    taken[order] = np.clip(amount[purchase[order]] - before, 0, off[order])
    return taken


def _dates(rule: CouponRule) -> When:
    return When(first_day=rule.first_day, last_day=rule.last_day)


def _scope(rule: CouponRule) -> When:
    return When(categories=rule.categories, stores=rule.stores, channels=rule.channels)


def _holds(condition: Condition, bought: Events, tier: Ints) -> Flags:
    held = condition.holds(bought, tier, np.zeros(0, np.int32))
    return np.ones(len(bought), bool) if held is None else held


def _rows(purchases: Events, rows: Ints) -> Events:
    return Events(**{name: getattr(purchases, name)[rows] for name in Events.__slots__})
