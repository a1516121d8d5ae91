"""What campaigns there are and what they brought about: cards of the Campaigns page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

import pandas as pd

from dashboard import cards, charts, figures, theme
from dashboard.cards import Column
from dashboard.i18n import N_, _, ngettext, words
from dashboard.picks import Crowd, Crowds, Pick
from dashboard.readings import Reading, closes, column, plain
from dashboard.told import Told, told_day
from dashboard.watch_page import WatchPage
from data.offered import Campaign
from loyalty_core.counting.cuts import CAMPAIGN
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.offers import STAGES, Stage
from loyalty_core.rules.programme import Programme

KINDS = {
    "coupon": N_("Coupons"),
    "wake_up": N_("Wake-up"),
    "win_back": N_("Win-back"),
    "double_points": N_("Double points"),
    "birthday": N_("Birthday"),
    "member_day": N_("Member day"),
}
TOLD = (
    *("contacted", "response_rate", "lift", "lift_low", "lift_high"),
    *("comparison", "comparison_low", "comparison_high", "campaign_cost", "return_on_campaign"),
)
WAKING = {"wake_up_rate": "silent", "win_back_rate": "churned"}
LEADING = ("contacted",)  # what the sentence of the page begins with
COLOURS = {Stage.OVER: "baseline", Stage.RUNNING: "scenario", Stage.PLANNED: "quiet"}
PROVEN = "*"  # beside a lift that chance does not explain
MONTHS_SHOWN = 365  # days of the past that the calendar shows


def leading(campaigns: Sequence[Campaign], wall: dict[str, Reading]) -> str:
    """How many campaigns run, and how many members were contacted."""
    running = sum(one.stage is Stage.RUNNING for one in campaigns)
    reached = wall["contacted"].value
    told = ngettext("{count} campaign is running", "{count} campaigns are running", running)
    return ngettext(
        "{running}; {members} member was contacted in the period.",
        "{running}; {members} members were contacted in the period.",
        reached,
    ).format(running=told.format(count=running), members=figures.count(reached or 0))


def spoken_kind(kind: str) -> str:
    """A kind of campaign as people say it."""
    return _(KINDS[kind]) if kind in KINDS else kind.replace("_", " ").capitalize() or _("Other")


def spoken_name(campaign: Campaign) -> str:
    """A campaign's name in the reader's language."""
    return figures.in_one_language(campaign.name)


def lift_in_words(row: pd.Series) -> Told:
    """The lift with its interval, in percentage points, its number without; a comparison is called one."""
    if plain(row.get("lift")) is not None:
        lift = _between(row, "lift")
        return Told(f"{PROVEN} {lift}", lift.number) if has_worked(row) else lift
    if plain(row.get("comparison")) is not None:
        apart = _between(row, "comparison")
        return Told(_("{difference}, comparison").format(difference=apart), apart.number)
    return Told(figures.UNKNOWN, None)


def has_worked(row: pd.Series) -> bool:
    """Whether the whole interval of the lift is above nought."""
    return (plain(row.get("lift_low")) or 0) > 0


def _between(row: pd.Series, name: str) -> Told:
    ends = [(plain(row[end]) or 0) * 100 for end in (name, f"{name}_low", f"{name}_high")]
    lift, low, high = (figures.signed(end) for end in ends)
    return Told(_("{lift} ({low} … {high})").format(lift=lift, low=low, high=high), ends[0])


def of_campaigns(campaigns: Sequence[Campaign], told: pd.DataFrame) -> pd.DataFrame:
    """The figures of each campaign, by id."""
    return told.reindex([one.id for one in campaigns])


def overview(campaigns: Sequence[Campaign], rows: pd.DataFrame, programme: Programme) -> None:
    """Every campaign with its days, its reach and what came of it, the latest first."""
    proven = sum(has_worked(row) for _index, row in rows.iterrows())
    measured = len(rows.dropna(subset=["lift"]))
    title = ngettext(
        "{proven} of {measured} campaigns with a group held out is shown to have worked",
        "{proven} of {measured} campaigns with a group held out are shown to have worked",
        proven,
    ).format(measured=measured, proven=proven)
    if not measured:
        title = _("No effect of a campaign can be shown: nobody was held out")
    columns = [
        Column(_("Campaign"), [spoken_name(one) for one in campaigns]),
        Column(_("Reached"), column(rows, "contacted"), figures.count),
        Column(_("Response"), column(rows, "response_rate"), figures.share),
    ]
    for name, label, written in (
        ("return_on_campaign", _("Return"), _gain),
        ("campaign_cost", _("Cost"), partial(figures.whole_money, currency=programme.currency)),
    ):
        if name in rows and rows[name].notna().any():
            columns.append(Column(label, column(rows, name), written))
    days = [told_day(one.starts_on, figures.span(one.starts_on, one.ends_on)) for one in campaigns]
    columns += [
        Column(_("Lift in pp, 95% interval"), [lift_in_words(row) for _index, row in rows.iterrows()], str),
        Column(_("Days"), days),
        Column(_("Kind"), [spoken_kind(one.kind) for one in campaigns]),
    ]
    what = _("All campaigns up to the as-of date; * shown to have worked; response once its window is over")
    pick = Pick("campaign", {spoken_name(one): one.id for one in campaigns})
    cards.table(title, columns, "campaigns", what, pick, metrics=("contacted", "response_rate", "lift"))


def _gain(share: float | None) -> str:
    return figures.UNKNOWN if share is None else figures.signed_share(share)


def calendar(campaigns: Sequence[Campaign], day: date) -> None:
    """When campaigns ran, run and will run, a row for each kind."""
    shown = [one for one in campaigns if one.ends_on > day - timedelta(days=MONTHS_SHOWN)]
    if not shown:
        return
    stretches = [
        charts.Stretch(
            row=spoken_kind(one.kind),
            first=one.starts_on,
            last=one.ends_on,
            group=words(STAGES[one.stage]),
            words=_in_calendar(one),
        )
        for one in shown[::-1]
    ]
    colours = {words(STAGES[stage]): theme.slot(slot) for stage, slot in COLOURS.items()}
    ahead = [one for one in shown if one.stage is Stage.PLANNED]
    if ahead:
        nearest = min(ahead, key=lambda one: one.starts_on)
        title = _("The next campaign, {name}, begins on {day}").format(
            name=spoken_name(nearest), day=figures.day(nearest.starts_on)
        )
    else:
        title = _("No campaign is planned after {day}").format(day=figures.day(day))
    figure = charts.calendar(stretches, colours, day, figures.day(day))
    pick = Pick("campaign", {_in_calendar(one): one.id for one in shown})
    cards.chart(title, figure, "calendar", _("Campaigns of the last year and ahead, by kind"), pick)


def _in_calendar(campaign: Campaign) -> str:
    """What the calendar says of a campaign that is pointed at."""
    return f"{spoken_name(campaign)}<br>{figures.span(campaign.starts_on, campaign.ends_on)}"


def waking(monthly: pd.DataFrame) -> None:
    """The shares of silent and of churned members who bought again, month by month, if there are any."""
    if monthly[list(WAKING)].isna().all(axis=None):
        return
    series = cards.series(monthly, WAKING)
    woken, won = (plain(monthly[name].iloc[-1]) for name in WAKING)
    sentence = {
        (True, True): _("{woken} of the silent and {won} of the churned bought again in the last month"),
        (True, False): _("{woken} of the silent bought again in the last month"),
        (False, True): _("{won} of the churned bought again in the last month"),
        (False, False): _("Nobody was silent or churned when the last month began"),
    }[woken is not None, won is not None]
    title = sentence.format(woken=figures.share(woken), won=figures.share(won))
    figure = charts.lines(closes(monthly), series, figures.share, partial(figures.share, digits=0))
    what = _("Wake-up and win-back by month, with a campaign or without")
    cards.chart(title, figure, "waking", what)


def coupons(row: pd.Series, what: str, page: WatchPage, campaign: Campaign | None = None) -> None:
    """What became of the coupons offered, those of a campaign or all: redeemed, expired, still open."""
    offered = plain(row.get("coupons_offered"))
    if not offered:
        return
    names = ("coupons_offered", "coupons_claimed", "coupons_redeemed", "coupons_expired", "coupons_open")
    slots = ("quiet", "never", "active", "churned", "scenario")
    known = [(name, slot) for name, slot in zip(names, slots, strict=True) if plain(row[name]) is not None]
    values = [plain(row[name]) or 0.0 for name, _slot in known]
    figure = charts.ranks(
        [words(METRICS[name].label) for name, _slot in known],
        values,
        [theme.slot(slot) for _name, slot in known],
        [_("{count} · {share}").format(count=figures.count(value), share=figures.share(value / offered))
         for value in values],
        [""] * len(values),
    )  # fmt: skip
    title = _("Coupons: {offered} offered, {redeemed} redeemed, {open} still open").format(
        offered=figures.count(offered),
        redeemed=figures.count(plain(row["coupons_redeemed"])),
        open=figures.count(plain(row["coupons_open"])),
    )
    behind = {words(METRICS[name].label): behind_campaign(page, name, campaign) for name, _slot in known}
    cards.chart(title, figure, "coupons", what, Crowds(behind))


def behind_campaign(page: WatchPage, metric: str, campaign: Campaign | None, **where: list[str]) -> Crowd:
    """Those who add to a metric of a campaign (None: of all of them) up to the as-of date."""
    days = page.since_the_beginning
    if campaign is None:
        return page.adding(metric, days=days, **where)
    return page.adding(metric, spoken_name(campaign), days=days, **{CAMPAIGN: [campaign.id]}, **where)
