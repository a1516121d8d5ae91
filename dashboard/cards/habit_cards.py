"""Who members are and what they like: attributes, rhythm and preferences, cards of the Members page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import address, cards, charts, figures, theme
from dashboard.cards import Column
from dashboard.charts import Series
from dashboard.filters import spoken
from dashboard.i18n import N_, _, ngettext, words
from dashboard.live import Live
from dashboard.live import labels as labels_of
from dashboard.picks import ENROLLED, Crowds, Pick, of_slice
from dashboard.readings import Reading, column, exact, plain
from dashboard.watch_page import WatchPage
from data.members_counted import members_back_after, members_buying
from loyalty_core.counting.cuts import SLICES
from loyalty_core.counting.gaps import gap_labels
from loyalty_core.days import to_day
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme

AGE = "age"
TOLD_OF_EACH = ("members_enrolled", "active_rate", "revenue_per_member")
MOST_CATEGORIES = 8
# The sentence about the largest group of an attribute.
LARGEST = {
    "member_region": N_("{group} has the most members: {members}"),
    "member_channel": N_("Most members joined by {group}: {members}"),
    "member_store": N_("{group} has the most members: {members}"),
    "member_gender": N_("Most members are of gender {group}: {members}"),
    AGE: N_("Most members are {group} years old: {members}"),
}


def attributes(shown: Live, ages: pd.DataFrame) -> list[str]:
    """By what members can be told apart: slices that have two labels or more, and age where it is known."""
    slices = [name for name in LARGEST if name in SLICES and len(labels_of(shown, name)) > 1]
    return [*slices, AGE] if ages["group"].notna().any() else slices


def attribute(names: Sequence[str]) -> str:
    """By which of those the reader tells members apart, as the address (`attribute`) says."""
    chosen = address.value("attribute", names[0], names)
    if len(names) > 1:
        st.radio(
            _("Members by"),
            names,
            format_func=lambda one: _("Age") if one == AGE else words(SLICES[one]),
            horizontal=True,
            **address.tied("attribute", chosen, names[0]),
        )
    return chosen


def groups(before: pd.DataFrame, now: pd.DataFrame, name: str, programme: Programme) -> None:
    """Members, active share and spending of each group of a slice, largest first."""
    rows = now[now["members_enrolled"] > 0].sort_values("members_enrolled", ascending=False)
    if not rows[name].notna().any():
        return
    earlier = before.set_index(name)["active_rate"].reindex(rows[name])
    changes = rows["active_rate"].to_numpy() - earlier.to_numpy()
    spent = partial(exact, METRICS["revenue_per_member"], programme)
    labels = [spoken(programme, name, label) for label in rows[name].fillna("")]
    more = [
        Column(_("Active share"), column(rows, "active_rate"), figures.share),
        Column(_("Change"), [plain(change) for change in changes], figures.signed_points),
        Column(_("Spent each"), column(rows, "revenue_per_member"), spent),
    ]
    known = rows.dropna(subset=[name]).iloc[0]
    largest = spoken(programme, name, known[name]), known["members_enrolled"]
    pick = of_slice(programme, name, rows[name], ENROLLED)
    _table(name, largest, labels, rows["members_enrolled"], more, pick)


def ages(found: pd.DataFrame) -> None:
    """Members and active share of each group of ages, the youngest first."""
    known = found.dropna(subset=["group"])
    largest = known.loc[known["members"].idxmax()]
    labels = found["group"].fillna(_("Unknown")).to_list()
    shares = [float(share) for share in found["active"] / found["members"]]
    more = [Column(_("Active share"), shares, figures.share)]
    _table(AGE, (largest["group"], largest["members"]), labels, found["members"], more)


def _table(
    name: str,
    largest: tuple[str, int],
    labels: Sequence[str],
    members: pd.Series,
    more: Sequence[Column],
    pick: Pick | None = None,
) -> None:
    shares = [float(share) for share in members / members.sum()]
    title = _(LARGEST[name]).format(group=largest[0], members=figures.count(int(largest[1])))
    columns = [
        Column(_("Age") if name == AGE else words(SLICES[name]), labels),
        Column(_("Members"), members.to_list(), figures.count),
        Column(_("% of members"), shares, figures.share),
        *more,
    ]
    what = _("Members at the close, their active share and spending")
    if name == AGE:
        what = _("Members at the close and their active share")
    cards.table(title, columns, "attributes", what, pick, beside=True)


def rhythm(gaps: Sequence[int], cycle: Reading, page: WatchPage) -> None:
    """How many days lie between one purchase day and the next, and the median."""
    total = sum(gaps)
    if not total:
        return
    labels = list(gap_labels())
    series = [
        Series(label=_("Purchases"), values=[float(gap) for gap in gaps], colour=theme.slot("scenario"))
    ]
    figure = charts.columns(labels, series, figures.count, figures.short)
    figure = charts.all_named(figure, labels)
    title = ngettext(
        "Half of the members are back within {days} day of a purchase",
        "Half of the members are back within {days} days of a purchase",
        cycle.value,
    ).format(days=figures.count(cycle.value))
    if cycle.value is None:
        title = _("{share} of the purchases follow within a week").format(
            share=figures.share(gaps[0] / total)
        )
    what = _("Days since the purchase before, of the repeat purchases of the last 365 days")
    said = _("{days} days after the purchase before")
    behind = {
        one: page.counted("purchases", said.format(days=one), members_back_after, one) for one in labels
    }
    cards.chart(title, figure, "rhythm", what, Crowds(behind))


def preferences(bought: pd.DataFrame, page: WatchPage) -> None:
    """The categories that most members bought from in the period; nothing where purchases name none."""
    if bought.empty:
        return
    rows = bought.head(MOST_CATEGORIES)
    categories = [figures.of_data(page.programme, name) for name in rows["category"]]
    title = _("{share} of the buyers bought from {category}").format(
        share=figures.share(rows["share"].iloc[0]), category=categories[0]
    )
    figure = charts.ranks(
        categories,
        rows["buyers"].to_list(),
        [theme.slot("active")] * len(rows),
        [figures.count(buyers) for buyers in rows["buyers"]],
        [figures.share(share) for share in rows["share"]],
    )
    what = _("Buyers of each category in the period, and their share")
    first = to_day(page.view.span.first)
    behind = {
        said: page.counted("buyers", said, members_buying, first, name)
        for said, name in zip(categories, rows["category"], strict=True)
    }
    cards.chart(title, figure, "preferences", what, Crowds(behind))
