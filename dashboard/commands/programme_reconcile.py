"""`loyalty programme reconcile`: what share of the imported ledger the declared rules reproduce exactly."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, answers, print_json
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from loyalty_core.reconciling.reconciliation import Reconciliation
    from loyalty_core.reconciling.unexplained import Group
    from loyalty_core.rules.programme import Programme

FileArgument = Annotated[
    Path | None,
    typer.Argument(help="A programme document; by default the versions, each from its day on."),
]
GROUPS = 12


def reconcile(
    file: FileArgument = None, workspace: WorkspaceOption = WORKSPACE, json: JsonOption = False
) -> None:
    """Say how much of the source's own ledger the rules explain, and what they do not."""
    from dashboard.commands.documents import read, versions_in_turn
    from data.own_ledger import reconciled
    from data.workspace import Workspace

    snapshot = Workspace.open(workspace, create=False).latest()
    if snapshot is None:
        raise InputError(f"{workspace}: no facts yet; run loyalty import or loyalty demo first")
    programmes = versions_in_turn(workspace) if file is None else [read(file)]
    programme, found = programmes[-1], reconciled(snapshot, programmes)
    if json:
        days = [one.effective_on for one in programmes]
        told = {"snapshot": snapshot.id, "programme": programme.name, "versions": days}
        print_json({**told, **_document(found, programme)})
    else:
        several = f", {len(programmes)} versions," if len(programmes) > 1 else ""
        _print(found, programme, f"{programme.name}{several} against the ledger of snapshot {snapshot.id}")


def _document(found: Reconciliation, programme: Programme) -> dict[str, Any]:
    rewarded = found.rewarded
    return {
        "entries": found.entries,
        "explained": found.explained,
        "share": found.share,
        "decisions": found.decisions,
        "purchases_rewarded": rewarded.purchases,
        "purchases_explained": rewarded.as_declared,
        "without_entry": rewarded.missing,
        "points_without_entry": _points(programme, rewarded.missing_units),
        "by_month": found.by_month.to_dict(orient="records"),
        "unexplained": [_described(group, programme) for group in found.groups],
    }


def _described(group: Group, programme: Programme) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "account": group.account,
        "reason": group.reason,
        "mismatch": group.mismatch.name.lower(),
        "what": {"en": group.what.en, "zh": group.what.zh},
        "detail": {"en": group.detail.en, "zh": group.detail.zh},
        "entries": group.entries,
        "members": group.members,
        "points": _points(programme, group.difference),
        "examples": [
            {
                "entry_id": one.entry_id,
                "member_id": one.member_id,
                "day": one.day,
                "found": _points(programme, one.found),
                "expected": _points(programme, one.expected),
            }
            for one in group.examples
        ],
    }


def _points(programme: Programme, units: int) -> float:
    return units / 10**programme.point_decimals


def _print(found: Reconciliation, programme: Programme, title: str) -> None:
    console = answers()
    console.print(title, style="italic", markup=False, soft_wrap=True)
    if not found.entries:
        console.print("The source brought no entries of its own: there is nothing to reconcile.")
        return
    rewarded = found.rewarded
    decisions = f"; {found.decisions:,} are decisions that no rule makes" if found.decisions else ""
    lines = [
        f"{_of(found.explained, found.entries)} imported entries are exactly as declared{decisions}.",
        f"Of purchases that received points and redeemed none, "
        f"{_of(rewarded.as_declared, rewarded.purchases)} received what the rules give.",
        f"{rewarded.missing:,} purchases or activities should have earned "
        f"{_written(programme, rewarded.missing_units)} points and have no entry.",
    ]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    console.print(_by_month(found))
    if found.groups:
        console.print(_groups(found, programme))


def _by_month(found: Reconciliation) -> Table:
    from rich.table import Table

    table = Table("kind", "month", title="Explained, by kind and month")
    for heading in ("entries", "explained", "share"):
        table.add_column(heading, justify="right")
    for row in found.by_month.itertuples():
        share = f"{row.explained / row.entries:.1%}"
        table.add_row(row.kind, row.month, f"{row.entries:,}", f"{row.explained:,}", share)
    return table


def _groups(found: Reconciliation, programme: Programme) -> Table:
    """The largest groups; the last column has the first entry of each, what was found and expected."""
    from rich.markup import escape
    from rich.table import Table

    table = Table("kind", "account", "reason", "what", title="Not explained, the largest groups first")
    for heading in ("entries", "members", "points"):
        table.add_column(heading, justify="right")
    table.add_column("for example")
    for group in found.groups[:GROUPS]:
        first = group.examples[0]
        what = ", ".join(part for part in (group.what.en, group.detail.en) if part)
        found_points, expected = (_written(programme, units) for units in (first.found, first.expected))
        texts = (group.kind, group.account, group.reason, what)
        table.add_row(
            *(escape(text) for text in texts),
            f"{group.entries:,}",
            f"{group.members:,}",
            _written(programme, group.difference, sign="+"),
            escape(f"{first.entry_id}: {found_points}, not {expected}"),
        )
    return table


def _of(part: int, whole: int) -> str:
    share = f" ({part / whole:.1%})" if whole else ""
    return f"{part:,} of {whole:,}{share}"


def _written(programme: Programme, units: int, sign: str = "") -> str:
    points = Decimal(units).scaleb(-programme.point_decimals)
    return format(points, f"{sign},f").replace("-", "−")
