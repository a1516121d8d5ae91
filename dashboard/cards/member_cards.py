"""One member: the cards of the Member page, save for what happened day by day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from dashboard import cards, charts, figures, theme
from dashboard.cards import Column
from dashboard.charts import Series
from dashboard.i18n import N_, _, joined, ngettext, words
from dashboard.reasons import left_for
from loyalty_core.counting.lifecycle import LABELS, State
from loyalty_core.days import NEVER, to_date
from loyalty_core.rules.programme import Programme
from loyalty_core.written import days_text

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
PERSONAL = frozenset({"birth_year", "birthday", "gender", "attributes"})
MASKED = "•••"
CHOICES = {"female": N_("female"), "male": N_("male"), "other": N_("other"), True: N_("yes"), False: N_("no")}


def leading(member_id: str, portrait: pd.Series, programme: Programme) -> str:
    """Who the member is in the programme, and what they bought of late."""
    state = words(LABELS[State[str(portrait["state"]).upper()]])
    tier = words(programme.tier_label(portrait["tier"])) if pd.notna(portrait["tier"]) else None
    who = " · ".join(part for part in (member_id, state, tier) if part)
    if pd.isna(portrait["days_since_purchase"]):
        return _("{who}: no purchase yet.").format(who=who)
    bought = ngettext(
        "{who}: last purchase {days} ago; {purchases} purchase worth {revenue} in 12 months.",
        "{who}: last purchase {days} ago; {purchases} purchases worth {revenue} in 12 months.",
        int(portrait["purchases"]),
    )
    return bought.format(
        who=who,
        days=words(days_text(int(portrait["days_since_purchase"]))),
        purchases=figures.count(portrait["purchases"]),
        revenue=_money(portrait["revenue"], programme),
    )


def tiles(portrait: pd.Series, programme: Programme) -> None:
    """What one wants to know first."""
    told = {
        _("Spent in 12 months"): _money(portrait["revenue"], programme),
        _("Points balance"): _points(portrait["balance"], programme),
        _("Points expiring within 60 days"): _points(portrait["points_due"], programme),
    }
    if portrait["stored_value"] or portrait["top_up"]:
        told[_("Stored value")] = _money(portrait["stored_value"], programme)
    else:
        told[_("Member for")] = _since(int(portrait["days_since_joining"]))
    with st.grid(4, min_column_width=150, gap="small"):
        for label, value in told.items():
            st.metric(label, value, border=True, height="stretch")


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


def tier(seen: MemberSeen, programme: Programme) -> None:
    """Why the member has the tier, what is missing for the next, and what the next review does."""
    told = seen.tier
    name = words(programme.tier_label(programme.tiers[told.tier].name))
    with cards.card(
        _("Tier: {tier}").format(tier=name),
        _("What the tier rests on, as the rules of the day have it"),
        "tier",
    ):
        st.markdown(words(told.why))
        if told.goal is not None:
            above = words(programme.tier_label(programme.tiers[told.goal.tier].name))
            done = int(seen.portrait["towards_next"]) / 1000
            towards = _("{share} of the way to {tier}").format(share=figures.share(done, 0), tier=above)
            st.progress(min(done, 1.0), text=towards)
            missing = words(told.goal.text)
            st.markdown(missing[:1].upper() + missing[1:])
        if told.outlook is not None:
            st.markdown(words(told.outlook.text))


def spending(seen: MemberSeen, programme: Programme) -> None:
    """What the member spent, month by month."""
    months, scale = seen.months, 10**programme.currency_decimals
    spent = [int(value) / scale for value in months["revenue"]]
    buying = sum(int(count) > 0 for count in months["purchases"])
    title = _("Bought in {count} of the last {months} months").format(count=buying, months=len(months))
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
        with cards.card(_("No points at hand"), _("Points by lot, the next to expire first"), "lots"):
            st.markdown(_("There is nothing that could expire."))
        return
    first = seen.lots.iloc[0]
    title = _("{points} points at hand; none of them expire").format(
        points=_points(seen.lots["points"].sum(), programme)
    )
    if first["expires_on"] < NEVER:
        title = _("The next {points} points expire on {day}").format(
            points=_points(first["points"], programme), day=_day(first["expires_on"])
        )
    cards.table(
        title,
        [
            Column(_("Earned on"), list(seen.lots["day"]), _day),
            Column(_("Expires on"), list(seen.lots["expires_on"]), _day),
            Column(_("Points left"), list(seen.lots["points"]), lambda units: _points(units, programme)),
        ],
        "lots",
        _("Points by lot, the next to expire first"),
    )


def prospect(found: Prospect | None, programme: Programme, *, has_bought: bool) -> None:
    """What the customer-base models expect of the member."""
    what = _("Expected by the models of all members' purchases; 95% of such members lie within the range")
    if found is None:
        with cards.card(_("Nothing is predicted yet"), what, "prospect"):
            st.markdown(_("Too few members have bought again for the models to tell their habits apart."))
        return
    title = _("Still a customer with a probability of {share}").format(share=figures.share(found.alive, 0))
    if not has_bought:
        title = _("What members without a purchase come to buy")
    days = list(found.purchases)
    ranges = [found.purchases[ahead] for ahead in days]
    columns = [
        Column(_("Days ahead"), days, figures.count),
        Column(_("Purchase days"), [mean for mean, _low, _high in ranges], figures.decimal),
        Column(_("Range"), ranges, _range),
    ]
    if all(found.spend.values()):
        spend = [one[0] for one in found.spend.values() if one]
        columns.append(Column(_("Spending"), spend, lambda value: figures.money(value, programme.currency)))
    cards.table(title, columns, "prospect", what)


def _range(ends: tuple[float, float, float]) -> str:
    return _("{low} to {high}").format(low=figures.decimal(ends[1]), high=figures.decimal(ends[2]))


def _since(days: int) -> str:
    years, months = divmod(days * 12 // 365, 12)
    parts = [_("{years} y").format(years=years) if years else "", _("{months} mo").format(months=months)]
    return joined(parts)


def _day(day: int) -> str:
    return _("never") if day >= NEVER else figures.day(to_date(int(day)))


def _money(minor: int, programme: Programme) -> str:
    return figures.money(int(minor) / 10**programme.currency_decimals, programme.currency)


def _points(units: int, programme: Programme) -> str:
    return figures.decimal(int(units) / 10**programme.point_decimals, programme.point_decimals)
