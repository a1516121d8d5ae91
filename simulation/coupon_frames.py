"""Coupons of a run as frames in the declared columns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER
from simulation.arm import Arm
from simulation.journal import Facts
from simulation.ledger_frames import Texts, dates_if, instants, only, pick, sale_ids

_NONE = np.array([None], object)
_SPAN = 1 << 20  # for the numbers of a member's coupons of a kind


def coupons(facts: Facts, arm: Arm, last_day: int, mark: str = "") -> pd.DataFrame:
    """Those given: claimed as they come, redeemed with a sale, or expired by the close of the last day."""
    given, used = facts.coupons, _used_of_run(facts)
    order = np.argsort(_codes(given))
    row = order[np.searchsorted(_codes(given), _codes(used), sorter=order)]
    redeemed_at, ordinal = np.zeros(len(order), np.int64), np.full(len(order), -1)
    redeemed_at[row], ordinal[row] = used["at"], used["ordinal"]
    was_used, lasting = ordinal >= 0, given["expires_on"] == NEVER
    over = given["expires_on"] <= last_day
    rules, programme = arm.programme.coupons, arm.programme
    face, least = (
        np.array([programme.minor(getattr(rule, name) or 0) for rule in rules], np.int64)[given["rule"]]
        for name in ("face_value", "minimum_spend")
    )
    at = instants(given["at"])
    plan = (*(one.campaign_id for one in arm.plan.campaigns), None)
    return pd.DataFrame(
        {
            "coupon_id": _ids(facts, arm, mark, given["member"], given["rule"], given["number"]),
            "campaign_id": pick(plan, given["campaign"]),
            "member_id": facts.population.ids[given["member"]],
            "state": np.select([was_used, over], ["redeemed", "expired"], "claimed").astype(object),
            "offered_at": at,
            "claimed_at": at,
            "redeemed_at": instants(redeemed_at).where(was_used),
            "expires_on": dates_if(~lasting, given["expires_on"]),
            "face_value": face,
            "minimum_spend": least,
            "purchase_id": only(was_used, sale_ids(facts, given["member"], ordinal, mark)),
            "reference": pick([rule.name for rule in rules], given["rule"]),
        }
    )


def coupons_used(facts: Facts, arm: Arm, mark: str = "") -> Texts:
    """The coupon of each purchase, None without one; of several the one that took off most."""
    sold, used = facts.purchases, _used_of_run(facts)
    most_first = np.lexsort((-used["off"], used["ordinal"], used["member"]))
    who, nth = (used[name][most_first].astype(np.int64) for name in ("member", "ordinal"))
    _, first = np.unique(who * _SPAN + nth, return_index=True)
    lead = most_first[first]
    codes, sales = (rows["member"] * _SPAN + rows["ordinal"] for rows in (used, sold))
    codes = codes[lead]
    place = np.searchsorted(codes, sales)
    found = np.concatenate([codes, [-1]])[place] == sales
    ids = _ids(facts, arm, mark, *(used[name][lead] for name in ("member", "rule", "number")))
    return only(found & ~sold["refund"], np.concatenate([ids, _NONE])[place])


def _used_of_run(facts: Facts) -> dict[str, Ints]:
    """Uses of coupons that were given in the run: those held before it are known by other names."""
    own = np.isin(_codes(facts.coupon_uses), _codes(facts.coupons))
    return {name: values[own] for name, values in facts.coupon_uses.items()}


def _codes(rows: dict[str, Ints]) -> Ints:
    """One number for each coupon."""
    member, rule = rows["member"].astype(np.int64), rows["rule"].astype(np.int64)
    return (member << 36) + (rule << 20) + rows["number"]


def _ids(facts: Facts, arm: Arm, mark: str, who: Ints, rule: Ints, number: Ints) -> Texts:
    names, ids = [one.name for one in arm.programme.coupons], facts.population.ids
    coupons = zip(who.tolist(), rule.tolist(), (number + 1).tolist(), strict=True)
    return np.array([f"{ids[w]}-{mark}{names[kind]}-{nth}" for w, kind, nth in coupons], object)
