"""Who the members are and how they move: the cards of the Members page."""

from __future__ import annotations

import pandas as pd

from dashboard import cards, charts, figures
from dashboard.cards import Column
from dashboard.i18n import _
from dashboard.readings import Reading, closes, column, plain

# What moves members in and out of sight, with the slot of its colour.
MOVES = {
    "members_joined": "new",
    "members_silenced": "silent",
    "members_lapsed": "churned",
    "members_departed": "quiet",
}
COHORTS = 12  # months whose movement is drawn, and months of joining in the heat map


def leading(wall: dict[str, Reading]) -> str:
    """How many members there are, and how many came and went."""
    enrolled, joined = wall["members_enrolled"], wall["members_joined"]
    return _("{members} members are enrolled; {joined} joined in the period.").format(
        members=figures.count(enrolled.value), joined=figures.count(joined.value)
    )


def movement(monthly: pd.DataFrame) -> None:
    """Members who joined, fell silent, lapsed and left, month by month."""
    monthly = monthly.tail(COHORTS)
    last = monthly.iloc[-1]
    series = cards.series(monthly, MOVES)
    title = _("{joined} joined in the last month, {silenced} fell silent and {lapsed} lapsed").format(
        **{
            name.removeprefix("members_"): figures.count(plain(last[name]))
            for name in ("members_joined", "members_silenced", "members_lapsed")
        }
    )
    figure = charts.columns(closes(monthly), series, figures.count, figures.short)
    cards.chart(title, figure, "movement", _("Members who joined, fell silent, lapsed and left, by month"))


def retention(cohorts: pd.DataFrame) -> None:
    """Share of each month's new members who bought in each month after: a heat map."""
    table = cohorts.dropna(subset=["retention_curve"]).assign(
        month=lambda rows: rows["membership_month"].astype(int)
    )
    table = table.pivot_table(index="join_month", columns="month", values="retention_curve").iloc[-COHORTS:]
    table = table.loc[:, sorted(one for one in table.columns if one < COHORTS)]
    if table.empty:
        return
    first = plain(table[1].mean()) if 1 in table else None
    title = _("In the month after joining, {share} of new members buy").format(share=figures.share(first, 0))
    figure = charts.heat(
        [str(number) for number in table.columns],
        [figures.month(pd.Timestamp(month).date()) for month in table.index],
        [[plain(value) for value in row] for row in table.to_numpy()],
        lambda value: figures.decimal(None if value is None else value * 100, 0),
    )
    what = _(
        "Of those who joined in a month, the share (%) who bought in each month after it; 0 is that month"
    )
    cards.chart(title, figure, "retention", what)


def regions(before: pd.DataFrame, now: pd.DataFrame) -> None:
    """Members, active share and spending by region, largest first."""
    rows = now[now["members_enrolled"] > 0].sort_values("members_enrolled", ascending=False)
    known = rows.dropna(subset=["member_region"])
    if known.empty:
        return
    top = known.iloc[0]
    title = _("{region} has the most members: {members}").format(
        region=top["member_region"], members=figures.count(top["members_enrolled"])
    )
    earlier = before.set_index("member_region")["active_rate"].reindex(rows["member_region"])
    changes = rows["active_rate"].to_numpy() - earlier.to_numpy()
    cards.table(
        title,
        [
            Column(_("Region"), rows["member_region"].fillna(_("Unknown")).to_list()),
            Column(_("Members"), rows["members_enrolled"].to_list(), figures.count),
            Column(_("Active share"), column(rows, "active_rate"), figures.share),
            Column(_("Change"), [plain(change) for change in changes], figures.signed_points),
        ],
        "regions",
        _("Members by region, and the change of their active share in percentage points"),
    )
