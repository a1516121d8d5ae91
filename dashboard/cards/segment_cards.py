"""Members who are alike: the cards of the Segments page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from dashboard import cards, charts, figures, theme
from dashboard.cards import Column
from dashboard.cards.development import STATES
from dashboard.charts import Series
from dashboard.i18n import _, joined, ngettext, words
from dashboard.live import own_segments
from dashboard.picks import ENROLLED, Crowds, Pick
from dashboard.watch_page import WatchPage
from data.members_counted import members_shared
from loyalty_core.days import to_date
from loyalty_core.metrics.metric import windows
from loyalty_core.rules.programme import Programme
from loyalty_core.segments.division import Segment
from loyalty_core.segments.every_segment import OWN
from loyalty_core.segments.tallies import Overlap, Tally

LIFECYCLE = "lifecycle"  # the division whose segments are the states that metrics count
Tallies = Mapping[str, Tally]  # by key of the segment


def leading(segments: Sequence[Segment], told: Tallies, everybody: Tally) -> str:
    """Which segment is the largest, and which brings most."""
    if not segments or not everybody.members:
        return _("There is nobody to divide.")
    label = {one.key: words(one.label) for one in segments}
    largest = max(told, key=lambda key: told[key].members)
    richest = max(told, key=lambda key: told[key].revenue)
    told_first = _("“{segment}” is the largest segment: {members} of {everybody}, {share}.")
    if len(segments) == 1:
        told_first = _("“{segment}” has {members} of {everybody}, {share}.")
    first = told_first.format(
        segment=label[largest],
        members=figures.count(told[largest].members),
        everybody=figures.members(everybody.members),
        share=figures.share(told[largest].members / everybody.members, 0),
    )
    if everybody.revenue <= 0:
        return first
    brings = _("“{segment}” brings most: {share} of the revenue of 12 months.")
    if len(segments) == 1:
        brings = _("It brings {share} of the revenue of 12 months.")
    elif richest == largest:
        brings = _("It brings most, too: {share} of the revenue of 12 months.")
    share = figures.share(told[richest].revenue / everybody.revenue, 0)
    return joined([first, brings.format(segment=label[richest], share=share)])


def sizes(division: str, segments: Sequence[Segment], told: Tallies, everybody: Tally) -> None:
    """How many members each segment of a division has; a click looks at one of them."""
    known = [one for one in segments if division == OWN or told[one.key].members]
    counts = [told[one.key].members for one in known]
    shares = [figures.share(count / max(everybody.members, 1)) for count in counts]
    figure = charts.ranks(
        [words(one.label) for one in known],
        counts,
        [theme.slot(_slot(division, one)) for one in known],
        [figures.count(count) for count in counts],
        shares,
    )
    title = ngettext("{members} in {segments} segment", "{members} in {segments} segments", len(known))
    if division == OWN:  # in which a member may be twice
        title = ngettext("{segments} segment of your own", "{segments} segments of your own", len(known))
    title = title.format(members=figures.members(sum(counts)), segments=figures.count(len(known)))
    what = _("Members per segment, and their share of the members")
    cards.chart(title, figure, "sizes", what, _pick(division, known))


def _slot(division: str, one: Segment) -> str:
    """The colour of a segment: a state of the lifecycle has the same one everywhere."""
    return STATES[f"members_{one.key}"][1] if division == LIFECYCLE else "scenario"


def _pick(division: str, segments: Sequence[Segment]) -> Pick:
    """The segment that is looked at, by what each is called."""
    return Pick("segment", {words(one.label): f"{division}.{one.key}" for one in segments})


def worth(
    division: str, segments: Sequence[Segment], told: Tallies, everybody: Tally, programme: Programme
) -> None:
    """What each segment's members do."""
    rows = [(one, told[one.key]) for one in segments if told[one.key].members]
    best = max(rows, key=lambda row: row[1].revenue_per_member or 0, default=None)
    title = _("What each segment's members do")
    if best is not None:
        title = _("A member of “{segment}” spends {money} in 12 months").format(
            segment=words(best[0].label), money=_short(best[1].revenue_per_member, programme)
        )
    revenue = max(everybody.revenue, 1)
    money, whole = (
        partial(write, currency=programme.currency) for write in (figures.money, figures.whole_money)
    )
    columns = [
        Column(_("Segment"), [words(one.label) for one, _tally in rows]),
        Column(_("% of revenue"), [max(tally.revenue, 0) / revenue for _one, tally in rows], figures.share),
        Column(_("Per member"), [_major(tally.revenue_per_member, programme) for _one, tally in rows], whole),
        Column(_("Order value"), [_major(tally.average_order, programme) for _one, tally in rows], money),
    ]
    if everybody.reachable:
        columns.append(Column(_("Reachable"), [tally.reachable_share for _one, tally in rows], figures.share))
    what = _("Purchases of the last 365 days, by segment")
    cards.table(title, columns, "worth", what, _pick(division, segments), beside=True)


def meanings(division: str, segments: Sequence[Segment], programme: Programme) -> None:
    """Who belongs to each segment; of states of the lifecycle, with the days of the programme's windows."""
    days = windows(programme)
    told = [one.meaning.filled(**days) if division == LIFECYCLE else one.meaning for one in segments]
    columns = [
        Column(_("Segment"), [words(one.label) for one in segments]),
        Column(_("Who belongs to it"), [words(meaning) for meaning in told]),
    ]
    cards.sentences(_("Who belongs to each segment"), columns, "meanings", _("The segments in words"))


def over_time(one: Segment, closes: Sequence[int], told: Sequence[Tally]) -> None:
    """How many members a segment had, month by month."""
    members = [float(tally.members) for tally in told]
    title = _("“{segment}”: {now}, {before} a year before")
    if len(members) < 12:
        title = _("“{segment}”: {now}")
    title = title.format(
        segment=words(one.label), now=figures.members(members[-1]), before=figures.count(members[0])
    )
    series = [Series(label=words(one.label), values=members, colour=theme.slot("scenario"))]
    figure = charts.lines(_closes(closes), series, figures.count, figures.short)
    cards.chart(title, figure, "over_time", _("Members of the segment at the close of each month"))


def spending(one: Segment, closes: Sequence[int], told: Sequence[Tally], programme: Programme) -> None:
    """What a segment's members spend, month by month."""
    each = [_major(tally.revenue_per_member, programme) for tally in told]
    title = _("“{segment}”: {now} a member in 12 months, {before} a year before")
    if len(told) < 12 or each[0] is None:
        title = _("“{segment}”: {now} a member in 12 months")
    before, now = (_short(told[place].revenue_per_member, programme) for place in (0, -1))
    if each[-1] is None:
        title = _("“{segment}”: nobody whose spending could be told")
    title = title.format(segment=words(one.label), now=now, before=before)
    figure = charts.lines(
        _closes(closes),
        [Series(label=words(one.label), values=each, colour=theme.slot("active"))],
        lambda value: figures.money(value, programme.currency),
        lambda value: figures.short_money(value, programme.currency),
    )
    what = _("Spending per member of the segment in the 12 months to the close of each month")
    cards.chart(title, figure, "spending", what)


def overlap(told: Sequence[str], shared: Overlap, names: Sequence[str], page: WatchPage) -> None:
    """What two segments of those names, told in words that differ, have in common."""
    total = shared.one + shared.both
    title = _("{share} of “{one}” are also in “{other}”") if total else _("Nobody is in “{one}”")
    title = title.format(
        share=figures.share(shared.both / total if total else None, 0), one=told[0], other=told[1]
    )
    labels = [
        _("Only “{segment}”").format(segment=told[0]),
        _("Both"),
        _("Only “{segment}”").format(segment=told[1]),
    ]
    counts = [shared.one, shared.both, shared.other]
    colours = [theme.slot(name) for name in ("scenario", "active", "quiet")]
    figure = charts.ranks(labels, counts, colours, [figures.count(count) for count in counts], [""] * 3)
    what = _("Members in one segment, in both, and in the other")
    # Within a segment groups are still those of everybody, whom the question does not know.
    pick = None if page.view.segment else _of_both(labels, names, page)
    cards.chart(title, figure, "overlap", what, pick)


def _of_both(labels: Sequence[str], names: Sequence[str], page: WatchPage) -> Crowds:
    """The members of the one segment alone, of both, and of the other alone."""
    one, other = names
    own = own_segments(page.shown)
    asked = [(one, other, False), (one, other, True), (other, one, False)]
    return Crowds(
        {
            said: page.counted(ENROLLED, said, members_shared, *of_it, own)
            for said, of_it in zip(labels, asked, strict=True)
        }
    )


def _closes(closes: Sequence[int]) -> list[figures.Close]:
    return figures.closes([to_date(int(close)) for close in closes])


def _major(minor: float | None, programme: Programme) -> float | None:
    return None if minor is None else minor / 10**programme.currency_decimals


def _short(minor: float | None, programme: Programme) -> str:
    return figures.short_money(_major(minor, programme), programme.currency)
