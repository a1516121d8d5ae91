"""Campaigns of a what-if: when, to whom, at what cost, and how members are expected to respond."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import streamlit as st

from dashboard import figures
from dashboard.cards.campaign_cards import spoken_kind
from dashboard.i18n import N_, _, words
from dashboard.sandbox import part
from dashboard.sandbox.part import Around, Part, Values, entered, key, number
from simulation.scenario_campaigns import CampaignLine, Kind

KINDS = get_args(Kind)
USUAL, DAYS_SINCE = "usual", "days"  # choices beside those of a document
MEMBERS = {
    USUAL: N_("As usual"),
    "all": N_("All members"),
    "bought": N_("Who ever bought"),
    "active": N_("Active members"),
    "silent": N_("Silent members"),
    "churned": N_("Churned members"),
    DAYS_SINCE: N_("By days since the last purchase"),
}
USUAL_MEMBERS = {
    "wake_up": N_("silent members"),
    "win_back": N_("churned members"),
    "birthday": N_("members on their birthday"),
}
ALL_MEMBERS = N_("all members")
RHYTHMS = {
    USUAL: N_("As usual"),
    "once": N_("Once"),
    "daily": N_("Daily"),
    "weekly": N_("Weekly"),
    "monthly": N_("Monthly"),
}
BIRTHDAYS = {"day": N_("On their birthday"), "month": N_("In the month of their birthday")}
LABELS = {
    "kind": N_("Kind"),
    "name": N_("Name"),
    **part.DAYS,
    "repeat": N_("How often it begins"),
    "lasts_days": N_("Days that each time lasts"),
    "audience.lifecycle": N_("Members"),
    "audience.last_purchase_days": N_("Days since the last purchase"),
    "audience.tiers": N_("Only of these tiers"),
    "birthday": N_("Birthday"),
    "held_out": N_("% held out for comparison"),
    "points_percent": N_("Points on its days, % of the usual"),
    "coupon": N_("Coupon"),
    "channel": N_("Channel"),
    "cost_per_contact": N_("Cost of a contact"),
    "budget": N_("Budget of contacts"),
    "response.lift": N_("% that they buy more often"),
    "response.lift_range": N_("Range of what is known of it"),
    "response.returns": N_("% who come back because of it"),
    "response.returns_range": N_("Range of what is known of the share who come back"),
    "response.source": N_("Source"),
}
ENDS = {"low": N_("At least, %"), "high": N_("At most, %")}


def _label(name: str) -> str:
    return _(LABELS[name])


def _told(around: Around, line: CampaignLine) -> str:
    told = [spoken_kind(line.kind), part.span(around, line), _whom(around, line)]
    if line.percent is not None:
        told.append(_("{percent} points").format(percent=figures.share(line.percent / 100, 0)))
    if line.response.lift:
        told.append(_("buying {change}").format(change=figures.signed_share(line.response.lift, 1)))
    if line.response.returns is not None:
        told.append(_("{share} come back").format(share=figures.share(line.response.returns)))
    return _("{name}: {what}").format(name=line.name, what=" · ".join(one for one in told if one))


def _whom(around: Around, line: CampaignLine) -> str:
    audience = line.audience
    tiers = _(", ").join(words(around.programme.tier_label(one)) for one in audience.tiers)
    if audience.last_purchase_days:
        fewest, most = audience.last_purchase_days
        whom = _("last purchase {fewest} to {most} days ago").format(fewest=fewest, most=most)
    elif audience.lifecycle is None:
        whom = "" if tiers and line.kind not in USUAL_MEMBERS else _usual_members(line.kind)
    else:
        whom = _(MEMBERS[audience.lifecycle])
    return " · ".join(one for one in (whom, tiers) if one)


def _usual_members(kind: str) -> str:
    return _(USUAL_MEMBERS.get(kind, ALL_MEMBERS))


def _values(around: Around, line: CampaignLine | None) -> dict[str, Any]:
    if line is not None:
        return _shown(line)
    return _shown(_of_kind(around, "wake_up")) | {"name": "", "response.source": ""}


def _of_kind(around: Around, kind: Kind) -> CampaignLine:
    """A campaign of which nothing else is said."""
    first, last = around.a_month
    return CampaignLine(name="new", kind=kind, first_day=first, last_day=last)


def _shown(line: CampaignLine) -> dict[str, Any]:
    audience, response = line.audience, line.response
    since = audience.last_purchase_days or (None, None)
    plain = ("kind", "name", "first_day", "last_day", "lasts_days", "points_percent", "channel")
    shown: dict[str, Any] = {name: getattr(line, name) for name in plain}
    shown |= {
        "repeat": line.repeat or USUAL,
        "coupon": line.coupon or "",
        "birthday": line.birthday or "day",
        "held_out": part.in_percent(line.held_out),
        "cost_per_contact": float(line.cost_per_contact),
        "budget": None if line.budget is None else float(line.budget),
        "audience.lifecycle": DAYS_SINCE if audience.last_purchase_days else audience.lifecycle or USUAL,
        "audience.last_purchase_days.0": since[0],
        "audience.last_purchase_days.1": since[1],
        "audience.tiers": list(audience.tiers),
        "response.source": response.source,
    }
    for name in ("lift", "returns"):
        low, high = getattr(response, f"{name}_range") or (None, None)
        ends = {"": getattr(response, name), "_range.low": low, "_range.high": high}
        shown |= {f"response.{name}{end}": part.in_percent(value) for end, value in ends.items()}
    return shown


def _fields(around: Around) -> None:
    with st.grid(2, min_column_width=240):
        st.selectbox(_label("kind"), KINDS, format_func=spoken_kind, key=key("kind"), filter_mode=None)
        usual = _of_kind(around, entered("kind"))
        st.text_input(_label("name"), max_chars=60, placeholder=spoken_kind(usual.kind), key=key("name"))
        part.days()
        _whom_fields(around)
        _cost_fields(around, usual)
    _response_fields(around, usual.kind)
    with st.expander(_("More about it")), st.grid(2, min_column_width=240):
        _further_fields(around, usual)


def _whom_fields(around: Around) -> None:
    _choice("audience.lifecycle", MEMBERS, _usual_members(entered("kind")))
    tiers = dict.fromkeys([*(one.name for one in around.programme.tiers), *(entered("audience.tiers") or ())])
    st.multiselect(
        _label("audience.tiers"),
        tuple(tiers),
        format_func=lambda one: words(around.programme.tier_label(one)),
        placeholder=_("All"),
        key=key("audience.tiers"),
    )
    if entered("audience.lifecycle") == DAYS_SINCE:
        number("audience.last_purchase_days.0", _("Days since the last purchase, at least"), 0, 36_500, 1)
        number("audience.last_purchase_days.1", _("Days since the last purchase, at most"), 0, 36_500, 1)
    if entered("kind") == "birthday":
        _choice("birthday", BIRTHDAYS)


def _cost_fields(around: Around, usual: CampaignLine) -> None:
    sign = figures.currency_sign(around.programme.currency)
    label = _("{field}, {unit}").format(field=_label("cost_per_contact"), unit=sign)
    number("cost_per_contact", label, 0.0, 1e12, 0.1)
    percent = _("as usual") if usual.percent is None else str(usual.percent)
    number("points_percent", _label("points_percent"), 0, 100_000, 50, placeholder=percent)


def _response_fields(around: Around, kind: str) -> None:
    for name in ("lift", "returns"):
        least, most = (-100.0, 2000.0) if name == "lift" else (0.0, 100.0)
        usual = (_in_force(around, kind) if name == "returns" else None) or ("0", "", "")
        labels = {f"response.{name}": LABELS[f"response.{name}"]}
        labels |= {f"response.{name}_range.{end}": label for end, label in ENDS.items()}
        columns = st.columns([2, 1, 1], vertical_alignment="bottom")
        for column, (field, label), shown in zip(columns, labels.items(), usual, strict=True):
            with column:
                number(field, _(label), least, most, placeholder=shown, called=_called(name, label))
    st.text_input(
        _label("response.source"),
        max_chars=200,
        placeholder=_("assumption of the scenario"),
        key=key("response.source"),
    )


def _called(name: str, label: str) -> str:
    """A field of a response, told from those of the other one."""
    main = LABELS[f"response.{name}"]
    return _(main) if label == main else f"{_(main)} · {_(label)}"


def _further_fields(around: Around, usual: CampaignLine) -> None:
    _choice("repeat", RHYTHMS, _(RHYTHMS[usual.rhythm]))
    lasts = _("up to the last day") if usual.wave_days is None else str(usual.wave_days)
    number("lasts_days", _label("lasts_days"), 1, 366, 1, placeholder=lasts)
    number("held_out", _label("held_out"), 0.0, 100.0, 5.0)
    sign = figures.currency_sign(around.programme.currency)
    label = _("{field}, {unit}").format(field=_label("budget"), unit=sign)
    number("budget", label, 0.0, 1e12, 100.0, placeholder=_("without limit"))
    st.text_input(_label("channel"), max_chars=60, key=key("channel"))
    coupons = dict.fromkeys(["", *(one.name for one in around.programme.coupons), entered("coupon") or ""])
    if len(coupons) > 1:
        _choice("coupon", {one: one or N_("None") for one in coupons})


def _choice(name: str, choices: Mapping[str, str], usual: str = "") -> None:
    """One of a few words; `usual` is what the kind of campaign does where nothing else is said.

    The label tells it: the browser knows a choice by its words, which may not change with the kind.
    """
    label = _label(name)
    st.selectbox(
        _("{field} (as usual: {what})").format(field=label, what=usual) if usual else label,
        tuple(choices),
        format_func=lambda one: _(choices[one]),
        key=key(name),
        filter_mode=None,
    )


def _in_force(around: Around, kind: str) -> tuple[str, str, str] | None:
    """What is known of the share who come back because of such a campaign, in percent."""
    effect = dict(around.effects.items()).get(kind)
    if effect is None:
        return None
    value, low, high = (f"{100 * one:.3g}" for one in (effect.value, effect.low, effect.high))
    return value, low, high


def _document(around: Around, shown: Values) -> dict[str, Any]:
    kind = shown["kind"]
    audience: dict[str, Any] = {"tiers": shown["audience.tiers"]}
    chosen = shown["audience.lifecycle"]
    if chosen == DAYS_SINCE:
        ends = (shown.get(f"audience.last_purchase_days.{end}") for end in (0, 1))
        audience["last_purchase_days"] = part.both_ends(LABELS["audience.last_purchase_days"], *ends)
    elif chosen != USUAL:
        audience["lifecycle"] = chosen
    response: dict[str, Any] = {"source": shown["response.source"]}
    for name in ("lift", "returns"):
        field = f"response.{name}_range"
        low, high = (part.of_percent(shown[f"{field}.{end}"]) for end in ENDS)
        response[name] = part.of_percent(shown[f"response.{name}"])
        response[f"{name}_range"] = part.both_ends(LABELS[field], low, high)
    plain = ("first_day", "last_day", "lasts_days", "points_percent", "coupon", "budget")
    return part.given(
        {name: shown.get(name) for name in plain}
        | {
            "kind": kind,
            "name": " ".join(shown["name"].split()) or spoken_kind(kind),
            "repeat": None if shown["repeat"] == USUAL else shown["repeat"],
            "audience": audience,
            "birthday": shown.get("birthday") if kind == "birthday" else None,
            "held_out": part.of_percent(shown["held_out"]),
            "channel": shown["channel"].strip(),
            "cost_per_contact": shown["cost_per_contact"],
            "response": response,
        }
    )


PART = Part(
    name="campaigns",
    title=N_("Campaign"),
    icon=":material/campaign:",
    model=CampaignLine,
    labels=LABELS,
    told=_told,
    values=_values,
    fields=_fields,
    document=_document,
)
