"""Coupons of a run as frames in the declared columns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER
from simulation.arm import Arm
from simulation.journal import Facts
from simulation.ledger_frames import Texts, dates_if, instants, only, pick, sale_ids
from simulation.rows import Arrays

_NUMBERED = ["member_id", "reference"]
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


def coupons_used(facts: Facts, arm: Arm, mark: str = "", held: pd.DataFrame | None = None) -> Texts:
    """The coupon of each purchase, None without one; of several the one that took off most."""
    sold, used = facts.purchases, facts.coupon_uses
    most_first = np.lexsort((-used["off"], used["ordinal"], used["member"]))
    who, nth = (used[name][most_first].astype(np.int64) for name in ("member", "ordinal"))
    _, first = np.unique(who * _SPAN + nth, return_index=True)
    lead = {name: values[most_first[first]] for name, values in used.items()}
    codes, sales = (rows["member"] * _SPAN + rows["ordinal"] for rows in (lead, sold))
    place = np.searchsorted(codes, sales)
    found = np.concatenate([codes, [-1]])[place] == sales
    ids = _ids_of_used(facts, arm, mark, held, lead)
    return only(found & ~sold["refund"], np.concatenate([ids, _NONE])[place])


def coupons_held(frame: pd.DataFrame, first_day: int) -> pd.DataFrame:
    """Which of a workspace's coupons are worth something when a run begins, by member, rule and number.

    `frame` are those claimed and not used, in the declared columns. Those of a member and rule are numbered
    in the order in which a history has them (`offer_tables`), which is how a run knows them.
    """
    known = frame.dropna(subset=_NUMBERED)
    until = pd.to_datetime(known["expires_on"])
    held = known.loc[until.isna() | (until >= np.datetime64(first_day, "D"))]
    held = held.sort_values(["offered_at", "expires_on"])
    return held.set_index([*(held[name] for name in _NUMBERED), held.groupby(_NUMBERED).cumcount()])


def redeemed(facts: Facts, arm: Arm, held: pd.DataFrame, mark: str = "") -> pd.DataFrame:
    """Those held before the run that were used in it, as they stand afterwards."""
    row = _rows_held(facts, arm, held, facts.coupon_uses)
    used = {name: values[row >= 0] for name, values in facts.coupon_uses.items()}
    return (
        held.iloc[row[row >= 0]]
        .reset_index(drop=True)
        .assign(
            state="redeemed",
            redeemed_at=instants(used["at"]),
            purchase_id=sale_ids(facts, used["member"], used["ordinal"], mark),
        )
    )


def _rows_held(facts: Facts, arm: Arm, held: pd.DataFrame, used: Arrays) -> Ints:
    """Which row of those held each use is of; -1 where it was given in the run."""
    names = pick([rule.name for rule in arm.programme.coupons], used["rule"])
    keys = [facts.population.ids[used["member"]], names, used["number"]]
    return held.index.get_indexer(pd.MultiIndex.from_arrays(keys))


def _ids_of_used(facts: Facts, arm: Arm, mark: str, held: pd.DataFrame | None, used: Arrays) -> Texts:
    """The coupons behind uses: given in the run, or held before; None where nothing is known of it."""
    given = np.isin(_codes(used), _codes(facts.coupons))
    ids = only(given, _ids(facts, arm, mark, *(used[name] for name in ("member", "rule", "number"))))
    if held is None:
        return ids
    row = _rows_held(facts, arm, held, used)
    ids[row >= 0] = held["coupon_id"].to_numpy(object)[row[row >= 0]]
    return ids


def _used_of_run(facts: Facts) -> Arrays:
    """Uses of coupons that were given in the run."""
    own = np.isin(_codes(facts.coupon_uses), _codes(facts.coupons))
    return {name: values[own] for name, values in facts.coupon_uses.items()}


def _codes(rows: Arrays) -> Ints:
    """One number for each coupon."""
    member, rule = rows["member"].astype(np.int64), rows["rule"].astype(np.int64)
    return (member << 36) + (rule << 20) + rows["number"]


def _ids(facts: Facts, arm: Arm, mark: str, who: Ints, rule: Ints, number: Ints) -> Texts:
    names, ids = [one.name for one in arm.programme.coupons], facts.population.ids
    coupons = zip(who.tolist(), rule.tolist(), (number + 1).tolist(), strict=True)
    return np.array([f"{ids[w]}-{mark}{names[kind]}-{nth}" for w, kind, nth in coupons], object)
