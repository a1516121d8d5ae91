"""Charts whose axis is the calendar: what lasted from which day to which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dashboard import figures, theme
from dashboard.charts.bars import gap
from dashboard.charts.figure import Figure, Part
from dashboard.charts.look import FONT_SIZE, HEIGHT, LEGEND, TEXT, line_at, note

TICKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What lasted from a day to a day: the row that it stands in, how its likes are called, and its words."""

    row: str
    first: date
    last: date
    group: str
    words: str


def calendar(stretches: Sequence[Stretch], colours: dict[str, str], day: date, day_words: str) -> Figure:
    """A bar for each stretch, in rows, coloured by group; a line stands at the given day."""
    bars = [
        _bars([one for one in stretches if one.group == group], group, colour)
        for group, colour in colours.items()
        if any(one.group == group for one in stretches)
    ]
    rows = list(dict.fromkeys(one.row for one in stretches))
    first, last = min(one.first for one in stretches), max(one.last for one in stretches)
    inwards = "right" if day - first > last - day else "left"  # so that no edge cuts the words
    today = {
        "shapes": [line_at(x=day.isoformat(), line={"width": 1, "dash": "dash", "color": TEXT})],
        "annotations": [
            note(day_words, x=day.isoformat(), y=1, yref="paper", yanchor="bottom", xanchor=inwards)
        ],
    }
    return Figure(bars, _frame(rows, first, last) | today)


def _bars(those: Sequence[Stretch], group: str, colour: str) -> Part:
    return {
        "type": "bar",
        "y": [one.row for one in those],
        "base": [one.first.isoformat() for one in those],
        "x": [((one.last - one.first).days + 1) * 86_400_000 for one in those],
        "orientation": "h",
        "name": group,
        "marker": {"color": colour, "line": {"width": 0}},
        "customdata": [one.words for one in those],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _frame(rows: Sequence[str], first: date, last: date) -> Part:
    months = _months(first, last)
    quiet = {"zeroline": False, "ticks": "", "tickfont": {"color": TEXT}, "fixedrange": True}
    days = {
        "type": "date",
        "tickmode": "array",
        "tickvals": [month.isoformat() for month in months],
        "ticktext": [figures.month(month) for month in months],
        "tickangle": 0,
        "range": [first.isoformat(), (last + timedelta(days=1)).isoformat()],
        "gridcolor": theme.slot("quiet"),
    }
    order = {"categoryorder": "array", "categoryarray": list(rows)[::-1]}
    height = max(HEIGHT, 90 + 30 * len(rows))
    return {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 44, "b": 8},
        "barmode": "overlay",
        "bargap": gap(len(rows), height),
        "legend": LEGEND | {"y": 1.1},
        "dragmode": False,
        "font": {"size": FONT_SIZE},
        "hoverlabel": {"font": {"size": FONT_SIZE}},
        "xaxis": days | quiet,
        "yaxis": {"type": "category", "automargin": True, "showgrid": False} | order | quiet,
    }


def _months(first: date, last: date) -> list[date]:
    """First days of some of the months between two days, evenly apart."""
    count = (last.year - first.year) * 12 + last.month - first.month
    apart = max(1, -(-count // TICKS))
    months = [first.year * 12 + first.month - 1 + ahead for ahead in range(1, count + 1, apart)]
    return [date(month // 12, month % 12 + 1, 1) for month in months]
