"""Where members buy: sales, orders and points by store or channel of sale, a card of the Value page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import address, cards, figures
from dashboard.cards import Column
from dashboard.filters import spoken
from dashboard.i18n import N_, _, words
from dashboard.live import labels as labels_of
from dashboard.picks import Crowds
from dashboard.readings import column, exact, plain
from dashboard.watch_page import WatchPage
from data.places_of_sale import PLACES
from loyalty_core.counting.cuts import SLICES
from loyalty_core.metrics.dictionary import METRICS

TOLD = ("revenue", "purchases", "average_order_value", "buyers")
STORE, CHANNEL = PLACES
UNKNOWN = ""  # a sale of which the place is not known
MOST = {
    STORE: N_("Of the stores, {place} sells most to members: {money}"),
    CHANNEL: N_("Of the channels, {place} sells most to members: {money}"),
}


def told_apart(page: WatchPage) -> list[str]:
    """By what sales can be told apart: the slices of sales that have two labels or more."""
    return [name for name in PLACES if len(labels_of(page.shown, name)) > 1]


def chosen(names: Sequence[str]) -> str:
    """By which of those the reader tells sales apart, as the address (`sold_by`) says."""
    now = address.value("sold_by", names[0], names)
    if len(names) > 1:
        st.radio(
            _("Sales by"),
            names,
            format_func=lambda one: words(SLICES[one]),
            horizontal=True,
            **address.tied("sold_by", now, names[0]),
        )
    return now


def without_store(page: WatchPage) -> str:
    """What sales without a store are: those of channels that have none, else of a store that is not known."""
    sales = page.now(["purchases"], [STORE, CHANNEL]).fillna({STORE: UNKNOWN, CHANNEL: UNKNOWN})
    sales = sales[sales["purchases"] > 0]
    of_a_store = sales[STORE] != UNKNOWN
    channels = sorted(set(sales.loc[~of_a_store, CHANNEL]))
    if not channels or {UNKNOWN, *sales.loc[of_a_store, CHANNEL]} & {*channels}:
        return spoken(page.programme, STORE, UNKNOWN)
    told = _(", ").join(spoken(page.programme, CHANNEL, one) for one in channels)
    return _("No store: {channels}").format(channels=told)


def places(before: pd.DataFrame, now: pd.DataFrame, points: pd.Series, name: str, page: WatchPage) -> None:
    """Sales, orders and points of each store or channel, by where the sale was made; who sells most first."""
    happened = (now["purchases"] > 0) | (now["revenue"] != 0)  # or was but brought back
    rows = now[happened].fillna({name: UNKNOWN}).sort_values("revenue", ascending=False)
    known = rows[rows[name] != UNKNOWN]
    if known.empty:
        return
    earlier = before.fillna({name: UNKNOWN}).set_index(name)["revenue"].reindex(rows[name])
    labels = [
        without_store(page) if (name, place) == (STORE, UNKNOWN) else spoken(page.programme, name, place)
        for place in rows[name]
    ]
    behind = {
        label: page.adding("revenue", label, **{name: [place]})
        for label, place in zip(labels, rows[name], strict=True)
    }
    title = _(MOST[name]).format(
        place=spoken(page.programme, name, known[name].iloc[0]),
        money=exact(METRICS["revenue"], page.programme, plain(known["revenue"].iloc[0])),
    )
    what = _(
        "Sales to members in the period by where they were made, and the points given for them; filters go "
        "by the store that members belong to and the channel by which they joined"
    )
    columns = [
        Column(words(SLICES[name]), labels),
        *_figures(rows, earlier, points.reindex(rows[name]), page),
    ]
    cards.table(title, columns, "places", what, Crowds(behind))


def _figures(rows: pd.DataFrame, earlier: pd.Series, points: pd.Series, page: WatchPage) -> list[Column]:
    """The figures of each place, in columns; sales with how much they changed."""

    def told(name: str, values: list[float | None]) -> Column:
        return Column(words(METRICS[name].label), values, partial(exact, METRICS[name], page.programme))

    sales, *others = (told(name, column(rows, name)) for name in TOLD)
    changes = [
        plain(sold / then - 1) if then > 0 else None
        for sold, then in zip(rows["revenue"], earlier, strict=True)
    ]
    given = told("points_issued", [float(one) for one in points.fillna(0)])
    return [sales, Column(_("Change"), changes, figures.signed_share), *others, given]
