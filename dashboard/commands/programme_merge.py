"""`loyalty programme merge`: another workspace's members, facts and points brought into this one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, answers, counted, print_json

if TYPE_CHECKING:
    from data.merging import AccountTotals, MergeReport
    from loyalty_core.rules.programme import Programme

EXAMPLES = 5
OtherArgument = Annotated[Path, typer.Argument(help="The workspace to bring over; it stays as it is.")]
KeysOption = Annotated[
    str, typer.Option("--keys", help="What a member is known by on both sides: member_id, attribute names.")
]
NameOption = Annotated[
    str | None, typer.Option("--name", help="What the other is called here; the name of its programme.")
]
OtherRegistryOption = Annotated[
    str | None,
    typer.Option(
        "--other-registry", metavar="URL", help="OTHER's registry; the file in its folder by default."
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would happen and write nothing.")]


def merge(
    other: OtherArgument,
    keys: KeysOption = "member_id",
    dry_run: DryRunOption = False,
    name: NameOption = None,
    other_registry: OtherRegistryOption = None,
    workspace: WorkspaceOption = WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Bring the members, facts and points of OTHER into this workspace, one account per member."""
    from data.merging import merge_workspaces, other_workspace
    from data.workspace import Workspace

    here = Workspace.open(workspace, create=False)
    there = other_workspace(other, other_registry)
    named = [key.strip() for key in keys.split(",") if key.strip()]
    report = merge_workspaces(here, there, named, dry_run, name)
    programme = here.programme
    assert programme is not None  # else there is no merge
    told = _document(report, programme)
    if json:
        print_json(told)
    else:
        _print(report, told)


def _document(report: MergeReport, programme: Programme) -> dict[str, Any]:
    merge, found = report.merge, report.merge.matches
    return {
        "name": merge.name,
        "dry_run": report.dry_run,
        "snapshot": report.snapshot,
        "matched": len(found.found),
        "merged_before": len(found.known),
        "unmatched_here": merge.only_here,
        "unmatched_there": list(found.alone),
        "conflicts": [
            {"key": one.key, "value": one.value, "here": list(one.here), "there": list(one.there)}
            for one in found.doubts
        ],
        "differences": [
            {"member_id": one.member_id, "attribute": one.attribute, "here": one.here, "there": one.there}
            for one in merge.differing
        ],
        "totals": [_totals(one, programme) for one in report.totals],
        "rows": report.rows,
        "already_here": merge.same,
        "renamed": merge.renamed,
        "recorded": report.recorded,
        "tier_changes_left": merge.tier_changes_left,
    }


def _totals(one: AccountTotals, programme: Programme) -> dict[str, Any]:
    """Totals as on screen: points in points, stored value in currency units."""
    money = one.account.startswith("stored_value")
    decimals = programme.currency_decimals if money else programme.point_decimals

    def shown(units: int | None) -> int | float | None:
        if units is None or not decimals:
            return units
        return float(Decimal(units).scaleb(-decimals))

    return {
        "account": one.account,
        "here": shown(one.here),
        "there": shown(one.there),
        "after": shown(one.after),
        "kept": one.kept,
    }


def _print(report: MergeReport, told: dict[str, Any]) -> None:
    done = "would be brought over" if report.dry_run else "brought over"
    lines = [
        f"{told['name']}: {counted(sum(report.rows.values()), 'rows')} {done}; snapshot {told['snapshot']}",
        f"{counted(told['matched'], 'members')} matched, {told['merged_before']:,} merged before, "
        f"{told['unmatched_here']:,} only here, {len(told['unmatched_there']):,} only there",
    ]
    doubts = told["conflicts"]
    lines.append(
        f"{counted(len(doubts), 'keys')} in conflict, {len(told['differences']):,} attributes that differ"
    )
    lines += [
        f"  {one['key']} {one['value']}: {', '.join(one['here'])} here, {', '.join(one['there'])} there"
        for one in doubts[:EXAMPLES]
    ]
    lines += [
        f"  {one['member_id']} {one['attribute']}: {one['here']} stays, {one['there']} there"
        for one in told["differences"][:EXAMPLES]
    ]
    for one in told["totals"]:
        after = "derived anew" if one["after"] is None else f"{one['after']:,} after"
        lines.append(f"{one['account']}: {one['here']:,} here + {one['there']:,} there, {after}")
    if report.recorded:
        lines.append(f"{report.recorded:,} derived entries are recorded now: entries come from the sources")
    if told["tier_changes_left"]:
        lines.append(f"{told['tier_changes_left']:,} tier changes left: who has a tier here keeps it")
    console = answers()
    for line in lines:
        console.print(line, markup=False)
