"""What the commands that ask about a what-if share: what it is about, and who works on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.commands.simulate import executor, found_scenario, progress, published

if TYPE_CHECKING:
    from dashboard.jobs.questions import Asked, Asking

ScenarioArgument = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A YAML file, a saved name, or the word live.")
]


def asked_about(workspace: Path, scenario: str, against: str, members: int | None) -> Asked:
    """One scenario beside another, from the latest snapshot on; InputError where there is none yet."""
    from dashboard.jobs.questions import Asked
    from data.workspace import Workspace

    opened = Workspace.open(workspace, create=False)
    snapshot, programme = published(opened, workspace)
    sides = found_scenario(against, opened), found_scenario(scenario, opened)
    return Asked(opened, snapshot, programme, sides, members)


@contextmanager
def working(what: str, workers: int | None, cluster: str | None) -> Iterator[Asking]:
    """Work that shows what it is and how far it is, by one executor, which begins when it is needed first."""
    from dashboard.jobs.questions import Asking

    with progress(what) as telling, ExitStack() as stack:
        yield Asking(
            executor=cache(lambda: stack.enter_context(executor(workers, cluster))),
            progress=lambda share, partial: telling(share, None),
        )
