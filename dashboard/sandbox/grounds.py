"""What a what-if rests on: which numbers are calibrated, published or assumed, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import figures, page_record, sentences
from dashboard.i18n import N_, _, words
from loyalty_core.text import Text

PARTS = {
    "purchasing": N_("How often members buy, and when they leave"),
    "spending": N_("How much they spend"),
    "season": N_("Seasons and weekdays"),
    "redeeming": N_("When they redeem"),
    "refunding": N_("Refunds"),
    "common_shock": N_("Luck that all share in a week"),
    "joining": N_("How many join"),
    "referring": N_("Friends whom members bring"),
    "doing": N_("What members do beside buying"),
    "paying": N_("How they pay at the till"),
    "couponing": N_("How often they think of a coupon"),
    "storing": N_("How they use prepaid cards"),
    "subscribing": N_("How they buy and renew tiers"),
    "given_tiers": N_("Tiers that are given"),
}
VALUES = {
    "crowding": N_("sales beside chance on days of buying, times"),
    "newcomers": N_("rates of those who join, times"),
    "level": N_("all rates, times"),
    "months": N_("months"),
    "weekdays": N_("weekdays"),
    "new_year": N_("weeks about the lunar new year"),
    "appeal": N_("appeal"),
    "eagerness": N_("eagerness"),
    "ambition": N_("ambition"),
    "never_share": N_("share who never redeem"),
    "share": N_("share"),
    "spread": N_("spread"),
    "a_day": N_("members a day"),
    "growth_a_year": N_("growth in a year"),
    "buying_at_once": N_("share who buy on the day of joining"),
    "fading": N_("fading"),
    "begun_days": N_("days since the first joined"),
    "a_year": N_("a year"),
    "holders": N_("share who hold a card"),
    "tops_up": N_("share of low cards that are topped up"),
    "amounts": N_("sums topped up"),
    "pays": N_("share of their sales paid by card"),
    "within_days": N_("at most so many days later:"),
    "partial": N_("share that are of a part of the sale only"),
    "parts": N_("parts that these take"),
    "buys": N_("share of sales with which one is bought"),
    "renews": N_("share of active members who renew"),
    "renews_silent": N_("share of others who renew"),
    "renewal_days": N_("days from the end of the term"),
    "alpha": "α",
}
STATUS = {
    "calibrated": N_("Calibrated on this programme"),
    "published": N_("Published"),
    "assumption": N_("Assumption"),
}


def show(parts: Sequence[Mapping[str, Any]]) -> None:
    """The parts behind a result, folded."""
    counted = {status: sum(part["status"] == status for part in parts) for status in STATUS}
    title = _(
        "What this rests on: {calibrated} parts calibrated, {published} published, {assumption} assumed"
    ).format(**counted)
    what = _(
        "Both sides meet the same members and the same luck in each replication, so that the "
        "difference is due to the rules alone."
    )
    with st.expander(title, icon=":material/foundation:"):
        with st.container(gap="xxsmall"):
            for part in parts:
                _ground(part)
        st.caption(what)
    columns = [
        page_record.Column(_("Part"), [_name(part) for part in parts]),
        page_record.Column(_("Status"), [_status(part) for part in parts]),
        page_record.Column(_("Value"), [_value(part) for part in parts]),
    ]
    page_record.now().cards.append(page_record.Card(key="grounds", title=title, what=what, columns=columns))


def _ground(part: Mapping[str, Any]) -> None:
    """One part: name, status and value, below them the source; lines wrap on a phone, a table would not."""
    line = " · ".join(word for word in (_status(part), _value(part)) if word)
    st.markdown(f"**{_name(part)}** · {line}")
    st.caption(sentences.said(part["source"]))


def _name(part: Mapping[str, Any]) -> str:
    return words(Text(**part["label"])) if "label" in part else _(PARTS.get(part["name"], part["name"]))


def _status(part: Mapping[str, Any]) -> str:
    return _(STATUS.get(part["status"], part["status"]))


def _value(part: Mapping[str, Any]) -> str:
    if "value" in part:
        return _told(part) if part.get("on", True) else _("switched off")
    return _(", ").join(
        f"{_(VALUES.get(name, name))} {_number(value)}" for name, value in part.items() if _is_number(value)
    )


def _told(part: Mapping[str, Any]) -> str:
    """A value with the range of what is known, where one is."""
    value, low, high = part["value"], part["low"], part["high"]
    told = _number(value) if _is_number(value) else str(value)
    return told if low is None else f"{told} ({_number(low)} … {_number(high)})"


def _is_number(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_is_number, value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: float | Sequence[float]) -> str:
    """A value with three digits or so; of many, from the least to the greatest."""
    if isinstance(value, int | float):
        return figures.count(value) if abs(value) >= 1000 else f"{value:.3g}".replace("-", "−")
    return f"{_number(min(value))} … {_number(max(value))}"
