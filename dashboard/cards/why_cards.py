"""Why a number changed: what each slice of the members contributed, by mix and by rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import address, cards, charts, figures, theme
from dashboard.charts import Series
from dashboard.filters import spoken
from dashboard.headline import in_sentence
from dashboard.i18n import N_, _, words
from dashboard.picks import of_slice
from dashboard.readings import Reading, exact, short
from dashboard.watched import Watched
from data.contributions import contributed
from loyalty_core.counting.cuts import SLICES
from loyalty_core.metrics.contributions import MIX, RATE, can_be_explained
from loyalty_core.metrics.metric import Unit

A_POINT = 0.01  # of a share; parts of a smaller change are told more finely
MOST = 8  # slices that are drawn; the others together are one more
WAYS = {RATE: N_("They behaved differently"), MIX: N_("There were more or fewer of them")}
COLOURS = {RATE: "scenario", MIX: "quiet"}


def why(page: Watched, wall: dict[str, Reading]) -> None:
    """The reader's choice of number and slice, and what every part of it contributed."""
    names = [name for name in wall if can_be_explained(wall[name].metric) and wall[name].change is not None]
    slices = [name for name in page.slices() if all(name in wall[one].metric.slices for one in names)]
    if not names or not slices:
        return
    moved = max(names, key=lambda name: (wall[name].verdict < 0, abs(wall[name].change or 0)))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="why_choices"):
        name = _choice("why", _("Why did it change"), names, moved, lambda one: wall[one].label)
        by = _choice("why_by", _("by"), slices, slices[0], lambda one: words(SLICES[one]))
    parts = page.asked_between(contributed, name, by)
    if parts.empty or not np.isfinite(parts.sum().sum()):
        return
    _drawn(wall[name], by, _largest(parts), page)


def _choice(key: str, label: str, options: Sequence[str], usual: str, spoken: Callable[[str], str]) -> str:
    now = address.value(key, usual, options)
    st.selectbox(
        label, options, format_func=spoken, width=230, filter_mode=None, **address.tied(key, now, usual)
    )
    return now


def _largest(parts: pd.DataFrame) -> pd.DataFrame:
    """The slices that moved most, most first, and the rest in one row."""
    order = parts.sum(axis=1).abs().sort_values(ascending=False, kind="stable").index
    rest = parts.loc[order[MOST:]]
    shown = parts.loc[order[:MOST]]
    return shown if rest.empty else pd.concat([shown, rest.sum(min_count=1).to_frame(_OTHERS).T])


_OTHERS = "…"


def _drawn(reading: Reading, by: str, parts: pd.DataFrame, page: Watched) -> None:
    labels = [
        _("All others") if label == _OTHERS else spoken(page.programme, by, label) for label in parts.index
    ]
    ways = [way for way in WAYS if parts[way].notna().any()]
    series = [
        Series(label=_(WAYS[way]), values=parts[way].to_list(), colour=theme.slot(COLOURS[way]))
        for way in ways
    ]
    written = partial(difference, reading)
    figure = charts.shifts(labels, series, written)
    pick = of_slice(page.programme, by, (one for one in parts.index if one != _OTHERS), reading.metric.name)
    cards.chart(_sentence(reading, parts, labels, ways), figure, "why", _what(by, ways, page), pick)


def difference(reading: Reading, value: float | None) -> str:
    """A part of the reading's change with its sign, of shares in percentage points."""
    if value is None:
        return figures.UNKNOWN
    if reading.metric.unit is Unit.SHARE:
        return figures.signed_points(value, 1 if abs(reading.change or 0) >= A_POINT else 2)
    write = short if abs(value) >= 1 else exact
    return f"{figures.sign(value)}{write(reading.metric, reading.programme, abs(value))}"


def _sentence(reading: Reading, parts: pd.DataFrame, labels: Sequence[str], ways: Sequence[str]) -> str:
    """Which slice contributed most, and of a ratio whether by mix or by rate."""
    totals = parts.sum(axis=1).to_numpy()
    most = int(np.argmax(np.abs(totals)))
    told = _("{metric}: {change} in all, {part} of it from {slice}").format(
        metric=reading.label,
        change=difference(reading, float(totals.sum())),
        part=difference(reading, float(totals[most])),
        slice=labels[most],
    )
    if MIX not in ways:
        return told
    mix, rate = (abs(float(parts[way].iloc[most])) for way in (MIX, RATE))
    because = (
        _("because there were more or fewer of them") if mix > rate else _("because they behaved differently")
    )
    return _("{sentence}, mostly {reason}").format(sentence=told, reason=because)


def _what(by: str, ways: Sequence[str], page: Watched) -> str:
    """What the bars are, and since when: of a target, too, it is the change since the period before."""
    contribution = _("Contribution to the change since {days} by {slice}; the bars add up to the change")
    change = _("Change since {days} by {slice}; the bars add up to the change")
    return (contribution if MIX in ways else change).format(
        days=figures.span(*page.view.span.before), slice=in_sentence(words(SLICES[by]))
    )
