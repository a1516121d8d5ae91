"""`loyalty simulate`: what a scenario would change, from today's members on, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, counted, print_json
from dashboard.commands.run_ledger import MAPPING, empty_folder, written_ledger
from dashboard.commands.simulate_table import number, print_simulated
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from data.snapshots import Snapshot
    from data.workspace import Workspace
    from loyalty_core.rules.programme import Programme
    from simulation.contest import Contest
    from simulation.scenario import Scenario

ScenariosArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="SCENARIO…", help="A YAML file, a saved name, or the word live; several are ranked."
    ),
]
AgainstOption = Annotated[str, typer.Option(metavar="SCENARIO", help="What it is compared with.")]
MembersOption = Annotated[
    int | None, typer.Option(min=1, help="Simulate only so many; figures are scaled up. All by default.")
]
MonthsOption = Annotated[int | None, typer.Option(help="Months to simulate; else as the scenario says.")]
ReplicationsOption = Annotated[
    int | None, typer.Option(help="Paired runs, with a tolerance the most; else as the scenario says.")
]
ToleranceOption = Annotated[
    str | None,
    typer.Option(
        metavar="AMOUNT|SHARE%",
        help="Run until the half-width of the difference in money is this, or this share of it.",
    ),
]
SeedOption = Annotated[int | None, typer.Option(help="The same seed gives the same figures.")]
WorkersOption = Annotated[
    int | None,
    typer.Option(min=1, max=256, help="Processes; one per core by default. Figures do not change."),
]
ClusterOption = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Of a Dask scheduler whose workers are used instead.")
]
LedgerOption = Annotated[
    Path | None,
    typer.Option(
        "--ledger",
        metavar="DIR",
        help="Also write the full ledger of one replication of the last scenario, as Parquet files, "
        f"which loyalty import --mapping {MAPPING} reads.",
    ),
]
DrawsOption = Annotated[
    int | None,
    typer.Option(
        min=2,
        max=512,
        help="Also draw what is not known of members so often for each layer: chances then hold it, too.",
    ),
]
SampleOption = Annotated[
    int | None,
    typer.Option("--sample", min=1, help="Members of the runs that draw; by default 2,000 at most."),
]
MOST_WITH_TOLERANCE = 100  # replications, where nobody names the most


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate)


def simulate(
    scenarios: ScenariosArgument,
    against: AgainstOption = "live",
    members: MembersOption = None,
    months: MonthsOption = None,
    replications: ReplicationsOption = None,
    tolerance: ToleranceOption = None,
    seed: SeedOption = None,
    draws: DrawsOption = None,
    sample: SampleOption = None,
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    ledger: LedgerOption = None,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Try out scenarios beside the programme in force, or another scenario."""
    from dashboard.jobs.questions import Asking
    from dashboard.jobs.simulation_job import answered
    from dashboard.jobs.with_draws import with_draws
    from data.workspace import Workspace

    if sample is not None and draws is None:
        raise InputError("--sample: it says of how many members what is not known is drawn; add --draws 6")

    opened = Workspace.open(workspace, create=False)
    snapshot, programme = published(opened, workspace)
    given = {"months": months, "replications": replications, "tolerance": tolerance, "seed": seed}
    asked = [found_scenario(against, opened), *(found_scenario(name, opened) for name in scenarios)]
    asked[1:] = [_with(scenario, given) for scenario in asked[1:]]
    _told_apart(asked[0], asked[1:])
    folder = None if ledger is None else empty_folder(ledger)
    with progress() as telling, ExitStack() as stack:
        workers_of = cache(lambda: stack.enter_context(executor(workers, cluster)))
        found = answered(opened, snapshot, programme, asked, members, executor=workers_of, progress=telling)
        drawing = Asking(executor=workers_of, progress=lambda share, partial: telling(share, None))
        found = with_draws(opened, snapshot, programme, asked, found, draws, sample, drawing)
    if folder is not None:
        programmes = [*opened.registry.programmes_before(programme), programme]
        found["ledger"] = written_ledger(folder, opened, snapshot, programmes, asked[-1], members)
    told = {"snapshot": snapshot.id, "as_of": snapshot.as_of, **found}
    print_json(told) if as_json else print_simulated(told, programme)


def _told_apart(against: Scenario, scenarios: Sequence[Scenario]) -> None:
    names = [one.name for one in scenarios]
    if len(names) > 1 and against.name in names:
        raise InputError(
            f"{against.name} is what the others are compared with, and ranked beside them: leave it out"
        )
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two scenarios are called {name}: give each a name of its own to be ranked by")


def _with(scenario: Scenario, given: dict[str, Any]) -> Scenario:
    """The scenario with what the command line says instead of it."""
    from simulation.scenario import scenario_from_dict

    said = {name: value for name, value in given.items() if value is not None}
    if "tolerance" in said and "replications" not in said:
        said["replications"] = max(scenario.replications, MOST_WITH_TOLERANCE)
    return scenario_from_dict({**scenario.model_dump(mode="json"), **said}, f"scenario {scenario.name}")


def executor(workers: int | None, address: str | None) -> AbstractContextManager[Executor | None]:
    """Who does the work: the workers of a cluster, processes of this machine, or with one this process."""
    from dashboard.jobs.workers import cluster, spawned_pool, worker_count

    if address is not None:
        return cluster(address)
    count = workers or worker_count()
    return nullcontext() if count == 1 else spawned_pool(count)


def found_scenario(name: str, workspace: Workspace) -> Scenario:
    """The scenario in a file, saved under a name, or the programme in force unchanged."""
    from data.registry import SCENARIO
    from simulation.scenario import LIVE, Scenario, scenario_from_dict, scenario_from_yaml

    if name == LIVE:
        return Scenario(name=LIVE)
    path = Path(name)
    if path.is_file():
        try:
            return scenario_from_yaml(path.read_text(encoding="utf-8-sig"), name, path.stem)
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{name}: cannot be read as UTF-8 text ({error})") from error
    saved = workspace.registry.saved(SCENARIO, name)
    if saved is None:
        known = ", ".join(one.name for one in workspace.registry.all_saved(SCENARIO)) or "none"
        raise InputError(f"{name}: neither a file nor a saved scenario; saved: {known}; or write live")
    return scenario_from_dict({"name": name, **saved.document}, f"saved scenario {name}")


def published(workspace: Workspace, folder: Path) -> tuple[Snapshot, Programme]:
    """The latest snapshot and the programme in force; InputError where there is none yet."""
    snapshot, programme = workspace.latest(), workspace.programme
    if snapshot is None or programme is None:
        raise InputError(f"{folder}: no members yet; run loyalty demo or loyalty import first")
    return snapshot, programme


@contextmanager
def progress(what: str = "simulating") -> Iterator[Callable[[float, Contest | None], None]]:
    """Share done, time left, and the money found so far."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=1.0)

        def tell(share: float, found: Contest | None) -> None:
            bar.update(task, completed=share, **({} if found is None else {"description": _so_far(found)}))

        yield tell


def _so_far(found: Contest) -> str:
    gains = found.beside(1).money
    what = "a sample" if found.of_members < 1 else counted(len(gains), "replications")
    return f"simulating: {number(sum(gains) / len(gains))} after {what}"
