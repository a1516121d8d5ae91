"""How good the data is in figures: which values keep their rules, and which members are likely one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from dashboard import cards, figures
from dashboard.cards import Column
from dashboard.i18n import N_, _, ngettext, words
from dashboard.picks import ENROLLED, Crowd, Crowds
from dashboard.readings import Reading, plain
from dashboard.watch_page import WatchPage
from data.duplicates import Alike, members_with_a_double
from data.validity import Kept, members_outside, quality_facts
from loyalty_core.days import to_day
from loyalty_core.metrics.quality_metrics import QUALITY
from loyalty_core.rules.programme import Programme

ATTRIBUTES = {
    "phone": N_("Phone number"),
    "mobile": N_("Mobile number"),
    "email": N_("E-mail address"),
    "wechat": N_("WeChat"),
    "id_card": N_("Identity card"),
    "name": N_("Name and date of birth"),
    "": N_("Any of them"),
}

# What counts are found among: the column that holds how many those are, and how they are called.
AMONG = {
    "values_outside": ("values_checked", N_("of {count} values checked")),
    "likely_duplicates": ("members_identified", N_("of {count} members who can be told apart")),
}


def readings(valid: Sequence[Kept], alike: Sequence[Alike], programme: Programme) -> dict[str, Reading]:
    """The figures of the data itself that are known."""
    counted = quality_facts(valid, alike)
    values = {name: plain(metric.value(counted, programme)[0]) for name, metric in QUALITY.items()}

    def among(name: str) -> str:
        column, told = AMONG.get(name, ("", ""))
        return _(told).format(count=figures.count(counted[column].iloc[0])) if column else ""

    return {
        name: Reading(metric=QUALITY[name], programme=programme, value=value, before=None, among=among(name))
        for name, value in values.items()
        if value is not None
    }


def validity(valid: Sequence[Kept], told: Mapping[str, Reading], page: WatchPage, today: date) -> None:
    """Each rule with the values that it applies to and those that break it, the most broken first."""
    if not valid:
        return
    order = sorted(valid, key=lambda one: -one.outside / one.values)
    columns = [
        Column(_("Rule"), [words(one.rule.sentence) for one in order]),
        Column(_("Outside"), [one.outside for one in order], figures.count),
        Column(_("Values"), [one.values for one in order], figures.count),
    ]
    behind = {
        words(one.rule.sentence): Crowd(
            words(one.rule.sentence),
            ENROLLED,
            members_outside,
            (to_day(page.view.as_of), today, one.rule.name),
        )
        for one in order
        if one.outside
    }
    outside = told["values_outside"].value
    title = ngettext(
        "{outside} of the values checked breaks its rule",
        "{outside} of the values checked break their rule",
        outside,
    ).format(outside=figures.count(outside))
    if not outside:
        title = _("All values checked keep their rules")
    what = _("Values held by the rule that applies to them, and how many break it")
    cards.table(title, columns, "validity", what, Crowds(behind) if behind else None)


def duplicates(alike: Sequence[Alike], told: Mapping[str, Reading], page: WatchPage) -> None:
    """By what members are known who share it with another."""
    if not alike:
        return
    rows = alike if len(alike) > 2 else alike[:1]  # all of them together are the one that there is
    labels = [_(ATTRIBUTES[one.name]) for one in rows]
    columns = [
        Column(_("What tells people apart"), labels),
        Column(_("Share it with another"), [one.alike for one in rows], figures.count),
        Column(_("Members with it"), [one.identified for one in rows], figures.count),
    ]
    behind = {
        label: Crowd(label, ENROLLED, members_with_a_double, (to_day(page.view.as_of), one.name))
        for label, one in zip(labels, rows, strict=True)
        if one.alike
    }
    share, many = (told[name] for name in ("duplicate_share", "likely_duplicates"))
    title = ngettext(
        "{members} member is likely the same person as another: {share} of those who can be told apart",
        "{members} members are likely the same person as another: {share} of those who can be told apart",
        many.value,
    ).format(members=figures.count(many.value), share=figures.share(share.value))
    what = _("Members enrolled of whom something is known that people have of their own")
    cards.table(title, columns, "duplicates", what, Crowds(behind) if behind else None)
