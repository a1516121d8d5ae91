"""`loyalty kpi`: any metric of the dictionary, as of any day, by any slice, for any periods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands import WORKSPACE, JsonOption, WorkspaceOption, print_json
from dashboard.commands.days import day_named, refuse_before, tell_after, tell_before
from loyalty_core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from data.rollups.snapshot_facts import SnapshotFacts
    from loyalty_core.rules.programme import Programme

AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Count up to this day; the last by default.")
]
MetricsOption = Annotated[
    str | None, typer.Option("--metrics", metavar="A,B", help="Names of metrics; all by default.")
]
ByOption = Annotated[str | None, typer.Option("--by", metavar="SLICE,…", help="One row per label.")]
WhereOption = Annotated[
    list[str] | None, typer.Option("--where", metavar="SLICE=LABEL", help="Only these; may be repeated.")
]
PeriodOption = Annotated[
    str | None, typer.Option("--period", metavar="day|week|month", help="One row per period.")
]
FromOption = Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day.")]
ToOption = Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day.")]
MOST_PERIODS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked; the defaults are all metrics, over the whole history, in one row."""

    as_of: str | None = None
    metrics: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    where: Mapping[str, Sequence[str]]
    period: str | None = None
    first: str | None = None
    last: str | None = None


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("kpi")(kpi)


def kpi(
    as_of: AsOfOption = None,
    metrics: MetricsOption = None,
    by: ByOption = None,
    where: WhereOption = None,
    period: PeriodOption = None,
    from_: FromOption = None,
    to: ToOption = None,
    workspace: WorkspaceOption = WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Count the metrics of the programme."""
    from data.rollups.snapshot_facts import SnapshotFacts

    question = Question(
        as_of=as_of,
        metrics=_listed(metrics),
        by=_listed(by),
        where=_filters(where or []),
        period=period,
        first=from_,
        last=to,
    )
    snapshot, programme = published(workspace)
    asked = question if json else replace(question, metrics=_with_ends(question.metrics))
    values, last_day = answer(asked, SnapshotFacts(snapshot, programme), programme)
    if json:
        about = {"snapshot": snapshot.id, "as_of": last_day, "data_to": snapshot.as_of}
        print_json(about | {"rows": rows(values)})
    else:
        from dashboard.commands.kpi_table import print_table

        print_table(values, programme, f"as of {last_day} · snapshot {snapshot.id}", question.metrics)


def _with_ends(names: Sequence[str]) -> tuple[str, ...]:
    """The metrics and the ends of their intervals, which a table shows beside them."""
    from loyalty_core.metrics.dictionary import metric_named

    return tuple(dict.fromkeys([*names, *(end for name in names for end in metric_named(name).bounds)]))


def published(workspace: Path) -> tuple[Any, Programme]:
    """The latest snapshot and the programme in force; InputError while there is none."""
    from data.workspace import Workspace

    opened = Workspace.open(workspace, create=False)
    snapshot, programme = opened.latest(), opened.programme
    if snapshot is None or programme is None:
        raise InputError(f"{workspace}: no facts yet; run loyalty import or loyalty demo first")
    return snapshot, programme


def answer(question: Question, facts: SnapshotFacts, programme: Programme) -> tuple[pd.DataFrame, date]:
    """The metrics asked for, one row per period and cell, and the as-of date."""
    from loyalty_core.days import to_date
    from loyalty_core.metrics.dictionary import columns_of, evaluate, metric_named, metrics_for
    from loyalty_core.periods import periods

    asked = [metric_named(name) for name in question.metrics]
    by = tuple(dict.fromkeys([*question.by, *(metric.per for metric in asked if metric.per)]))
    first_day, last_day = _span(question, facts)
    spans = periods(first_day, last_day, _step(question.period))
    if len(spans) > MOST_PERIODS:
        raise InputError(
            f"--period {question.period}: {len(spans):,} periods; ask for {MOST_PERIODS:,} at most"
        )
    names = question.metrics or metrics_for(by, question.where)
    found = facts.of(spans, by, question.where, columns_of(names))
    return evaluate(found, names, programme), to_date(last_day)


def _span(question: Question, facts: SnapshotFacts) -> tuple[int, int]:
    """First and last day to count; InputError where the history holds none of them. What it does not know
    of them is said."""
    from loyalty_core.days import to_date

    if facts.days is None:
        raise InputError("the workspace holds no event yet; import purchases, entries or activities first")
    begin, end = facts.days
    if question.last and question.as_of and question.last != question.as_of:
        raise InputError("--as-of and --to name different last days; give one of them")
    option, last = ("--to", question.last) if question.last else ("--as-of", question.as_of)
    last_day = end if last is None else day_named(option, last)
    first_day = begin if question.first is None else day_named("--from", question.first)
    refuse_before(last_day, begin)
    tell_before(first_day, begin)
    tell_after(last_day, to_date(end))
    return first_day, last_day


def _step(period: str | None) -> Any:
    from loyalty_core.names import near
    from loyalty_core.periods import STEPS

    if period is not None and period not in STEPS:
        raise InputError(f"--period {period}: no period; {near(period, STEPS)}")
    return period


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _filters(texts: Sequence[str]) -> dict[str, list[str]]:
    """Labels wanted per slice; a slice may be named more than once."""
    wanted: dict[str, list[str]] = {}
    for text in texts:
        name, equals, label = text.partition("=")
        if not equals:
            raise InputError(f"--where {text}: write it like member_region=North")
        wanted.setdefault(name.strip(), []).append(label.strip())
    return wanted


def rows(values: pd.DataFrame) -> list[dict[str, Any]]:
    """Each row as plain values, dates as dates, None for what is unknown."""
    import pandas as pd

    return [
        {name: _plain(value, pd) for name, value in record.items()}
        for record in values.to_dict(orient="records")
    ]


def _plain(value: Any, pd: Any) -> Any:
    if pd.isna(value):
        return None
    return value.date() if isinstance(value, pd.Timestamp) else value
