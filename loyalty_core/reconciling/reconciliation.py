"""Rule reconciliation: what share of an imported ledger the declared programme reproduces exactly.

Earnings are held against the earning rules for the purchase or activity behind them, redemptions
against reward prices and points as cash, expiries against the declared expiry of the points in the
ledger, reversals against the refunds behind them. Adjustments and transfers are decisions: no rule
explains them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from loyalty_core.arrays import Ints
from loyalty_core.facts import DECISIONS, ENTRY_KINDS, STORED_VALUE_ACCOUNT
from loyalty_core.history import TierChanges
from loyalty_core.history_parts import as_of
from loyalty_core.kernel.derived import Derived
from loyalty_core.kernel.expected_points import expected_points, occasions_of
from loyalty_core.kernel.replay import replay
from loyalty_core.reconciling.imported_ledger import ImportedLedger, imported_ledger
from loyalty_core.reconciling.matched_earning import Rewarded, matched_earning
from loyalty_core.reconciling.matched_redemptions import matched_redemptions
from loyalty_core.reconciling.matched_walk import matched_walk
from loyalty_core.reconciling.mismatch import Matched, Mismatch, joined_matches
from loyalty_core.reconciling.unexplained import Group, groups, joined_groups
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.versions import Versions
from loyalty_core.tiers.tier_moves import TIER_REASONS
from loyalty_core.tiers.tiers_held import tiers_before, tiers_told


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """How far the rules reproduce a ledger.

    `by_month` has a row per kind of entry and month ("2026-03"): entries, explained. Decisions
    (adjustments, transfers) are among the entries. Entries of stored value, which is money and no
    points, are left out. `groups` are the unexplained entries, the largest first.
    """

    by_month: pd.DataFrame
    rewarded: Rewarded
    groups: tuple[Group, ...]

    @property
    def entries(self) -> int:
        return int(self.by_month["entries"].sum())

    @property
    def explained(self) -> int:
        return int(self.by_month["explained"].sum())

    @property
    def decisions(self) -> int:
        of_people = self.by_month["kind"].isin(DECISIONS)
        return int(self.by_month.loc[of_people, "entries"].sum())

    @property
    def share(self) -> float | None:
        """Explained ÷ entries; None where there are none."""
        return self.explained / self.entries if self.entries else None


def reconciliation(
    frames: Mapping[str, pd.DataFrame],
    programme: Programme | Sequence[Programme],
    last_day: int | None = None,
) -> Reconciliation:
    """The ledger in frames (in `imported_ledger.COLUMNS`) held against a programme, or against several that
    follow each other: each entry against the one in force on its day.

    Points may expire up to `last_day`, by default the last with an event.
    """
    versions = Versions.of(programme)
    ledgers = [imported_ledger(frames, one) for one in versions.programmes]
    ledger = ledgers[-1]
    last_day = as_of(ledger.history) if last_day is None else last_day
    matched, rewarded = _matched(ledgers, versions, last_day or 0)
    return Reconciliation(
        by_month=_by_month(ledger, matched),
        rewarded=rewarded,
        groups=groups(ledger, versions.programmes[-1], matched),
    )


def joined_reconciliations(parts: Sequence[Reconciliation]) -> Reconciliation:
    """One of all members from those of some members each."""
    by_month = pd.concat([part.by_month for part in parts])
    by_month = by_month.groupby(["kind", "month"], sort=True)[["entries", "explained"]].sum().reset_index()
    order = by_month["kind"].map(ENTRY_KINDS.index)
    return Reconciliation(
        by_month=by_month.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True),
        rewarded=sum((part.rewarded for part in parts[1:]), start=parts[0].rewarded),
        groups=joined_groups(group for part in parts for group in part.groups),
    )


def _matched(
    ledgers: Sequence[ImportedLedger], versions: Versions, last_day: int
) -> tuple[Matched, Rewarded]:
    """The ledger as each version reads it: the same rows, with that version's numbers of tiers."""
    ledger, programmes = ledgers[-1], versions.programmes
    occasions, entries = occasions_of(ledger.history), ledger.history.entries
    tiers = [_tiers(one, programme, versions) for one, programme in zip(ledgers, programmes, strict=True)]
    of_occasions = [tier[: len(occasions)] for tier in tiers]
    expected = expected_points(ledger.history, versions, occasions, of_occasions)
    earned, rewarded = matched_earning(ledger, occasions, expected)
    of_walk, balance = matched_walk(ledger, versions, of_occasions, last_day)
    version = versions.places_at(entries.day)
    redeemed = []
    for place, programme in enumerate(programmes):
        of_entries = tiers[place][len(occasions) :]
        found = matched_redemptions(ledgers[place], programme, of_entries, balance)
        redeemed.append(found.where(version[found.index] == place))
    joined = joined_matches([earned, *redeemed, *of_walk, _decided(ledger)])
    return _of_points(ledger, joined), rewarded


def _tiers(ledger: ImportedLedger, programme: Programme, versions: Versions) -> Ints:
    """The tiers that occasions and then entries find their members in."""
    history = ledger.history
    occasions, entries = occasions_of(history), history.entries
    member, at = np.append(occasions.member, entries.member), np.append(occasions.at, entries.at)
    if ledger.own_tiers:
        return tiers_before(history, programme, member, at)
    implied = _among(replay(history, versions.programmes), programme)
    return tiers_told(implied, TIER_REASONS, member, at)


def _among(derived: Derived, programme: Programme) -> TierChanges:
    """The changes with the programme's own numbers of tiers, -1 for those that it has not."""
    names, changes = [tier.name for tier in programme.tiers], derived.tier_changes
    number = np.array([names.index(name) if name in names else -1 for name in derived.tiers] + [-1])
    return replace(changes, from_tier=number[changes.from_tier], to_tier=number[changes.to_tier])


def _decided(ledger: ImportedLedger) -> Matched:
    kinds = [ENTRY_KINDS.index(kind) for kind in DECISIONS]
    index = np.flatnonzero(ledger.imported & np.isin(ledger.history.entries.kind, kinds))
    amount = ledger.history.entries.amount[index]
    nothing: Ints = np.zeros(len(index), np.int64)
    return Matched(index=index, found=amount, expected=nothing, mismatch=nothing + Mismatch.DECISION)


def _of_points(ledger: ImportedLedger, matched: Matched) -> Matched:
    """Without the entries of stored value."""
    accounts = ledger.history.labels.get("entries.account", ())
    points = np.array([not name.startswith(STORED_VALUE_ACCOUNT) for name in accounts] + [True])
    keep = points[ledger.history.entries.codes["account"][matched.index]]
    return matched.where(keep)


def _by_month(ledger: ImportedLedger, matched: Matched) -> pd.DataFrame:
    """A row per kind of entry, in the order of the dictionary, and month."""
    entries = ledger.history.entries
    months = entries.day[matched.index].astype("datetime64[D]").astype("datetime64[M]")
    table = pd.DataFrame(
        {
            "order": entries.kind[matched.index],
            "month": months.astype(str),
            "explained": matched.mismatch == Mismatch.NONE,
        }
    )
    sums = table.groupby(["order", "month"])["explained"].agg(entries="size", explained="sum").reset_index()
    sums.insert(0, "kind", [ENTRY_KINDS[kind] for kind in sums.pop("order")])
    return sums.astype({"entries": "int64", "explained": "int64"})
