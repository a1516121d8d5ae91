"""Whether the facts can be trusted: the cards of the Data page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import streamlit as st

from dashboard import cards, charts, figures, theme
from dashboard.cards.member_cards import ATTRIBUTES
from dashboard.cards.story_cards import KINDS
from dashboard.i18n import _, joined, ngettext, words
from dashboard.importing.import_words import TABLES
from dashboard.page_record import Column
from dashboard.told import told_moment
from data.quality import Checked, Held
from data.tables import Import
from loyalty_core.reconciling.reconciliation import Reconciliation
from loyalty_core.rules.programme import Programme

GOAL = 0.95  # of the attributes of members that should be known
MOST_GROUPS = 8


def leading(held: Sequence[Held], checks: Sequence[Checked], cases: int) -> str:
    """How many facts there are, whether they are whole, and how many cases wait for somebody."""
    broken = sum(one.rows > 0 and one.severity == "broken" for one in checks)
    facts = _("{rows} records are held.").format(rows=figures.count(sum(one.rows for one in held)))
    whole = _("All {checks} checks hold.").format(checks=len(checks))
    wrong = _("{broken} of {checks} checks do not hold.").format(broken=broken, checks=len(checks))
    open_cases = ngettext(
        "{cases} case of unusual activity is open.", "{cases} cases of unusual activity are open.", cases
    ).format(cases=figures.count(cases))
    ledger = (wrong if broken else whole) if checks else ""
    return joined([facts, ledger, open_cases])


def tables(held: Sequence[Held], as_of: date) -> None:
    """What is held of each table, and how fresh it is."""
    title = _("The data reaches to {day}").format(day=figures.day(as_of))
    cards.table(
        title,
        [
            Column(_("Facts"), [_(TABLES[one.table]) for one in held]),
            Column(_("Rows"), [one.rows for one in held], figures.count),
            Column(_("Latest"), [one.last_on for one in held], _day),
        ],
        "tables",
        _("Rows of every table, each version of a member counted, and the day of the latest fact"),
    )


def _day(day: object) -> str:
    return figures.UNKNOWN if day is None else figures.day(day)


def completeness(known: dict[str, float]) -> None:
    """Of how many members each attribute is known."""
    rows = sorted(known.items(), key=lambda one: -one[1])
    least, share = rows[-1]
    title = _("{attribute} is known for {share} of members, the least of all attributes").format(
        attribute=_(ATTRIBUTES[least]), share=figures.share(share, 0)
    )
    figure = charts.ranks(
        [_(ATTRIBUTES[name]) for name, _share in rows],
        [share for _name, share in rows],
        [theme.slot("active" if share >= GOAL else "silent") for _name, share in rows],
        [figures.share(share) for _name, share in rows],
        [_("on target") if share >= GOAL else _("off target") for _name, share in rows],
    )
    what = _(
        "Share of the members for whom an attribute is known, of those that the sources tell; "
        "the target is {goal}"
    )
    cards.chart(title, figure, "completeness", what.format(goal=figures.share(GOAL, 0)))


def checks(found: Sequence[Checked]) -> None:
    """Every check as the sentence that should be true."""
    order = sorted(found, key=lambda one: (one.rows == 0, one.severity != "broken"))
    wrong = [one for one in order if one.rows]
    title = _("All {checks} checks hold").format(checks=len(found))
    if wrong:
        title = _("{wrong} of {checks} checks do not hold for every row").format(
            wrong=len(wrong), checks=len(found)
        )
    cards.table(
        title,
        [
            Column(_("State"), [_state(one) for one in order]),
            Column(_("Rows"), [one.rows for one in order], figures.count),
            Column(_("Check"), [words(one.sentence) for one in order]),
            Column(_("For example"), [one.example for one in order]),
        ],
        "checks",
        _("What must hold for the ledger and the data, and the rows that break it"),
    )


def _state(one: Checked) -> str:
    if not one.rows:
        return _("holds")
    return _("broken") if one.severity == "broken" else _("warning")


def imports(done: Sequence[Import], programme: Programme) -> None:
    """The latest imports and what became of their rows."""
    if not done:
        st.caption(_("Nothing was imported here yet; what became of its rows stands here after an import."))
        return
    rows = [(one, [sum(getattr(file, part) for file in one.files) for part in _FATES]) for one in done]
    aside = sum(counts[3] + counts[4] for _one, counts in rows)
    title = ngettext(
        "Rows of the last import that were put aside: {aside}",
        "Rows of the last {imports} imports that were put aside: {aside}",
        len(done),
    ).format(imports=len(done), aside=figures.count(aside))
    heads = (_("Read"), _("Accepted"), _("Duplicates"), _("In conflict"), _("Rejected"))
    cards.table(
        title,
        [
            Column(_("When"), [told_moment(one.finished_at, programme) for one, _counts in rows]),
            Column(_("Mapping"), [Path(one.mapping).stem or one.note for one, _counts in rows]),
            *(
                Column(head, [counts[place] for _one, counts in rows], figures.count)
                for place, head in enumerate(heads)
            ),
        ],
        "imports",
        _("What became of every row of the latest imports"),
    )


_FATES = ("rows_read", "accepted", "duplicate", "conflict", "rejected")


def reconciliation(found: Reconciliation) -> None:
    """How much of the source's own ledger the declared rules reproduce, and what they do not."""
    if not found.entries:
        st.info(
            _("The source brought no entries of its own: there is nothing to reconcile."),
            icon=":material/info:",
        )
        return
    title = _("{share} of {entries} imported entries are exactly as the rules declare").format(
        share=figures.share(found.share, 2), entries=figures.count(found.entries)
    )
    groups = found.groups[:MOST_GROUPS]
    cards.table(
        title,
        [
            Column(_("What"), [words(one.what) for one in groups]),
            Column(_("In detail"), [words(one.detail) for one in groups]),
            Column(_("Kind"), [_(KINDS.get(one.kind, one.kind)) for one in groups]),
            Column(_("Entries"), [one.entries for one in groups], figures.count),
            Column(_("Members"), [one.members for one in groups], figures.count),
        ],
        "reconciliation",
        _("The largest groups of entries that the rules do not reproduce"),
    )
