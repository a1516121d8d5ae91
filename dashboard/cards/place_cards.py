"""Where members buy: sales, orders and points by store or channel of sale, a card of the Value page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import address, cards, figures
from dashboard.cards import Column
from dashboard.filters import spoken
from dashboard.i18n import _, words
from dashboard.live import labels as labels_of
from dashboard.picks import Crowds
from dashboard.readings import column, exact, plain
from dashboard.watched import Watched
from data.places_of_sale import PLACES
from loyalty_core.counting.cuts import SLICES
from loyalty_core.metrics.dictionary import METRICS

TOLD = ("revenue", "purchases", "average_order_value", "buyers")
UNKNOWN = ""  # a sale of which the place is not known


def told_apart(page: Watched) -> list[str]:
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


def places(before: pd.DataFrame, now: pd.DataFrame, points: pd.Series, name: str, page: Watched) -> None:
    """Sales, orders and points of each store or channel, by where the sale was made; who sells most first."""
    rows = now[now["purchases"] > 0].fillna({name: UNKNOWN}).sort_values("revenue", ascending=False)
    known = rows[rows[name] != UNKNOWN]
    if known.empty:
        return
    earlier = before.fillna({name: UNKNOWN}).set_index(name)["revenue"].reindex(rows[name]).to_numpy()
    changes = [
        plain(now / then - 1) if then > 0 else None
        for now, then in zip(rows["revenue"], earlier, strict=True)
    ]
    labels = [spoken(page.programme, name, place) for place in rows[name]]
    writes = {one: partial(exact, METRICS[one], page.programme) for one in (*TOLD, "points_issued")}
    columns = [
        Column(words(SLICES[name]), labels),
        *(Column(words(METRICS[one].label), column(rows, one), writes[one]) for one in TOLD[:1]),
        Column(_("Change"), changes, figures.signed_share),
        *(Column(words(METRICS[one].label), column(rows, one), writes[one]) for one in TOLD[1:]),
        Column(
            words(METRICS["points_issued"].label),
            [plain(points.get(place, 0)) for place in rows[name]],
            writes["points_issued"],
        ),
    ]
    behind = {
        label: page.adding("revenue", label, **{name: [place]})
        for label, place in zip(labels, rows[name], strict=True)
    }
    title = _("{place} sells most to members: {money}").format(
        place=spoken(page.programme, name, known[name].iloc[0]),
        money=writes["revenue"](plain(known["revenue"].iloc[0])),
    )
    what = _(
        "Sales to members in the period by where they were made, and the points given for them; filters go "
        "by the store that members belong to and the channel by which they joined"
    )
    cards.table(title, columns, "places", what, Crowds(behind))
