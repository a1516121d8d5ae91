"""Derived rows as rows of the fact tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER
from loyalty_core.facts import EARN, ENTRY_KINDS, EXPIRE, POINTS_ACCOUNT
from loyalty_core.history import Entries, Members
from loyalty_core.kernel.derived import ENTRY_REASONS, RESTORED, Derived
from loyalty_core.tiers.tier_moves import TIER_REASONS


def derived_frames(
    derived: Derived,
    members: Members,
    purchase_ids: npt.NDArray[np.object_],
    activity_ids: npt.NDArray[np.object_] | None = None,
) -> Mapping[str, pd.DataFrame]:
    """The derived rows of the tables `entries` and `tier_changes` in their declared columns.

    The ids name the purchases and activities of the history in its order. An entry's id follows
    from what is behind it, so deriving again gives the same rows.
    """
    activities = np.zeros(0, object) if activity_ids is None else activity_ids
    return {
        "entries": _entries_frame(derived, members, purchase_ids, activities),
        "tier_changes": _tier_changes_frame(derived, members),
    }


def _entries_frame(
    derived: Derived,
    members: Members,
    purchase_ids: npt.NDArray[np.object_],
    activity_ids: npt.NDArray[np.object_],
) -> pd.DataFrame:
    entries = derived.entries
    kinds = np.array(ENTRY_KINDS, object)[entries.kind]
    reasons = np.array(derived.labels["entries.reason"], object)[entries.codes["reason"]]
    accounts = np.array(derived.labels["entries.account"], object)[entries.codes["account"]]
    behind = np.array([*purchase_ids, None], object)[entries.purchase]  # the last one answers -1
    by_activity = derived.activity >= 0
    behind[by_activity] = np.asarray(activity_ids, object)[derived.activity[by_activity]]
    gone_on, there_on = _dates(entries.expires_on), _dates(stated_availability(entries))
    apart = _apart_by(reasons, accounts, gone_on)
    apart[(entries.available_on > entries.day) & (entries.amount < 0)] += ":pending"
    ids = "derived:" + kinds + ":" + _behind(derived, members, behind) + apart
    return pd.DataFrame(
        {
            "entry_id": ids,
            "member_id": members.ids[entries.member],
            "account": accounts,
            "kind": kinds,
            "amount": entries.amount,
            "occurred_at": _instants(entries.at),
            "available_on": there_on,
            "expires_on": gone_on,
            "reason": reasons,
            "reference": behind,
        }
    )


def stated_availability(entries: Entries) -> Ints:
    """The `available_on` of entries as it is written: of what was earned, and of what waits (else NEVER)."""
    stated = (entries.kind == ENTRY_KINDS.index(EARN)) | (entries.available_on > entries.day)
    return np.where(stated, entries.available_on, NEVER)


def _behind(
    derived: Derived, members: Members, reference: npt.NDArray[np.object_]
) -> npt.NDArray[np.object_]:
    """What an entry's id names: the purchase or activity behind it, else the member and the day."""
    named = reference.copy()
    alone = (derived.entries.purchase < 0) & (derived.activity < 0)
    days = derived.entries.day[alone].astype("datetime64[D]").astype(str).astype(object)
    named[alone] = members.ids[derived.entries.member[alone]] + ":" + days
    # A purchase may have the same id as an activity.
    gone = (derived.activity >= 0) & (derived.entries.kind == ENTRY_KINDS.index(EXPIRE))
    named[gone] = "activity:" + named[gone]
    return named


def _apart_by(
    reasons: npt.NDArray[np.object_], accounts: npt.NDArray[np.object_], gone_on: npt.NDArray[np.datetime64]
) -> npt.NDArray[np.object_]:
    """What tells entries apart that have one purchase or activity behind them: rule, account, lot."""
    found = np.full(len(reasons), "", object)
    by_rule = ~np.isin(reasons, ENTRY_REASONS)
    found[by_rule] = ":" + reasons[by_rule]
    elsewhere = ~by_rule & (accounts != POINTS_ACCOUNT)
    found[elsewhere] = ":" + accounts[elsewhere]
    restored = reasons == RESTORED
    found[restored] += ":restored:" + gone_on[restored].astype("datetime64[D]").astype(str).astype(object)
    return found


def _tier_changes_frame(derived: Derived, members: Members) -> pd.DataFrame:
    changes = derived.tier_changes
    names = np.array([*derived.tiers, None], object)  # the last one answers -1: no tier before entering
    return pd.DataFrame(
        {
            "member_id": members.ids[changes.member],
            "occurred_at": _instants(changes.at),
            "from_tier": names[changes.from_tier],
            "to_tier": names[changes.to_tier],
            "reason": np.array(TIER_REASONS, object)[changes.codes["reason"]],
        }
    )


def _instants(at_us: Ints) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(at_us.astype("datetime64[us]"), tz="UTC")


def _dates(day: Ints) -> npt.NDArray[np.datetime64]:
    dates = day.astype("datetime64[D]").astype("datetime64[s]")
    dates[day == NEVER] = np.datetime64("NaT")
    return dates
