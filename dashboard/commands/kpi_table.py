"""The answer of `loyalty kpi` as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from loyalty_core.counting.cuts import SLICES
from loyalty_core.metrics.dictionary import METRICS, Metric, Unit
from loyalty_core.rules.programme import Programme

MOST_COLUMNS = 6
UNKNOWN = "–"
FEW = ("members_enrolled", "members_active", "buyers", "revenue", "points_issued", "points_redeemed")


@dataclass(frozen=True, slots=True)
class Part:
    """One column of the table: its heading and its cells."""

    heading: str
    cells: list[str]

    @property
    def width(self) -> int:
        """Characters that its widest text takes on a screen."""
        return max(cell_len(text) for text in (self.heading, *self.cells))


def print_table(values: pd.DataFrame, programme: Programme, title: str, chosen: Sequence[str] = ()) -> None:
    """Metrics down and rows across while they are few, else one line per row.

    The ends of an interval stand beside their metric, and alone where they were `chosen`. On a terminal in
    as many tables as its width asks for; piped, in one, of full width.
    """
    ends = {end for name in values if name in METRICS for end in METRICS[name].bounds} - set(chosen)
    names = [name for name in values if name in METRICS and name not in ends]
    if len(values) > MOST_COLUMNS and not chosen:
        names = [name for name in names if name in FEW] or names[:MOST_COLUMNS]
        title += " · choose others with --metrics"
    form = _across if len(values) <= MOST_COLUMNS else _down
    parts = form(values, names, programme)
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _width(parts)
    console.print(title, style="italic", markup=False, soft_wrap=True)
    for table in _tables(parts, console.width):
        console.print(table)


def _across(values: pd.DataFrame, names: list[str], programme: Programme) -> list[Part]:
    rows = values.to_dict(orient="records")
    return [
        Part("metric", names),
        *(
            Part(heading, [told(row, METRICS[name], programme) for name in names])
            for heading, row in zip(_headings(values), rows, strict=True)
        ),
    ]


def _down(values: pd.DataFrame, names: list[str], programme: Programme) -> list[Part]:
    rows = values.to_dict(orient="records")
    return [
        Part("period end", _headings(values)),
        *(Part(name, [told(row, METRICS[name], programme) for row in rows]) for name in names),
    ]


def _width(parts: list[Part]) -> int:
    """Characters of a table with those columns: each between two blanks and behind a line."""
    return 1 + sum(part.width + 3 for part in parts)


def _tables(parts: list[Part], room: int) -> Iterator[Table]:
    """The table, in as many as fit the room; each begins with the first column."""
    first, *others = parts
    held = [first]
    for part in others:
        if len(held) > 1 and _width([*held, part]) > room:
            yield _table(held)
            held = [first]
        held.append(part)
    yield _table(held)


def _table(parts: list[Part]) -> Table:
    table = Table()
    for place, part in enumerate(parts):
        # Too long for the screen even alone, a text goes on in the next line; nothing is cut.
        table.add_column(escape(part.heading), justify="right" if place else "left", overflow="fold")
    for row in zip(*(part.cells for part in parts), strict=True):
        table.add_row(*map(escape, row))
    return table


def _headings(values: pd.DataFrame) -> list[str]:
    """What tells the rows apart: the period's end, and the labels of the cell."""
    slices = [name for name in values if name in SLICES]
    several = values["period_end"].nunique() > 1 or not slices
    return [
        " · ".join(
            [
                *([f"{row['period_end']:%Y-%m-%d}"] if several else []),
                *(UNKNOWN if pd.isna(row[name]) else str(row[name]) for name in slices),
            ]
        )
        for row in values.to_dict(orient="records")
    ]


def told(row: Mapping[Any, Any], metric: Metric, programme: Programme) -> str:
    """The value and, where it is known, its interval."""
    value = _written(row[metric.name], metric, programme)
    ends = [_written(row.get(end, float("nan")), METRICS[end], programme) for end in metric.bounds]
    if not ends or UNKNOWN in ends:
        return value
    return f"{value} (≥ {ends[0]})" if len(ends) == 1 else f"{value} ({ends[0]} … {ends[1]})"


def _written(value: float, metric: Metric, programme: Programme) -> str:
    if pd.isna(value):
        return UNKNOWN
    if metric.unit is Unit.SHARE:
        return f"{value:.1%}"
    if metric.unit is Unit.MONEY:
        return f"{value:,.{programme.currency_decimals}f}"
    if metric.unit is Unit.POINTS:
        return f"{value:,.{programme.point_decimals}f}"
    return f"{value:,.2f}" if metric.unit in (Unit.NUMBER, Unit.SCORE) else f"{value:,.0f}"
