"""Charts: quiet, alike, readable without colour, and the same in light and dark."""

from __future__ import annotations

import json
import math
import tomllib
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dashboard
from dashboard import charts, figures, theme
from dashboard.charts import Series
from dashboard.i18n import speaking

CONFIG = tomllib.loads((Path(dashboard.__file__).parent / ".streamlit" / "config.toml").read_text("utf-8"))
STRETCH = charts.Stretch(
    row="Sale", first=date(2026, 8, 1), last=date(2026, 8, 9), group="mail", words="Sale by mail"
)
MONTHS = ["Aug 2026", "Sep 2026", "Oct 2026"]
SERIES = [
    Series(label="Active", values=[1000.0, None, 1200.0], colour=theme.slot("active")),
    Series(label="Silent", values=[900.0, 950.0, 1190.0], colour=theme.slot("silent")),
]
FIRST_MONTH = [replace(one, values=one.values[:1]) for one in SERIES]

FIGURES = {
    "stacked": charts.stacked(MONTHS, SERIES),
    "lines": charts.lines(MONTHS, SERIES, figures.count, figures.short, target=1100, target_label="Goal"),
    "dots": charts.lines(MONTHS[:1], FIRST_MONTH, figures.count, figures.short),
    "single": charts.stacked(MONTHS[:1], FIRST_MONTH),
    "columns": charts.columns(MONTHS, SERIES, figures.count, figures.short),
    "ranks": charts.ranks(["Gold", "Silver"], [3, 40], theme.tier_slots(2), ["3", "40"], ["+1", "-1"]),
    "named": charts.all_named(charts.columns(MONTHS, SERIES, figures.count, figures.short), MONTHS),
    "shifts": charts.shifts(MONTHS, SERIES, figures.count),
    "steps": charts.steps_between(MONTHS, [100, 30, 130], figures.count, figures.short),
    "heat": charts.heat(["0", "1"], ["a", "b"], [[1.0, 0.5], [1.0, None]], figures.share, ("across", "down")),
    "flows": charts.flows(({"a": "#000001"}, {"b": "#000002"}), [("a", "b", 2.0)], figures.count),
    "calendar": charts.calendar([STRETCH], {"mail": "#000011"}, date(2026, 8, 4), "today"),
}


def drawn(kind: str) -> dict[str, Any]:
    """A chart as it goes to the browser."""
    return json.loads(json.dumps(FIGURES[kind].parts))


def without_nothing(part: Any) -> Any:
    """A part as Plotly tells it, which leaves out what is nothing or holds nothing."""
    if isinstance(part, dict):
        told = {name: without_nothing(one) for name, one in part.items()}
        return {name: one for name, one in told.items() if one not in (None, {}, [])}
    return [without_nothing(one) for one in part] if isinstance(part, list | tuple) else part


@pytest.mark.parametrize("kind", FIGURES)
def test_what_goes_to_the_browser_is_what_plotly_would_send(kind: str) -> None:
    figure = FIGURES[kind]
    for one in (figure, charts.enlarged(figure, 560, 1.5), figure.noted([charts.note("x", x=0, y=1)], [])):
        assert without_nothing(one.parts) == without_nothing(one.checked.to_plotly_json())


@pytest.mark.parametrize("kind", ["stacked", "lines", "columns", "ranks"])
def test_a_chart_has_no_title_small_margins_and_the_common_height(kind: str) -> None:
    layout = drawn(kind)["layout"]
    assert not layout.get("title", {}).get("text")
    assert layout["height"] == charts.HEIGHT
    assert max(layout["margin"][side] for side in "ltb") <= 32


@pytest.mark.parametrize("kind", ["stacked", "lines", "columns", "ranks"])
def test_every_colour_of_a_chart_is_a_slot_that_follows_the_mode(kind: str) -> None:
    chart = drawn(kind)
    text = json.dumps(chart | {"layout": chart["layout"] | {"template": None}})
    colours = {part[:7] for part in text.split('"') if part.startswith("#")}
    assert colours
    assert all(colour.startswith("#0000") for colour in colours)
    painted = theme.painted(text, "dark")
    assert theme.DARK.meanings["active"] in painted or kind == "ranks"
    assert theme.painted(text, "light") != painted


def test_a_point_to_which_no_line_leads_is_a_dot() -> None:
    """Active is unknown in the month between two that are known; Silent is known in all."""
    active, silent = drawn("lines")["data"]
    assert active["mode"] == "lines+markers"
    assert active["marker"]["opacity"] == [1, 0, 1]
    assert silent["mode"] == "lines"


def test_a_single_point_of_areas_is_a_column_of_all_of_them() -> None:
    chart = drawn("single")
    assert [(trace["type"], trace["y"]) for trace in chart["data"]] == [("bar", [1000.0]), ("bar", [900.0])]
    assert chart["layout"]["barmode"] == "stack"
    assert {trace["type"] for trace in drawn("stacked")["data"]} == {"scatter"}


def test_an_unknown_month_is_a_gap_and_its_tooltip_a_dash() -> None:
    line = drawn("lines")["data"][0]
    assert line["y"][1] is None
    assert line["connectgaps"] is False
    assert line["customdata"][1] == "–"


def test_tooltips_are_exact_and_axes_short_in_the_reader_s_language() -> None:
    big = [Series(label="活跃", values=[120_000.0, 250_000.0, 412_345.0], colour=theme.slot("active"))]
    with speaking("zh"):
        figure = charts.lines(MONTHS, big, figures.count, figures.short)
    assert figure.traces[0]["customdata"][-1] == "412,345"
    assert "40万" in figure.layout["yaxis"]["ticktext"]


def ends(*values: float, target: float | None = None) -> tuple[float, float]:
    """The axis of a line through those values."""
    one = Series(label="Satisfied", values=values, colour=theme.slot("active"))
    figure = charts.lines(MONTHS[: len(values)], [one], figures.share, figures.share, target=target)
    return tuple(figure.layout["yaxis"]["range"])


def test_lines_begin_at_nought_unless_all_of_them_run_far_above_it() -> None:
    assert ends(0.2, 0.9)[0] == pytest.approx(0, abs=0.01)
    assert ends(0.91, 0.94, target=0.5)[0] == pytest.approx(0, abs=0.01)
    assert ends(-0.2, 0.9)[0] < -0.19
    low, high = ends(0.91, 0.94, target=0.95)
    assert 0.6 < low <= 0.8 * 0.95 and 0.95 < high <= 1.01


@pytest.mark.parametrize("peak", [74.0, 80.0, 8_900.0])
def test_the_lines_of_the_first_and_the_last_step_are_not_at_the_very_ends(peak: float) -> None:
    one = Series(label="Members", values=[peak, 3.0, 1.0], colour=theme.slot("active"))
    axis = charts.columns(MONTHS, [one], figures.count, figures.short).layout["yaxis"]
    assert axis["range"][0] < axis["tickvals"][0] == 0 and max(axis["tickvals"]) < axis["range"][1]


def test_every_line_is_named_at_its_end() -> None:
    figure = charts.lines(MONTHS, SERIES, figures.count, figures.short)
    names = {note["text"].split("</span> ")[1] for note in figure.layout["annotations"]}
    assert names == {"Active", "Silent"}


@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from([6.0, 12.0])), min_size=1, max_size=8))
def test_labels_at_the_ends_of_lines_neither_touch_nor_leave_the_chart(
    labels: list[tuple[float, float]],
) -> None:
    heights, rooms = zip(*labels, strict=True)
    placed = charts.spread(heights, rooms, 0, 100)
    stacked = sorted((place - room / 2, place + room / 2) for place, room in zip(placed, rooms, strict=True))
    assert all(below[1] <= above[0] + 1e-6 for below, above in pairwise(stacked))
    assert stacked[0][0] >= -1e-6 and stacked[-1][1] <= 100 + 1e-6


@pytest.mark.parametrize(("width", "least"), [(330, 0.28), (1000, 0.75)])
def test_bars_take_the_room_that_their_words_leave_however_wide_the_chart_is(
    width: int, least: float
) -> None:
    words = ("3 members · 1.2%", "2,699 members · 68.6%")
    figure = charts.ranks(["Gold", "Silver"], [3, 40], theme.tier_slots(2), words, ["+1", "-1"])
    margin, names = figure.layout["margin"], charts.width_of("Silver")
    bars = width - margin["l"] - margin["r"] - names
    assert figure.layout["xaxis"]["range"] == [0, 40]
    assert bars / (width - names) > least
    assert margin["r"] >= charts.width_of(words[1]) + charts.width_of("+1")
    assert {one["xshift"] + margin["l"] for one in figure.layout["annotations"]} == {margin["r"]}


@pytest.mark.parametrize("rows", [1, 2, 8])
def test_few_bars_are_no_thicker_than_many(rows: int) -> None:
    names, values = [str(row) for row in range(rows)], [1.0] * rows
    figure = charts.ranks(names, values, [theme.slot("quiet")] * rows, names, names)
    assert figure.layout["height"] / rows * (1 - figure.layout["bargap"]) <= 45


@pytest.mark.parametrize(("parts", "side"), [([-5.0, -1.0], 0), ([5.0, 1.0], 1)])
def test_shifts_to_one_side_leave_none_of_the_chart_to_the_other(parts: list[float], side: int) -> None:
    series = [Series(label="Rate", values=parts, colour=theme.slot("scenario"))]
    low, high = charts.shifts(["East", "West"], series, figures.signed).layout["xaxis"]["range"]
    bars = -5.0 if side == 0 else 5.0
    assert abs(low - min(bars, 0)) < 0.2 and high == max(bars, 0)
    assert 5 / (high - low) > 0.9


def test_names_below_an_axis_are_wrapped_by_their_width() -> None:
    names = ["PLUS 付费会员", "Plus (paid) membership", "Gold"]
    bars = [Series(label="x", values=[1, 2, 3], colour=theme.slot("active"))]
    figure = charts.all_named(charts.columns(names, bars, figures.count, figures.short), names)
    assert figure.layout["xaxis"]["ticktext"] == ["PLUS<br>付费会员", "Plus (paid)<br>membership", "Gold"]


def test_an_area_that_is_nought_throughout_takes_no_label_from_the_others() -> None:
    never = Series(label="Never purchased", values=[0.0, None, 0.0], colour=theme.slot("quiet"))
    assert charts.stacked(MONTHS, [*SERIES, never]).parts == FIGURES["stacked"].parts
    assert len(charts.stacked(MONTHS, [never]).traces) == 1


def test_a_chart_of_nothing_is_drawn_all_the_same() -> None:
    nothing = [Series(label="Active", values=[None, None, 0.0], colour=theme.slot("active"))]
    for figure in (
        charts.lines(MONTHS, nothing, figures.count, figures.short),
        charts.stacked(MONTHS, nothing),
        charts.columns(MONTHS, nothing, figures.count, figures.short),
    ):
        low, high = figure.layout["yaxis"]["range"]
        assert math.isfinite(low) and low < high


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_streamlit_s_palettes_are_the_theme_s(mode: theme.Mode) -> None:
    palette, written = theme.PALETTES[mode], CONFIG["theme"][mode]
    assert written["chartCategoricalColors"] == list(palette.meanings.values())
    assert written["chartSequentialColors"] == list(palette.accents)
    assert written["chartDivergingColors"] == list(palette.tiers)
    assert written["backgroundColor"] == palette.background
    assert written["secondaryBackgroundColor"] == written["sidebar"]["backgroundColor"] == palette.panel
    assert written["textColor"] == palette.text
    assert written["primaryColor"] == palette.accent
    assert written["greenColor"] == palette.meanings["good"]
    assert written["redColor"] == palette.meanings["bad"]


def test_both_modes_name_the_same_meanings() -> None:
    assert list(theme.LIGHT.meanings) == list(theme.DARK.meanings)
    assert len(theme.LIGHT.meanings) == len(theme.LIGHT.accents) == len(theme.LIGHT.tiers) == 10


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_ratio_is_the_standard_s() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_and_meanings_stand_out_in_both_modes(mode: theme.Mode) -> None:
    palette = theme.PALETTES[mode]
    for ground in (palette.background, palette.panel):
        assert contrast(palette.text, ground) >= 7
        assert contrast(palette.accents[7], ground) >= 4.5
        for meaning in ("good", "bad", "baseline"):
            assert contrast(palette.meanings[meaning], ground) >= 4.5, meaning
    for meaning, colour in palette.meanings.items():
        if meaning != "quiet":  # bars that stand beside labelled ones
            assert contrast(colour, palette.background) >= 3, meaning
    assert contrast("#FFFFFF", palette.accent) >= 4.5


def test_bands_are_as_wide_as_what_moved_and_pale_where_nothing_did() -> None:
    left = {"Gold": theme.slot("silent"), "Basic": theme.slot("quiet"), "Nobody": theme.slot("new")}
    moved = [("Gold", "Gold", 5.0), ("Gold", "Basic", 2.0), ("Basic", "Basic", 9.0)]
    [bands] = charts.flows((left, left), moved, figures.count).checked.data
    assert bands.node.label == ("Gold", "Basic", "Gold", "Basic")
    drawn = zip(bands.link.source, bands.link.target, bands.link.value, strict=True)
    assert list(drawn) == [(0, 2, 5.0), (0, 3, 2.0), (1, 3, 9.0)]
    assert [colour == bands.link.color[0] for colour in bands.link.color] == [True, False, True]


@pytest.mark.parametrize(("low", "high"), [(0, 0), (0, 1), (0, 2), (0, 7), (3, 4), (0, 12_345)])
def test_no_two_steps_of_an_axis_are_written_alike(low: float, high: float) -> None:
    axis = charts.scale(low, high, figures.count)
    assert len(set(axis["ticktext"])) == len(axis["ticktext"]) > 1
    assert axis["tickvals"][0] <= low and high <= axis["tickvals"][-1]
    assert all(
        figures.count(value) == f"{value:,.0f}" and value == round(value) for value in axis["tickvals"]
    )
