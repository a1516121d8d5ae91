"""The answer of `loyalty kpi` as a table for people."""

from __future__ import annotations

import pandas as pd
from rich.console import Console
from rich.table import Table

from loyalty_core.cuts import SLICES
from loyalty_core.metrics import METRICS, Metric, Unit
from loyalty_core.programme import Programme

MOST_COLUMNS = 6
WIDE = 1_000  # characters: nobody is looking, so nothing is cut
FEW = ("members_enrolled", "members_active", "buyers", "revenue", "points_issued", "points_redeemed")


def print_table(values: pd.DataFrame, programme: Programme, title: str, chosen: bool) -> None:
    """Metrics down and rows across while they fit, else one line per row; piped, in full width."""
    names = [name for name in values if name in METRICS]
    if len(values) > MOST_COLUMNS and not chosen:
        names = [name for name in names if name in FEW] or names[:MOST_COLUMNS]
        title += " · choose others with --metrics"
    form = _across if len(values) <= MOST_COLUMNS else _down
    table = form(values, names, programme)
    table.title, table.title_justify = title, "left"
    console = Console()
    if not console.is_terminal:
        console.width = WIDE
    console.print(table)


def _across(values: pd.DataFrame, names: list[str], programme: Programme) -> Table:
    table = Table()
    table.add_column("metric", no_wrap=True)
    for heading in _headings(values):
        table.add_column(heading, justify="right")
    for name in names:
        table.add_row(name, *(_written(value, METRICS[name], programme) for value in values[name]))
    return table


def _down(values: pd.DataFrame, names: list[str], programme: Programme) -> Table:
    table = Table()
    table.add_column("period end", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right")
    for heading, row in zip(_headings(values), values.to_dict(orient="records"), strict=True):
        table.add_row(heading, *(_written(row[name], METRICS[name], programme) for name in names))
    return table


def _headings(values: pd.DataFrame) -> list[str]:
    """What tells the rows apart: the period's end, and the labels of the cell."""
    slices = [name for name in values if name in SLICES]
    several = values["period_end"].nunique() > 1 or not slices
    return [
        " · ".join(
            [
                *([f"{row['period_end']:%Y-%m-%d}"] if several else []),
                *("–" if pd.isna(row[name]) else str(row[name]) for name in slices),
            ]
        )
        for row in values.to_dict(orient="records")
    ]


def _written(value: float, metric: Metric, programme: Programme) -> str:
    if pd.isna(value):
        return "–"
    if metric.unit is Unit.SHARE:
        return f"{value:.1%}"
    if metric.unit is Unit.MONEY:
        return f"{value:,.{programme.currency_decimals}f}"
    if metric.unit is Unit.POINTS:
        return f"{value:,.{programme.point_decimals}f}"
    return f"{value:,.2f}" if metric.unit is Unit.NUMBER else f"{value:,.0f}"
