"""What happened to one member, newest first, and the campaigns that chose them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from dashboard import cards, figures
from dashboard.cards import Column
from dashboard.i18n import N_, _, ngettext, words
from dashboard.reasons import CARD_ACCOUNTS, account, given_for, taken_for
from dashboard.told import told_moment
from loyalty_core.activity_kinds import ACTIVITY_KINDS
from loyalty_core.facts import DECISIONS, EARN, HELD_OUT, REDEEM, TREATED
from loyalty_core.rules.programme import Programme

SUBJECTS = {
    "all": (N_("All"), ("purchases", "entries", "tier_changes", "activities", "coupons", "contacts")),
    "purchases": (N_("Purchases"), ("purchases",)),
    "points": (N_("Points"), ("entries",)),
    "tiers": (N_("Tiers"), ("tier_changes",)),
    "activities": (N_("Activities"), ("activities",)),
    "offers": (N_("Offers"), ("coupons", "contacts")),
}
KINDS = {
    "sale": N_("Purchase"),
    "refund": N_("Refund"),
    "earn": N_("Points earned"),
    "redeem": N_("Points redeemed"),
    "expire": N_("Points expired"),
    "adjust": N_("Points adjusted"),
    "reverse": N_("Points taken back"),
    "transfer": N_("Points transferred"),
    "tier": N_("Tier"),
    "offered": N_("Coupon offered"),
    "claimed": N_("Coupon claimed"),
    "redeemed": N_("Coupon used"),
    TREATED: N_("Chosen by a campaign"),
    HELD_OUT: N_("Held out of a campaign"),
}
CARD_KINDS = {"earn": N_("Card topped up"), "redeem": N_("Paid by card"), "expire": N_("Bonus expired")}
OUTCOMES = {"clicked_at": N_("clicked"), "opened_at": N_("opened"), "delivered_at": N_("arrived")}
ARMS = {TREATED: N_("Contacted"), HELD_OUT: N_("Held out")}


def story(rows: pd.DataFrame, total: int, programme: Programme) -> None:
    """A page of what happened, newest first."""
    told = rows.astype(object).where(rows.notna(), None).to_dict("records")
    money = partial(_money, currency=programme.currency)
    points = partial(_points, decimals=programme.point_decimals)
    columns = [
        Column(_("When"), [told_moment(row["happened_at"], programme) for row in told]),
        Column(_("What"), [_kind(row) for row in told]),
        Column(_("Details"), [_details(row, programme) for row in told]),
        Column(_("Amount"), _each(told, "money", programme.currency_decimals), money),
        Column(_("Points"), _each(told, "points", programme.point_decimals), points),
    ]
    title = ngettext("{count} event", "{count} events", total).format(count=figures.count(total))
    cards.table(title, columns, "story", _("What happened, the newest first"))


def contacts(rows: pd.DataFrame, programme: Programme) -> None:
    """The campaigns that chose the member, and what became of each contact."""
    what = _("Campaigns that chose the member, the newest first")
    if rows.empty:
        with cards.card(_("No campaign has chosen this member"), what, "contacts"):
            pass
        return
    reached = len(rows.dropna(subset=["delivered_at"]))
    title = ngettext(
        "Chosen by {count} campaign; contacts that arrived: {reached}",
        "Chosen by {count} campaigns; contacts that arrived: {reached}",
        len(rows),
    ).format(count=figures.count(len(rows)), reached=figures.count(reached))
    columns = [
        Column(_("Campaign"), [figures.in_one_language(name) for name in rows["campaign"]]),
        Column(_("Planned"), [told_moment(at, programme) for at in rows["planned_at"]]),
        Column(_("Arm"), [_(ARMS[arm]) for arm in rows["arm"]]),
        Column(_("Channel"), [figures.of_data(programme, name) for name in rows["channel"].fillna("")]),
        Column(_("Outcome"), [_outcome(row) for row in rows.to_dict("records")]),
    ]
    cards.table(title, columns, "contacts", what)


def _outcome(row: Mapping[str, Any]) -> str:
    for name, said in (
        ("clicked_at", _("clicked")),
        ("opened_at", _("opened")),
        ("delivered_at", _("arrived")),
    ):
        if pd.notna(row[name]):
            return said
    return ""


def _kind(row: Mapping[str, Any]) -> str:
    kind = row["kind"]
    if row["subject"] == "activities":
        return words(ACTIVITY_KINDS[kind].label) if kind in ACTIVITY_KINDS else str(kind)
    kinds = CARD_KINDS if row["subject"] == "entries" and row["money"] is not None else {}
    return _((KINDS | kinds)[kind]) if kind in KINDS else str(kind)


def _details(row: Mapping[str, Any], programme: Programme) -> str:
    """Where, for what and by which campaign, in the reader's language."""
    told = _TOLD[row["subject"]](row["kind"], row["what"] or "", row["more"] or "", programme)
    number = "" if row["number"] is None else figures.count(row["number"])
    return " · ".join(part for part in (*told, number) if part)


def _done(*_row: Any) -> tuple[str, ...]:
    return ()


def _bought(_kind: str, store: str, channel: str, programme: Programme) -> tuple[str, ...]:
    return figures.of_data(programme, store), figures.of_data(programme, channel)


def _entered(kind: str, reason: str, name: str, programme: Programme) -> tuple[str, ...]:
    """What is paid from a card goes without a reason; what somebody decided has one on any account."""
    without = name in CARD_ACCOUNTS and kind not in DECISIONS
    return "" if without else _reason(kind, reason, programme), account(name)


def _moved(_kind: str, upper: str, lower: str, programme: Programme) -> tuple[str, ...]:
    return (" → ".join(words(programme.tier_label(one)) for one in (lower, upper) if one),)


def _given(_kind: str, offer: str, _more: str, programme: Programme) -> tuple[str, ...]:
    return (words(programme.coupon_label(offer)) if offer else "",)


def _chosen(_kind: str, campaign: str, channel: str, programme: Programme) -> tuple[str, ...]:
    return figures.in_one_language(campaign), figures.of_data(programme, channel)


_TOLD = {
    "purchases": _bought,
    "entries": _entered,
    "tier_changes": _moved,
    "activities": _done,
    "coupons": _given,
    "contacts": _chosen,
}


def _reason(kind: str, reason: str, programme: Programme) -> str:
    """What an entry of points was for: as somebody wrote it down, by the rules otherwise; nothing where its
    kind says it all."""
    if kind in DECISIONS:
        return reason
    said = {EARN: given_for, REDEEM: taken_for}.get(kind)
    return "" if said is None else said(reason, programme)


def _each(told: Sequence[Mapping[str, Any]], name: str, decimals: int) -> list[float | None]:
    """Amounts in units of the currency or in points; None of what has none."""
    return [None if row[name] is None else row[name] / 10**decimals for row in told]


def _money(value: float | None, currency: str) -> str:
    return "" if value is None else figures.money(value, currency)


def _points(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{figures.sign(value)}{figures.decimal(abs(value), decimals)}"
