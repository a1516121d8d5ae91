"""Buyers of a year by how lately and how often they bought; a click on a field looks at its members alone."""

from __future__ import annotations

import numpy as np

from dashboard import cards, charts, figures
from dashboard.filters import SEGMENT
from dashboard.i18n import _, ngettext
from dashboard.picks import ENROLLED, Pick, field_text
from loyalty_core.customers.rfm import RfmGrid, frequency_labels, recency_labels
from loyalty_core.segments.division import field_key
from loyalty_core.segments.every_segment import FIELD


def members(grid: RfmGrid) -> None:
    """Buyers of the year by how lately and how often they bought."""
    if not grid.buyers:
        return
    title = ngettext(
        "{lately} of the year's {buyers} buyer bought within {days} days",
        "{lately} of the year's {buyers} buyers bought within {days} days",
        grid.buyers,
    ).format(
        buyers=figures.count(grid.buyers),
        lately=figures.share(grid.lately_share, 0),
        days=30,
    )
    what = _("Members by days since they last bought and by purchases")
    cards.chart(title, _grid(grid.members, figures.count), "rfm_members", what, _pick())


def revenue(grid: RfmGrid) -> None:
    """The share of the year's revenue in each field of the grid."""
    shares = grid.revenue_shares
    if shares is None:
        return
    title = _("Those who bought {times} times or more bring {share} of the revenue").format(
        times=frequency_labels()[-1].rstrip("+"), share=figures.share(grid.often_share, 0)
    )
    what = _("Share of the revenue of the last 365 days, of the same members")
    cards.chart(title, _grid(shares, figures.share), "rfm_revenue", what, _pick())


def _grid(values: np.ndarray, written: charts.Written) -> charts.Figure:
    titles = (_("Purchases in 365 days"), _("Days since the last purchase"))
    rows = [[float(value) for value in row] for row in values]
    return charts.heat(list(frequency_labels()), list(recency_labels()), rows, written, titles)


def _pick() -> Pick:
    """The segment of each field."""
    fields = {
        field_text(times, days): f"{FIELD}.{field_key(row, column)}"
        for row, days in enumerate(recency_labels())
        for column, times in enumerate(frequency_labels())
    }
    return Pick(SEGMENT, fields, ENROLLED)
