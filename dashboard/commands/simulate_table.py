"""What `loyalty simulate` found, for people: how scenarios rank, and each beside what is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from dashboard.commands import answers, counted
from dashboard.commands.run_ledger import ledger_lines
from simulation.layers import PARTS

if TYPE_CHECKING:
    from rich.table import Table

    from loyalty_core.rules.programme import Programme

ASK = "--draws 6 draws what is not known of members, too"


def print_simulated(found: dict[str, Any], programme: Programme) -> None:
    """The comparison, or the ranking and the comparison of each."""
    if "ranking" in found:
        _print_ranking(found["ranking"], programme)
        for pair in found["pairs"]:
            typer.echo(_pair(pair, programme.currency))
        typer.echo(_rests_on(found, found["comparisons"][0]["replications"], "Chances and regret"))
    for comparison in found.get("comparisons", [found]):
        _print_table({**found, **comparison}, programme)
    for line in ledger_lines(found["ledger"]) if "ledger" in found else ():
        typer.echo(line)


def _print_ranking(ranking: list[dict[str, Any]], programme: Programme) -> None:
    from rich.table import Table
    from rich.text import Text

    alone = ["of replications alone"] if "by_chance" in ranking[0] else []
    heads = "worth most", *alone, "", "expected regret", *alone
    table = Table("", f"money, {programme.currency}", *heads)
    for row in sorted(ranking, key=lambda row: row["expected_regret"]):
        known = [row, row["by_chance"]] if alone else [row]
        chances = [f"{one['probability_best']:.0%}" for one in known]
        regrets = [number(one["expected_regret"]) for one in known]
        table.add_row(Text(row["name"]), number(row["money"]), *chances, row["likely_best"]["en"], *regrets)
    answers().print(table, markup=False)


def _pair(pair: dict[str, Any], currency: str) -> str:
    chance = f"{pair['likely_better']['en']} to be worth more ({_better(pair)})"
    gain = f"{number(pair['mean'])} {currency}, 95% interval {_interval(pair)}"
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
            Text(_label(rows[0], programme)), *(number(row["mean"]) for row in rows), _interval(rows[2])
        )
    console = Console(markup=False, highlight=False)  # names may hold brackets
    console.print(table)
    if found["desks"]:
        console.print(_desks(found["desks"]))
    notes = (one["en"] for one in (*found["unseen"], *found["money"]["notes"]))
    for line in _money(found["money"], programme.currency), *notes, *map(_target, found["targets"]):
        console.print(line)
    if "ranking" not in found:
        console.print(_rests_on(found, found["replications"], "Chances"))
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
            sides = (number(row[side]["mean"]) for side in ("baseline", "scenario", "difference"))
            name = f"{row['desk']}: {FIGURES[row['figure']].en}"
            table.add_row(Text(name), *sides, _interval(row["difference"]))
    return table


def _better(row: dict[str, Any]) -> str:
    return _chance(row, "probability_better")


def _chance(row: dict[str, Any], name: str) -> str:
    """A chance; where it holds what is not known, beside it what the replications alone say."""
    told = f"{row[name]:.0%}"
    return f"{told}; of replications alone {row['by_chance']:.0%}" if "by_chance" in row else told


def _rests_on(found: dict[str, Any], replications: int, what: str) -> str:
    """What chances hold, and how to ask for more."""
    if "draws" not in found:
        runs = counted(replications, "replications")
        if replications < 2:
            return f"{what} are those of {runs}, which tells nothing of chance"
        return f"{what} count chance alone, by {runs}; {ASK}"
    parts = [f"{PARTS[f'{layer}_share'].en} ({draws} draws)" for layer, draws in found["draws"].items()]
    parts += [] if found["widening"] is None else ["what forecasts of the past missed"]
    told = f"{what} hold chance and what is not known: {', '.join(parts)}"
    members = counted(found["drawn_of"], "members")
    backtest = "" if found["widening"] is not None else "; no backtest stands (loyalty backtest)"
    return f"{told}; by runs of {members} on the same draws and luck{backtest}"


def _money(money: dict[str, Any], currency: str) -> str:
    chance = f"{money['likely_better']['en']} to be worth more ({_better(money)})"
    found = f"Money: {number(money['mean'])} {currency}, 95% interval {_interval(money)}; {chance}"
    if money["tolerance"] is None:
        return found
    kept = "within" if money["tolerance_met"] else "not yet within"
    return f"{found}; {kept} the tolerance of {money['tolerance']}"


def _target(row: dict[str, Any]) -> str:
    from loyalty_core.metrics.dictionary import METRICS

    sides = [f"{side} {row[side]['likely']['en']} ({_chance(row[side], 'probability')})"
             for side in ("baseline", "scenario") if row[side]]  # fmt: skip
    aim = (row["scenario"] or row["baseline"])["target"]
    return f"Target {METRICS[row['metric']].label('en')} {number(aim)}: {', '.join(sides)}"


def _label(row: dict[str, Any], programme: Programme) -> str:
    from loyalty_core.metrics.dictionary import METRICS

    label = METRICS[row["metric"]].label("en")
    tier = row.get("member_tier")
    return f"{label}, {programme.tier_label(tier)('en')}" if tier else label


def number(value: float | None) -> str:
    """An amount or a count, as closely as anybody reads it."""
    if value is None:
        return "–"
    value = round(value, 12) + 0.0  # what adding up in another order leaves of nothing is nothing
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"


def _interval(row: dict[str, Any]) -> str:
    return "–" if row["low"] is None else f"{number(row['low'])} … {number(row['high'])}"
