"""The coupons of a run behind those of its members' past."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER
from loyalty_core.history import History
from loyalty_core.offers import Coupons, Offers
from loyalty_core.rules.programme import Programme
from simulation.journal import Facts
from simulation.rows import Arrays

_SPAN = 1 << 20  # for the numbers of a member's coupons of a kind


def with_coupons(
    before: History, facts: Facts, programme: Programme, labels: dict[str, tuple[str, ...]], first_day: int
) -> Offers:
    """What members were offered before and in a run; who used what they held when it began, used it.

    A run gives coupons as claimed; campaigns of the run are not among those of the past, and not named. Of
    a past that begins to be told later, what was held is not known, and neither is its use.
    """
    past, given, used = before.offers.coupons, facts.coupons, facts.coupon_uses
    if not len(given["member"]) and not len(used["member"]):
        return before.offers
    rules = np.array([labels["coupons.reference"].index(rule.name) for rule in programme.coupons], np.int64)
    rule = past.rule if len(past.rule) == len(past.member) else np.full(len(past.member), -1)
    held = np.flatnonzero((past.claimed_on < first_day) & (past.redeemed_on >= first_day))
    held = held[(past.expires_on[held] >= first_day) & np.isin(rule[held], rules)]
    codes = np.concatenate([_numbered(past.member[held], rule[held]), _codes(given, rules)])
    row = np.concatenate([held, np.arange(len(given["member"])) + len(past.member)])
    order, of_use = np.argsort(codes), _codes(used, rules)
    known = np.isin(of_use, codes)
    used = {name: values[known] for name, values in used.items()}
    place = row[order[np.searchsorted(codes[order], of_use[known])]]
    whole = _joined(replace(past, rule=rule), given, rules)
    return replace(before.offers, coupons=_used(whole, place, used))


def _joined(past: Coupons, given: Arrays, rules: Ints) -> Coupons:
    nothing, never = np.full(len(given["member"]), -1), np.full(len(given["member"]), NEVER)
    new = {
        "member": given["member"],
        "campaign": nothing,
        "offered_on": given["day"],
        "claimed_on": given["day"],
        "redeemed_at": nothing,
        "redeemed_on": never,
        "expires_on": given["expires_on"],
        "rule": rules[given["rule"]],
    }
    names = [field.name for field in fields(Coupons)]
    return Coupons(**{name: np.concatenate([getattr(past, name), new[name]]) for name in names})


def _used(coupons: Coupons, row: Ints, used: Arrays) -> Coupons:
    """By member and day, with what was used when."""
    at, on = coupons.redeemed_at.astype(np.int64), coupons.redeemed_on.copy()
    at[row], on[row] = used["at"], used["day"]
    whole = replace(coupons, redeemed_at=at, redeemed_on=on)
    order = np.lexsort((whole.offered_on, whole.member))
    return Coupons(**{field.name: getattr(whole, field.name)[order] for field in fields(Coupons)})


def _codes(rows: Arrays, rules: Ints) -> Ints:
    """One number for each coupon of a run."""
    return _code(rows["member"], rules[rows["rule"]]) + rows["number"].astype(np.int64)


def _numbered(member: Ints, rule: Ints) -> Ints:
    """The same for coupons held when the run began, each member's of a kind in their order."""
    code = _code(member, rule)
    order = np.argsort(code, kind="stable")
    ordered = code[order]
    code[order] += np.arange(len(code)) - np.searchsorted(ordered, ordered)
    return code


def _code(member: Ints, rule: Ints) -> Ints:
    code: Ints = (member.astype(np.int64) << 36) + rule.astype(np.int64) * _SPAN
    return code
