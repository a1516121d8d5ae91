"""One member: the cards of the Member page, save for what happened day by day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from dashboard import cards, charts, figures, theme
from dashboard.cards import Column
from dashboard.cards.glance import expiring
from dashboard.charts import Series
from dashboard.i18n import N_, _, words
from dashboard.reasons import left_for
from dashboard.told import Told, told_day
from loyalty_core.customers.prospects import LIFETIME_DAYS
from loyalty_core.days import NEVER, to_date
from loyalty_core.rules.programme import Programme

if TYPE_CHECKING:
    from data.member_seen import MemberSeen
    from loyalty_core.customers.one_prospect import Prospect

ATTRIBUTES = {
    "joined_on": N_("Joined on"),
    "left_on": N_("Left on"),
    "left_reason": N_("Reason for leaving"),
    "birth_year": N_("Year of birth"),
    "birthday": N_("Birthday (month-day)"),
    "gender": N_("Gender"),
    "region": N_("Region"),
    "channel": N_("Joining channel"),
    "store": N_("Home store"),
    "staff": N_("Recruited by"),
    "consent": N_("May be contacted"),
    "attributes": N_("Further attributes"),
}
LIKELY = 0.5  # chance of being still a customer, below which no next purchase is expected
PERSONAL = frozenset({"birth_year", "birthday", "gender", "attributes"})
MASKED = "•••"
CHOICES = {"female": N_("female"), "male": N_("male"), "other": N_("other"), True: N_("yes"), False: N_("no")}


def to_open(rows: pd.DataFrame, part: str, programme: Programme) -> None:
    """Members to choose one from, rows as of `members_to_open`."""
    title = _("Members with “{number}” in their number").format(number=part)
    if not part:
        title = _("Who bought last") if rows["last_purchase_on"].notna().any() else _("The first members")
    told = rows.astype(object).where(rows.notna(), None)
    dates = {_("Joined on"): told["joined_on"], _("Last purchase"): told["last_purchase_on"]}
    columns = [
        Column(_("Member"), list(told["member_id"]), are_members=True),
        Column(_("Tier"), [words(programme.tier_label(one)) if one else "" for one in told["tier"]]),
        *(
            Column(label, [told_day(one) if one else "" for one in days])
            for label, days in dates.items()
            if days.notna().any()
        ),
    ]
    what = _("A click on a number opens its page; to find others, write a part of their number")
    cards.table(title, columns, "to_open", what)


def profile(told: Mapping[str, Any], programme: Programme, reveal: bool) -> None:
    """What the source says of the member; personal data only on request."""
    known = [name for name in ATTRIBUTES if name in told]
    labels = [_(ATTRIBUTES[name]) for name in known]
    values = [
        MASKED if name in PERSONAL and not reveal else _written(name, told[name], programme) for name in known
    ]
    title = _("Profile: has not agreed to be contacted")
    if told.get("left_on"):
        title = _("Profile: left on {day}").format(day=figures.day(told["left_on"]))
    elif told.get("consent"):
        title = _("Profile: may be contacted")
    cards.table(
        title,
        [Column(_("Attribute"), labels), Column(_("Value"), values)],
        "profile",
        _("The member's attributes; personal data is masked unless it is asked for"),
    )


def _written(name: str, value: Any, programme: Programme) -> str:
    if name == "left_reason":
        return left_for(str(value))
    if isinstance(value, date):
        return figures.day(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool | str) and value in CHOICES:
        return _(CHOICES[value])
    return figures.of_data(programme, str(value))


def spending(seen: MemberSeen, programme: Programme) -> None:
    """What the member spent, month by month."""
    months, scale = seen.months, 10**programme.currency_decimals
    spent = [int(value) / scale for value in months["revenue"]]
    buying = sum(int(count) > 0 for count in months["purchases"])
    title = _("Months with a purchase: {count} of the last {months}").format(count=buying, months=len(months))
    series = [Series(label=_("Spent"), values=spent, colour=theme.slot("active"))]
    closes = figures.closes([to_date(int(day)) for day in months["period_end"]])
    figure = charts.columns(
        closes,
        series,
        lambda value: figures.money(value, programme.currency),
        lambda value: figures.short_money(value, programme.currency),
    )
    cards.chart(title, figure, "spending", _("Net spending of the member, by month"))


def lots(seen: MemberSeen, programme: Programme) -> None:
    """The points that are left, soonest gone first."""
    if seen.lots.empty:
        st.caption(_("There is nothing that could expire."))
        return
    cards.table(
        expiring(seen.lots, programme),
        [
            Column(_("Earned on"), [_day(day) for day in _days(seen.lots["day"])], str),
            Column(_("Expires on"), [_day(day) for day in _days(seen.lots["expires_on"])], str),
            Column(
                _("Points left"),
                list(seen.lots["points"] / 10**programme.point_decimals),
                partial(figures.decimal, digits=programme.point_decimals),
            ),
        ],
        "lots",
        _("Points by lot, the next to expire first"),
    )


def prospect(found: Prospect | None, programme: Programme, as_of: date, *, has_bought: bool) -> None:
    """What the customer-base models expect of the member: of who has bought also the next purchase."""
    what = _("Expected by the models of all members' purchases; 95% of such members lie within the range")
    if found is None:
        with cards.card(_("Nothing is predicted yet"), what, "prospect"):
            st.markdown(_("Too few members have bought again for the models to tell their habits apart."))
        return
    title = _("What members without a purchase come to buy")
    if has_bought:
        title, when = _next_purchase(found, as_of)
        what = " · ".join(filter(None, (when, what)))
    days = list(found.purchases)
    ranges = [found.purchases[ahead] for ahead in days]
    columns = [
        Column(_("Days ahead"), days, figures.count),
        Column(_("Purchase days"), [mean for mean, _low, _high in ranges], figures.decimal),
        Column(_("Range"), ranges, _range),
    ]
    if all(found.spend.values()):
        spend = [one[0] for one in found.spend.values() if one]
        whole = partial(figures.whole_money, currency=programme.currency)
        columns.append(Column(_("Spending"), spend, whole))
    cards.table(title, columns, "prospect", what)


def _next_purchase(found: Prospect, as_of: date) -> tuple[str, str]:
    """When the member buys next, where that is likely at all, and between which days in 8 of 10 cases."""
    alive = figures.share(found.alive, 0)
    if found.alive < LIKELY or found.wait_days[1] > LIFETIME_DAYS:
        title = _("No next purchase is expected: still a customer with a probability of {share}")
        return title.format(share=alive), ""
    low, half, high = (
        figures.day(as_of + timedelta(days=ceil(days))) if days <= LIFETIME_DAYS else ""
        for days in found.wait_days
    )
    title = _("Next purchase expected around {day}; still a customer with a probability of {share}")
    when = _("If still a customer, in 8 of 10 cases from {low} to {high}")
    if not high:
        when = _("If still a customer, in 9 of 10 cases from {low} on, in 1 of 10 only after three years")
    told = when.format(low=low, high=high)
    return title.format(day=half, share=alive), _("{when}; as of {day}").format(
        when=told, day=figures.day(as_of)
    )


def _range(ends: tuple[float, float, float]) -> str:
    return _("{low} to {high}").format(low=figures.decimal(ends[1]), high=figures.decimal(ends[2]))


def _days(days: pd.Series) -> list[date | None]:
    """Days as dates; None where it never comes."""
    return [None if day >= NEVER else to_date(int(day)) for day in days]


def _day(day: date | None) -> Told:
    return told_day(date.max, _("never")) if day is None else told_day(day)
