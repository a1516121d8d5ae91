"""Charts of every kind, as pages draw them."""

from __future__ import annotations

from dashboard import charts, figures, theme
from dashboard.charts import Series

MONTHS = ["Jan 2026", "Feb 2026", "Mar 2026"]


def series(label: str, *values: float | None) -> Series:
    return Series(label=label, values=values, colour=theme.slot("active"))


FIGURES = {
    "lines": charts.lines(MONTHS, [series("Redemption rate", 0.5, None, 0.25)], figures.share, figures.share),
    "stacked": charts.stacked(MONTHS, [series("Active", 1, 2, 3), series("Silent", 4, 5, 6)]),
    "columns": charts.columns(MONTHS, [series("Joined", 7, 8, 9)], figures.count, figures.short),
    "ranks": charts.ranks(["Gold", "Member"], [2, 40], [theme.slot("quiet")] * 2, ["2", "40"], ["", ""]),
    "heat": charts.heat(["0", "1"], ["Jan", "Feb"], [[1.0, 0.5], [1.0, None]], figures.share),
    "bridge": charts.steps_between(
        ["Opening", "Issued", "Redeemed", "Closing"], [100, 30, -50, 80], figures.count, figures.short
    ),
}
