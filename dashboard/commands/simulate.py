"""`loyalty simulate`: what a scenario would change, from today's members on, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, answers, counted, print_json
from dashboard.commands.run_ledger import MAPPING, empty_folder, ledger_lines, written_ledger
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from rich.table import Table

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
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    ledger: LedgerOption = None,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Try out scenarios beside the programme in force, or another scenario."""
    from dashboard.jobs.simulation_job import answered
    from data.workspace import Workspace

    opened = Workspace.open(workspace, create=False)
    snapshot, programme = published(opened, workspace)
    given = {"months": months, "replications": replications, "tolerance": tolerance, "seed": seed}
    asked = [found_scenario(against, opened), *(found_scenario(name, opened) for name in scenarios)]
    asked[1:] = [_with(scenario, given) for scenario in asked[1:]]
    _told_apart(asked[0], asked[1:])
    folder = None if ledger is None else empty_folder(ledger)
    with progress() as telling, ExitStack() as stack:
        found = answered(
            opened,
            snapshot,
            programme,
            asked,
            members,
            executor=lambda: stack.enter_context(executor(workers, cluster)),
            progress=telling,
        )
    if folder is not None:
        programmes = [*opened.registry.programmes_before(programme), programme]
        found["ledger"] = written_ledger(folder, opened, snapshot, programmes, asked[-1], members)
    _tell({"snapshot": snapshot.id, "as_of": snapshot.as_of, **found}, programme, as_json)


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
    return f"simulating: {_number(sum(gains) / len(gains))} after {what}"


def _tell(found: dict[str, Any], programme: Programme, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    if "ranking" in found:
        _print_ranking(found["ranking"], programme)
        for pair in found["pairs"]:
            typer.echo(_pair(pair, programme.currency))
    for comparison in found.get("comparisons", [found]):
        _print_table({**found, **comparison}, programme)
    for line in ledger_lines(found["ledger"]) if "ledger" in found else ():
        typer.echo(line)


def _print_ranking(ranking: list[dict[str, Any]], programme: Programme) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table("", f"money, {programme.currency}", "worth most", "", "expected regret")
    for row in sorted(ranking, key=lambda row: row["expected_regret"]):
        chance, regret = f"{row['probability_best']:.0%}", _number(row["expected_regret"])
        likely = row["likely_best"]["en"]
        table.add_row(Text(row["name"]), _number(row["money"]), chance, likely, regret)
    answers().print(table, markup=False)


def _pair(pair: dict[str, Any], currency: str) -> str:
    chance = f"{pair['likely_better']['en']} to be worth more ({pair['probability_better']:.0%})"
    gain = f"{_number(pair['mean'])} {currency}, 95% interval {_interval(pair)}"
    return f"{pair['scenario']} over {pair['over']}: {gain}; {chance}"


def _print_table(found: dict[str, Any], programme: Programme) -> None:
    """Flows over the whole horizon, stocks and shares at its end."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    title = (
        f"{found['scenario']['name']} against {found['baseline']['name']}, {found['from']} to {found['to']}"
    )
    table = Table("", "baseline", "scenario", "difference", "95% interval", title=Text(title))
    for column in table.columns[1:]:
        column.justify = "right"
    whole = found["horizon"]
    for rows in zip(whole["baseline"], whole["scenario"], whole["differences"], strict=True):
        table.add_row(
            Text(_label(rows[0], programme)), *(_number(row["mean"]) for row in rows), _interval(rows[2])
        )
    console = Console(markup=False, highlight=False)  # names may hold brackets
    console.print(table)
    if found["desks"]:
        console.print(_desks(found["desks"]))
    notes = (one["en"] for one in (*found["unseen"], *found["money"]["notes"]))
    for line in _money(found["money"], programme.currency), *notes, *map(_target, found["targets"]):
        console.print(line)
    console.print(
        f"{counted(found['replications'], 'replications')}, seed {found['seed']}, "
        f"{counted(found['members'], 'members')} and "
        f"{found['members_joining']:,} joining; snapshot {found['snapshot']}, data to {found['data_to']}"
    )
    for part in found["assumptions"]:
        console.print(f"{part['name'].replace('_', ' ')}: {part['status']} – {part['source']}")


def _desks(rows: list[dict[str, Any]]) -> Table:
    """How the desks keep up over the whole run."""
    from rich.table import Table
    from rich.text import Text

    from simulation.desk_figures import FIGURES

    table = Table("at the desks", "baseline", "scenario", "difference", "95% interval")
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        if row["period_end"] is None:
            sides = (_number(row[side]["mean"]) for side in ("baseline", "scenario", "difference"))
            name = f"{row['desk']}: {FIGURES[row['figure']].en}"
            table.add_row(Text(name), *sides, _interval(row["difference"]))
    return table


def _money(money: dict[str, Any], currency: str) -> str:
    chance = f"{money['likely_better']['en']} to be worth more ({money['probability_better']:.0%})"
    found = f"Money: {_number(money['mean'])} {currency}, 95% interval {_interval(money)}; {chance}"
    if money["tolerance"] is None:
        return found
    kept = "within" if money["tolerance_met"] else "not yet within"
    return f"{found}; {kept} the tolerance of {money['tolerance']}"


def _target(row: dict[str, Any]) -> str:
    from loyalty_core.metrics.dictionary import METRICS

    sides = [f"{side} {row[side]['likely']['en']} ({row[side]['probability']:.0%})"
             for side in ("baseline", "scenario") if row[side]]  # fmt: skip
    aim = (row["scenario"] or row["baseline"])["target"]
    return f"Target {METRICS[row['metric']].label('en')} {_number(aim)}: {', '.join(sides)}"


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
