"""A card: one chart or table under a sentence that says what it shows, and below it what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import address, charts, figures, marks, page_record, picks, table_columns, theme
from dashboard.charts import Figure, Series
from dashboard.i18n import _, words
from dashboard.page_record import Card, Column
from dashboard.picks import Crowds, Pick
from dashboard.readings import Reading, column
from data.formula_guard import guarded
from loyalty_core.metrics.dictionary import METRICS

FEW = 12  # rows of a table that are all on screen
ROW, HIGHEST = 35, 52  # pixels of a row as Streamlit draws it, and of one that fills a card
LONG, WIDE = 64, 505  # letters of a text that needs a wide column, and its pixels
CUT, AROUND = 24, 20  # letters of a value that the browser may cut, and pixels beside it
SEVERAL, FAR = 5, 2  # rows, and times their length, beyond which the browser leaves a longer text out


def series(rows: pd.DataFrame, slots: Mapping[str, str]) -> list[Series]:
    """The values of each metric in the rows, by its name, in the colour of its slot."""
    return [
        Series(
            label=words(METRICS[name].label),
            values=column(rows, name),
            colour=theme.slot(slot),
            metric=name,
        )
        for name, slot in slots.items()
    ]


def of_reading(reading: Reading, colour: str) -> Series:
    """The months that led to a reading."""
    return Series(label=reading.label, values=reading.trend, colour=colour, metric=reading.metric.name)


def _safe(column: Column) -> list[str]:
    """The column's texts, of members the addresses of their pages; those of the data may be taken along as
    CSV from any table, and are no formulas."""
    if column.are_members:
        page = page_record.now().page
        on = page.day_before_latest if page else None
        return [address.of_member(one, on) for one in column.values]
    return [guarded(text) for text in column.texts()] if column.written is None else column.texts()


def sentences(title: str, columns: Sequence[Column], key: str, what: str) -> None:
    """A card with a table of words, which break their lines where there is little room."""
    page_record.now().cards.append(Card(key=key, title=title, what=what, columns=columns))
    with card(title, what, key):
        texts = {one.label: [figures.unmarked(text) for text in one.texts()] for one in columns}
        st.table(pd.DataFrame(texts), border="horizontal", hide_index=True)


@contextmanager
def card(title: str, what: str, key: str) -> Iterator[None]:
    """The frame of a card, keyed `card_<key>`; within it stands what it shows."""
    with st.container(border=True, height="stretch", gap="xsmall", key=f"card_{key}"):
        st.subheader(figures.unbroken(title), anchor=False)
        st.caption(figures.unbroken(what))
        yield


def chart(
    title: str,
    figure: Figure,
    key: str,
    what: str,
    pick: Pick | Crowds | None = None,
    columns: Sequence[Column] = (),
    *,
    metrics: Sequence[str] = (),
) -> None:
    """A card with a chart, keyed `chart_<key>`, told in words to those who cannot see it; a click picks, of
    time, where nothing else is said, who is behind it then, else the day. `columns` say the same where the
    chart cannot be taken along; `metrics` are those that it tells of by other names than their own."""
    page = page_record.now().page
    if pick is None and page is not None:
        pick = page.behind_months(figure) or picks.of_time(figure, page.shown.as_of)
    figure, marked = marks.drawn(figure, page_record.now().marks)
    _taken(Card(key=key, title=title, what=what, figure=figure, columns=columns, metrics=metrics), pick)
    alt = " ".join([f"{what}. {title}.", *(mark.told() for mark in marked), *_by_keyboard(pick)])
    with card(title, _told(what, pick), key):
        if pick is None:
            charts.show(figure, alt=alt, key=f"chart_{key}")
        else:
            name = pick.key(f"chart_{key}") if isinstance(pick, Crowds) else f"chart_{key}"
            drawn = picks.clickable(figure, pick)
            charts.show(drawn, alt=alt, key=name, clicked=picks.on_chart(name, pick, drawn))


def _taken(card: Card, pick: Pick | Crowds | None) -> None:
    """Takes down the card, with the metrics that a click leads to, and whose members can be asked for."""
    page_record.now().cards.append(replace(card, metrics=[*card.metrics, *pick.metrics]) if pick else card)
    if isinstance(pick, Crowds):
        page_record.now().behind[card.what.partition(" · ")[0]] = pick


def _by_keyboard(pick: Pick | Crowds | None) -> Iterator[str]:
    """Where what a click does can be done with the keys alone; filters are chosen above."""
    if isinstance(pick, Crowds):
        yield _("Its members can be chosen under “{button}”.").format(button=_("Members behind it"))


def _told(what: str, pick: Pick | Crowds | None) -> str:
    """What a card shows, and on screen what a click does where nothing else would tell."""
    return _("{what}; a click shows the members").format(what=what) if isinstance(pick, Crowds) else what


def table(
    title: str,
    columns: Sequence[Column],
    key: str,
    what: str,
    pick: Pick | Crowds | None = None,
    *,
    beside: bool = False,
    metrics: Sequence[str] = (),
) -> None:
    """A card with a table, keyed `table_<key>`: texts at the left, values at the right; a click picks. One
    that stands `beside` a chart is as high as that, where it has rows enough. `metrics` are those that it
    tells of by other names than their own."""
    _taken(Card(key=key, title=title, what=what, columns=columns, metrics=metrics), pick)
    with card(title, _told(what, pick), key):
        grid(columns, f"table_{key}", pick, _high(len(columns[0].values)) if beside else None)


def _high(rows: int) -> int:
    """The pixels of a row with which so many are as high as a chart, none of them lower or much higher than
    it is elsewhere."""
    return min(max((charts.HEIGHT - ROW) // max(rows, 1), ROW), HIGHEST)


def _wide(column: Column, texts: Sequence[str]) -> int | None:
    """The pixels of a column with long texts, since the browser looks at the first rows alone, and of those
    at none that is far longer than most."""
    longest = max(texts, key=len, default="")
    if column.written is None and len(longest) > LONG:
        return WIDE
    usual = sum(map(len, texts)) / max(len(texts), 1)
    stands_out = len(texts) > SEVERAL and len(longest) > FAR * usual
    is_cut = len(longest) > CUT if column.written else stands_out
    return charts.width_of(longest) + AROUND if is_cut else None


def grid(
    columns: Sequence[Column], key: str, pick: Pick | Crowds | None = None, row_height: int | None = None
) -> None:
    """The table itself, whose first column stays where the others are moved sideways; a click on a row picks
    by the text of its first column."""
    texts = {one.label: _safe(one) for one in columns}
    cells = {one.label: table_columns.cells(texts[one.label], one.values) for one in columns}
    settings = {
        one.label: st.column_config.LinkColumn(display_text=address.MEMBER, pinned=place == 0)
        if one.are_members
        else table_columns.column(
            one.label,
            cells[one.label],
            is_figure=bool(one.written),
            width=_wide(one, texts[one.label]),
            pinned=place == 0,
        )
        for place, one in enumerate(columns)
    }
    drawn = partial(
        st.dataframe,
        table_columns.written(cells),
        hide_index=True,
        column_config=settings,
        placeholder=table_columns.blank(cells),
        row_height=row_height,
        height="content" if len(columns[0].values) <= FEW else "auto",
    )
    if pick is None:
        drawn(key=key)
        return
    key = pick.key(key)
    clicked = picks.on_table(key, pick, columns[0].texts())
    drawn(key=key, on_select=clicked, selection_mode="single-cell")
