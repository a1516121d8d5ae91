"""`loyalty calibrate`: what a programme's own past tells a simulation, with ranges, sources and refusals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands import (
    WORKSPACE,
    JsonOption,
    LanguageOption,
    WorkspaceOption,
    answers,
    counted,
    print_json,
)
from dashboard.commands.days import day_reached
from dashboard.commands.simulate import published

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from loyalty_core.text import Language
    from simulation.calibration import Calibration, FittedModel

UntilOption = Annotated[
    str | None,
    typer.Option("--until", "--as-of", metavar="DATE", help="Use the past up to this day; all by default."),
]


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("calibrate")(calibrate)


def calibrate(
    until: UntilOption = None,
    language: LanguageOption = "en",
    workspace: WorkspaceOption = WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Fit the models that a simulation starts from to the programme's own past; stores nothing."""
    snapshot, found = _calibrated(workspace, until)
    if json:
        print_json({"snapshot": snapshot, **document(found)})
    else:
        _print(found, snapshot, language)


def _calibrated(workspace: Path, until: str | None) -> tuple[int, Calibration]:
    from data.live import live_history
    from data.workspace import Workspace
    from simulation.calibration import calibrate as calibration_of

    snapshot, programme = published(Workspace.open(workspace, create=False), workspace)
    last = None if until is None else day_reached("--until", until, snapshot.as_of)
    history = live_history(snapshot, programme, last)
    return snapshot.id, calibration_of(history, programme, None if last is None else last + 1)


def document(found: Calibration) -> dict[str, Any]:
    """The calibration as plain values: models by key, then everything in both languages."""
    whole = found.model_dump(mode="json", exclude={"models", "effects"})
    return {
        "models": {model.key: _model(model) for model in found.models},
        **whole,
        "effects": {
            key: {**effect.model_dump(mode="json", exclude={"name", "meaning"})}
            for key, effect in found.effects.items()
        },
    }


def _model(model: FittedModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "parameters": {one.name: one.value for one in model.parameters},
        "ranges": {one.name: [one.low, one.high] for one in model.parameters},
        "log_likelihood": model.log_likelihood,
        "told": model.told,
        "missed": model.missed,
    }


def _print(found: Calibration, snapshot: int, language: Language) -> None:
    console = answers()
    head = {
        "en": f"calibrated on {found.since} to {found.until} · snapshot {snapshot} · "
        f"{counted(found.members, 'members')}, {counted(found.purchases, 'sales')}",
        "zh": f"校准区间 {found.since} 至 {found.until} · 快照 {snapshot} · "
        f"会员 {found.members:,}，销售 {found.purchases:,}",
    }
    console.print(head[language], markup=False)
    if found.models:
        console.print(_models_table(found, language))
    _print_quantities(console, found, language)
    for one in found.refused:
        console.print(f"– {one.text(language)}", markup=False)


def _models_table(found: Calibration, language: Language) -> Table:
    from rich.table import Table

    heads = {
        "en": ("model", "parameters", "log-likelihood", "missed"),
        "zh": ("模型", "参数", "对数似然", "预测误差"),
    }
    table = Table(*heads[language])
    for model in found.models:
        name = f"{model.name} *" if model.key == found.chosen else model.name
        untold = {"en": " (not told apart)", "zh": "（无法区分）"}[language]
        parameters = ", ".join(f"{one.name} {one.value:.4g}" for one in model.parameters)
        missed = "–" if model.missed is None else f"{model.missed:.1%}"
        table.add_row(
            name, parameters + ("" if model.told else untold), f"{model.log_likelihood:,.3f}", missed
        )
    weeks = found.weeks_held_out
    if found.chosen and weeks:
        table.caption = {
            "en": f"* chosen: forecast the last {weeks} weeks best, fitted without them",
            "zh": f"* 选用：在不含最后 {weeks} 周的数据上拟合，对这几周预测最准",
        }[language]
    elif found.chosen:
        table.caption = {
            "en": "* chosen by likelihood: too short a past to hold weeks out",
            "zh": "* 按似然选用：历史太短，无法留出数周检验",
        }[language]
    return table


def _print_quantities(console: Console, found: Calibration, language: Language) -> None:
    from rich.table import Table
    from rich.text import Text

    from simulation.evidence import STATUS_WORDS

    heads = {
        "en": ("", "value", "90% range", "status", "source"),
        "zh": ("", "值", "90% 区间", "状态", "来源"),
    }
    table = Table(*heads[language])
    for column in table.columns[1:3]:
        column.justify = "right"
    for one in found.quantities:
        ends = "–" if one.low is None or one.high is None else f"{_number(one.low)} … {_number(one.high)}"
        status = STATUS_WORDS[one.status](language)
        table.add_row(
            Text(one.name.text(language)), _number(one.value), ends, status, Text(one.source.text(language))
        )
    console.print(table)


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"
