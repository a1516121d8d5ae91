"""Charts of a what-if: the scenario in the accent beside the baseline in grey, intervals as pale bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard import charts, figures, theme
from dashboard.i18n import _
from dashboard.sandbox.comparison import Estimate

BAND = theme.accent_slot(1)


def difference(
    points: Sequence[str], estimates: Sequence[Estimate], exact: charts.Written, short: charts.Written
) -> charts.Figure:
    """What the scenario adds to the baseline: a line within its 95 % band, and the zero line."""
    mean = {
        "type": "scatter",
        "x": list(points),
        "y": [estimate.mean for estimate in estimates],
        "name": _("Difference"),
        "mode": "lines+markers" if len(points) < 3 else "lines",
        "line": {"width": 2.4, "color": theme.slot("scenario")},
        "customdata": [interval(estimate, exact) for estimate in estimates],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    known = [v for e in estimates for v in (e.mean, e.low, e.high) if v is not None]
    scaled = charts.scale(min([0.0, *known]), max([0.0, *known]), short)
    nought = charts.line_at(y=0, line={"width": 1.2, "color": theme.slot("baseline")})
    return charts.framed(points, [*_band(points, estimates), mean], scaled, shapes=[nought])


@dataclass(frozen=True, slots=True, kw_only=True)
class TierChange:
    """One tier under both sets of rules: members on each side, their difference, and shares from 0 to 1."""

    label: str
    members: tuple[Estimate, Estimate]
    difference: Estimate
    shares: tuple[Estimate, Estimate]


def distribution(
    tiers: Sequence[TierChange],
    sides: tuple[str, str],
    exact: charts.Written,
    short: charts.Written,
) -> charts.Figure:
    """Above, the shares of the tiers under both sets of rules; below, what each tier gains or loses.

    The tiers differ too much in size for bars of members side by side: what a change of the rules does
    to the smallest one would not be seen.
    """
    words = {
        "annotations": [_members(one) for one in tiers],
        "shapes": [charts.line_at(x=0, line={"width": 1.2, "color": theme.slot("baseline")})],
    }
    axes = _axes([one.label for one in tiers], _gained([one.difference for one in tiers], short))
    return charts.Figure([*_shares(tiers, sides), _gains(tiers, exact)], _FRAME | words | axes)


def gains(
    labels: Sequence[str], estimates: Sequence[Estimate], exact: charts.Written, short: charts.Written
) -> charts.Figure:
    """What each of several gains or loses, the first on top: a dot within its 95 % interval."""
    dots = _dots(labels, estimates, exact) | {"marker": {"size": 10, "color": theme.slot("scenario")}}
    nought = charts.line_at(x=0, line={"width": 1.2, "color": theme.slot("baseline")})
    rows = {"categoryorder": "array", "categoryarray": list(labels)[::-1], "tickfont": {"color": charts.TEXT}}
    axes = {
        "xaxis": {"fixedrange": True, "zeroline": False, "tickangle": 0} | _gained(estimates, short),
        "yaxis": {"ticks": "", "fixedrange": True, "automargin": True, "showgrid": False} | rows,
    }
    return charts.Figure([dots], _FRAME | {"shapes": [nought]} | axes)


_FRAME: charts.Part = {
    "height": charts.HEIGHT,
    "margin": {"l": 8, "r": 8, "t": 4, "b": 8},
    "barmode": "stack",
    "bargap": 0.3,
    "showlegend": False,
    "dragmode": False,
    "hoverlabel": {"font": {"size": charts.FONT_SIZE}},
    "font": {"size": charts.FONT_SIZE},
}


def _axes(rows: Sequence[str], gained: charts.Part) -> charts.Part:
    """Those of the tiers and of what they gain; above them, numbered 2, those of the shares."""
    text = {"tickfont": {"color": charts.TEXT}}
    quiet = {"ticks": "", "zeroline": False, "fixedrange": True, "automargin": True, "showgrid": False} | text
    ranked = {"categoryorder": "array", "categoryarray": rows[::-1], "range": [-0.6, len(rows) - 0.4]}
    below = {"domain": [0, 0.74], "fixedrange": True, "zeroline": False, "tickangle": 0} | text
    return {
        "xaxis": below | gained,
        "yaxis": quiet | ranked | {"domain": [0, 0.66]},
        "xaxis2": {"anchor": "y2", "range": [0, 1], "visible": False, "fixedrange": True},
        "yaxis2": quiet | {"domain": [0.74, 1], "anchor": "x2", "autorange": "reversed"},
    }


def _shares(tiers: Sequence[TierChange], sides: tuple[str, str]) -> list[charts.Part]:
    return [
        {
            "type": "bar",
            "x": [estimate.mean or 0.0 for estimate in one.shares],
            "y": list(sides),
            "xaxis": "x2",
            "yaxis": "y2",
            "orientation": "h",
            "marker": {"color": colour, "line": {"width": 0}},
            "customdata": [f"{one.label} {figures.share(share.mean or 0.0)}" for share in one.shares],
            "hovertemplate": "%{customdata}<extra></extra>",
        }
        for one, colour in zip(tiers, theme.tier_slots(len(tiers)), strict=True)
    ]


def _gains(tiers: Sequence[TierChange], exact: charts.Written) -> charts.Part:
    marker = {
        "size": 9,
        "color": theme.tier_slots(len(tiers)),
        "line": {"width": 2, "color": theme.slot("scenario")},
    }
    return _dots([one.label for one in tiers], [one.difference for one in tiers], exact) | {"marker": marker}


def _dots(labels: Sequence[str], estimates: Sequence[Estimate], exact: charts.Written) -> charts.Part:
    """Means within their intervals, one below the other."""
    return {
        "type": "scatter",
        "x": [estimate.mean for estimate in estimates],
        "y": list(labels),
        "mode": "markers",
        "error_x": _error_bars(estimates) | {"color": theme.slot("scenario"), "thickness": 1.6, "width": 4},
        "customdata": [interval(estimate, exact) for estimate in estimates],
        "hovertemplate": "%{y}: %{customdata}<extra></extra>",
    }


def _gained(estimates: Sequence[Estimate], short: charts.Written) -> charts.Part:
    """The axis of what several gain and lose."""
    known = [v for e in estimates for v in e.values if v is not None]
    scaled = charts.scale(min([0.0, *known]), max([0.0, *known]), short)
    values = scaled["tickvals"]
    if len(values) > 4:  # on a phone every step would touch the next
        kept = slice(values.index(0) % 2, None, 2)
        scaled |= {name: scaled[name][kept] for name in ("tickvals", "ticktext")}
    return scaled


def _members(one: TierChange) -> charts.Part:
    """How many are in a tier under both sets of rules, in words at the right edge."""
    before, after = one.members
    words = f"{figures.count(before.mean)} → <b>{figures.count(after.mean)}</b>"
    return charts.note(words, x=1, xref="paper", xanchor="right", y=one.label)


def interval(estimate: Estimate, exact: charts.Written) -> str:
    """A number with its interval: "−312 (−337 … −287)"."""
    if estimate.low is None or estimate.high is None:
        return exact(estimate.mean)
    return f"{exact(estimate.mean)} ({exact(estimate.low)} … {exact(estimate.high)})"


def _band(points: Sequence[str], estimates: Sequence[Estimate]) -> list[charts.Part]:
    """The intervals as an area: its lower edge, and what lies between that and the upper one."""
    edge = {
        "type": "scatter",
        "x": list(points),
        "mode": "lines",
        "line": {"width": 0, "color": BAND},
        "fillcolor": BAND,
        "hoverinfo": "skip",
    }
    low, high = ([getattr(one, end) for one in estimates] for end in ("low", "high"))
    lower, upper = _("Low end of the 95% interval"), _("High end of the 95% interval")
    return [
        edge | {"name": lower, "y": low, "fill": "none"},
        edge | {"name": upper, "y": high, "fill": "tonexty"},
    ]


def _error_bars(estimates: Sequence[Estimate]) -> charts.Part:
    known = [(e.mean or 0.0, e.low, e.high) for e in estimates]
    return {
        "type": "data",
        "symmetric": False,
        "array": [0.0 if high is None else high - mean for mean, _, high in known],
        "arrayminus": [0.0 if low is None else mean - low for mean, low, _ in known],
        "color": charts.TEXT,
        "thickness": 1.2,
        "width": 3,
    }
