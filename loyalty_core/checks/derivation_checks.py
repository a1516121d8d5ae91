"""Checks of derived rows: each function returns the rows for which its name is not true."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.arrays import Ints
from loyalty_core.checks.evidence import Evidence, days, microseconds
from loyalty_core.days import NEVER
from loyalty_core.facts import ENTRIES, ENTRY_KINDS, TIER_CHANGES
from loyalty_core.kernel.derived import Derived
from loyalty_core.kernel.derived_frames import stated_availability
from loyalty_core.kernel.implied import FROM, implied, ledger_is_derived


def derived_rows_are_those_that_the_programme_implies(evidence: Evidence) -> pd.DataFrame:
    """Derived rows that the programme does not imply, and rows that it implies and that are missing.

    Looks at a table of which all rows are derived, or decided; silent where none are derived.
    """
    derived = {table.name: evidence.derived(table.name) for table in (ENTRIES, TIER_CHANGES)}
    if not any(flags.any() for flags in derived.values()):
        return pd.DataFrame()
    frames = {name: evidence.table(name) for name in FROM}
    for name, id_column in (("purchases", "purchase_id"), ("activities", "activity_id")):
        frames[name] = frames[name].sort_values(id_column)
    own = evidence.table(ENTRIES.name).loc[~derived[ENTRIES.name]]
    frames[ENTRIES.name] = own
    rows, history = implied(frames, evidence.versions)
    ids = pd.Index(history.members.ids, dtype="str")
    found = [pd.DataFrame({"table": [], "member_id": [], "occurred_at": [], "row": []})]
    if ledger_is_derived(own["kind"].dropna()):
        stored = _stored_entries(evidence, ids, rows)
        found.append(_difference("entries", stored, _implied_entries(rows), ids))
    if derived[TIER_CHANGES.name].all():
        stored = _stored_tier_changes(evidence, ids, rows.tiers)
        found.append(_difference("tier_changes", stored, _implied_tier_changes(rows), ids))
    return pd.concat(found, ignore_index=True)


def _difference(table: str, stored: pd.DataFrame, implied: pd.DataFrame, ids: pd.Index[Any]) -> pd.DataFrame:
    """Rows that only one side has, as often as it has them more than the other."""
    both = pd.concat([stored.assign(more=1), implied.assign(more=-1)], ignore_index=True)
    more = both.groupby([name for name in both if name != "more"])["more"].sum()
    more = more[more != 0]
    rows = more.index.to_frame(index=False)
    return pd.DataFrame(
        {
            "table": table,
            "member_id": ids[rows["member"]],
            "occurred_at": pd.to_datetime(rows["at"], unit="us", utc=True),
            "row": np.where(more > 0, "not implied", "missing"),
        }
    )


def _stored_entries(evidence: Evidence, ids: pd.Index[Any], rows: Derived) -> pd.DataFrame:
    entries = evidence.table("entries").loc[evidence.derived("entries")]
    accounts = pd.Index(rows.labels["entries.account"], dtype="str")
    return pd.DataFrame(
        {
            "member": ids.get_indexer(pd.Index(entries["member_id"], dtype="str")),
            "at": microseconds(entries["occurred_at"]),
            "kind": pd.Index(ENTRY_KINDS, dtype="str").get_indexer(pd.Index(entries["kind"], dtype="str")),
            "amount": entries["amount"].to_numpy(np.int64),
            "available_on": days(entries["available_on"], int(NEVER)),
            "expires_on": days(entries["expires_on"], int(NEVER)),
            "account": accounts.get_indexer(pd.Index(entries["account"], dtype="str")),
        }
    )


def _implied_entries(rows: Derived) -> pd.DataFrame:
    entries, names = rows.entries, ("member", "at", "kind", "amount")
    found = pd.DataFrame({name: getattr(entries, name).astype(np.int64) for name in names})
    return found.assign(
        available_on=stated_availability(entries).astype(np.int64),
        expires_on=entries.expires_on.astype(np.int64),
        account=entries.codes["account"].astype(np.int64),
    )


def _stored_tier_changes(evidence: Evidence, ids: pd.Index[Any], tiers: tuple[str, ...]) -> pd.DataFrame:
    changes = evidence.table("tier_changes")
    return pd.DataFrame(
        {
            "member": ids.get_indexer(pd.Index(changes["member_id"], dtype="str")),
            "at": microseconds(changes["occurred_at"]),
            "from_tier": _tier_codes(changes["from_tier"], tiers),
            "to_tier": _tier_codes(changes["to_tier"], tiers),
        }
    )


def _implied_tier_changes(rows: Derived) -> pd.DataFrame:
    names = ("member", "at", "from_tier", "to_tier")
    return pd.DataFrame({name: getattr(rows.tier_changes, name).astype(np.int64) for name in names})


def _tier_codes(names: pd.Series[Any], tiers: tuple[str, ...]) -> Ints:
    """Positions among the tiers; -1 for none, -2 for a tier that no programme has."""
    codes = pd.Index(tiers, dtype="str").get_indexer(pd.Index(names, dtype="str"))
    found: Ints = np.where(names.isna(), -1, np.where(codes < 0, -2, codes))
    return found
