"""What points owe, for those who answer for it: the folded cards of the Points page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import cards, charts, figures, theme
from dashboard.cards import Column
from dashboard.charts import Series
from dashboard.i18n import _, ngettext, words
from dashboard.readings import closes, column, exact, plain, short
from dashboard.told import Told, told_day
from loyalty_core.metrics.dictionary import DEFINED, METRICS
from loyalty_core.rules.programme import Programme

DEFERRED = "deferred_balance"
DEFERRAL = {"revenue_deferred": "quiet", "revenue_recognised": "active", DEFERRED: "scenario"}
COHORT_FIGURES = ("ultimate_redemption_rate", "points_expected", "points_liability")
OWED = ("ultimate_redemption_rate", "breakage_rate", "points_liability", "points_breakage")
OWED_WITH_ENDS = tuple(f"{name}{end}" for name in OWED for end in ("", "_low", "_high"))
COHORTS = 12  # months of earning that are shown, and their ages


def owed(now: pd.Series, programme: Programme) -> None:
    """What points owe and what will lapse, each between the ends of its interval."""
    names = [name for name in OWED if plain(now[name]) is not None]
    if not names:
        return
    rate = figures.share(plain(now["ultimate_redemption_rate"]))
    title = _("{share} of the points are expected to be redeemed in the end").format(share=rate)
    cards.table(
        title,
        with_ends(names, now, programme),
        "owed",
        _(
            "What the points outstanding will cost, and what will never be redeemed; low and high end "
            "95% intervals"
        ),
    )


def with_ends(names: Sequence[str], now: pd.Series, programme: Programme) -> list[Column]:
    """The metrics with the ends of their intervals, in the columns of a table."""
    columns = [Column(_("Figure"), [words(DEFINED[name].label) for name in names])]
    for label, end in ((_("Estimate"), ""), (_("Low"), "_low"), (_("High"), "_high")):
        known = [plain(now[f"{name}{end}"]) for name in names]
        values = [
            Told(exact(DEFINED[name], programme, value), value)
            for name, value in zip(names, known, strict=True)
        ]
        columns.append(Column(label, values, str))
    return columns


def deferral(monthly: pd.DataFrame, programme: Programme) -> None:
    """Revenue put off for points, recognised when they are redeemed or lapse, and what is still put off."""
    known = monthly.dropna(subset=list(DEFERRAL))
    if known.empty:
        st.caption(_("The programme does not say what a point is worth, so nothing is deferred."))
        return
    balance = METRICS["deferred_balance"]
    write, tell = partial(exact, balance, programme), partial(short, balance, programme)
    series = [
        Series(label=words(METRICS[name].label), values=column(known, name), colour=theme.slot(slot))
        for name, slot in DEFERRAL.items()
    ]
    title = _("{money} of revenue is deferred for points").format(money=tell(column(known, DEFERRED)[-1]))
    figure = charts.lines(closes(known), series, write, tell)
    cards.chart(
        title, figure, "deferral", _("Revenue deferred and recognised by month, and what is deferred")
    )


def cohorts(by_month: pd.DataFrame, programme: Programme) -> None:
    """What is outstanding of the points of each month, what will be redeemed of it, and what that costs."""
    rows = by_month[by_month["points_expected"] > 0].tail(COHORTS)
    if rows.empty:
        return
    months = [told_day(month, figures.month(month)) for month in pd.to_datetime(rows["earn_month"]).dt.date]
    cards.table(
        ngettext(
            "Points of {months} month are still to be redeemed",
            "Points of {months} months are still to be redeemed",
            len(rows),
        ).format(months=figures.count(len(rows))),
        [
            Column(_("Earned in"), months),
            *(
                Column(
                    words(METRICS[name].label), column(rows, name), partial(exact, METRICS[name], programme)
                )
                for name in COHORT_FIGURES
            ),
        ],
        "cohorts",
        _("By month of earning: the share that is ever redeemed, the points still expected, and their cost"),
    )


def triangle(shares: pd.DataFrame, ratios: pd.DataFrame, at_once: float) -> None:
    """Of the points of each month the share redeemed by each age, and below it the ratio to the next age; the
    title tells what of all that are shown was redeemed in its month."""
    shown = shares.iloc[-COHORTS:, :COHORTS]
    if not shown.notna().any(axis=None):
        return
    rows = [[plain(value) for value in row] for row in shown.to_numpy()]
    figure = charts.heat(
        [str(age) for age in shown.columns],
        [figures.month(month.start_time.date()) for month in shown.index],
        rows,
        lambda value: figures.decimal(None if value is None else value * 100, 0),
        (_("Months after the month of earning"), ""),
    )
    title = _("Of the points of a month, {share} are redeemed in that month").format(
        share=figures.share(plain(at_once))
    )
    cards.chart(title, figure, "triangle", _("Share (%) of the points of each month redeemed by each age"))
    _link_ratios(ratios.head(COHORTS))


def _link_ratios(ratios: pd.DataFrame) -> None:
    known = ratios[ratios["factor"].map(figures.known)]
    if known.empty:
        return
    title = _("From its first month to the next, redemption grows {factor}-fold").format(
        factor=figures.decimal(plain(known["factor"].iloc[0]), 2)
    )
    columns = [
        Column(_("Age in months"), [Told(str(age), age) for age in known.index]),
        Column(_("Link ratio"), column(known, "factor"), partial(figures.decimal, digits=3)),
        Column(_("Redeemed of what ever will be"), column(known, "developed"), figures.share),
    ]
    what = _("By how much what is redeemed grows from one age to the next (chain ladder)")
    cards.table(title, columns, "link_ratios", what)
