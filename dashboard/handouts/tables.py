"""What stands on a page as tables: one for its tiles and one for each card, values as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from dashboard import figures
from dashboard.charts import Figure
from dashboard.handouts.native_charts import native_of, notes_beside
from dashboard.handouts.units import unit_of
from dashboard.i18n import _
from dashboard.page_record import Card, PageRecord
from dashboard.readings import Reading

_A_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Table:
    """The values of tiles, of a chart or a table: what they are, the sentence above, and in which unit."""

    what: str
    sentence: str
    values: pd.DataFrame
    units: (
        pd.DataFrame
    )  # of each of the values: PERCENT of shares and their differences, a currency's sign, ""


def tables(record: PageRecord) -> Iterator[Table]:
    """What charts draw, what tables hold."""
    if record.tiles:
        units = [[unit_of(reading.short(reading.value))] * 4 for reading in record.tiles]
        yield _table(_("Figures"), record.sentence, of_tiles(record.tiles), pd.DataFrame(units))
    for card in record.cards:
        yield _table(card.what, card.title, of_card(card), _units(card))


def _table(what: str, sentence: str, values: pd.DataFrame, units: pd.DataFrame) -> Table:
    units.columns = values.columns
    return Table(what, sentence, values, units)


def _units(card: Card) -> pd.DataFrame:
    """The unit of each value of a card, as people read it; of a chart with axes all are in the chart's."""
    chart = native_of(card)
    if chart is None or not chart.unit:
        return written(card).map(lambda text: unit_of(str(text)))
    return of_card(card).map(lambda one: "" if isinstance(one, str) else chart.unit)


def of_tiles(readings: list[Reading]) -> pd.DataFrame:
    """A row for each tile: value, what it was before, and its target."""
    return pd.DataFrame(
        {
            _("Figure"): [reading.label for reading in readings],
            _("Now"): [reading.value for reading in readings],
            _("Before"): [reading.before for reading in readings],
            _("Target"): [reading.target for reading in readings],
        }
    )


def written(card: Card) -> pd.DataFrame:
    """The same as it stands on screen: texts."""
    if card.figure is None or card.columns:
        return pd.DataFrame({one.label: one.texts() for one in card.columns})
    first = card.figure.checked.data[0]
    if first.type == "heatmap":
        return _field(first, first.text)
    return of_figure(card.figure).map(lambda one: one if isinstance(one, str) else figures.decimal(one, 2))


def of_card(card: Card) -> pd.DataFrame:
    """The values of a card's chart or table."""
    if card.figure is None or card.columns:
        return pd.DataFrame({one.label: list(one.values) for one in card.columns})
    return of_figure(card.figure)


def of_figure(figure: Figure) -> pd.DataFrame:
    """A column for each series of the chart, a row for each of its points."""
    traces = list(figure.checked.data)
    if traces and traces[0].type == "heatmap":
        return _field(traces[0], traces[0].z)
    if traces and traces[0].type == "sankey":
        return _of_flows(traces[0])
    if traces and traces[0].type == "bar" and traces[0].base is not None:
        return _of_stretches(traces)
    columns: dict[str, pd.Series] = {}
    for trace in traces:
        lying = trace.type == "bar" and trace.orientation == "h"
        points, values = (trace.y, trace.x) if lying else (trace.x, trace.y)
        name = _unused(trace.name or _("Number"), columns)
        columns[name] = pd.Series(_listed(values), index=_unmarked(points), name=name)
        if not columns[name].index.is_unique:
            return _long(traces)
        if lying and any(noted := notes_beside(figure.checked.layout, trace.y)):
            columns[_("Beside it")] = pd.Series(noted, index=_unmarked(points))
    table = pd.DataFrame(columns)
    return table.rename_axis("").reset_index()


def _field(trace: Any, values: Any) -> pd.DataFrame:
    field = pd.DataFrame(list(values), index=_unmarked(trace.y), columns=_unmarked(trace.x))
    return field.rename_axis("").reset_index()


def _of_flows(trace: Any) -> pd.DataFrame:
    names = _unmarked(trace.node.label)
    link = trace.link
    return pd.DataFrame(
        {
            _("Out of"): [names[place] for place in link.source],
            _("Into"): [names[place] for place in link.target],
            _("Number"): _listed(link.value),
        }
    )


def _of_stretches(traces: list[Any]) -> pd.DataFrame:
    """A row for each stretch of days, the last to begin first: what, how its likes are called, from which day
    to which."""
    rows = [
        (row, trace.name, first, first + timedelta(days=length / _A_DAY_MS - 1))
        for trace in traces
        for row, begins, length in zip(trace.y, trace.base, trace.x, strict=True)
        for first in [date.fromisoformat(begins)]
    ]
    rows.sort(key=lambda row: row[2], reverse=True)  # of many a slide shows the first
    days = [(what, group, figures.day(first), figures.day(last)) for what, group, first, last in rows]
    return pd.DataFrame(days, columns=[_("What"), _("State"), _("From"), _("To")])


def _long(traces: list[Any]) -> pd.DataFrame:
    """A row for each point of each series, where points have no names of their own."""
    rows = [
        (trace.name or "", x, y)
        for trace in traces
        for x, y in zip(_listed(trace.x), _listed(trace.y), strict=True)
    ]
    return pd.DataFrame(rows, columns=["", "x", "y"])


def _listed(values: Any) -> list[Any]:
    return [] if values is None else list(values)


def _unmarked(labels: Any) -> list[str]:
    return [str(label).replace("<br>", " ") for label in _listed(labels)]


def _unused(name: str, taken: dict[str, Any]) -> str:
    return name if name not in taken else f"{name} {len(taken) + 1}"
