"""How members take part and how they are cared for: the cards of the Engagement page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import pandas as pd

from dashboard import cards, charts, figures, theme
from dashboard.cards import Column
from dashboard.charts import Series
from dashboard.i18n import _, joined, ngettext, words
from dashboard.picks import ENROLLED, Crowds, of_slice
from dashboard.readings import Reading, closes, column, exact, plain, short
from dashboard.reasons import left_for
from dashboard.told import told_day
from dashboard.watch_page import WatchPage
from data.caring import COMING_DAYS, birthdays_by_day
from data.members_counted import members_celebrating, members_leaving
from loyalty_core.days import to_day
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme

SIGNING_IN = {"members_signed_in": "scenario", "members_on_streak": "active"}
TASKS = {"tasks_offered": "quiet", "tasks_completed": "active"}
ALONG = (*SIGNING_IN, "sign_in_frequency", *TASKS)
MONTHS_DRAWN = 12
LISTED = 100  # birthdays that are listed by name


def leading(wall: Mapping[str, Reading]) -> str:
    """How many take part and how many are content; where neither is known, whom nobody has contacted."""
    signing_in, content, forgotten = (
        wall[name] for name in ("sign_in_rate", "satisfaction", "members_uncontacted")
    )
    told = []
    if signing_in.value is not None:
        told.append(_("{share} of the members signed in.").format(share=signing_in.short(signing_in.value)))
    if content.value is not None:
        told.append(_("{share} of survey answers are satisfied.").format(share=content.short(content.value)))
    if not told and forgotten.value is not None:
        told.append(_("{sentence}.").format(sentence=_forgotten(forgotten.value)))
    return joined(told)


def _forgotten(members: float) -> str:
    return ngettext(
        "{members} member has not been contacted for a month",
        "{members} members have not been contacted for a month",
        members,
    ).format(members=figures.count(members))


def signing_in(monthly: pd.DataFrame, programme: Programme) -> None:
    """Members who signed in, and those who did every day of a week, by month."""
    last = monthly.iloc[-1]
    members = plain(last["members_signed_in"])
    title = ngettext(
        "{members} member signed in during the last month, on {days} days",
        "{members} members signed in during the last month, on {days} days each",
        members,
    ).format(members=figures.count(members), days=figures.decimal(plain(last["sign_in_frequency"])))
    what = _("Members who signed in, and those on a streak of seven days at the month's end")
    _columns(monthly, SIGNING_IN, programme, title, "signing_in", what)


def tasks(monthly: pd.DataFrame, programme: Programme) -> None:
    """Tasks offered and completed, by month."""
    offered, completed = (plain(monthly[name].iloc[-1]) for name in TASKS)
    title = ngettext(
        "{completed} of {offered} tasks of the last month was completed",
        "{completed} of {offered} tasks of the last month were completed",
        completed,
    ).format(completed=figures.count(completed), offered=figures.count(offered))
    _columns(monthly, TASKS, programme, title, "tasks", _("Tasks offered and completed, by month"))


def referrals(monthly: pd.DataFrame, reading: Reading) -> None:
    """People whom members recommended, by month."""
    title = ngettext(
        "Members recommended {count} person in the last month",
        "Members recommended {count} people in the last month",
        reading.trend[-1],
    ).format(count=figures.count(reading.trend[-1]))
    _columns(monthly, {"referrals": "new"}, reading.programme, title, "referrals", _("Referrals by month"))


def complaints(monthly: pd.DataFrame, reading: Reading) -> None:
    """Complaints of each thousand members, by month."""
    title = _("{count} complaints per thousand members in the last month").format(
        count=reading.short(reading.trend[-1])
    )
    what = _("Complaints per thousand members, by month")
    _columns(monthly, {"complaints_per_thousand": "churned"}, reading.programme, title, "complaints", what)


def are_told(monthly: pd.DataFrame, names: Iterable[str]) -> bool:
    """Whether the source tells anything of those metrics in the months that are drawn."""
    return any(value for name in names for value in column(monthly.tail(MONTHS_DRAWN), name))


def _columns(
    monthly: pd.DataFrame, slots: Mapping[str, str], programme: Programme, title: str, key: str, what: str
) -> None:
    """Columns of metrics by month, in a card; nothing where the source tells of none of them."""
    if not are_told(monthly, slots):
        return
    monthly = monthly.tail(MONTHS_DRAWN)
    series = cards.series(monthly, slots)
    first = METRICS[next(iter(slots))]
    figure = charts.columns(
        closes(monthly), series, partial(exact, first, programme), partial(short, first, programme)
    )
    cards.chart(title, figure, key, what)


def satisfaction(monthly: pd.DataFrame, reading: Reading, recommending: Reading) -> None:
    """The share of satisfied answers by month, beside its target."""
    known = [value for value in reading.trend if value is not None]
    if not known:
        return
    title = _("{share} of the survey answers of the last month are satisfied").format(
        share=figures.share(reading.trend[-1])
    )
    figure = charts.lines(
        closes(monthly),
        [cards.of_reading(reading, theme.slot("active"))],
        figures.share,
        partial(figures.share, digits=0),
        target=reading.target,
        target_label=_("Target {target}").format(target=reading.short(reading.target)),
    )
    what = _("Share of survey answers of 4 or 5 out of 5, by month")
    if recommending.value is not None:
        what = _("{what}; net promoter score {nps}").format(
            what=what, nps=figures.signed(recommending.value, 0)
        )
    cards.chart(title, figure, "satisfaction", what)


def birthdays(coming: pd.DataFrame, page: WatchPage) -> None:
    """How many members have their birthday on each of the coming days."""
    if coming.empty:
        return
    counts = birthdays_by_day(coming, to_day(page.view.as_of))
    values = [float(members) for members in counts]
    title = ngettext(
        "{members} member has a birthday in the coming {days} days",
        "{members} members have their birthday in the coming {days} days",
        len(coming),
    ).format(members=figures.count(len(coming)), days=COMING_DAYS)
    series = [Series(label=_("Birthdays"), values=values, colour=theme.slot("new"))]
    said = figures.closes(list(counts.index))
    figure = charts.columns(said, series, figures.count, figures.short)
    behind = {
        one: page.counted(ENROLLED, _("birthday on {day}").format(day=one), members_celebrating, on)
        for one, on in zip(said, counts.index, strict=True)
    }
    cards.chart(title, figure, "birthdays", _("Birthdays by day, of members enrolled"), Crowds(behind))


def celebrating(coming: pd.DataFrame, programme: Programme) -> None:
    """Who has a birthday next, whether they may be written to, and how often they lately were."""
    rows = coming.head(LISTED)
    consents = {1: _("yes"), 0: _("no"), -1: _("Unknown")}
    tiers = [_("Unknown") if pd.isna(tier) else words(programme.tier_label(tier)) for tier in rows["tier"]]
    columns = [
        Column(_("Birthday"), [told_day(on) for on in rows["on"]]),
        Column(_("Member"), rows["member_id"].to_list(), are_members=True),
        Column(_("Tier"), tiers),
        Column(_("May be contacted"), [consents[one] for one in rows["consent"]]),
        Column(_("Contacts, 30 days"), rows["contacts"].to_list(), figures.count),
    ]
    what = ngettext("The next birthday", "The next {count} birthdays", len(rows)).format(
        count=figures.count(len(rows))
    )
    cards.table(_("Members whose birthday comes next"), columns, "celebrating", what)


def leaving(reasons: pd.DataFrame, page: WatchPage) -> None:
    """Why members left in the period, the most frequent reason on top."""
    if reasons.empty:
        return
    spoken = [left_for(reason) for reason in reasons["reason"]]
    totals = pd.Series(reasons["members"].to_numpy(), index=spoken).groupby(level=0, sort=False).sum()
    values = [float(value) for value in totals]
    sentence = ngettext(
        "{members} member left in the period; the reason: {reason}",
        "{members} members left in the period; the most frequent reason: {reason}",
        sum(values),
    )
    title = sentence.format(members=figures.count(sum(values)), reason=totals.index[0])
    figure = charts.ranks(
        list(totals.index),
        values,
        [theme.slot("churned")] * len(values),
        [figures.count(value) for value in values],
        [figures.share(value / sum(values), 0) for value in values],
    )
    first = to_day(page.view.span.first)
    behind = {
        said: page.counted("members_departed", said, members_leaving, first, reason)
        for said, reason in zip(spoken, reasons["reason"], strict=True)
        if spoken.count(said) == 1
    }
    what = _("Members who left, by the reason they gave")
    cards.chart(title, figure, "leaving", what, Crowds(behind))


def uncontacted(tiers: pd.DataFrame, reading: Reading) -> None:
    """How many members of each tier nobody has contacted for a month; the title tells of those tiers that the
    reader chose, as the tile does."""
    if reading.value is None:
        return
    programme = reading.programme
    names = [tier.name for tier in programme.tiers][::-1]
    rows = tiers.set_index("member_tier").reindex(names)
    missed = column(rows, "members_uncontacted")
    enrolled = column(rows, "members_enrolled")
    labels = [words(programme.tier_label(name)) for name in names]
    shares = [
        None if missing is None or not members else missing / members
        for missing, members in zip(missed, enrolled, strict=True)
    ]
    title = _forgotten(reading.value)
    figure = charts.ranks(
        labels,
        missed,
        theme.tier_slots(len(names))[::-1],
        [figures.count(value) for value in missed],
        [_("{share} of the tier").format(share=figures.share(share, 0)) for share in shares],
    )
    what = _("Members without a contact in the last 30 days, by tier")
    pick = of_slice(programme, "member_tier", names, "members_uncontacted")
    cards.chart(title, figure, "uncontacted", what, pick)
