"""The full ledger of a simulated run as files, for `loyalty simulate --ledger`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.commands import counted
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data.snapshots import Snapshot
    from data.workspace import Workspace
    from loyalty_core.rules.programme import Programme
    from simulation.scenario import Scenario

MAPPING = "ledger"  # shipped, reads these files


def empty_folder(folder: Path) -> Path:
    """The folder, made if missing; InputError where something is there already, or none can be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = not any(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder}: no folder can be made here ({error.strerror}); name another") from error
    if not is_empty:
        raise InputError(f"{folder}: this is there already; name a folder that is empty or does not exist")
    return folder


def written_ledger(
    folder: Path,
    workspace: Workspace,
    snapshot: Snapshot,
    programmes: Sequence[Programme],
    scenario: Scenario,
    members: int | None,
) -> dict[str, Any]:
    """Write one replication of a scenario to an empty folder, a Parquet file for each table and the programme
    of each time; the rows of each table, and how the desks keep up. Of the programmes, which held in turn
    before, the last is in force.

    What the workspace has derived so far goes beside (`entries_before`), as nothing is derived any more once
    a ledger is imported.
    """
    from dashboard.jobs.calibrated import told_past
    from data.derivation import derived_instead
    from data.offered import open_coupons
    from loyalty_core.rules.programme import programme_to_yaml
    from simulation.full_run import full_run

    *earlier, programme = programmes
    history, calibration = told_past(workspace, snapshot, programme)
    run = full_run(
        history,
        programme,
        scenario,
        members=members,
        earlier=earlier,
        calibration=calibration,
        open_coupons=open_coupons(snapshot),
    )
    before = {f"{name}_before": frame for name, frame in derived_instead(snapshot).items()}
    tables = {**run.tables, **before}
    for name, frame in tables.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    for document in run.programmes:
        text = programme_to_yaml(document)
        (folder / f"programme-{document.effective_on}.yaml").write_text(text, encoding="utf-8")
    rows = {name: len(frame) for name, frame in tables.items()}
    return {"folder": str(folder), "rows": rows, "desks": run.desks}


def ledger_lines(written: dict[str, Any]) -> list[str]:
    """What a person reads of it."""
    rows = ", ".join(counted(count, name.replace("_", " ")) for name, count in written["rows"].items())
    return [
        f"{written['folder']}: {rows}; a copy of the workspace goes on with them by `loyalty import "
        f"{written['folder']} --mapping {MAPPING}`, then `loyalty programme apply` of each programme in turn",
        *(_desk_line(desk) for desk in written["desks"]),
    ]


def _desk_line(desk: dict[str, Any]) -> str:
    kept = "–" if desk["within_promise"] is None else f"{desk['within_promise']:.0%}"
    wait = "–" if desk["wait_minutes"] is None else f"{desk['wait_minutes']:,.0f} minutes"
    left = desk["backlog"][-1]["requests"] if desk["backlog"] else 0
    return (
        f"{desk['desk']}: {desk['requests']:,} requests, {wait} until taken up on average, "
        f"{kept} done within {desk['promised_minutes'] / 60:,.0f} hours, {left:,} left at the end"
    )
