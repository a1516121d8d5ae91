"""Who wins and who loses: what members really did, replayed under both sets of rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import streamlit as st

from dashboard import cards, charts, figures, frame, theme
from dashboard.charts import Series
from dashboard.i18n import N_, _, joined, words
from dashboard.page_record import Column
from dashboard.sandbox.questions import answer
from dashboard.sandbox.questions.answer import Document
from dashboard.sandbox.questions.what_if import WhatIf
from data.tables import Run
from loyalty_core.kernel.winners import OUTCOMES, VALUE_GROUPS, Outcome
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

LISTED = 100
ABOUT = {"listed": LISTED}
TITLES = {
    Outcome.LOST: N_("Who loses most"),
    Outcome.WON: N_("Who wins most"),
    Outcome.MIXED: N_("Who wins one and loses the other"),
}
_COUNTED = (Outcome.WON, Outcome.LOST, Outcome.MIXED, Outcome.SAME)


def form(what_if: WhatIf, key: Callable[[str], str]) -> dict[str, Any]:
    """Nothing is chosen: all members, over the last year."""
    return dict(ABOUT)


def asked(what_if: WhatIf, about: dict[str, Any]) -> str:
    """The question in words."""
    return _("All members, by what they did in the last year")


def show(what_if: WhatIf, run: Run, found: Document) -> None:
    """How many win and lose, of which groups they are, and who is affected most."""
    if "members" not in found:  # nothing was found yet
        return
    days = figures.span(*(date.fromisoformat(found[end]) for end in ("from", "to")))
    rests_on = _(
        "What all members did, {days}, under both sets of rules; nobody behaves differently · tiers at the "
        "end, points at their worth to members · snapshot {snapshot}"
    )
    answer.head(
        sentence(what_if.programme, found), rests_on.format(days=days, snapshot=run.payload["snapshot"])
    )
    with st.grid(2, min_column_width=frame.NARROWEST):
        _by_tier(what_if.programme, found)
        cards.table(
            _("Every group"),
            _group_columns(what_if.programme, found),
            "winners_groups",
            _("Mixed: a higher tier with fewer points, or the other way round"),
        )
    for outcome, title in TITLES.items():
        if rows := found["most"][OUTCOMES[outcome].en]:
            told = _("{count} of {all}, those affected most").format(
                count=figures.count(len(rows)), all=figures.count(found["all"][OUTCOMES[outcome].en])
            )
            cards.table(_(title), _member_columns(what_if, rows), f"winners_{outcome.name.lower()}", told)


def sentence(programme: Programme, found: Document) -> str:
    """How many would win and lose, and what all points together would be worth more or less."""
    counts = {OUTCOMES[one].en: figures.count(found["all"][OUTCOMES[one].en]) for one in _COUNTED}
    told = _(
        "{won} members would have won, {lost} lost, and {mixed} won one and lost the other; for {same} "
        "nothing would be different."
    ).format(**counts)
    worth = _("The points earned would be worth {amount} in all.")
    return joined([told, worth.format(amount=answer.gain(programme, found["all"]["worth_change"]))])


def _by_tier(programme: Programme, found: Document) -> None:
    groups = [one for one in found["groups"] if one["by"] == "tier"]
    labels = [_group(programme, one) for one in groups]
    most, tier = max((_share(one, "lost"), label) for one, label in zip(groups, labels, strict=True))
    title = _("{tier}: {share} lose, more than in any other tier").format(
        tier=tier, share=figures.share(most)
    )
    if not most:
        title = _("Nobody loses in any tier")
    sides = [
        Series(label=_("Win"), values=[_share(one, "won") for one in groups], colour=theme.slot("good")),
        Series(label=_("Lose"), values=[-_share(one, "lost") for one in groups], colour=theme.slot("bad")),
    ]
    what = _("Share of each tier that wins (to the right) and loses (to the left); at the edge the balance")
    cards.chart(title, charts.shifts(labels, sides, figures.share), "winners", what)


def _share(group: Document, outcome: str) -> float:
    return float(group[outcome] / group["members"])


def _group(programme: Programme, one: Document) -> str:
    """What a group is called: a tier, or how much members spent."""
    if one["by"] == "tier":
        return words(programme.tier_label(one["group"]))
    return _("Spending: {group}").format(group=words(Text(**one["group"])))


def _group_columns(programme: Programme, found: Document) -> list[Column]:
    rows = [found["all"], *found["groups"]]
    names = [_("All members"), *(_group(programme, one) for one in found["groups"])]
    return [
        Column(_("Group"), names),
        Column(_("Members"), [one["members"] for one in rows], figures.count),
        *(
            Column(
                answer.begun(words(OUTCOMES[outcome])),
                [one[OUTCOMES[outcome].en] for one in rows],
                figures.count,
            )
            for outcome in _COUNTED
        ),
        Column(
            _("Worth"),
            [one["worth_change"] for one in rows],
            lambda value: answer.gain(programme, value),
        ),
    ]


def _member_columns(what_if: WhatIf, rows: list[Document]) -> list[Column]:
    before, after = what_if.programme, what_if.scenario.programme(what_if.programme)
    groups = {group.en: group for group in VALUE_GROUPS.values()}
    worth = [one["after"]["worth"] - one["before"]["worth"] for one in rows]
    return [
        Column(_("Member"), [one["member"] for one in rows], are_members=True),
        Column(_("Spends"), [words(groups[one["value"]]) for one in rows]),
        Column(_("Tier in force"), [_tier(before, one["before"]["tier"]) for one in rows]),
        Column(_("Tier in the what-if"), [_tier(after, one["after"]["tier"]) for one in rows]),
        Column(_("Points in force"), [one["before"]["points"] for one in rows], figures.count),
        Column(_("Points in the what-if"), [one["after"]["points"] for one in rows], figures.count),
        Column(_("Worth"), worth, lambda value: answer.gain(before, value)),
    ]


def _tier(programme: Programme, name: str | None) -> str:
    return figures.UNKNOWN if name is None else words(programme.tier_label(name))
