"""How good a snapshot's facts are: what is known of members, how fresh tables are, which checks are true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from data.kept_answers import kept
from data.own_ledger import reconciled
from data.rollups.snapshot_facts import SnapshotFacts
from data.snapshots import Snapshot
from data.standing import PROFILES
from loyalty_core.checks.all_checks import Finding, findings
from loyalty_core.checks.evidence import COLUMNS, DERIVED
from loyalty_core.facts import TABLES
from loyalty_core.reconciling.reconciliation import Reconciliation
from loyalty_core.rules.programme import Programme, programme_from_dict
from loyalty_core.text import Text

ATTRIBUTES = ("birthday", "birth_year", "gender", "region", "channel", "store", "consent")


@dataclass(frozen=True, slots=True)
class Held:
    """A table of facts: its rows, and the day of the latest."""

    table: str
    rows: int
    last_on: date | None


@dataclass(frozen=True, slots=True)
class Checked:
    """A check: the sentence that should be true, its weight, and of how many rows it is not true."""

    sentence: Text
    severity: str
    rows: int
    example: str


@kept
def known_shares(facts: SnapshotFacts) -> dict[str, float]:
    """Of the members who have not left, by their latest attributes, the share of whom each attribute is
    known; without those that no source tells."""
    counts = ", ".join(f"count({name}) / nullif(count(*), 0) AS {name}" for name in ATTRIBUTES)
    (row,) = facts.snapshot.arrow(f"SELECT {counts} FROM ({PROFILES}) WHERE left_on IS NULL").to_pylist()
    return {name: share for name, share in row.items() if share}


@kept
def tables_held(facts: SnapshotFacts) -> tuple[Held, ...]:
    """Every table that holds facts, in the order of their declaration."""
    found = []
    for name, table in TABLES.items():
        (row,) = facts.snapshot.arrow(
            f"SELECT count(*) AS rows, max({table.time}) AS last FROM {name}"
        ).to_pylist()
        if row["rows"]:
            found.append(Held(name, row["rows"], _day(row["last"], facts.programme)))
    return tuple(found)


def _day(at: date | datetime | None, programme: Programme) -> date | None:
    """The business day of an instant, or of a day."""
    return at.astimezone(programme.zone).date() if isinstance(at, datetime) else at


def findings_of(
    snapshot: Snapshot, programme: Programme, full: bool = False, versions: Sequence[Programme] = ()
) -> list[Finding]:
    """The finding of every check on the facts of a snapshot, and on a sample of its roll-ups or, if `full`,
    on all of them. `versions` are the programmes that hold in turn, the one in force alone by default."""
    from data.recounting import rolled_up

    marks = {name: (DERIVED,) if table.may_be_derived else () for name, table in TABLES.items()}
    frames = {
        name: snapshot.frame(name, columns=[*columns, *marks[name]]) for name, columns in COLUMNS.items()
    }
    return list(findings(frames, programme, rolled_up(snapshot, programme, full), versions))


def checked(facts: SnapshotFacts, documents: tuple[dict[str, object], ...]) -> tuple[Checked, ...]:
    """What every check says, under the programme documents that hold in turn."""
    found = findings_of(facts.snapshot, facts.programme, versions=_programmes(documents))
    return tuple(
        Checked(one.check.sentence, one.check.severity, len(one.rows), _example(one)) for one in found
    )


def reconciled_under(facts: SnapshotFacts, documents: tuple[dict[str, object], ...]) -> Reconciliation:
    """The source's own ledger held against the programme documents that hold in turn."""
    return reconciled(facts.snapshot, _programmes(documents))


def _programmes(documents: tuple[dict[str, object], ...]) -> list[Programme]:
    return [programme_from_dict(document) for document in documents]


def _example(finding: Finding) -> str:
    if not len(finding.rows):
        return ""
    row = finding.rows.iloc[0].dropna()
    return ", ".join(f"{name} {value}" for name, value in row.items())
