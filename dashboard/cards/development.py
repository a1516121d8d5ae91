"""How the programme has developed: the Overview's charts, each under a sentence that says what it shows."""

from __future__ import annotations

import pandas as pd

from dashboard import cards, charts, figures, picks, theme
from dashboard.charts import Series
from dashboard.i18n import _, ngettext, words
from dashboard.readings import Reading, closes, column, exact, plain, short
from loyalty_core.counting.lifecycle import LABELS, State
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme

# From the bottom of the stack: the metric of each state, and the slot of its colour.
STATES: dict[str, tuple[State, str]] = {
    "members_active": (State.ACTIVE, "active"),
    "members_silent": (State.SILENT, "silent"),
    "members_churned": (State.CHURNED, "churned"),
    "members_new_inactive": (State.NEW_INACTIVE, "new"),
    "members_never_active": (State.NEVER_ACTIVE, "never"),
}


def lifecycle(monthly: pd.DataFrame) -> None:
    """Members by lifecycle state, month by month."""
    series = [
        Series(
            label=words(LABELS[state]),
            values=column(monthly, name),
            colour=theme.slot(slot),
            metric=name,
        )
        for name, (state, slot) in STATES.items()
    ]
    first, last = (plain(monthly["active_rate"].iloc[row]) for row in (0, -1))
    since = _("{last} of the members are active; on {day} it was {first}")
    alone = first is None or len(monthly) < 2
    title = (_("{last} of the members are active") if alone else since).format(
        last=figures.share(last), first=figures.share(first), day=figures.day(monthly["period_end"].iloc[0])
    )
    cards.chart(title, charts.stacked(closes(monthly), series), "lifecycle", _("Members by lifecycle state"))


def tiers(before: pd.DataFrame, now: pd.DataFrame, programme: Programme) -> None:
    """Members per tier now, and how each tier's share has changed since the period before."""
    before, now = (rows.set_index("member_tier") for rows in (before, now))
    names = [tier.name for tier in programme.tiers][::-1]
    members = [_at(now, name, "tier_members") or 0 for name in names]
    figure = charts.ranks(
        [words(programme.tier_label(name)) for name in names],
        members,
        theme.tier_slots(len(names))[::-1],
        [_tier_text(now, name) for name in names],
        [_tier_change(now, before, name) for name in names],
    )
    lowest = names[-1]
    title = _("{share} of the members stand above {tier}").format(
        share=figures.share(1 - (_at(now, lowest, "tier_share") or 0)),
        tier=words(programme.tier_label(lowest)),
    )
    cards.chart(
        title,
        figure,
        "tiers",
        _("Members per tier, and the change of each tier's share in percentage points"),
        picks.of_slice(programme, "member_tier", names, picks.ENROLLED),
    )


def redemption(monthly: pd.DataFrame, reading: Reading) -> None:
    """Points redeemed for each point issued, month by month, with the programme's target."""
    figure = charts.lines(
        closes(monthly),
        [cards.of_reading(reading, theme.slot("scenario"))],
        reading.exact,
        lambda value: figures.share(value, 0),
        target=reading.target,
        target_label=_("Target {target}").format(target=reading.short(reading.target)),
    )
    title = _("Of each 100 points issued, {redeemed} were redeemed in the last month").format(
        redeemed=figures.decimal(None if reading.trend[-1] is None else reading.trend[-1] * 100, 0)
    )
    cards.chart(title, figure, "redemption", _("Redemption rate by month"))


def points(monthly: pd.DataFrame, programme: Programme) -> None:
    """Points issued and redeemed, month by month."""
    names = {"points_issued": "quiet", "points_redeemed": "scenario"}
    issued = METRICS["points_issued"]
    figure = charts.columns(
        closes(monthly),
        cards.series(monthly, names),
        lambda value: exact(issued, programme, value),
        lambda value: short(issued, programme, value),
    )
    given, taken = (plain(monthly[name].iloc[-1]) for name in names)
    title = ngettext(
        "{issued} point was issued and {redeemed} redeemed in the last month",
        "{issued} points were issued and {redeemed} redeemed in the last month",
        given,
    ).format(issued=short(issued, programme, given), redeemed=short(issued, programme, taken))
    cards.chart(title, figure, "points", _("Points issued and redeemed by month"))


def _at(frame: pd.DataFrame, tier: str, name: str) -> float | None:
    return plain(frame.at[tier, name]) if tier in frame.index else None


def _tier_text(now: pd.DataFrame, tier: str) -> str:
    return _("{members} · {share}").format(
        members=figures.count(_at(now, tier, "tier_members") or 0),
        share=figures.share(_at(now, tier, "tier_share") or 0),
    )


def _tier_change(now: pd.DataFrame, before: pd.DataFrame, tier: str) -> str:
    share, earlier = (_at(frame, tier, "tier_share") or 0 for frame in (now, before))
    return figures.signed((share - earlier) * 100)
