"""Charts and tables on slides are those of the page, as charts and tables that can be edited."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_MARKER_STYLE
from pptx.enum.dml import MSO_LINE
from pptx.enum.text import PP_ALIGN
from pptx.oxml.ns import qn

from dashboard import charts, figures, theme
from dashboard.handouts import deck, lettering, native_tables
from dashboard.handouts.native_charts import native
from dashboard.i18n import speaking
from dashboard.page_record import Card, Column, PageRecord
from loyalty_core.text import Language
from tests.dashboard.drawn_figures import FIGURES, MONTHS, series


def test_slides_write_shares_as_shares_and_begin_axes_where_the_page_does() -> None:
    bars = charts.ranks(["A", "B"], [0.2, 0.029], [theme.slot("quiet")] * 2, ["20.0%", "2.9%"], ["", ""])
    assert native(bars).number_format == "0.0%"
    assert native(FIGURES["ranks"]).number_format == "#,##0"
    assert native(FIGURES["lines"]).scale[0] == 0
    dear = charts.ranks(["A", "B"], [1854, 0.5], [theme.slot("quiet")] * 2, ["CN¥1,854", "CN¥0.50"], ["", ""])
    assert native(dear).number_format == '"CN¥"#,##0'
    assert slide_with(bars).value_axis.minimum_scale == 0
    shifts = charts.shifts(["East"], [series("Rate", -0.05)], figures.signed_points)
    assert slide_with(shifts).value_axis.minimum_scale is None


def test_slides_name_some_of_many_months_and_end_axes_where_the_page_does() -> None:
    months = [f"{year}-{month:02}" for year in (2025, 2026) for month in range(1, 13)]
    rates = charts.lines(months, [series("Rate", *[0.99] * 24)], figures.share, figures.share)
    chart = slide_with(rates)
    axis = chart.value_axis
    ticks = rates.layout["yaxis"]["tickvals"]
    assert (axis.minimum_scale, axis.maximum_scale) == (ticks[0], ticks[-1])
    (skip,) = chart.category_axis._element.findall(qn("c:tickLblSkip"))
    assert skip.get("val") == "2" and list(chart.plots[0].categories) == months


def slide_with(figure: charts.Figure):
    """The native chart of a slide that shows the figure alone."""
    record = PageRecord(title="t", cards=[Card(key="k", title="t", what="w", figure=figure)])
    (slide,) = Presentation(io.BytesIO(deck.deck(record))).slides
    return next(shape.chart for shape in slide.shapes if shape.has_chart)


@pytest.mark.parametrize(("spoken", "years", "first"), [("en", "2025", "Nov"), ("zh", "2025年", "11月")])
def test_months_on_a_slide_stand_under_their_years(spoken: Language, years: str, first: str) -> None:
    days = [date(2025, 11, 30), date(2025, 12, 31), date(2026, 1, 31)]
    with speaking(spoken):
        figure = charts.columns(
            figures.closes(days), [series("Joined", 7, 8, 9)], figures.count, figures.short
        )
        (upper, lower) = slide_with(figure).plots[0].categories.levels
    assert [one.label for one in upper][:1] == [first] and len(upper) == 3
    assert [(one.label, one.idx) for one in lower] == [(years, 0), (years.replace("5", "6"), 2)]


def test_shifts_on_a_slide_lie_end_to_end_in_percentage_points() -> None:
    parts = [series("Rate", -0.05, 0.01), series("Mix", 0.02, 0.03)]
    chart = slide_with(charts.shifts(["East", "West"], parts, figures.signed_points))
    assert chart.chart_type == XL_CHART_TYPE.BAR_STACKED
    assert chart.value_axis.tick_labels.number_format == '"+"0.0" pp";"−"0.0" pp";0.0" pp"'
    assert [list(one.values) for one in chart.plots[0].series] == [[-5, 1], [2, 3]]
    assert list(chart.plots[0].categories) == ["East\n−3.0 pp", "West\n+4.0 pp"]


def test_days_on_a_slide_stand_under_their_months() -> None:
    days = [date(2026, 10, 30) + timedelta(days=ahead) for ahead in range(4)]
    figure = charts.columns(
        figures.closes(days), [series("Birthdays", 1, 2, 3, 4)], figures.count, figures.short
    )
    (lower, upper) = slide_with(figure).plots[0].categories.levels
    assert [one.label for one in lower] == ["30", "31", "1", "2"]
    assert [one.label for one in upper] == ["Oct 2026", "Nov 2026"]


def test_a_day_of_each_month_stands_under_its_year_on_a_slide() -> None:
    days = [date(2025, 11, 20), date(2025, 12, 20), date(2026, 1, 20)]
    figure = charts.columns(figures.closes(days), [series("Joined", 1, 2, 3)], figures.count, figures.short)
    (lower, upper) = slide_with(figure).plots[0].categories.levels
    assert [one.label for one in lower] == ["20 Nov", "20 Dec", "20 Jan"]
    assert [one.label for one in upper] == ["2025", "2026"]


def test_points_to_which_no_line_leads_are_dots_on_slides_too() -> None:
    (line,) = slide_with(FIGURES["lines"]).plots[0].series
    dots = {point.find(qn("c:idx")).get("val") for point in line._element.findall(qn("c:dPt"))}
    assert dots == {"0", "2"}
    assert {line.points[place].marker.style for place in (0, 2)} == {XL_MARKER_STYLE.CIRCLE}


def test_a_target_is_a_dashed_line_on_slides_too() -> None:
    rate = [series("Rate", 0.5, 0.6, 0.7)]
    figure = charts.lines(MONTHS, rate, figures.share, figures.share, target=0.65, target_label="Target 65%")
    line, target = slide_with(figure).plots[0].series
    assert (line.name, line.format.line.dash_style) == ("Rate", None)
    assert (target.name, target.format.line.dash_style) == ("Target 65%", MSO_LINE.DASH)
    assert list(target.values) == [0.65] * 3


def test_a_field_on_a_slide_is_the_darker_the_more_and_words_begin_at_the_left() -> None:
    told = Card(
        key="t", title="t", what="w", columns=[Column("a", ["x"]), Column("b", ["y"]), Column("n", [1], str)]
    )
    record = PageRecord(title="t", cards=[Card(key="h", title="t", what="w", figure=FIGURES["heat"]), told])
    field, table = (
        shape.table
        for slide in Presentation(io.BytesIO(deck.deck(record))).slides
        for shape in slide.shapes
        if shape.has_table
    )
    shades = [[field.cell(row, column).fill.fore_color.rgb for column in (1, 2)] for row in (1, 2)]
    pale, dark = (RGBColor.from_string(theme.LIGHT.accents[step][1:]) for step in (0, 9))
    assert shades == [[dark, pale], [dark, RGBColor.from_string(theme.LIGHT.background[1:])]]
    sides = [table.cell(1, column).text_frame.paragraphs[0].alignment for column in range(3)]
    assert sides == [PP_ALIGN.LEFT, PP_ALIGN.LEFT, PP_ALIGN.RIGHT]


def test_the_letters_of_a_wide_table_shrink_until_it_fits() -> None:
    text = "双倍积分双倍积分双倍"
    columns = [Column(f"c{number}", [text] * 3) for number in range(9)]
    record = PageRecord(title="t", cards=[Card(key="wide", title="t", what="w", columns=columns)])
    (slide,) = Presentation(io.BytesIO(deck.deck(record))).slides
    (grid,) = [shape.table for shape in slide.shapes if shape.has_table]
    size = grid.cell(1, 1).text_frame.paragraphs[0].runs[0].font.size
    letters = 2 * len(text) * lettering.LETTER * size
    assert native_tables.LEAST_SIZE <= size.pt < 10 and letters < grid.columns[1].width


def test_few_rows_with_long_sentences_break_their_lines_and_stay_legible() -> None:
    grid = _grid(Column("Rate", ["a", "b"]), Column("Meaning", ["so many words " * 25, "few"]))
    assert grid.cell(1, 1).text_frame.paragraphs[0].runs[0].font.size.pt >= native_tables.USUAL_SIZE


def test_many_rows_with_long_sentences_are_fewer_and_in_two_lines() -> None:
    parts = Column("Part", [f"part {number}" for number in range(26)])
    values = Column("Value", ["r 1.47, " * 14] * 26)
    grid = _grid(parts, Column("Status", ["calibrated on this programme"] * 26), values)
    size = grid.cell(1, 2).text_frame.paragraphs[0].runs[0].font.size
    assert size.pt >= native_tables.USUAL_SIZE and len(grid.rows) == 1 + native_tables.MOST_OF_TWO_LINES
    assert len(values.values[0]) * lettering.LETTER * size < 2 * grid.columns[2].width
    assert grid.rows[1].height.pt > 2 * size.pt


def _grid(*columns: Column) -> Any:
    """The table of the slide that holds those columns."""
    record = PageRecord(title="t", cards=[Card(key="k", title="t", what="w", columns=columns)])
    (slide,) = Presentation(io.BytesIO(deck.deck(record))).slides
    (grid,) = [shape.table for shape in slide.shapes if shape.has_table]
    return grid
