"""A chart of the page as a chart of PowerPoint: its numbers lie in the slide and can be edited there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

from pptx.chart.data import CategoryChartData
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
)
from pptx.enum.dml import MSO_LINE
from pptx.oxml.ns import qn
from pptx.util import Emu, Pt

from dashboard import figures, theme
from dashboard.charts import Figure, alone, closes
from dashboard.handouts.lettering import LATIN, rgb
from dashboard.handouts.units import PERCENT, is_in_points, sign_before
from dashboard.i18n import _
from dashboard.page_record import Card

MOST_NAMED = 14  # categories
FONT_SIZE = Pt(12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One series: its name, a value and a colour for each category; without colours it cannot be seen."""

    name: str
    values: Sequence[float | None]
    colours: Sequence[str]
    dashed: bool = False

    def times(self, factor: int) -> Lane:
        """The same with larger values."""
        return replace(self, values=[None if value is None else factor * value for value in self.values])


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeChart:
    """What PowerPoint needs to know: the kind of chart, categories, series, and how numbers are written."""

    kind: XL_CHART_TYPE
    categories: Sequence[str]
    lanes: Sequence[Lane]
    number_format: str
    scale: Sequence[float] = ()  # the steps of the axis of values, if the page says so
    in_points: bool = False  # whether values and scale are percentage points: 100 times those of the page
    sign: str = ""  # of the currency that the values are in
    closes: Sequence[date] = ()  # the categories as days, where they stand for time

    @property
    def lies(self) -> bool:
        return self.kind in (XL_CHART_TYPE.BAR_CLUSTERED, XL_CHART_TYPE.BAR_STACKED)

    @property
    def of_shares(self) -> bool:
        """Whether the page's values are shares, or differences of shares."""
        return self.in_points or self.number_format == PERCENT

    @property
    def unit(self) -> str:
        """Of the page's values: PERCENT of shares and their differences, else the sign of money, if any."""
        return PERCENT if self.of_shares else self.sign

    def told(self, what: str) -> str:
        """What the chart is: nothing of it is left out."""
        return what

    def drawn_on(self, slide: Any, place: tuple[Emu, Emu, Emu, Emu]) -> None:
        """The chart on the slide, at left, top, width and height."""
        data = CategoryChartData(number_format=self.number_format)
        self._with_categories(data)
        for lane in self.lanes:
            data.add_series(lane.name, list(lane.values))
        chart = slide.shapes.add_chart(self.kind, *place, data).chart
        chart.font.name, chart.font.size = LATIN, FONT_SIZE
        chart.font.color.rgb = rgb(theme.LIGHT.meanings["baseline"])
        chart.has_title = False
        chart.has_legend = sum(bool(lane.colours) for lane in self.lanes) > 1
        if chart.has_legend:
            chart.legend.position = XL_LEGEND_POSITION.TOP
            chart.legend.include_in_layout = False
        self._with_axes(chart)
        for series, lane in zip(chart.plots[0].series, self.lanes, strict=True):
            self._coloured(series, lane)

    def _with_categories(self, data: CategoryChartData) -> None:
        """Years with their months (or a day of each) below them, months with their days; other categories by
        their names."""
        if not self.closes:
            data.categories = list(self.categories)
            return
        above, below = figures.month, _day
        if figures.are_months(self.closes):
            above, below = figures.year, figures.month_of_year
        elif len({(one.year, one.month) for one in self.closes}) == len(self.closes):
            above, below = figures.year, figures.day_of_year
        for whole, parts in groupby(self.closes, key=above):
            group = data.add_category(whole)
            for part in parts:
                group.add_sub_category(below(part))

    def _with_axes(self, chart: Any) -> None:
        values, categories = chart.value_axis, chart.category_axis
        values.major_gridlines.format.line.color.rgb = rgb(theme.LIGHT.border)
        values.format.line.fill.background()
        values.tick_labels.number_format, values.tick_labels.number_format_is_linked = (
            self.number_format,
            False,
        )
        if len(self.scale) > 1:
            values.minimum_scale, values.maximum_scale = self.scale[0], self.scale[-1]
            values.major_unit = self.scale[1] - self.scale[0]
        elif all((value or 0) >= 0 for lane in self.lanes for value in lane.values):
            values.minimum_scale = 0  # else bars that are nearly alike would not begin at nought
        if len(self.categories) > MOST_NAMED and not self.closes:
            _name_some(categories, -(-len(self.categories) // MOST_NAMED))
        categories.format.line.color.rgb = rgb(theme.LIGHT.border)
        categories.tick_label_position = XL_TICK_LABEL_POSITION.LOW
        categories.reverse_order = self.lies
        if self.lies:  # the first category is on top, and the values still stand below
            values.tick_label_position = XL_TICK_LABEL_POSITION.HIGH
        if self.kind not in (XL_CHART_TYPE.LINE, XL_CHART_TYPE.AREA_STACKED):
            chart.plots[0].gap_width = 60
        if len(self.lanes) == 1 and len(self.categories) <= 12:
            _with_values(chart.plots[0], self.number_format)
            values.visible = False
            values.has_major_gridlines = False

    def _coloured(self, series: Any, lane: Lane) -> None:
        if not lane.colours:
            series.format.fill.background()
            return
        if self.kind == XL_CHART_TYPE.LINE:
            series.smooth = False
            line = series.format.line
            line.width, line.color.rgb = Pt(1.5 if lane.dashed else 2.5), rgb(lane.colours[0])
            line.dash_style = MSO_LINE.DASH if lane.dashed else None
            _dotted(series, lane)
            return
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = rgb(lane.colours[0])
        for place, colour in enumerate(lane.colours):
            if colour != lane.colours[0]:
                point = series.points[place].format.fill
                point.solid()
                point.fore_color.rgb = rgb(colour)


def native_of(card: Card) -> NativeChart | None:
    """The card's chart in PowerPoint's terms; none where it has none, or comes with a table for that."""
    return None if card.figure is None or card.columns else native(card.figure)


def native(figure: Figure) -> NativeChart | None:
    """The chart in PowerPoint's terms; none for those that it has no kind for (fields, flows)."""
    checked = figure.checked
    traces = [trace for trace in checked.data if trace.type in ("scatter", "bar", "waterfall")]
    if not traces or len(traces) != len(checked.data):
        return None
    first = traces[0]
    lying = first.type == "bar" and first.orientation == "h"
    categories = [str(label).replace("<br>", " ") for label in (first.y if lying else first.x)]
    if any(len(trace.y if lying else trace.x) != len(categories) for trace in traces):
        return None
    lanes = _bridge(first) if first.type == "waterfall" else [_lane(trace, lying) for trace in traces]
    lanes += _levels(checked.layout, len(categories)) if first.type == "scatter" else []
    axis = checked.layout.xaxis if lying else checked.layout.yaxis
    scale = [] if lying else [float(value) for value in axis.tickvals or ()]
    in_words = _in_words(axis, traces, lanes)
    in_points = any(map(is_in_points, in_words))
    sign = next(filter(None, map(sign_before, in_words)), "")
    return NativeChart(
        kind=_kind(first, lying, checked.layout.barmode),
        categories=_noted(categories, checked.layout) if lying else categories,
        lanes=[lane.times(100) for lane in lanes] if in_points else lanes,
        number_format=_format(in_words, lanes, sign),
        scale=[100 * step for step in scale] if in_points else scale,
        in_points=in_points,
        sign=sign,
        closes=() if lying else [date.fromisoformat(day) for _point, day in closes(figure)],
    )


def _noted(categories: Sequence[str], layout: Any) -> list[str]:
    """Each category over the note that stands at the right of its bar on the page."""
    notes = notes_beside(layout, categories)
    return ["\n".join(filter(None, pair)) for pair in zip(categories, notes, strict=True)]


def notes_beside(layout: Any, categories: Sequence[str]) -> list[str]:
    """What stands at the right of each bar on the page."""
    notes = {note.y: note.text for note in layout.annotations}
    return [notes.get(name) or "" for name in categories]


def _day(close: date) -> str:
    return str(close.day)


def _kind(first: Any, lying: bool, barmode: str | None) -> XL_CHART_TYPE:
    if first.type == "scatter":
        return XL_CHART_TYPE.AREA_STACKED if first.stackgroup else XL_CHART_TYPE.LINE
    stacked = first.type == "waterfall" or barmode in ("stack", "relative")
    if lying:
        return XL_CHART_TYPE.BAR_STACKED if stacked else XL_CHART_TYPE.BAR_CLUSTERED
    return XL_CHART_TYPE.COLUMN_STACKED if stacked else XL_CHART_TYPE.COLUMN_CLUSTERED


def _lane(trace: Any, lying: bool) -> Lane:
    values = [None if value is None else float(value) for value in (trace.x if lying else trace.y)]
    colour = trace.line.color if trace.type == "scatter" else trace.marker.color
    several = isinstance(colour, tuple | list)
    colours = list(colour) if several else [colour or theme.slot("scenario")] * len(values)
    dashed = trace.type == "scatter" and trace.line.dash not in (None, "solid")
    return Lane(name=trace.name or "", values=values, colours=colours, dashed=dashed)


def _levels(layout: Any, points: int) -> list[Lane]:
    """Lines that lie level across the chart (a target), by the words at their height."""
    words = {note.y: note.text for note in layout.annotations}
    return [
        Lane(
            name=words[shape.y0],
            values=[shape.y0] * points,
            colours=[shape.line.color] * points,
            dashed=True,
        )
        for shape in layout.shapes
        if shape.xref == "x domain" and shape.y0 == shape.y1 and words.get(shape.y0)
    ]


def _bridge(trace: Any) -> list[Lane]:
    """Columns that float: one that cannot be seen below each change, and the change upon it."""
    changes = [float(value or 0.0) for value in trace.y]
    levels = [sum(changes[: place + 1]) for place in range(len(changes))]
    levels[-1] = levels[-2] if trace.measure[-1] == "total" else levels[-1]
    starts = [
        0.0 if measure in ("absolute", "total") else level - change
        for measure, level, change in zip(trace.measure, levels, changes, strict=True)
    ]
    lows = [min(pair) for pair in zip(starts, levels, strict=True)]
    heights = [abs(level - start) for start, level in zip(starts, levels, strict=True)]
    colours = [
        theme.slot("baseline" if measure != "relative" else "scenario" if change >= 0 else "silent")
        for measure, change in zip(trace.measure, changes, strict=True)
    ]
    return [
        Lane(name="", values=lows, colours=()),
        Lane(name=trace.name or "", values=heights, colours=colours),
    ]


def _in_words(axis: Any, traces: Sequence[Any], lanes: Sequence[Lane]) -> list[str]:
    """How the page writes the chart's values: on its axis, and beside its bars or points; shares are not
    taken from there where a value is above 1, of which they may be the share."""
    written = [str(text) for text in axis.ticktext or ()]
    beside = [str(text) for trace in traces for text in (*(trace.text or ()), *(trace.customdata or ()))]
    values = [abs(value) for lane in lanes for value in lane.values if value is not None]
    return written + [text for text in beside if max(values, default=2) <= 1 or not figures.is_share(text)]


def _format(in_words: Sequence[str], lanes: Sequence[Lane], sign: str) -> str:
    """Shares in percent, their differences in points, money with its sign; whole numbers where all are or
    some is large, else one decimal."""
    if any(map(is_in_points, in_words)):
        unit = _("{points} pp").format(points="")
        return f'"+"0.0"{unit}";"−"0.0"{unit}";0.0"{unit}"'
    if any(map(figures.is_share, in_words)):
        return PERCENT
    values = [value for lane in lanes for value in lane.values if value is not None]
    are_whole = all(value == round(value) for value in values)
    plain = "#,##0" if are_whole or max(map(abs, values)) >= 100 else "#,##0.0"
    return f'"{sign}"{plain}' if sign else plain


def _dotted(series: Any, lane: Lane) -> None:
    """Dots for the points to which no line leads."""
    for place, dot in enumerate(alone(lane.values)):
        if dot:
            marker = series.points[place].marker
            marker.style, marker.size = XL_MARKER_STYLE.CIRCLE, 8
            marker.format.fill.solid()
            marker.format.fill.fore_color.rgb = rgb(lane.colours[place])


def _name_some(axis: Any, every: int) -> None:
    """Let only each so-manyth of the categories be named; the library knows no word for it."""
    skip = axis._element.makeelement(qn("c:tickLblSkip"), {"val": str(every)})
    axis._element.find(qn("c:noMultiLvlLbl")).addprevious(skip)


def _with_values(plot: Any, number_format: str) -> None:
    plot.has_data_labels = True
    labels = plot.data_labels
    labels.number_format, labels.number_format_is_linked = number_format, False
    labels.font.size = FONT_SIZE
