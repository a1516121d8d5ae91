"""The result of a what-if on screen: sentence, provenance, charts, table, and what the figures rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from dashboard import charts, figures, frame, sentences
from dashboard.i18n import N_, _, ngettext, words
from dashboard.sandbox import comparison_charts, desk_table, difference_table, finding
from dashboard.sandbox.comparison import Estimate, Found
from data.reject_lists import guarded
from data.tables import Run
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme, programme_from_dict
from loyalty_core.text import Text

CHARTED = ("reward_cost", "redemption_rate", "points_outstanding", "revenue", "members_active")
TABLED = (
    "revenue",
    "membership_fees",
    "reward_cost",
    "redemption_rate",
    "points_issued",
    "points_redeemed",
    "points_expired",
    "points_outstanding",
    "purchases",
    "members_active",
    "members_silent",
    "members_churned",
    "paid_share",
    "renewal_rate",
    "tier_upgrades",
    "tier_downgrades",
)
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
    "months": N_("months"),
    "weekdays": N_("weekdays"),
    "appeal": N_("appeal"),
    "eagerness": N_("eagerness"),
    "ambition": N_("ambition"),
    "never_share": N_("share who never redeem"),
    "share": N_("share"),
    "within_days": N_("at most so many days later:"),
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


def result(run: Run, document: Mapping[str, Any]) -> None:
    """Everything that a finished run, or one on its way, has found."""
    found, programme = Found(document), programme_from_dict(run.payload["programme"])
    st.header(finding.headline(found, programme, run.payload["scenario"]), anchor=False)
    st.caption(provenance(run, found))
    key = str(run.id)
    with st.grid(2, min_column_width=frame.NARROWEST):
        _tiers(found, programme, key)
        for metric in CHARTED:
            if found.has(metric):
                _difference(found, programme, metric, key)
    _table(found, programme)
    desk_table.table(document)
    _grounds(found)


def provenance(run: Run, found: Found) -> str:
    """What every figure below was computed from."""
    asked = run.payload
    parts = [
        _("{first} – {last}, against the programme in force").format(
            first=figures.day(date.fromisoformat(found.document["from"])),
            last=figures.day(date.fromisoformat(found.document["to"])),
        ),
        _replications(run, found),
        _("seed {seed}").format(seed=asked["scenario"]["seed"]),
        _members(found),
        _("data to {day} · snapshot {snapshot}").format(
            day=figures.day(date.fromisoformat(found.document["data_to"])), snapshot=asked["snapshot"]
        ),
    ]
    return " · ".join(parts)


def _replications(run: Run, found: Found) -> str:
    done, wanted = found.replications, run.payload["scenario"]["replications"]
    if done < wanted:
        return _("only {done} of {wanted} replications so far").format(done=done, wanted=wanted)
    return ngettext("{count} replication", "{count} replications", done).format(count=done)


def _members(found: Found) -> str:
    members, scale = found.document["members"], found.document["scale"]
    if scale == 1:
        return _("all {count} members").format(count=figures.count(members))
    return _("{count} of {all} members, scaled up").format(
        count=figures.count(members), all=figures.count(members * scale)
    )


def _tiers(found: Found, programme: Programme, key: str) -> None:
    metric = METRICS["tier_members"]
    with st.container(border=True, gap="xsmall"):
        sentence = finding.tier_title(found, programme)
        st.markdown(f"**{sentence}**")
        st.caption(
            _("Shares above; below, the change by {day} with its 95% interval").format(
                day=figures.day(found.period_ends[-1])
            )
        )
        if closed := [tier.name for tier in programme.tiers if tier.entry == "invitation"]:
            names = _(", ").join(words(programme.tier_label(name)) for name in closed)
            st.caption(_("{tiers}: nobody is invited in a run").format(tiers=names))
        figure = comparison_charts.distribution(
            [_tier(found, programme, tier.name) for tier in programme.tiers],
            (_("In force"), _("What-if")),
            lambda value: finding.signed(metric, programme, value),
            lambda value: finding.short_signed(metric, programme, value),
        )
        charts.show(figure, alt=sentence, key=f"tiers:{key}")


def _tier(found: Found, programme: Programme, name: str) -> comparison_charts.TierChange:
    def both(metric: str) -> tuple[Estimate, Estimate]:
        return found.in_all("baseline", metric, name), found.in_all("scenario", metric, name)

    return comparison_charts.TierChange(
        label=words(programme.tier_label(name)),
        members=both("tier_members"),
        difference=found.in_all("differences", "tier_members", name),
        shares=both("tier_share"),
    )


def _difference(found: Found, programme: Programme, name: str, key: str) -> None:
    metric = METRICS[name]
    with st.container(border=True, gap="xsmall"):
        sentence = finding.title(found, programme, name)
        st.markdown(f"**{sentence}**")
        st.caption(_("What-if minus programme in force, per month; band: 95% interval"))
        figure = comparison_charts.difference(
            figures.closes(found.period_ends),
            found.by_month("differences", name),
            lambda value: finding.signed(metric, programme, value),
            lambda value: finding.short_signed(metric, programme, value),
        )
        charts.show(figure, alt=sentence, key=f"{name}:{key}")


def _table(found: Found, programme: Programme) -> None:
    rows = [_row(found, programme, name) for name in TABLED if found.has(name)]
    rows += [_row(found, programme, "tier_members", tier.name) for tier in programme.tiers]
    difference_table.show(
        _("At the horizon"),
        _("Flows over the whole span, stocks and shares at its close; intervals at 95%"),
        rows,
        alt=_("Differences at the horizon with their intervals"),
    )


def _row(found: Found, programme: Programme, name: str, tier: str | None = None) -> difference_table.Row:
    metric, difference = METRICS[name], found.in_all("differences", name, tier)
    label = words(metric.label) if tier is None else words(programme.tier_label(tier))
    about = {_("Figure"): label if tier is None else guarded(_("Members in {tier}").format(tier=label))}
    sides = difference_table.sides(
        finding.level(metric, programme, found.in_all("baseline", name, tier).mean),
        finding.level(metric, programme, found.in_all("scenario", name, tier).mean),
        finding.signed(metric, programme, difference.mean),
        finding.between(metric, programme, difference),
    )
    return about | sides | {_("Reading"): _verdict(found, name, tier)}


def _verdict(found: Found, name: str, tier: str | None) -> str:
    difference = found.in_all("differences", name, tier)
    if difference.mean is None:
        return figures.UNKNOWN
    if difference.mean == 0 and not difference.half_width:
        return _("no difference")
    if difference.is_of_one_run:
        return _(finding.ONE_RUN)
    if not difference.is_clear:
        return _("within chance")
    return _("higher") if difference.mean > 0 else _("lower")


def _grounds(found: Found) -> None:
    """Which numbers behind the result are calibrated, published or assumed."""
    parts = found.document["assumptions"]
    counted = {status: sum(part["status"] == status for part in parts) for status in STATUS}
    title = _(
        "What this rests on: {calibrated} parts calibrated, {published} published, {assumption} assumed"
    )
    with st.expander(title.format(**counted), icon=":material/foundation:"):
        with st.container(gap="xxsmall"):
            for part in parts:
                _ground(part)
        st.caption(
            _(
                "Both sides meet the same members and the same luck in each replication, so that the "
                "difference is due to the rules alone."
            )
        )


def _ground(part: Mapping[str, Any]) -> None:
    """One part: name, status and value, below them the source; lines wrap on a phone, a table would not."""
    status = STATUS.get(part["status"], part["status"])
    name = words(Text(**part["label"])) if "label" in part else _(PARTS.get(part["name"], part["name"]))
    line = " · ".join(word for word in (_(status), _value(part)) if word)
    st.markdown(f"**{name}** · {line}")
    st.caption(sentences.said(part["source"]))


def _value(part: Mapping[str, Any]) -> str:
    if "value" in part:
        shown = "{value} ({low} … {high})" if part.get("on", True) else _("switched off")
        return shown.format(**part)
    return _(", ").join(
        f"{_(VALUES.get(name, name))} {_number(value)}" for name, value in part.items() if _is_number(value)
    )


def _is_number(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_is_number, value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: float | Sequence[float]) -> str:
    """A value with three digits or so; of many, from the least to the greatest."""
    if isinstance(value, int | float):
        return f"{value:.3g}".replace("-", "−")
    return f"{min(value):.2f} … {max(value):.2f}"
