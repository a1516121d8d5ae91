"""A demo programme, simulated into an empty workspace; nobody in it is real."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from data.workspace import Workspace
    from simulation.demo import Demo

NOTE = "demo programme (simulated)"
UNTIL = date(2026, 10, 31)


def wanted(members: int, months: int = 24, seed: int = 1, until: date = UNTIL) -> Demo:
    """The demo programme of that size."""
    from loyalty_core.rules.programme import programme_from_yaml
    from simulation.demo import Demo

    text = files("data").joinpath("programmes/demo.yaml").read_text(encoding="utf-8")
    programme = programme_from_yaml(text, "programmes/demo.yaml")
    return Demo(programme=programme, members=members, months=months, seed=seed, until=until)


def published(folder: Path, demo: Demo) -> dict[str, Any]:
    """Write the demo to a workspace that holds nothing yet; how many members, and rows of each table."""
    from dashboard.jobs.workers import spawned_pool
    from data.registry import new_version
    from data.workspace import Workspace

    workspace = Workspace.open(folder)
    _assert_empty(workspace, folder)
    rows = {}
    with workspace.writer("demo") as writer:
        for table, frame in _with_progress(demo):
            rows[table] = rows.get(table, 0) + writer.append(table, frame)
        # Programme and facts show at once: a demo that was interrupted leaves the workspace empty.
        with spawned_pool() as executor:
            *earlier, version = (new_version(programme, NOTE) for programme in demo.versions)
            snapshot = writer.publish(NOTE, version=version, executor=executor, earlier=earlier)
    return {
        "workspace": str(folder),
        "snapshot": snapshot.id,
        "as_of": snapshot.as_of,
        "members": demo.members,
        "rows": rows,
    }


def _assert_empty(workspace: Workspace, folder: Path) -> None:
    from loyalty_core.errors import InputError

    if workspace.latest() is not None or workspace.programme is not None:
        raise InputError(
            f"{folder}: this workspace already holds a programme or data; "
            "name an empty folder with --workspace, or remove this one"
        )


def _with_progress(demo: Demo) -> Iterator[tuple[str, pd.DataFrame]]:
    from rich.console import Console
    from rich.progress import Progress

    from simulation.demo import stages

    with Progress(console=Console(stderr=True), transient=True) as progress:
        made = stages(demo)
        task = progress.add_task("members", total=len(made) + 1)
        for table, frame in made:
            progress.update(task, description=table, advance=1, refresh=True)
            yield table, frame()
        progress.update(task, description="publishing", advance=1, refresh=True)
