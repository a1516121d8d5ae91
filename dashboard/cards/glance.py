"""One member at a glance: state, tier, points and spending, and what comes next, in one card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from dashboard import figures, page_record
from dashboard.i18n import _, joined, ngettext, words
from dashboard.page_record import Card, Column
from loyalty_core.counting.lifecycle import LABELS, State
from loyalty_core.days import NEVER, to_date
from loyalty_core.rules.programme import Programme
from loyalty_core.written import days_text

if TYPE_CHECKING:
    from data.member_seen import MemberSeen
    from loyalty_core.tiers.explanation import Explanation

WIDTH = 130  # pixels that one of the facts needs


@dataclass(frozen=True, slots=True)
class Fact:
    """One of the facts: what it is, its value, and what is to know beside it."""

    label: str
    value: str
    beside: str


def leading(member_id: str, portrait: pd.Series, programme: Programme) -> str:
    """Who the member is in the programme, and what they bought of late."""
    tier = _tier(portrait["tier"], programme) if pd.notna(portrait["tier"]) else None
    who = " · ".join(part for part in (member_id, _state(portrait), tier) if part)
    if pd.isna(portrait["days_since_purchase"]):
        return _("{who}: no purchase yet.").format(who=who)
    if not portrait["purchases"]:
        return _("{who}: no purchase in 12 months.").format(who=who)
    bought = ngettext(
        "{who}: {purchases} purchase worth {revenue} in 12 months.",
        "{who}: {purchases} purchases worth {revenue} in 12 months.",
        int(portrait["purchases"]),
    )
    return bought.format(
        who=who,
        purchases=figures.count(portrait["purchases"]),
        revenue=in_money(portrait["revenue"], programme),
    )


def card(member_id: str, now: MemberSeen, told: Mapping[str, Any], programme: Programme) -> None:
    """The facts side by side, under what the source says of the member and over the way to the next tier."""
    facts = list(_facts(now, programme))
    page_record.now().cards.append(
        Card(
            key="glance",
            title=_("{member} at a glance").format(member=member_id),
            what=_who(now.portrait, told, programme),
            columns=[
                Column(_("What"), [fact.label for fact in facts]),
                Column(_("Value"), [fact.value for fact in facts]),
                Column(_("Details"), [fact.beside for fact in facts]),
            ],
        )
    )
    with st.container(border=True, gap="small", key="card_glance"):
        st.caption(figures.unmarked(_who(now.portrait, told, programme)))
        with st.grid(len(facts), min_column_width=WIDTH, gap="medium"):
            for fact in facts:
                with st.container(gap="xsmall"):
                    st.metric(fact.label, figures.as_tall(fact.value))
                    st.caption(fact.beside)
        _way_up(now, programme)


def _who(portrait: pd.Series, told: Mapping[str, Any], programme: Programme) -> str:
    """For how long the member has been one, where, and whether they may be written to."""
    since = _("Member for {time}").format(time=_time(int(portrait["days_since_joining"])))
    places = [figures.of_data(programme, told[name]) for name in ("store", "channel") if name in told]
    consent = {True: _("may be contacted"), False: _("has not agreed to be contacted")}
    return " · ".join(filter(None, (since, *places, consent.get(told.get("consent")))))


def _facts(now: MemberSeen, programme: Programme) -> Iterator[Fact]:
    portrait, tier = now.portrait, now.tier
    yield Fact(_("Lifecycle"), _state(portrait), _last_bought(portrait))
    review = words(tier.outlook.text) if tier.outlook is not None else words(tier.why)
    yield Fact(_("Tier"), _tier(programme.tiers[tier.tier].name, programme), review)
    yield Fact(_("Points balance"), in_points(portrait["balance"], programme), expiring(now.lots, programme))
    bought = ngettext("{purchases} purchase", "{purchases} purchases", int(portrait["purchases"]))
    yield Fact(
        _("Spent in 12 months"),
        _short(portrait["revenue"], programme),
        bought.format(purchases=figures.count(portrait["purchases"])),
    )
    if portrait["stored_value"] or portrait["top_up"]:
        usual = _("Tops up {money} as a rule").format(money=in_money(portrait["top_up"], programme))
        yield Fact(_("Stored value"), _short(portrait["stored_value"], programme), usual)


def _way_up(now: MemberSeen, programme: Programme) -> None:
    """How far it is to the next tier, what the tier rests on, and what would keep it."""
    told: Explanation = now.tier
    if told.goal is not None:
        done = int(now.portrait["towards_next"]) / 1000
        towards = _("{share} of the way to {tier}: {missing}").format(
            share=figures.share(done, 0),
            tier=_tier(programme.tiers[told.goal.tier].name, programme),
            missing=words(told.goal.text),
        )
        st.progress(min(done, 1.0), text=towards)
    if told.outlook is not None:
        st.caption(words(told.why))


def expiring(lots: pd.DataFrame, programme: Programme) -> str:
    """Which of the points go next, and when."""
    if lots.empty:
        return _("No points at hand")
    first = lots.iloc[0]
    if first["expires_on"] >= NEVER:
        return _("None of them expire")
    return _("Points expire next on {day}: {points}").format(
        points=in_points(first["points"], programme), day=figures.day(to_date(int(first["expires_on"])))
    )


def _last_bought(portrait: pd.Series) -> str:
    since = portrait["days_since_purchase"]
    if pd.isna(since):
        return _("No purchase yet")
    if not since:
        return _("Bought on this day")
    return _("Bought {days} ago").format(days=words(days_text(int(since))))


def _state(portrait: pd.Series) -> str:
    return words(LABELS[State[str(portrait["state"]).upper()]])


def _tier(name: str, programme: Programme) -> str:
    return words(programme.tier_label(name))


def _time(days: int) -> str:
    years, months = divmod(days * 12 // 365, 12)
    parts = [_("{years} y").format(years=years) if years else "", _("{months} mo").format(months=months)]
    return joined(parts)


def _short(minor: int, programme: Programme) -> str:
    """As `in_money`, in as few letters as a tile has room for."""
    return figures.short_money(int(minor) / 10**programme.currency_decimals, programme.currency)


def in_money(minor: int, programme: Programme) -> str:
    """Minor units as an amount in words."""
    return figures.money(int(minor) / 10**programme.currency_decimals, programme.currency)


def in_points(units: int, programme: Programme) -> str:
    """Point units as points in words."""
    return figures.decimal(int(units) / 10**programme.point_decimals, programme.point_decimals)
