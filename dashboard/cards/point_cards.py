"""What becomes of points: the cards of the Points page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import cards, charts, figures, page_record, theme
from dashboard.cards import Column
from dashboard.cards.figures_beside import with_figures
from dashboard.charts import Series
from dashboard.figures import unmarked
from dashboard.i18n import N_, _, ngettext, words
from dashboard.page_record import Card
from dashboard.picks import Crowds
from dashboard.readings import Reading, exact, plain, short
from dashboard.reasons import given_for, taken_for
from dashboard.watch_page import WatchPage
from data.members_counted import members_by_reason, members_with_lots
from loyalty_core.counting.cohorts import AGES, TO_EXPIRY
from loyalty_core.days import to_day
from loyalty_core.facts import EARN, REDEEM
from loyalty_core.metrics.dictionary import METRICS

# From the opening balance to the closing one: each flow with the sign by which it enters, and a short name.
BALANCE = {
    "points_opening": (1, N_("Opening")),
    "points_issued": (1, N_("Issued")),
    "points_adjusted": (1, N_("Adjusted")),
    "points_redeemed": (-1, N_("Redeemed")),
    "points_expired": (-1, N_("Expired")),
    "points_outstanding": (1, N_("Closing")),
}
BESIDE_BALANCE = ("points_pending", "points_negative", "expiry_rate")
DUE, SOONEST, NEVER = TO_EXPIRY[0], AGES[0], TO_EXPIRY[-1]
LEADING = ("points_outstanding", "points_liability")  # what the sentence of the page begins with
MOST_REASONS = 8
RATES = ("redemption_rate", "lot_redemption_rate", "ultimate_redemption_rate", "member_redemption_rate")


def leading(wall: dict[str, Reading]) -> str:
    """How many points are outstanding, and what they are expected to cost."""
    outstanding, liability = (wall[name] for name in LEADING)
    if liability.value is None:
        sentence = ngettext(
            "{points} point is outstanding.", "{points} points are outstanding.", outstanding.value
        )
        return sentence.format(points=outstanding.short(outstanding.value))
    return ngettext(
        "{points} point is outstanding, expected to cost {money}.",
        "{points} points are outstanding, expected to cost {money}.",
        outstanding.value,
    ).format(points=outstanding.short(outstanding.value), money=liability.short(liability.value))


def balance(now: pd.Series, page: WatchPage) -> None:
    """From the opening balance to the closing one."""
    programme, metric = page.programme, METRICS["points_outstanding"]
    changes = [
        None if (value := plain(now[name])) is None else sign * value
        for name, (sign, _label) in BALANCE.items()
    ]
    opened, closed = changes[0], changes[-1]
    by = abs(closed - opened)
    more = ngettext("The balance grew by {points} point", "The balance grew by {points} points", by)
    less = ngettext("The balance fell by {points} point", "The balance fell by {points} points", by)
    title = (more if closed >= opened else less).format(points=short(metric, programme, by))
    figure = charts.steps_between(
        [_(label) for _sign, label in BALANCE.values()],
        changes,
        lambda value: exact(metric, programme, value),
        lambda value: short(metric, programme, value),
    )
    what = _("From the opening balance to the closing one, by what happened in the period")
    what = with_figures(what, now, BESIDE_BALANCE, programme)
    behind = Crowds({_(label): page.adding(name) for name, (_sign, label) in BALANCE.items()})
    cards.chart(title, figure, "balance", what, behind)


def rates(wall: dict[str, Reading]) -> None:
    """Four numbers that are all called redemption rate, each with what it divides."""
    title = _("Four redemption rates, and why they differ")
    what = _("Each with what it divides, at the end of the period")
    shown = [wall[name] for name in RATES]
    columns = [
        Column(_("Rate"), [one.label for one in shown]),
        Column(_("Outcome"), [one.exact(one.value) for one in shown], str),
        Column(_("Meaning"), [_meaning(one) for one in shown]),
    ]
    page_record.now().cards.append(Card(key="rates", title=title, what=what, columns=columns))
    with (
        cards.card(title, what, "rates"),
        st.grid(2, min_column_width=390, gap="medium"),
    ):
        for couple in (RATES[:2], RATES[2:]):  # four in a row, else two: never three and one
            with st.grid(2, min_column_width=150, gap="medium"):
                for name in couple:
                    _rate(wall[name])


def _rate(reading: Reading) -> None:
    with st.container(gap="xsmall", key=f"rate_{reading.metric.name}"):
        st.metric(reading.label, reading.exact(reading.value))
        st.caption(_meaning(reading))


def _meaning(reading: Reading) -> str:
    return unmarked(words(reading.metric.meaning_for(reading.programme)))


def sources(reasons: pd.DataFrame, page: WatchPage) -> None:
    """For what points were given in the period."""
    programme = page.programme
    earned = reasons[reasons["kind"] == EARN]
    if earned.empty:
        return
    rows = earned.head(MOST_REASONS)
    names = [given_for(reason, programme) for reason in rows["reason"]]
    title = _("{share} of the points were given for: {source}").format(
        share=figures.share(rows["share"].iloc[0]), source=names[0]
    )
    issued = METRICS["points_issued"]
    figure = charts.ranks(
        names,
        rows["points"].to_list(),
        [theme.slot("scenario")] * len(rows),
        [short(issued, programme, points) for points in rows["points"]],
        [figures.share(share) for share in rows["share"]],
    )
    what = _("Points given in the period, before claw-backs, by the reason that the ledger names")
    behind = _behind_reasons(page, "points_issued", EARN, rows["reason"], names)
    cards.chart(title, figure, "sources", what, behind)


def _behind_reasons(
    page: WatchPage, metric: str, kind: str, reasons: Iterable[str], names: Sequence[str]
) -> Crowds:
    """The members whose points moved for each reason in the period, by its name."""
    first = to_day(page.view.span.first)
    return Crowds(
        {
            name: page.counted(metric, name, members_by_reason, first, kind, reason)
            for name, reason in zip(names, reasons, strict=True)
        }
    )


def rewards(reasons: pd.DataFrame, page: WatchPage) -> None:
    """What points were redeemed for in the period."""
    programme = page.programme
    rows = reasons[reasons["kind"] == REDEEM].head(MOST_REASONS)
    if rows.empty:
        return
    names = [taken_for(reason, programme) for reason in rows["reason"]]
    times = plain(rows["times"].iloc[0])
    title = ngettext(
        "Most points went for “{reward}”, {times} time",
        "Most points went for “{reward}”, {times} times",
        times,
    ).format(reward=names[0], times=figures.count(times))
    redeemed = METRICS["points_redeemed"]
    cards.table(
        title,
        [
            Column(_("Reward"), names),
            Column(_("Times"), rows["times"].to_list(), figures.count),
            Column(_("Points"), rows["points"].to_list(), partial(exact, redeemed, programme)),
        ],
        "rewards",
        _("What points were redeemed for in the period, those that took most points first"),
        _behind_reasons(page, "points_redeemed", REDEEM, rows["reason"], names),
        beside=True,
    )


def ages(now: pd.DataFrame, slice_name: str, metric: str, page: WatchPage) -> None:
    """Outstanding points by their age, or by the time until they expire."""
    programme = page.programme
    rows = now[now[metric] > 0] if len(now) else now
    if rows.empty:
        return
    labels = [_span_of_months(label) for label in rows[slice_name]]
    values = [plain(value) for value in rows[metric]]
    declared = METRICS[metric]
    figure = charts.columns(
        labels,
        [Series(label=words(declared.label), values=values, colour=theme.slot("scenario"))],
        lambda value: exact(declared, programme, value),
        lambda value: short(declared, programme, value),
    )
    figure = charts.all_named(figure, labels)
    title, what = {
        "points_ageing": (
            _("{share} of the points are less than three months old"),
            _("Points that lots still hold, by months since they were earned"),
        ),
        "points_to_expiry": (
            _("{share} of the points expire within three months"),
            _("Points that lots still hold, by months until they expire"),
        ),
    }[metric]
    soon = sum(
        value or 0 for label, value in zip(rows[slice_name], values, strict=True) if label in (DUE, SOONEST)
    )
    title = title.format(share=figures.share(soon / sum(value or 0 for value in values), 0))
    behind = {
        said: page.counted(metric, said, members_with_lots, slice_name, label)
        for said, label in zip(labels, rows[slice_name], strict=True)
    }
    cards.chart(title, figure, metric, what, Crowds(behind))


def _span_of_months(label: str) -> str:
    """The label of a span of months, in words."""
    if label == NEVER:
        return _("never")
    return _("due") if label == DUE else _("{span} months").format(span=label)
