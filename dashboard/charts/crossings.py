"""Charts of one thing against another: fields of a grid, and what flows from one side to the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard import figures, theme
from dashboard.charts.axes import ASLANT
from dashboard.charts.figure import Figure, Part
from dashboard.charts.look import FONT_SIZE, HEIGHT, TEXT, Written, plain

# Where in the range of values shades of the accent stand: few fields have one on which neither dark nor light
# words are easy to read, which are those from 3 to 5 in light mode and from 5 to 8 in dark mode.
SHADES = {0: 0.0, 1: 0.2, 2: 0.4, 3: 0.6, 5: 0.63, 8: 0.67, 9: 1.0}
Flow = tuple[str, str, float]  # from which side label to which, and how much


def heat(
    columns: Sequence[str],
    rows: Sequence[str],
    values: Sequence[Sequence[float | None]],
    written: Written,
    titles: tuple[str, str] = ("", ""),
) -> Figure:
    """A field for each row and column, the darker the more; what is unknown stays empty.

    `titles` say what the columns and the rows are.
    """
    fields = {
        "type": "heatmap",
        "x": list(columns),
        "y": list(rows),
        "z": [plain(row) for row in values],
        "text": [[written(value) if figures.known(value) else "" for value in row] for row in values],
        "texttemplate": "%{text}",
        "textfont": {"size": FONT_SIZE - 1},
        "hovertemplate": "%{y} · %{x}: %{text}<extra></extra>",
        "colorscale": [[at, theme.accent_slot(step)] for step, at in SHADES.items()],
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
    }
    across, down = (_named(title) for title in titles)
    frame = {
        "height": max(HEIGHT, 60 + 26 * len(rows)),
        "dragmode": False,
        "hoverlabel": {"font": {"size": FONT_SIZE}},
        # Told, since points to be hit would make the browser leave room around the fields.
        "xaxis": across | {"range": [-0.5, len(columns) - 0.5]},
        "yaxis": down | {"range": [len(rows) - 0.5, -0.5]},
    }
    return Figure([fields], _PLAIN | frame)


_PLAIN: Part = {"margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "font": {"size": FONT_SIZE}}


def _named(title: str) -> Part:
    """A quiet axis that says what stands along it."""
    titled = {"title": {"text": title, "font": {"size": FONT_SIZE, "color": TEXT}}} if title else {}
    return titled | {
        "type": "category",
        "tickfont": {"color": TEXT},
        "autotickangles": ASLANT,
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "automargin": True,
        "fixedrange": True,
    }


def flows(sides: tuple[dict[str, str], dict[str, str]], moved: Sequence[Flow], exact: Written) -> Figure:
    """What went from each of the places at the left to those at the right: places by label with their colour,
    the first on top, and how much moved; the wider a band, the more, and pale where all stayed as it was."""
    names = [
        [label for label in side if any(one[which] == label for one in moved)]
        for which, side in enumerate(sides)
    ]
    left, right = ({label: place for place, label in enumerate(side)} for side in names)
    bands = {
        "type": "sankey",
        "arrangement": "snap",
        "node": {
            "label": [*left, *right],
            "color": [side[label] for side, shown in zip(sides, names, strict=True) for label in shown],
            "pad": 14,
            "thickness": 14,
            "line": {"width": 0},
            "hovertemplate": "%{label}<extra></extra>",
        },
        "link": _bands(left, right, moved, exact),
        "textfont": {"size": FONT_SIZE, "color": TEXT},
    }
    return Figure([bands], _PLAIN | {"height": HEIGHT + 60})


def _bands(left: Mapping[str, int], right: Mapping[str, int], moved: Sequence[Flow], exact: Written) -> Part:
    """The bands between places that have those numbers at either side."""
    return {
        "source": [left[start] for start, _end, _much in moved],
        "target": [len(left) + right[end] for _start, end, _much in moved],
        "value": [much for _start, _end, much in moved],
        "color": [theme.accent_slot(1 if start == end else 4) for start, end, _much in moved],
        "customdata": [exact(much) for _start, _end, much in moved],
        "hovertemplate": "%{source.label} → %{target.label}: %{customdata}<extra></extra>",
    }
