"""Why a number changed: what each slice of the members contributed, by mix and by rate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import address, cards, charts, figures, theme, tiles
from dashboard.charts import Figure, Series
from dashboard.filters import spoken
from dashboard.headline import in_sentence
from dashboard.i18n import N_, _, words
from dashboard.page_record import Column
from dashboard.picks import of_slice
from dashboard.readings import Reading, column, exact, plain, short
from dashboard.watch_page import WatchPage
from data.contributions import contributed
from loyalty_core.counting.cuts import SLICES
from loyalty_core.metrics.contributions import MIX, RATE, Explained, can_be_explained
from loyalty_core.metrics.metric import Unit

A_POINT = 0.01  # of a share; parts of a smaller change are told more finely
MOST = 8  # slices that are drawn; the others together are one more
SEVERAL = "several"
WAYS = {
    RATE: N_("They behaved differently"),
    MIX: N_("There were more or fewer of them"),
    SEVERAL: N_("They count in several"),
}
COLOURS = {RATE: "scenario", MIX: "quiet", SEVERAL: "never"}
_OTHERS, _SEVERAL = "…", "…several"


def wall(page: WatchPage, readings: Mapping[str, Reading]) -> None:
    """The tiles, each of which tells on demand why it changed."""
    slices = page.slices()
    asked = tiles.wall(readings.values(), page.view, _explained(readings, slices))
    if asked is not None:
        shows = st.dialog(_("Why did it change"), width="large")(_answer)
        shows(page, readings[asked], _of(readings[asked], slices))


def _explained(readings: Mapping[str, Reading], slices: Sequence[str]) -> list[str]:
    """Whose change can be told by what members are."""
    return [
        name
        for name, one in readings.items()
        if can_be_explained(one.metric) and None not in (one.value, one.before) and _of(one, slices)
    ]


def _of(reading: Reading, slices: Sequence[str]) -> list[str]:
    return [name for name in slices if name in reading.metric.slices]


def why(page: WatchPage, readings: Mapping[str, Reading]) -> None:
    """The reader's choice of number and slice, and what every part of it contributed."""
    slices = page.slices()
    names = _explained(readings, slices)
    if not names:
        return
    moved = max(names, key=lambda name: (readings[name].verdict < 0, abs(readings[name].change or 0)))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="why_choices"):
        name = _choice("why", _("Why did it change"), names, moved, lambda one: readings[one].label)
        offered = _of(readings[name], slices)
        by = _choice("why_by", _("by"), offered, offered[0], lambda one: words(SLICES[one]))
    found = page.asked_between(contributed, name, by)
    if not found.is_known:
        return
    parts = _largest(found)
    labels = _spoken(page, by, parts)
    pick = of_slice(page.programme, by, (one for one in parts.index if one not in (_OTHERS, _SEVERAL)), name)
    figure = _figure(readings[name], parts, labels)
    cards.chart(_sentence(readings[name], found, by, page), figure, "why", _what(by, found, page), pick)


def _choice(key: str, label: str, options: Sequence[str], usual: str, spoken: Callable[[str], str]) -> str:
    now = address.value(key, usual, options)
    st.selectbox(
        label, options, format_func=spoken, width=230, filter_mode=None, **address.tied(key, now, usual)
    )
    return now


def _answer(page: WatchPage, reading: Reading, slices: Sequence[str]) -> None:
    """In a window of its own what each part of a slice contributed, as a sentence, a chart and a table."""
    by = st.selectbox(
        _("by"), slices, format_func=lambda one: words(SLICES[one]), width=230, key="why_told_by"
    )
    found = page.asked_between(contributed, reading.metric.name, by)
    if not found.is_known:
        st.info(_("Nothing is known of this number by {slice}.").format(slice=in_sentence(words(SLICES[by]))))
        return
    title, what = _sentence(reading, found, by, page), _what(by, found, page)
    st.markdown(f"**{figures.unbroken(title)}**")
    st.caption(figures.unbroken(what))
    drawn = _largest(found)
    figure = _figure(reading, drawn, _spoken(page, by, drawn))
    charts.show(figure, alt=f"{what}. {title}.", key="chart_why_told")
    cards.grid(_columns(reading, found, by, page), "table_why_told")


def _ordered(found: Explained) -> pd.DataFrame:
    """The contributions of all slices, those that moved most first, and last of members in several."""
    order = found.parts.sum(axis=1).abs().sort_values(ascending=False, kind="stable").index
    parts = found.parts.loc[order]
    if not found.several:
        return parts
    return pd.concat([parts, pd.DataFrame({SEVERAL: found.several}, [_SEVERAL])])


def _foremost(found: Explained) -> pd.DataFrame:
    """The slice that moved the number furthest the way it went: another may have moved it back further."""
    parts = _ordered(found)
    along = parts[parts.sum(axis=1) * found.change > 0]
    return (parts if along.empty else along).iloc[:1]


def _largest(found: Explained) -> pd.DataFrame:
    """The slices that moved most, most first, and the rest in one row."""
    parts = _ordered(found)
    of_slices = parts.drop(index=_SEVERAL, errors="ignore")
    rest = of_slices.iloc[MOST:]
    if rest.empty:
        return parts
    others = rest.sum(min_count=1).to_frame(_OTHERS).T
    return pd.concat([of_slices.iloc[:MOST], others, parts.iloc[len(of_slices) :]])


def _spoken(page: WatchPage, by: str, parts: pd.DataFrame) -> list[str]:
    """What the rows are called."""
    ours = {_OTHERS: _("All others"), _SEVERAL: _("In several of them")}
    return [ours.get(label) or spoken(page.programme, by, label) for label in parts.index]


def _ways(parts: pd.DataFrame) -> list[str]:
    """In which ways the parts contributed; of what adds up there is no mix."""
    return [way for way in WAYS if way in parts and parts[way].notna().any()]


def _figure(reading: Reading, parts: pd.DataFrame, labels: Sequence[str]) -> Figure:
    series = [
        Series(label=_(WAYS[way]), values=column(parts, way), colour=theme.slot(COLOURS[way]))
        for way in _ways(parts)
    ]
    return charts.shifts(labels, series, partial(difference, reading))


def _columns(reading: Reading, found: Explained, by: str, page: WatchPage) -> list[Column]:
    """The contributions as a table, with what they come to."""
    parts = _ordered(found)
    ways = {_(WAYS[way]): parts[way] for way in _ways(parts)} if len(_ways(parts)) > 1 else {}
    ways[_("In all")] = parts.sum(axis=1)
    labels = [*_spoken(page, by, parts), _("All together")]
    return [Column(words(SLICES[by]), labels)] + [
        Column(label, [*map(plain, each), plain(each.sum())], partial(difference, reading, in_full=True))
        for label, each in ways.items()
    ]


def difference(reading: Reading, value: float | None, *, in_full: bool = False) -> str:
    """A part of the reading's change with its sign, of shares in percentage points."""
    if value is None:
        return figures.UNKNOWN
    if reading.metric.unit is Unit.SHARE:
        return figures.signed_points(value, 1 if abs(reading.change or 0) >= A_POINT else 2)
    write = short if abs(value) >= 1 and not in_full else exact
    return f"{figures.sign(value)}{write(reading.metric, reading.programme, abs(value))}"


def _sentence(reading: Reading, found: Explained, by: str, page: WatchPage) -> str:
    """Which slice contributed most, and of a ratio whether by mix or by rate."""
    most = _foremost(found)
    told = _("{metric}: {change} in all, {part} of it from {slice}").format(
        metric=reading.label,
        change=difference(reading, found.change),
        part=difference(reading, float(most.sum(axis=1).iloc[0])),
        slice=_spoken(page, by, most)[0],
    )
    if MIX not in _ways(found.parts):
        return told
    mix, rate = (abs(float(most[way].iloc[0])) for way in (MIX, RATE))
    because = (
        _("because there were more or fewer of them") if mix > rate else _("because they behaved differently")
    )
    return _("{sentence}, mostly {reason}").format(sentence=told, reason=because)


def _what(by: str, found: Explained, page: WatchPage) -> str:
    """What the bars are, and since when: of a target, too, it is the change since the period before."""
    contribution = _("Contribution to the change since {days} by {slice}; the bars add up to the change")
    change = _("Change since {days} by {slice}; the bars add up to the change")
    return (contribution if MIX in _ways(found.parts) else change).format(
        days=figures.span(*page.view.span.before), slice=in_sentence(words(SLICES[by]))
    )
