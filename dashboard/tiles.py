"""The KPI wall: one tile per metric with value, change, verdict in words, target, trend and definition."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import islice

import streamlit as st

from dashboard import figures, page_record, sparklines
from dashboard.definitions import formula
from dashboard.filters import View
from dashboard.i18n import _, ngettext, words
from dashboard.readings import Reading
from dashboard.spans import TARGET
from loyalty_core.metrics.metric import Kind, Unit

MIN_WIDTH = 160  # pixels; four in a row on a tablet
FEWEST, IN_A_ROW, MOST_IN_A_ROW = 3, 4, 5  # tiles that fill a row, as a rule, and where there are no more


def wall(readings: Iterable[Reading], view: View, explained: Collection[str] = ()) -> str | None:
    """The tiles, as many in a row as there is room for, each with its definition one click away; of those
    whose change can be explained, the one whose reasons were asked for just now."""
    readings = list(readings)
    page_record.now().tiles += readings
    return grid(readings, [definition(reading, view) for reading in readings], explained)


def grid(
    readings: Sequence[Reading],
    definitions: Sequence[str | None] | None = None,
    explained: Collection[str] = (),
) -> str | None:
    """The tiles alone, in rows that they fill."""
    tiles = iter(zip(readings, definitions or [None] * len(readings), strict=True))
    asked = None
    for columns, count in filled_rows(len(readings)):
        with st.grid(columns, min_column_width=MIN_WIDTH, gap="small"):
            for reading, told in islice(tiles, count):
                name = reading.metric.name
                with st.container(border=True, height="stretch", gap="xsmall", key=f"tile_{name}"):
                    if tile(reading, told, name in explained if explained else None):
                        asked = name
    return asked


def filled_rows(count: int) -> list[tuple[int, int]]:
    """Grids that so many tiles fill on a wide screen, from three on: the columns of each and how many it
    holds. All stand in one where they can, so that a phone has a single place left over at most."""
    if count <= MOST_IN_A_ROW:
        return [(count if count >= FEWEST else IN_A_ROW, count)] if count else []
    rows = -(-count // IN_A_ROW)
    if count % rows == 0:
        return [(count // rows, count)]
    left = count % IN_A_ROW
    return [(IN_A_ROW, count - left), (left, left)]


def tile(reading: Reading, told: str | None, is_explained: bool | None = None) -> bool:
    """One metric: the colour of its change follows the verdict, and the words say it too. Whether somebody
    asks just now why it changed; where other tiles can be asked, one that cannot says so."""
    asked = False
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="xxsmall"):
        st.caption(reading.label, help=told)  # wraps where the metric's own label would be cut
        if is_explained is not None:
            asked = st.button(
                _("Why?"),
                key=f"why:{reading.metric.name}",
                type="tertiary",
                help=_("Why did it change")
                if is_explained
                else _("It does not add up over groups of members"),
                disabled=not is_explained,
            )
    st.metric(
        reading.label,
        figures.as_tall(_with_unit(reading)),
        None if reading.change is None else reading.change_in_words(brief=True),
        delta_color={1: "green", -1: "red", 0: "gray"}[reading.verdict],
        delta_arrow={1: "up", -1: "down", 0: "off"}[reading.moved],
        delta_description=reading.verdict_in_words() or None,
        label_visibility="collapsed",
    )
    _trend(reading)
    _beside(reading)
    _progress(reading)
    return asked


def _trend(reading: Reading) -> None:
    """The months that led here, in the colour of the verdict."""
    known = [value for value in reading.trend if value is not None]
    if len(known) < 2:
        return
    told = _("{metric} in the last {count} months: from {first} to {last}").format(
        metric=reading.label,
        count=len(known),
        first=reading.short(known[0]),
        last=reading.short(known[-1]),
    )
    sparklines.show(known, {1: "good", -1: "bad", 0: "baseline"}[reading.verdict], told)


def definition(reading: Reading, view: View) -> str:
    """What the number is: meaning, formula, the days it covers, and its exact value."""
    if reading.metric.kind is Kind.STOCK:
        when = _("At the close of {day}").format(day=figures.day(view.as_of))
    else:
        when = figures.span(view.span.first, view.span.last)
    lines = [
        f"**{words(reading.metric.meaning_for(reading.programme))}**",
        formula(reading.metric, reading.programme),
        when,
        _("Exactly {value}; before {before}").format(
            value=reading.exact(reading.value), before=reading.exact(reading.before)
        ),
    ]
    if reading.trend:
        lines.append(
            ngettext("Trend: the last month", "Trend: the last {count} months", len(reading.trend)).format(
                count=len(reading.trend)
            )
        )
    return "\n\n".join(line for line in lines if line)


def _with_unit(reading: Reading) -> str:
    value = reading.short(reading.value)
    if reading.value is None:
        return value
    if reading.metric.unit is Unit.POINTS:
        return _("{value} pts").format(value=value)
    return value


def _beside(reading: Reading) -> None:
    """What the value stands beside, in lines that wrap where a phone would cut them: what it was found among,
    before, and target."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if reading.among:
            st.caption(reading.among, width="content")
        if reading.before is not None and reading.against != TARGET:
            st.caption(_("from {before}").format(before=reading.short(reading.before)), width="content")
        if reading.target is not None:
            _target(reading)


def _target(reading: Reading) -> None:
    """The target with whether it is met, by sign and colour, since in words that takes another line; of a
    period that is still running, whether it is on course."""
    judged = _("Target {target}").format(target=reading.short(reading.aim))
    if reading.meets_target is None:
        st.caption(judged, width="content")
        return
    if reading.is_sampled:  # or a red target would stand below a value that is beyond it
        st.caption(_("at least {value}").format(value=reading.short(reading.proved)), width="content")
    icon, colour = (":material/check:", "green") if reading.meets_target else (":material/warning:", "red")
    if reading.is_running:
        on_course, behind = _("On course for {target}"), _("Behind for {target}")
        judged = (on_course if reading.meets_target else behind).format(target=reading.short(reading.aim))
    st.badge(judged, icon=icon, color=colour, help=reading.met_in_words())


def _progress(reading: Reading) -> None:
    """Of a period that is still running, the share of its target that is reached beside that of its time."""
    told = reading.progress_in_words()
    if told and reading.reached is not None and reading.time_gone is not None:
        meaning = "good" if reading.meets_target else "bad"
        sparklines.progress(reading.reached, reading.time_gone, meaning, told)
        st.caption(told)
