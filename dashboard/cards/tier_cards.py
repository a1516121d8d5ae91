"""Whether the ladder of tiers works: the cards of the Tiers page."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from dashboard import cards, charts, figures, theme
from dashboard.cards import Column
from dashboard.charts import Series
from dashboard.i18n import N_, _, ngettext, words
from dashboard.picks import ENROLLED, Crowd, Crowds, field_text, of_slice
from dashboard.readings import Reading, closes, column, exact, plain, short
from dashboard.watch_page import WatchPage
from data.members_counted import members_at_reviews
from data.some_members import members_behind
from loyalty_core.counting.cuts import OPENING_TIER
from loyalty_core.days import to_day
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.metrics.ladder_tables import Migration, members_by_tier, share_above_lowest
from loyalty_core.rules.programme import Programme

LEADING = ("tier_upgrades", "tier_downgrades")  # what the sentence of the page begins with
_MIGRATION = "tier_migration"
NEAR = {"near_upgrade": "scenario", "near_downgrade": "silent"}
FEES = "membership_fees"
BOUGHT = (FEES, "renewal_rate", "members_paying")
# What is told of each tier, in the columns of its table.
TOLD = {
    "tier_members": N_("Members"),
    "tier_share": N_("% of members"),
    "revenue": N_("Revenue"),
    "tier_revenue_share": N_("% of revenue"),
    "active_rate": N_("Active share"),
    "purchase_frequency": N_("Purchases per buyer"),
    "average_order_value": N_("Order value"),
    "redemption_rate": N_("Redemption"),
    "keep_rate": N_("Kept at review"),
    "tier_benefit_cost": N_("Benefits cost"),
}


def leading(wall: dict[str, Reading]) -> str:
    """How many members moved up and down."""
    up, down = (wall[name].value for name in LEADING)
    return ngettext(
        "{up} member moved up a tier and {down} moved down.",
        "{up} members moved up a tier and {down} moved down.",
        up,
    ).format(up=figures.count(up), down=figures.count(down))


def distribution(monthly: pd.DataFrame, programme: Programme) -> None:
    """Members of each tier, month by month, the lowest tier at the bottom."""
    names = _ladder(programme, monthly["member_tier"])
    table = members_by_tier(monthly.dropna(subset=["member_tier"]), names)
    series = [
        Series(
            label=words(programme.tier_label(name)),
            values=list(table[name]),
            colour=colour,
            metric="tier_members",
            where={"member_tier": [name]},
        )
        for name, colour in zip(names, theme.tier_slots(len(names)), strict=True)
    ]
    above = share_above_lowest(table)
    share, earlier = plain(above.iloc[-1]), plain(above.iloc[0])
    since = _("{share} of the members stand above {tier}; on {day} it was {before}")
    title = (_("{share} of the members stand above {tier}") if earlier is None else since).format(
        share=figures.share(share),
        tier=words(programme.tier_label(names[0])),
        day=figures.day(table.index[0]),
        before=figures.share(earlier),
    )
    figure = charts.stacked(closes(table.reset_index()), series)
    cards.chart(title, figure, "distribution", _("Members per tier"))


def migration(moves: pd.DataFrame, page: WatchPage) -> None:
    """From which tier to which the members of the opening went: a row for each tier at the opening."""
    programme = page.programme
    names = _ladder(programme, moves["opening_tier"], moves["member_tier"])
    moved = Migration.of(moves, names)
    rows = moved.members
    if rows.empty:
        return
    spoken = {name: words(programme.tier_label(name)) for name in names}
    figure = charts.heat(
        [spoken[name] for name in names],
        [spoken[name] for name in rows.index],
        [[plain(share) for share in row] for row in moved.shares.to_numpy()],
        _some,
    )
    title = _("{share} of the members ended the period in the tier they began it in").format(
        share=figures.share(moved.stayed)
    )
    what = _("Rows: tier at the opening; columns: tier at the close; each row adds up to 100%")
    fields = {
        field_text(spoken[close], spoken[opening]): Crowd(
            f"{spoken[opening]} → {spoken[close]}", _MIGRATION, members_behind, _moved(page, opening, close)
        )
        for opening in rows.index
        for close in names
        if rows.at[opening, close]
    }
    cards.chart(title, figure, "migration", what, Crowds(fields))


def _some(share: float | None) -> str:
    """A share of a row; nothing where nobody went so, and no nought where somebody did."""
    least = 0.001
    if not share:
        return ""
    return figures.share(share) if share >= least else f"<{figures.share(least)}"


def _moved(page: WatchPage, opening: str, close: str) -> tuple[Any, ...]:
    """What to ask for the members who went from one tier to another."""
    where = {**page.view.where, OPENING_TIER: [opening], "member_tier": [close]}
    return _MIGRATION, page.view.span.compared, where


def flows(moves: pd.DataFrame, programme: Programme) -> None:
    """Where the members of each tier went, those who came and those who left among them."""
    rows = moves[moves["tier_migration"] > 0]
    if rows.empty:
        return
    came, gone = _("Not yet a member"), _("No longer a member")
    ladder = _ladder(programme, rows["opening_tier"], rows["member_tier"])
    labels = {name: words(programme.tier_label(name)) for name in ladder}
    colours = dict(zip(labels.values(), theme.tier_slots(len(labels)), strict=True))
    moved = [
        (labels.get(start, came), labels.get(end, gone), float(members))
        for start, end, members in rows[["opening_tier", "member_tier", "tier_migration"]].itertuples(
            index=False
        )
    ]
    quiet = theme.slot("quiet")
    sides = (dict(reversed(colours.items())) | {came: quiet}, dict(reversed(colours.items())) | {gone: quiet})
    stayed = sum(members for start, end, members in moved if start == end)
    everybody = sum(members for *_sides, members in moved)
    moving = everybody - stayed
    title = ngettext(
        "{moved} member changed tier, came or left", "{moved} members changed tier, came or left", moving
    ).format(moved=figures.count(moving))
    what = _("From the tier at the opening (left) to the tier at the close (right)")
    cards.chart(title, charts.flows(sides, moved, figures.count), "tier_flows", what)


def are_bought(monthly: pd.DataFrame) -> bool:
    """Whether anybody paid for a tier in any of the months."""
    return any(column(monthly, FEES))


def fees(monthly: pd.DataFrame, programme: Programme) -> None:
    """What was paid for tiers, month by month, and by how many; nothing where nobody ever paid."""
    if not are_bought(monthly):
        return
    metric = METRICS[FEES]
    paid, renewed, paying = (plain(monthly[name].iloc[-1]) for name in BOUGHT)
    sentences = [
        _("{money} came in as membership fees in the last month").format(
            money=short(metric, programme, paid)
        ),
        ngettext(
            "{members} member has paid for a tier", "{members} members have paid for a tier", paying
        ).format(members=figures.count(paying)),
    ]
    if renewed is not None:
        told = _("{share} of the memberships that ended in the last month were renewed")
        sentences.append(told.format(share=figures.share(renewed)))
    series = cards.series(monthly, {FEES: "scenario"})
    written = (partial(write, metric, programme) for write in (exact, short))
    figure = charts.columns(closes(monthly), series, *written)
    cards.chart(_("; ").join(sentences), figure, "fees", _("Fees paid for tiers that are bought, by month"))


def coming(reviews: pd.DataFrame, page: WatchPage) -> None:
    """What the next reviews will bring as things stand, highest tier first."""
    if not reviews["reviewed"].any():
        return
    programme = page.programme
    rows = reviews[(reviews["reviewed"] > 0) | (reviews["rising"] > 0)][::-1]
    reviewed, falling = (int(rows[name].sum()) for name in ("reviewed", "falling"))
    title = ngettext(
        "Of {reviewed} member to be reviewed soon, {falling} would lose their tier",
        "Of {reviewed} members to be reviewed soon, {falling} would lose their tier",
        reviewed,
    ).format(reviewed=figures.count(reviewed), falling=figures.count(falling))
    headings = {
        "reviewed": _("To be reviewed"),
        "staying": _("Would stay"),
        "falling": _("Would fall"),
        "rising": _("Close to rising"),
    }
    columns = [Column(_("Tier"), [words(programme.tier_label(name)) for name in rows["tier"]])]
    columns += [Column(label, rows[name].to_list(), figures.count) for name, label in headings.items()]
    what = _("Reviews of the coming 31 days, if members did nothing more until then")
    tiers = {name: words(programme.tier_label(name)) for name in rows["tier"]}
    asked = to_day(page.view.as_of), dict(page.view.where)
    behind = {
        field_text(label, said): Crowd(
            f"{said} · {label}", ENROLLED, members_at_reviews, (*asked, tier, name)
        )
        for name, label in headings.items()
        for tier, said in tiers.items()
    }
    cards.table(title, columns, "coming", what, Crowds(behind), beside=True)


def close_to_a_step(near: pd.DataFrame, wall: dict[str, Reading], page: WatchPage) -> None:
    """Members of each tier who are close to the next one, and who are close to losing theirs; the title tells
    of those tiers that the reader chose, as the tiles do."""
    programme = page.programme
    names = [tier.name for tier in programme.tiers]
    rows = near.set_index("member_tier")[list(NEAR)].reindex(names).fillna(0)
    rows = rows[(rows["near_upgrade"] > 0) | (rows["near_downgrade"] > 0)]
    if rows.empty:
        return
    names = list(rows.index)
    series = [
        Series(label=words(METRICS[name].label), values=list(rows[name]), colour=theme.slot(slot))
        for name, slot in NEAR.items()
    ]
    labels = [words(programme.tier_label(name)) for name in names]
    figure = charts.columns(labels, series, figures.count, figures.short)
    figure = charts.all_named(figure, labels)
    title = _("Members close to the next tier: {up}; close to losing theirs: {down}").format(
        up=figures.count(wall["near_upgrade"].value), down=figures.count(wall["near_downgrade"].value)
    )
    behind = {
        field_text(label, words(METRICS[metric].label)): page.adding(metric, label, member_tier=[name])
        for label, name in zip(labels, names, strict=True)
        for metric in NEAR
    }
    cards.chart(title, figure, "near", _("Members close to a threshold, by tier"), Crowds(behind))


def table(now: pd.DataFrame, programme: Programme) -> None:
    """What the members of each tier do, highest tier first."""
    names = [tier.name for tier in programme.tiers][::-1]
    rows = now.set_index("member_tier").reindex(names)
    top = rows.loc[(rows["tier_revenue_share"] - rows["tier_share"]).fillna(-1).idxmax()]
    title = _("{tier}: {share} of the members, {revenue} of the revenue").format(
        tier=words(programme.tier_label(str(top.name))),
        share=figures.share(plain(top["tier_share"])),
        revenue=figures.share(plain(top["tier_revenue_share"])),
    )
    columns = [Column(_("Tier"), [words(programme.tier_label(name)) for name in names])]
    columns += [
        Column(_(label), column(rows, name), partial(exact, METRICS[name], programme))
        for name, label in TOLD.items()
        if rows[name].notna().any()
    ]
    pick = of_slice(programme, "member_tier", names, ENROLLED)
    cards.table(
        title, columns, "tiers", _("What the members of each tier do in the period"), pick, metrics=list(TOLD)
    )


def _ladder(programme: Programme, *held: pd.Series) -> list[str]:
    """The tiers from the lowest: the programme's own, and earlier ones held at the time shown."""
    own = {tier.name for tier in programme.tiers}
    return [tier.name for rung in programme.rungs for tier in rung if tier.name in own.union(*held)]
