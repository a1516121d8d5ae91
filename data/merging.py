"""Another workspace's members, facts and points brought into this one, in one published snapshot."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
from sqlalchemy import URL

from data.derivation import derive, has_ledger
from data.schema import fact_schema, pandas_frame
from data.snapshots import Snapshot, last_event_at
from data.tables import Import
from data.workspace import Workspace
from data.writer import Writer
from loyalty_core.errors import InputError
from loyalty_core.facts import ENTRIES, TABLES, TIER_CHANGES
from loyalty_core.merge.merging import CARRIED, Merge, closed_account, merged, renamed_key
from loyalty_core.rules.programme import Programme

UNITS = ("currency", "currency_decimals", "point_decimals")
MAPPING = "merge"  # what the account of an import says of a merge
_EMPTY: dict[str, int] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTotals:
    """What one account holds over all members, in its units; `after` is None where it is derived anew."""

    account: str
    here: int
    there: int
    after: int | None

    @property
    def kept(self) -> bool:
        """Whether nothing was lost and nothing came from nowhere."""
        return self.after is None or self.after == self.here + self.there


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeReport:
    """The merge, the totals of each account before and after, the rows that were recorded from derived
    ones, and the snapshot that shows it all (the one before where nothing was new)."""

    merge: Merge
    totals: tuple[AccountTotals, ...]
    rows: dict[str, int]
    recorded: int
    dry_run: bool
    snapshot: int | None


def other_workspace(folder: Path, registry: str | None = None) -> Workspace:
    """The workspace to be brought over, whose registry is not that of this one: at the address given, else
    the file in its folder. InputError where neither is its registry."""
    own = folder / "registry.sqlite"
    if registry is None and own.exists():
        registry = URL.create("sqlite", database=str(own)).render_as_string()
    if registry is None and os.environ.get("LOYALTY_REGISTRY_URL") and folder.exists():
        raise InputError(f"{folder}: has no registry of its own; name its database with --other-registry")
    return Workspace.open(folder, create=False, address=registry)


def merge_workspaces(
    here: Workspace,
    there: Workspace,
    keys: Sequence[str],
    dry_run: bool = False,
    name: str | None = None,
) -> MergeReport:
    """Bring the other workspace over; nothing is written to it, and with `dry_run` nowhere.

    `name` is what it is called here from then on, by default the name of its programme.

    Where either side has a ledger of its own, the merged one is recorded: what was derived from
    purchases on the other side stays as it stood. Where neither has, points are derived anew from the
    purchases of both. InputError where the two cannot be one.
    """
    if here.folder.resolve() == there.folder.resolve():
        raise InputError(f"{there.folder}: is this very workspace; name the other one")
    if dry_run:
        before = here.latest()
        return _Merging(here, there, before, keys, name).report(None, dry_run=True)
    with here.writer(f"merge of {there.folder.name}") as writer:
        merging = _Merging(here, there, writer.before, keys, name)
        if not merging.adds_anything:
            return merging.report(None, dry_run=False)
        return merging.report(writer, dry_run=False)


class _Merging:
    """One merge: what is read on both sides, what it comes to, and how it is written."""

    def __init__(
        self,
        here: Workspace,
        there: Workspace,
        before: Snapshot | None,
        keys: Sequence[str],
        name: str | None,
    ) -> None:
        self.here = _present(here, before)
        self.there = _present(there, there.latest())
        self.programme, self.programmes = _programme(here), here.registry.programmes_in_turn()
        other = _programme(there)
        _assert_same_units(self.programme, other)
        self.name = name or other.name
        self.note = _note(here, there, self.name)
        self.with_ledger = any(_has_recorded(side, ENTRIES.name) for side in (self.here, self.there))
        self.to_record = (
            self.here.arrow(f"SELECT {_columns(ENTRIES.name)} FROM entries WHERE derived")
            if self.with_ledger and not has_ledger(self.here)
            else fact_schema(ENTRIES).empty_table()
        )
        self.totals_before = _totals(self.here), _totals(self.there)
        theirs = self._theirs()
        self.merge = merged(
            self._ours(theirs),
            theirs,
            keys,
            self.name,
            self.programme,
            _after(self.here, self.there),
            _occurring(self.here),
        )

    @property
    def adds_anything(self) -> bool:
        """False where all is here already."""
        return bool(self.merge.rows) or len(self.to_record) > 0

    def report(self, writer: Writer | None, dry_run: bool) -> MergeReport:
        """Write and publish, where there is a writer, and tell."""
        rows = {table: len(frame) for table, frame in self.merge.rows.items()}
        snapshot = self.here
        if writer is not None:
            pending = self._written(writer)
            totals = self._totals(_totals(pending) if self.with_ledger else None)
            _assert_kept(totals)
            snapshot = writer.publish(self.note, Import(mapping=MAPPING, rows_written=rows, files=[]))
        else:
            totals = self._totals(self._expected() if self.with_ledger else None)
        return MergeReport(
            merge=self.merge,
            totals=totals,
            rows=rows,
            recorded=len(self.to_record),
            dry_run=dry_run,
            snapshot=snapshot.id,
        )

    def _theirs(self) -> dict[str, pd.DataFrame]:
        left_out = set() if self.with_ledger else {ENTRIES.name}
        if not _has_recorded(self.here, TIER_CHANGES.name):
            left_out.add(TIER_CHANGES.name)
        return {name: self.there.frame(name) for name in ("members", *CARRIED) if name not in left_out}

    def _ours(self, theirs: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """All members, and the rows that those of the other side may meet."""
        found = {"members": self.here.frame("members")}
        for name in theirs.keys() - {"members", TIER_CHANGES.name}:
            table = TABLES[name]
            if table.versioned:
                found[name] = self.here.frame(name)
                continue
            ids = theirs[name][table.key[0]].astype(object)
            both = pd.concat([ids, ids.map(lambda key: renamed_key(key, self.name))])
            keys = pa.table({table.key[0]: pa.array(both, pa.string())})
            rows = self.here.written(name, keys)
            if name == ENTRIES.name:
                rows = pa.concat_tables([rows, self._closed()])
            found[name] = pandas_frame(rows).drop_duplicates(table.key[0], ignore_index=True)
        return found

    def _closed(self) -> pa.Table:
        sql = f"SELECT {_columns(ENTRIES.name)} FROM entries WHERE NOT derived AND ends_with(account, $mark)"
        return self.here.arrow(sql, {"mark": closed_account("", self.name)})

    def _written(self, writer: Writer) -> Snapshot:
        writer.append(ENTRIES.name, self.to_record)
        for name, frame in self.merge.rows.items():
            writer.append(name, frame)
        derive(writer, self.programmes)
        return writer.pending()

    def _expected(self) -> dict[str, int]:
        totals = dict(self.totals_before[0])
        if ENTRIES.name in self.merge.rows:
            for account, amount in self.merge.rows[ENTRIES.name].groupby("account")["amount"].sum().items():
                totals[str(account)] = totals.get(str(account), 0) + int(amount)
        return totals

    def _totals(self, after: dict[str, int] | None) -> tuple[AccountTotals, ...]:
        """Per account; what the other's accounts brought before is part of what is here."""
        here, there = self.totals_before
        mark = closed_account("", self.name)
        living = sorted({name for name in (*here, *there, *(after or _EMPTY)) if not name.endswith(mark)})
        return tuple(
            AccountTotals(
                account=account,
                here=here.get(account, 0),
                there=there.get(account, 0) - self._brought_before(account),
                after=None if after is None else after.get(account, 0) + after.get(account + mark, 0),
            )
            for account in living
        )

    def _brought_before(self, account: str) -> int:
        """What merges before carried over from the other's account."""
        sql = """SELECT coalesce(sum(amount), 0)::BIGINT AS amount FROM entries
                 WHERE account = $account AND NOT (starts_with(entry_id, 'merge:'))"""
        return int(self.here.query(sql, {"account": closed_account(account, self.name)})["amount"][0])


def _present(workspace: Workspace, snapshot: Snapshot | None) -> Snapshot:
    if snapshot is None:
        raise InputError(f"{workspace.folder}: holds no facts yet; import something first")
    return snapshot


def _programme(workspace: Workspace) -> Programme:
    if workspace.programme is None:
        raise InputError(f"{workspace.folder}: no programme yet; try `loyalty programme apply FILE`")
    return workspace.programme


def _note(here: Workspace, there: Workspace, name: str) -> str:
    """What the account of this merge says; InputError if another workspace was merged under that name."""
    note = f"merge of {name} ({there.identity})"
    others = [one.note for one in here.registry.imports(limit=1_000_000) if one.mapping == MAPPING]
    if any(other.startswith(f"merge of {name} (") and other != note for other in others):
        raise InputError(f"another workspace was merged as {name}; give this one a name with --name")
    return note


def _assert_same_units(here: Programme, there: Programme) -> None:
    for unit in UNITS:
        if getattr(here, unit) != getattr(there, unit):
            raise InputError(
                f"{there.name}: {unit} is {getattr(there, unit)}, here it is {getattr(here, unit)}; "
                "import its source again in the units of this workspace"
            )


def _assert_kept(totals: Sequence[AccountTotals]) -> None:
    lost = [one.account for one in totals if not one.kept]
    if lost:
        raise RuntimeError(f"the merge would change what {', '.join(lost)} hold; nothing was published")


def _has_recorded(snapshot: Snapshot, table: str) -> bool:
    return snapshot.arrow(f"SELECT 1 FROM {table} WHERE NOT derived LIMIT 1").num_rows > 0


def _totals(snapshot: Snapshot) -> dict[str, int]:
    found = snapshot.query("SELECT account, sum(amount)::BIGINT AS amount FROM entries GROUP BY account")
    return dict(zip(found["account"], map(int, found["amount"]), strict=True))


def _occurring(snapshot: Snapshot) -> list[str]:
    """Members who occur in any fact."""
    facts = ("purchases", "entries", "activities", "contacts", "coupons")
    sql = " UNION ".join(f"SELECT member_id FROM {name} WHERE member_id IS NOT NULL" for name in facts)
    return [str(member) for member in snapshot.query(sql)["member_id"]]


def _after(*sides: Snapshot) -> int:
    """The microsecond after the last event of either side."""
    return 1 + max((at for at in map(last_event_at, sides) if at is not None), default=-1)


def _columns(table: str) -> str:
    return ", ".join(column.name for column in TABLES[table])
