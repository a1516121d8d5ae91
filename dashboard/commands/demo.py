"""`loyalty demo`: a simulated programme in an empty workspace, ready for every page."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, counted, print_json
from dashboard.demo_workspace import UNTIL, published, wanted


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    members: Annotated[int, typer.Option(help="Members who join over the months.")] = 20_000,
    months: Annotated[int, typer.Option(help="Months of history.")] = 24,
    seed: Annotated[int, typer.Option(help="The same seed gives the same programme.", min=0)] = 1,
    until: Annotated[datetime, typer.Option(help="Last day.", formats=["%Y-%m-%d"])] = UNTIL.isoformat(),  # type: ignore[assignment]
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Fill an empty workspace with a simulated programme; nobody in it is real."""
    told = published(workspace, wanted(members, months, seed, until.date()))
    if as_json:
        print_json(told)
    else:
        # A member has a row for each version of what is known of them.
        counts = told["rows"] | {"members": told["members"]}
        shown = ", ".join(counted(count, name.replace("_", " ")) for name, count in counts.items())
        typer.echo(f"{workspace}: {shown}; up to {told['as_of']}")
