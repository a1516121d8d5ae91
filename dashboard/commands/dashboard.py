"""`loyalty dashboard`: start the dashboard on this machine, or list its pages."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, print_json
from dashboard.jobs.workers import CLUSTER, check_address
from dashboard.server_command import server_command

PortOption = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port on 127.0.0.1.")]
ListOption = Annotated[bool, typer.Option("--list-pages", help="Print the pages as JSON and end.")]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="Of a Dask scheduler whose workers simulate; LOYALTY_CLUSTER says the same."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("dashboard")(dashboard)


def dashboard(
    port: PortOption = 8501,
    list_pages: ListOption = False,
    cluster: ClusterOption = None,
    workspace: WorkspaceOption = WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Open the dashboard on http://127.0.0.1:PORT."""
    if list_pages:
        print_json(pages())
        return
    if cluster is not None:
        check_address(cluster)
    if json:
        print_json({"url": f"http://127.0.0.1:{port}", "workspace": str(workspace)})
        sys.stdout.flush()
    start(port, workspace, cluster)


def pages() -> list[dict[str, str]]:
    """What the navigation holds: title, section and url path of each page."""
    from dashboard.pages import PAGES

    return [{"title": page.title, "section": page.section, "url_path": page.url_path} for page in PAGES]


def start(port: int, workspace: Path, cluster: str | None = None) -> None:
    """Become the server: this process is replaced, so that stopping it stops the dashboard."""
    os.environ["LOYALTY_WORKSPACE"] = str(workspace.absolute())
    if cluster is not None:
        os.environ[CLUSTER] = cluster
    os.execv(sys.executable, server_command(port))
