"""One campaign looked back on: whom it reached, what it added, what it cost and was meant to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import cards, charts, figures, theme
from dashboard.cards import Column
from dashboard.cards.campaign_cards import behind_campaign, has_worked, spoken_name
from dashboard.complaints import complaint
from dashboard.i18n import N_, _, ngettext, words
from dashboard.picks import Crowds, field_text
from dashboard.readings import exact, plain
from dashboard.watch_page import WatchPage
from data.offered import Campaign
from loyalty_core.counting.cuts import CAMPAIGN, CONTACT_CHANNEL, UNKNOWN
from loyalty_core.errors import InputError
from loyalty_core.metrics.by_member import can_be_told_by_member
from loyalty_core.metrics.campaign_goals import CampaignGoal, Reached, goals_of
from loyalty_core.metrics.dictionary import METRICS, metrics_for
from loyalty_core.metrics.metric import Unit
from loyalty_core.offers import STAGES, Stage
from loyalty_core.rules.programme import Programme

REACH = {
    "contacts_sent": "quiet",
    "contacts_delivered": "never",
    "contacts_opened": "active",
    "contacts_clicked": "scenario",
}
COUPONS = ("coupons_offered", "coupons_claimed", "coupons_redeemed", "coupons_expired", "coupons_open")
OUTCOMES = (
    *("contacted", "response_rate", "lift", "comparison", "campaign_redemption_rate", "coupons_redeemed"),
    *("points_burnt", "liability_released", "incremental_margin", "return_on_campaign"),
)
ASKED = metrics_for([CAMPAIGN])  # a goal may be of any of them
REACHED = {
    Reached.YES: N_("reached"),
    Reached.NO: N_("missed"),
    Reached.NOT_SHOWN: N_("not shown: may be chance"),
    Reached.UNKNOWN: N_("not known yet"),
}


def reach(channels: pd.DataFrame, row: pd.Series, campaign: Campaign, page: WatchPage) -> None:
    """What became of a campaign's contacts, by channel; the title tells of all of them."""
    programme = page.programme
    rows = channels[channels["contacts_sent"] > 0].sort_values("contacts_sent", ascending=False)
    if rows.empty:
        return
    labels = [figures.of_data(programme, name) for name in rows["contact_channel"].fillna(_("Unknown"))]
    told = {name: slot for name, slot in REACH.items() if rows[name].notna().any()}
    figure = charts.columns(labels, cards.series(rows, told), figures.count, figures.short)
    figure = charts.all_named(figure, labels)
    behind = {
        field_text(said, words(METRICS[metric].label)): behind_campaign(
            page, metric, campaign, **{CONTACT_CHANNEL: [name]}
        )
        for said, name in zip(labels, rows["contact_channel"].fillna(UNKNOWN), strict=True)
        for metric in told
    }
    what = _("Contacts by channel, and what became of them")
    cards.chart(_reached(row), figure, "reach", what, Crowds(behind))


def _reached(row: pd.Series) -> str:
    sent, *became = (plain(row[name]) for name in REACH)
    if None in became:
        sentence = ngettext(
            "{sent} contact was sent; the data does not tell all that became of it",
            "{sent} contacts were sent; the data does not tell all that became of them",
            sent,
        )
        return sentence.format(sent=figures.count(sent))
    delivered, opened, clicked = (figures.share(number / sent, 0) for number in became)
    sentence = ngettext(
        "Of {sent} contact, {delivered} arrived, {opened} was opened and {clicked} clicked",
        "Of {sent} contacts, {delivered} arrived, {opened} were opened and {clicked} clicked",
        sent,
    )
    return sentence.format(sent=figures.count(sent), delivered=delivered, opened=opened, clicked=clicked)


def response(row: pd.Series, campaign: Campaign, page: WatchPage) -> None:
    """How many of those contacted bought, beside those who were not."""
    rate = plain(row["treated_rate"])
    if rate is None:
        return
    lift, apart = plain(row["lift"]), plain(row["comparison"])
    beside = "not_chosen_rate" if lift is None else "held_out_rate"
    others = None if lift is None and apart is None else plain(row[beside])
    label = _("Held out") if lift is not None else _("Not chosen")
    held_out = plain(row["members_held_out"])
    bars = [
        (_("Contacted"), rate, "scenario", plain(row["contacted"])),
        (label, others, "baseline", held_out or None),
    ]
    known = [bar for bar in bars if bar[1] is not None]
    names, shares, slots, members = (list(one) for one in zip(*known, strict=True))
    texts = [_of(share, among) for share, among in zip(shares, members, strict=True)]
    figure = charts.ranks(names, shares, [theme.slot(slot) for slot in slots], texts, [""] * len(names))
    what = _("Share who bought within the window of the campaign")
    if len(known) > 1:
        name = "comparison" if lift is None else "lift"
        low, high = (plain(row[f"{name}_{end}"]) or 0.0 for end in ("low", "high"))
        what = _("{what}; the difference lies between {low} and {high}").format(
            what=what, low=figures.signed(low * 100), high=figures.signed_points(high)
        )
    behind = {
        _("Contacted"): behind_campaign(page, "treated_rate", campaign),
        label: behind_campaign(page, beside, campaign),
    }
    cards.chart(_effect(row), figure, "response", what, Crowds(behind))


def _of(share: float, members: float | None) -> str:
    if members is None:
        return figures.share(share)
    return ngettext("{share} of {members} member", "{share} of {members} members", members).format(
        share=figures.share(share), members=figures.count(members)
    )


def _effect(row: pd.Series) -> str:
    """What the figures show of the campaign's effect, and no more."""
    lift, apart = plain(row["lift"]), plain(row["comparison"])
    if lift is not None:
        if has_worked(row):
            return _("The campaign worked: it added {points} to those who bought").format(
                points=figures.signed_points(lift)
            )
        if (plain(row["lift_high"]) or 0) < 0:
            return _("Fewer of those contacted bought than of those held out: {points}").format(
                points=figures.signed_points(lift)
            )
        return _("An effect is not shown: the difference of {points} may be chance").format(
            points=figures.signed_points(lift)
        )
    if apart is not None:
        return _("Comparison only: nobody was held out, and those chosen differ by {points}").format(
            points=figures.signed_points(apart)
        )
    return _("{share} bought; nobody is known to compare them with").format(
        share=figures.share(plain(row["treated_rate"]))
    )


def review(campaign: Campaign, row: pd.Series, page: WatchPage) -> None:
    """The campaign on one page: what was planned, and what came of it."""
    goals, said = _goals(campaign)
    lines = _lines(campaign, row, page, goals if page.view.is_whole else {})
    if not lines:
        return
    what, came, aims = zip(*lines, strict=True)
    columns = [Column(_("Measure"), list(what)), Column(_("Outcome"), list(came), str)]
    if any(aims):
        columns.append(Column(_("Goal"), list(aims), str))
    goal = _("Goal: {goal}").format(goal=figures.in_one_language(said)) if said else ""
    days = figures.span(campaign.starts_on, campaign.ends_on)
    of_all = _("goals in numbers are for all members") if goals and not page.view.is_whole else ""
    about = " · ".join(part for part in (goal, days, words(STAGES[campaign.stage]), of_all) if part)
    behind = {
        words(METRICS[name].label): behind_campaign(page, name, campaign)
        for name in (*OUTCOMES, *goals)
        if can_be_told_by_member(METRICS[name], {CAMPAIGN: [campaign.id]}) and plain(row.get(name))
    }
    title = _reviewed(campaign, row, page.programme)
    cards.table(title, columns, "review", about, Crowds(behind) if behind else None, beside=True)


def _goals(campaign: Campaign) -> tuple[dict[str, CampaignGoal], str]:
    """The numbers to reach by metric, and the goal in words; what is wrong with them stands over the card."""
    try:
        goals, said = goals_of(campaign.goal)
    except InputError as error:
        st.warning(figures.unmarked(complaint(error)), icon=":material/warning:")
        return {}, campaign.goal
    return {goal.metric.name: goal for goal in goals}, said


def _lines(
    campaign: Campaign, row: pd.Series, page: WatchPage, goals: Mapping[str, CampaignGoal]
) -> list[tuple[str, str, str]]:
    """Of each measure its name, what came of it, and what it was to reach with whether it did."""
    programme, lines = page.programme, []
    money = partial(exact, METRICS["campaign_cost"], programme)
    cost = plain(row.get("campaign_cost"))
    if campaign.budget is not None:
        lines.append((_("Budget"), money(campaign.budget), ""))
    if cost is not None or campaign.budget is not None:
        lines.append((_("Cost"), money(cost), ""))
    for name in dict.fromkeys([*OUTCOMES, *goals]):
        value, goal = plain(row.get(name)), goals.get(name)
        if value is not None or goal is not None:
            aim = "" if goal is None else _aimed(goal, row, campaign, programme)
            lines.append((words(METRICS[name].label), _written(name, value, programme), aim))
    return lines


def _aimed(goal: CampaignGoal, row: pd.Series, campaign: Campaign, programme: Programme) -> str:
    """What a metric was to reach, and whether it did; of a campaign that goes on, whether it has so far."""
    bounds = goal.metric.bounds or (goal.metric.name, goal.metric.name)
    reached = goal.reached(*(plain(row.get(name)) for name in (goal.metric.name, *bounds)))
    sign = "≥" if goal.at_least else "≤"
    told = _(REACHED[reached])
    if campaign.stage is Stage.RUNNING and reached is not Reached.UNKNOWN:
        told = _("{state} so far").format(state=told)
    return f"{sign} {_written(goal.metric.name, goal.value, programme)} · {told}"


def _written(name: str, value: float | None, programme: Programme) -> str:
    if value is not None and name in ("lift", "comparison"):
        return figures.signed_points(value)
    written = exact(METRICS[name], programme, value)
    is_points = METRICS[name].unit is Unit.POINTS and value is not None
    return _("{value} pts").format(value=written) if is_points else written


def _reviewed(campaign: Campaign, row: pd.Series, programme: Programme) -> str:
    cost, gain = plain(row.get("campaign_cost")), plain(row.get("return_on_campaign"))
    if cost is None or campaign.budget is None:
        return spoken_name(campaign)
    money = partial(exact, METRICS["campaign_cost"], programme)
    kept = _("{name} kept its budget of {budget}")
    over = _("{name} cost {cost}, more than its budget of {budget}")
    sentence = (kept if cost <= campaign.budget else over).format(
        name=spoken_name(campaign), cost=money(cost), budget=money(campaign.budget)
    )
    if gain is None:
        return sentence
    return _("{sentence}; return {gain}").format(sentence=sentence, gain=figures.signed_share(gain))
