"""Whom to turn to next: the cards of the Actions page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd
import streamlit as st

from dashboard import cards, charts, figures, theme
from dashboard.cards import Column
from dashboard.i18n import N_, _, joined, ngettext, words
from dashboard.picks import Pick
from data.acting import ASSUMED, OF_ANY_KIND, OF_ITS_KIND, Lift
from loyalty_core.actions.action_lists import LISTS
from loyalty_core.actions.listing import Listing, promised_together
from loyalty_core.rules.programme import Programme

BASES = {
    OF_ITS_KIND: N_(
        "In such campaigns of the last 12 months, {share} of those contacted bought because of it."
    ),
    OF_ANY_KIND: N_(
        "In all campaigns of the last 12 months, {share} of those contacted bought because of it."
    ),
    ASSUMED: N_(
        "{share} of those contacted are assumed to buy because of it: "
        "no campaign of the last 12 months measured it."
    ),
}


def leading(found: Mapping[str, Listing], programme: Programme) -> str:
    """Which list promises most."""
    best = max(found, key=lambda name: found[name].promised)
    if not any(map(len, found.values())):
        if any(one.concerned for one in found.values()):
            return _("Nobody may be contacted today, though lists are about members.")
        return _("Nobody can be turned to today.")
    return ngettext(
        "“{list}” promises most: {gain} from {members} member who may be contacted.",
        "“{list}” promises most: {gain} from {members} members who may be contacted.",
        len(found[best]),
    ).format(
        list=words(LISTS[best].label),
        gain=_short(found[best].promised, programme),
        members=figures.count(len(found[best])),
    )


def overview(found: Mapping[str, Listing], programme: Programme) -> None:
    """Every list by what it promises; nothing where nobody is on any."""
    if not any(map(len, found.values())):
        return
    order = sorted(found, key=lambda name: -found[name].promised)
    gains = [found[name].promised / 10**programme.currency_decimals for name in order]
    figure = charts.ranks(
        [words(LISTS[name].label) for name in order],
        gains,
        [theme.slot("scenario")] * len(order),
        [figures.short_money(gain, programme.currency) for gain in gains],
        [figures.count(len(found[name])) for name in order],
    )
    title = _("The lists together promise {gain}").format(
        gain=_short(promised_together(found.values()), programme)
    )
    what = _(
        "Expected gain of each list, at the right how many members may be contacted; together a member who "
        "is on several lists counts once, at the largest gain"
    )
    cards.chart(title, figure, "lists", what, _pick(order))


def _pick(names: Iterable[str]) -> Pick:
    """The list that is open, by what each is called."""
    return Pick("list", {words(LISTS[name].label): name for name in names})


def left_out(found: Mapping[str, Listing]) -> None:
    """Who is on no list, though it is about them."""
    names = list(found)
    silent = sum(one.without_consent + one.unasked for one in found.values())
    title = ngettext(
        "Members are left off lists {count} time for lack of consent",
        "Members are left off lists {count} times for lack of consent",
        silent,
    ).format(count=figures.count(silent))
    columns = [
        Column(_("List"), [words(LISTS[name].label) for name in names]),
        Column(_("To contact"), [len(found[name]) for name in names], figures.count),
        Column(_("No consent"), [found[name].without_consent for name in names], figures.count),
        Column(_("Never asked"), [found[name].unasked for name in names], figures.count),
        Column(_("At cap"), [found[name].contacted_enough for name in names], figures.count),
        Column(_("Concerned"), [found[name].concerned for name in names], figures.count),
    ]
    if not any(found[name].unasked for name in names):
        del columns[3]
    what = _("Members whom a list is about, and who may not be contacted now")
    cards.table(title, columns, "left_out", what, _pick(names), beside=True)


def members(name: str, found: Listing, rows: pd.DataFrame, lift: Lift | None, programme: Programme) -> None:
    """The first of a list, why they are on it, and what that rests on."""
    one = LISTS[name]
    what = joined([words(one.meaning), basis(name, lift, programme)])
    if not len(found):
        with cards.card(_("Nobody is on this list today"), what, "members"):
            return
    title = ngettext(
        "{list}: {members} member, {gain} to gain", "{list}: {members} members, {gain} to gain", len(found)
    ).format(
        list=words(one.label),
        members=figures.count(len(found)),
        gain=_short(found.promised, programme),
    )
    money = programme.currency
    columns = [
        Column(_("Member"), list(rows["member_id"]), are_members=True),
        Column(_("Why"), list(rows["reason"])),  # beside the member, where a phone has room for it
        Column(_("Expected gain"), list(rows["expected_gain"]), lambda value: figures.money(value, money)),
        Column(_("At stake"), list(rows["at_stake"]), lambda value: figures.money(value, money)),
    ]
    cards.table(title, columns, "members", what)
    st.caption(_("Suggested: {offer}").format(offer=words(one.offer)))


def basis(name: str, lift: Lift | None, programme: Programme) -> str:
    """What the expected gain is made of; `lift` is None where the reader supposes one."""
    at_stake = words(LISTS[name].at_stake)
    margin = _("Expected gain = at stake ({stake}) × that share × the margin of {margin}.")
    if programme.margin_share is None:
        margin = _("Expected gain = at stake ({stake}) × that share, before costs: no margin is declared.")
    shown = figures.share(None if programme.margin_share is None else float(programme.margin_share))
    said = _("You suppose the share that buys because of it.")
    if lift is not None:
        said = _(BASES[lift.basis]).format(share=figures.share(float(lift.share)))
    if lift is not None and lift.low is not None:
        ends = {"low": figures.share(lift.low), "high": figures.share(lift.high)}
        said = joined([said, _("With 95% confidence between {low} and {high}.").format(**ends)])
    return joined([said, margin.format(stake=at_stake, margin=shown)])


def _short(minor: int, programme: Programme) -> str:
    return figures.short_money(minor / 10**programme.currency_decimals, programme.currency)
