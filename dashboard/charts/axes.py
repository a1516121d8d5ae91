"""Quiet axes: a few round steps in the reader's language, labels beside the lines that do not touch."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from dashboard import figures
from dashboard.charts.figure import Figure, Part
from dashboard.charts.look import FONT_SIZE, HEIGHT, LEGEND, TEXT, Series, Written, note, width_of

ASLANT = [0, -45]  # degrees by which names of points are turned, the first that leaves them apart
LINE, APART = 16, 4  # pixels of a line of words, and between two labels
PLOT = HEIGHT - 60  # pixels of the chart without what stands below it
CLOSES = "closes"  # what the layout of a figure over time knows of its points: their words and their days
METRIC, WHERE = "metric", "where"  # what a trace knows of the series that it draws


def framed(
    points: Sequence[str],
    traces: Sequence[Part],
    scaled: Part,
    notes: Sequence[Part] = (),
    **layout: Any,
) -> Figure:
    """A chart over labelled points in its quiet frame: few labels below, one height, exact on hover; `scaled`
    is what `scale` says of the upright axis."""
    days = {CLOSES: [[str(one), one.day.isoformat()] for one in points]} if _over_time(points) else {}
    legend = layout.setdefault("showlegend", False)
    frame = {
        "height": HEIGHT,
        "margin": {"l": 8, "t": 28 if legend else 12, "b": 8, "r": _right(notes)},
        "hovermode": "x unified",
        "hoverlabel": {"font": {"size": FONT_SIZE}},
        "font": {"size": FONT_SIZE},
        "legend": LEGEND | {"y": 1.02},
        "dragmode": False,
        "meta": days,
        "annotations": list(notes),
        "xaxis": _few(points),
        "yaxis": _QUIET | scaled,
    }
    return Figure(traces, frame | layout)


def _over_time(points: Sequence[str]) -> TypeGuard[Sequence[figures.Close]]:
    return all(isinstance(point, figures.Close) for point in points)


def closes(figure: Figure) -> Sequence[tuple[str, str]]:
    """The points of a figure over time with their days; none of another."""
    told: Sequence[tuple[str, str]] = figure.layout.get("meta", {}).get(CLOSES, ())
    return told


_QUIET: Part = {
    "zeroline": False,
    "ticks": "",
    "tickfont": {"color": TEXT},
    "automargin": True,
    "fixedrange": True,
}


def drawn(figure: Figure) -> list[tuple[str, str, Mapping[str, Sequence[str]], Sequence[float | None]]]:
    """Of each series whose metric is known: its label, the metric, filters of its own, and its values."""
    known = [trace for trace in figure.traces if trace.get("meta", {}).get(METRIC)]
    return [(one["name"], one["meta"][METRIC], one["meta"][WHERE], one["y"]) for one in known]


def _few(points: Sequence[str]) -> Part:
    """The axis of points, about four of them named: the last, and the first where that comes out even."""
    least = max(1, math.ceil(len(points) / 4))
    even = (one for one in range(least, least + 3) if (len(points) - 1) % one == 0)
    every = next(even, least)
    shown = list(points[::-1][::every][::-1])
    words = figures.below_an_axis(shown) if _over_time(points) else shown
    named = {"tickmode": "array", "tickvals": shown, "ticktext": words, "tickangle": 0}
    return _QUIET | named | {"type": "category", "showgrid": False}


def all_named(figure: Figure, points: Sequence[str]) -> Figure:
    """Every point of the axis with its name: upright where there is room, aslant on a phone."""
    names = ["<br>".join(_wrapped(one, 12)) for one in points]
    turned = {"tickangle": None, "autotickangles": ASLANT}
    return figure.laid_out(xaxis={"tickvals": list(points), "ticktext": names} | turned)


def _wrapped(text: str, room: int) -> list[str]:
    """Lines of at most so many Latin letters; those of Chinese are twice as wide."""
    twice = re.sub("([\u2e80-\uffff])", "\\1\0", text)
    return [line.replace("\0", "") for line in textwrap.wrap(twice, room)]


def _right(notes: Sequence[Part]) -> int:
    """Room for the labels at the right end of the lines."""
    names = [one["text"].split("</span>")[-1] for one in notes if one["x"] == 1]
    lines = [line for name in names for line in name.split("<br>")]
    return int(max(map(width_of, lines), default=0) + 26)


def scale(low: float, high: float, written: Written) -> Part:
    """An axis with four or five round steps, written in the reader's language; with fewer where two of them
    would be written alike, such as quarters of a member."""
    for most in (5, 4, 2, 1):
        values, ends = steps(low, high, most)
        words = [written(value) for value in values]
        if len(set(words)) == len(words):
            break
    return {"tickmode": "array", "tickvals": values, "ticktext": words, "range": ends}


def steps(low: float, high: float, most: int = 5) -> tuple[list[float], list[float]]:
    """At most so many round steps (or one more) that span those two values, one unit where they are the same,
    and the range of the axis that shows them: a hair more, since the browser leaves out lines at its ends."""
    high = high if high > low else low + 1.0
    reach = high - low
    magnitude = 10 ** math.floor(math.log10(reach / 4))
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10, 20, 50) if m * magnitude * most >= reach)
    first, last = math.floor(low / step), math.ceil(high / step)
    values = [number * step for number in range(first, last + 1)]
    hair = (values[-1] - values[0]) / 200
    return values, [values[0] - hair, max(values[-1] + hair, high + reach * 0.04)]


def named_ends(series: Sequence[Series], heights: Sequence[float], scaled: Part) -> list[Part]:
    """The name of each line at its right end, moved apart where two would touch."""
    texts = [textwrap.wrap(one.label, 13) or [""] for one in series]
    bottom, top = scaled["range"]
    rooms = [(LINE * len(lines) + APART) * (top - bottom) / PLOT for lines in texts]
    places = spread(heights, rooms, bottom, top)
    return [
        at_end(f'<span style="color:{one.colour}">■</span> {"<br>  ".join(lines)}', place) | {"align": "left"}
        for one, lines, place in zip(series, texts, places, strict=True)
    ]


def at_end(text: str, y: float) -> Part:
    """Words at the right end of a line."""
    return note(text, x=1, xref="paper", y=y, xanchor="left", xshift=6)


def spread(heights: Sequence[float], rooms: Sequence[float], bottom: float, top: float) -> list[float]:
    """Where labels of those heights stand so that none touches the next or leaves the chart at its top."""
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    places = list(heights)
    floor = bottom
    for index in order:
        places[index] = max(places[index], floor + rooms[index] / 2)
        floor = places[index] + rooms[index] / 2
    ceiling = top
    for index in reversed(order):
        places[index] = min(places[index], ceiling - rooms[index] / 2)
        ceiling = places[index] - rooms[index] / 2
    return places
