"""`loyalty simulate`: what a scenario would change, from today's members on, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, print_json
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    from data.snapshots import Snapshot
    from data.workspace import Workspace
    from loyalty_core.rules.programme import Programme
    from simulation.comparison import Comparison
    from simulation.scenario import Scenario

ScenarioArgument = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A YAML file, a saved name, or the word live.")
]
AgainstOption = Annotated[str, typer.Option(metavar="SCENARIO", help="What it is compared with.")]
MembersOption = Annotated[
    int | None, typer.Option(min=1, help="Simulate only so many; figures are scaled up. All by default.")
]
MonthsOption = Annotated[int | None, typer.Option(help="Months to simulate; else as the scenario says.")]
ReplicationsOption = Annotated[int | None, typer.Option(help="Paired runs; else as the scenario says.")]
SeedOption = Annotated[int | None, typer.Option(help="The same seed gives the same figures.")]
WorkersOption = Annotated[
    int | None,
    typer.Option(min=1, max=256, help="Processes; one per core by default. Figures do not change."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate)


def simulate(
    scenario: ScenarioArgument,
    against: AgainstOption = "live",
    members: MembersOption = None,
    months: MonthsOption = None,
    replications: ReplicationsOption = None,
    seed: SeedOption = None,
    workers: WorkersOption = None,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Try out a scenario beside the programme in force, or another scenario."""
    from data.workspace import Workspace
    from simulation.scenario import scenario_from_dict

    opened = Workspace.open(workspace, create=False)
    snapshot, programme = _published(opened, workspace)
    base, wanted = found_scenario(against, opened), found_scenario(scenario, opened)
    given = {"months": months, "replications": replications, "seed": seed}
    asked = {name: value for name, value in given.items() if value is not None}
    wanted = scenario_from_dict({**wanted.model_dump(mode="json"), **asked}, f"scenario {wanted.name}")
    comparison = _compared(snapshot, programme, wanted, base, members, workers)
    _tell(comparison, snapshot, programme, as_json)


def found_scenario(name: str, workspace: Workspace) -> Scenario:
    """The scenario in a file, saved under a name, or the programme in force unchanged."""
    from simulation.scenario import LIVE, Scenario, scenario_from_dict, scenario_from_yaml

    if name == LIVE:
        return Scenario(name=LIVE)
    path = Path(name)
    if path.is_file():
        try:
            return scenario_from_yaml(path.read_text(encoding="utf-8-sig"), name, path.stem)
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{name}: cannot be read as UTF-8 text ({error})") from error
    saved = workspace.registry.scenario(name)
    if saved is None:
        known = ", ".join(one.name for one in workspace.registry.scenarios()) or "none"
        raise InputError(f"{name}: neither a file nor a saved scenario; saved: {known}; or write live")
    return scenario_from_dict({"name": name, **saved.document}, f"saved scenario {name}")


def _published(workspace: Workspace, folder: Path) -> tuple[Snapshot, Programme]:
    snapshot, programme = workspace.latest(), workspace.programme
    if snapshot is None or programme is None:
        raise InputError(f"{folder}: no members yet; run loyalty demo or loyalty import first")
    return snapshot, programme


def _compared(
    snapshot: Snapshot,
    programme: Programme,
    wanted: Scenario,
    base: Scenario,
    members: int | None,
    workers: int | None,
) -> Comparison:
    from dashboard.workers import spawned_pool, worker_count
    from data.live import live_history
    from simulation.experiment import compare

    history = live_history(snapshot, programme)
    count = workers or worker_count()
    with _progress() as progress, nullcontext() if count == 1 else spawned_pool(count) as pool:
        return compare(history, programme, wanted, base, members=members, executor=pool, progress=progress)


@contextmanager
def _progress() -> Iterator[Callable[[float, Comparison | None], None]]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("simulating", total=1.0)
        yield lambda share, _: bar.update(task, completed=share)


def _tell(comparison: Comparison, snapshot: Snapshot, programme: Programme, as_json: bool) -> None:
    from dashboard.simulation_job import document

    found: dict[str, Any] = {"snapshot": snapshot.id, "as_of": snapshot.as_of, **document(comparison)}
    if as_json:
        print_json(found)
    else:
        _print_table(found, programme)


def _print_table(found: dict[str, Any], programme: Programme) -> None:
    """Flows over the whole horizon, stocks and shares at its end."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    title = (
        f"{found['scenario']['name']} against {found['baseline']['name']}, {found['from']} to {found['to']}"
    )
    table = Table("", "baseline", "scenario", "difference", "95 % interval", title=Text(title))
    for column in table.columns[1:]:
        column.justify = "right"
    whole = found["horizon"]
    for rows in zip(whole["baseline"], whole["scenario"], whole["differences"], strict=True):
        table.add_row(
            Text(_label(rows[0], programme)), *(_number(row["mean"]) for row in rows), _interval(rows[2])
        )
    console = Console(markup=False, highlight=False)  # names may hold brackets
    console.print(table)
    console.print(
        f"{found['replications']} replications, seed {found['seed']}, {found['members']:,} members and "
        f"{found['members_joining']:,} joining; snapshot {found['snapshot']}, data to {found['data_to']}"
    )
    for part in found["assumptions"]:
        console.print(f"{part['name'].replace('_', ' ')}: {part['status']} – {part['source']}")


def _label(row: dict[str, Any], programme: Programme) -> str:
    from loyalty_core.metrics.dictionary import METRICS

    label = METRICS[row["metric"]].label("en")
    tier = row.get("member_tier")
    return f"{label}, {programme.tier_label(tier)('en')}" if tier else label


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"


def _interval(row: dict[str, Any]) -> str:
    return "–" if row["low"] is None else f"{_number(row['low'])} … {_number(row['high'])}"
