"""Who the members are and how they move: the cards of the Members page."""

from __future__ import annotations

from functools import partial

import pandas as pd

from dashboard import cards, charts, figures, picks, theme
from dashboard.cards import Column
from dashboard.cards.development import STATES
from dashboard.cards.figures_beside import with_figures
from dashboard.i18n import _, ngettext, words
from dashboard.picks import Crowd, Crowds, field_text
from dashboard.readings import Reading, closes, column, plain
from dashboard.watch_page import WatchPage
from data.some_members import members_behind
from data.standing import Where
from data.state_flows import members_moved
from loyalty_core.counting.cohorts import JOIN_MONTH, MEMBERSHIP_MONTH
from loyalty_core.counting.lifecycle import LABELS
from loyalty_core.days import to_day
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

# What moves members in and out of sight, with the slot of its colour.
MOVES = {
    "members_joined": "new",
    "members_silenced": "silent",
    "members_lapsed": "churned",
    "members_departed": "quiet",
}
BESIDE_MOVES = ("growth_rate", "members_left", "join_rate")
LEADING = ("members_enrolled", "members_joined")  # what the sentence of the page begins with
_RETENTION = "retention_curve"
COHORTS = 12  # months whose movement is drawn, and months of joining in the heat map


def leading(wall: dict[str, Reading]) -> str:
    """How many members there are, and how many came and went."""
    enrolled, joined = (wall[name] for name in LEADING)
    return ngettext(
        "{members} member is enrolled; {joined} joined in the period.",
        "{members} members are enrolled; {joined} joined in the period.",
        enrolled.value,
    ).format(members=figures.count(enrolled.value), joined=figures.count(joined.value))


def movement(monthly: pd.DataFrame, now: pd.Series, programme: Programme) -> None:
    """Members who joined, fell silent, lapsed and left, month by month; beside it growth, who has left ever
    and who joins at the checkout."""
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
    what = _("Members who joined, fell silent, lapsed and left, by month")
    what = with_figures(what, now, BESIDE_MOVES, programme)
    cards.chart(title, figure, "movement", what)


def retention(cohorts: pd.DataFrame, together: pd.DataFrame, page: WatchPage) -> None:
    """Share of each month's new members who bought in each month after: a heat map; the title tells of all
    of them together in the month after joining."""
    table = cohorts.dropna(subset=["retention_curve"]).assign(
        month=lambda rows: rows["membership_month"].astype(int)
    )
    table = table.pivot(index="join_month", columns="month", values="retention_curve").iloc[-COHORTS:]
    table = table.loc[:, sorted(one for one in table.columns if one < COHORTS)]
    if table.empty:
        return
    first = plain(together.set_index("membership_month")["retention_curve"].get("1"))
    title = _("In the month after joining, {share} of new members buy").format(share=figures.share(first, 0))
    if first is None:
        title = _("Nobody is known in the month after joining")
    months = {month: figures.month(pd.Timestamp(month).date()) for month in table.index}
    figure = charts.heat(
        [str(number) for number in table.columns],
        list(months.values()),
        [[plain(value) for value in row] for row in table.to_numpy()],
        lambda value: figures.decimal(None if value is None else value * 100, 0),
        (_("Months after joining"), ""),
    )
    what = _(
        "Of those who joined in a month, the share (%) who bought in each month after it; 0 is that month"
    )
    everything = page.since_the_beginning
    fields = {
        field_text(str(number), said): _joined(month, said, number, (everything,), page.view.where)
        for month, said in months.items()
        for number in table.columns
    }
    cards.chart(title, figure, "retention", what, Crowds(fields))


def _joined(month: str, said: str, number: int, compared: tuple[Periods, ...], where: Where) -> Crowd:
    """Who joined in a month: those who bought so many months later first."""
    told = ngettext(
        "joined in {month}, looked at {number} month later",
        "joined in {month}, looked at {number} months later",
        number,
    ).format(month=said, number=number)
    where = {**where, JOIN_MONTH: [month], MEMBERSHIP_MONTH: [str(number)]}
    return Crowd(told, _RETENTION, members_behind, (_RETENTION, compared, where))


def have_joined(monthly: pd.DataFrame) -> bool:
    """Whether it is known of any of the months how many new members bought."""
    return any(figures.known(rate) for rate in column(monthly, "activation_rate"))


def activation(monthly: pd.DataFrame) -> None:
    """How many new members buy within 30 days of joining, month by month."""
    rates = column(monthly, "activation_rate")
    if not have_joined(monthly):
        return
    told = _("Of those who joined a month or two ago, {share} bought within 30 days")
    nobody = _("Nobody joined a month or two ago")
    title = nobody if rates[-1] is None else told.format(share=figures.share(rates[-1]))
    series = cards.series(monthly, {"activation_rate": "new"})
    figure = charts.lines(closes(monthly), series, figures.share, partial(figures.share, digits=0))
    cards.chart(title, figure, "activation", words(METRICS["activation_rate"].label))


def states_moved(flows: pd.DataFrame, page: WatchPage, opening: int) -> None:
    """Who fell silent and who came back: members by their state at the opening and at the close."""
    if not flows["opening_state"].any():
        return
    states = list(_spoken())
    table = flows.pivot(index="opening_state", columns="state", values="members")
    table = table.reindex(index=[*states, ""], columns=[*states, ""]).fillna(0).astype(int)
    starts = {**_spoken(), "": _("Joined")}
    ends = {name: _("→ {state}").format(state=label) for name, label in _ends().items()}
    shown = [name for name in table.index if table.loc[name].any()]
    sentence = _(
        "Of the active at the opening, {silent} fell silent; of the silent and churned, {back} came back"
    )
    title = sentence.format(
        silent=figures.count(int(table.at["active", "silent"])),
        back=figures.count(int(table.at["silent", "active"] + table.at["churned", "active"])),
    )
    columns = [Column(_("At the opening"), [starts[name] for name in shown])]
    columns += [
        Column(
            to, table.loc[shown, name].to_list(), lambda members: figures.count(members) if members else ""
        )
        for name, to in ends.items()
        if table[name].any()
    ]
    what = _("Members by their state at the opening and at the close")
    day, where = to_day(page.view.as_of), dict(page.view.where)
    fields = {
        field_text(ends[end], starts[start]): Crowd(
            f"{starts[start]} {ends[end]}", picks.ENROLLED, members_moved, (day, where, opening, start, end)
        )
        for start, end in flows[["opening_state", "state"]].itertuples(index=False)
    }
    cards.table(title, columns, "states_moved", what, Crowds(fields))


def _ends() -> dict[str, str]:
    """Where members may have gone, what most go to first: narrow screens show that much."""
    spoken = _spoken()
    often = {name: spoken.pop(name) for name in ("active", "silent", "churned")}
    return {**often, "": _("Left"), **spoken}


def state_flows(flows: pd.DataFrame) -> None:
    """The same as bands from the states at the opening to those at the close."""
    if not flows["opening_state"].any():
        return
    colours = {words(LABELS[state]): theme.slot(slot) for state, slot in STATES.values()}
    spoken, quiet = _spoken(), theme.slot("quiet")
    came, gone = _("Joined"), _("Left")
    moved = [
        (spoken.get(start, came), spoken.get(end, gone), float(members))
        for start, end, members in flows[["opening_state", "state", "members"]].itertuples(index=False)
    ]
    stayed = sum(members for start, end, members in moved if start == end)
    everybody = sum(members for _start, _end, members in moved)
    title = _("{share} of the members are in the state they were in at the opening").format(
        share=figures.share(stayed / everybody)
    )
    figure = charts.flows((colours | {came: quiet}, colours | {gone: quiet}), moved, figures.count)
    what = _("From the state at the opening (left) to the state at the close (right)")
    cards.chart(title, figure, "state_flows", what)


def _spoken() -> dict[str, str]:
    """The states of members by name, as people say them."""
    return {state.name.lower(): words(LABELS[state]) for state, _slot in STATES.values()}
