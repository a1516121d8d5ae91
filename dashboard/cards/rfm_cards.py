"""Buyers of a year by how lately and how often they bought, and the members behind a field of the grid."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard import address, cards, charts, figures
from dashboard.cards import Column
from dashboard.i18n import _, words
from dashboard.readings import exact
from loyalty_core.customers.rfm import RfmGrid, frequency_labels, recency_labels
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme

MOST_MEMBERS = 50  # that are shown; all of them can be taken along


def members(grid: RfmGrid) -> None:
    """Buyers of the year by how lately and how often they bought."""
    if not grid.members.any():
        return
    title = _("Of {buyers} buyers of the last 365 days, {lately} bought within {days} days").format(
        buyers=figures.count(int(grid.members.sum())),
        lately=figures.share(float(grid.members[0].sum() / grid.members.sum()), 0),
        days=30,
    )
    what = _("Members by days since their last purchase and by purchases of the last 365 days")
    cards.chart(title, _grid(grid.members, figures.count), "rfm_members", what)


def revenue(grid: RfmGrid) -> None:
    """The share of the year's revenue in each field of the grid."""
    if not grid.revenue.sum() > 0:
        return
    share = grid.revenue / grid.revenue.sum()
    title = _("Those who bought {times} times or more bring {share} of the revenue").format(
        times=frequency_labels()[-1].rstrip("+"), share=figures.share(float(share[:, -1].sum()), 0)
    )
    what = _("Share of the revenue of the last 365 days, of the same members")
    cards.chart(title, _grid(share, figures.share), "rfm_revenue", what)


def _grid(values: np.ndarray, written: charts.Written) -> go.Figure:
    titles = (_("Purchases"), _("Days since the last purchase"))
    rows = [[float(value) for value in row] for row in values]
    return charts.heat(list(frequency_labels()), list(recency_labels()), rows, written, titles)


def field(grid: RfmGrid) -> tuple[int, int]:
    """Row and column of the field looked at, as the address says; the one that brings most otherwise."""
    best = np.unravel_index(int(grid.revenue.argmax()), grid.revenue.shape)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="rfm_field"):
        return (
            _place("recency", _("Days since the last purchase"), recency_labels(), int(best[0])),
            _place("frequency", _("Purchases of the year"), frequency_labels(), int(best[1])),
        )


def _place(name: str, label: str, labels: tuple[str, ...], best: int) -> int:
    chosen = address.value(name, labels[best], labels)
    st.selectbox(label, labels, width=220, **address.tied(name, chosen, labels[best]))
    return labels.index(chosen)


def members_of(found: pd.DataFrame, programme: Programme) -> None:
    """The members of a field, those who spent most first."""
    rows, scale = found.head(MOST_MEMBERS), 10**programme.currency_decimals
    title = _("{members} members are in this field").format(members=figures.count(len(found)))
    tiers = [figures.UNKNOWN if pd.isna(name) else words(programme.tier_label(name)) for name in rows["tier"]]
    points, spent = (partial(exact, METRICS[name], programme) for name in ("points_outstanding", "revenue"))
    columns = [
        Column(_("Member"), rows["member_id"].astype(str).to_list()),
        Column(_("Tier"), tiers),
        Column(_("Days since the last purchase"), rows["days_since_purchase"].to_list(), figures.count),
        Column(_("Purchases"), rows["purchases"].to_list(), figures.count),
        Column(_("Spent"), [minor / scale for minor in rows["revenue"]], spent),
        Column(_("Points"), [units / 10**programme.point_decimals for units in rows["balance"]], points),
    ]
    what = _(
        "Purchases and spending of the last 365 days, those who spent most first; {most} at most"
    ).format(most=MOST_MEMBERS)
    cards.table(title, columns, "rfm_list", what)
