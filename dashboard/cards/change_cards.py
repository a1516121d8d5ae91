"""Before and after a change of the rules: a comparison of what the same members did, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard import address, cards, figures, rule_words
from dashboard.cards import Column
from dashboard.i18n import N_, _
from dashboard.picks import Crowd, Crowds, field_text
from dashboard.told import Told
from dashboard.watch_page import WatchPage
from data.before_and_after import Comparison, members_around
from data.rule_changes import RuleChange
from loyalty_core.days import to_day
from loyalty_core.paired import Paired
from loyalty_core.rules.programme import Programme

Written = Callable[[float], str]
LABELS = {
    "bought": N_("Bought"),
    "purchases": N_("Purchases each"),
    "revenue": N_("Spent each"),
    "earned": N_("Points earned each"),
    "redeemed": N_("Points redeemed each"),
    "risen": N_("Moved up a tier"),
    "fallen": N_("Moved down a tier"),
}
# The metric as which is told what a member adds.
COUNTED = {
    "bought": "buyers",
    "purchases": "purchases",
    "revenue": "revenue",
    "earned": "points_issued",
    "redeemed": "points_redeemed",
    "risen": "tier_upgrades",
    "fallen": "tier_downgrades",
}
SHARES = ("bought", "risen", "fallen")


def chosen(changes: Sequence[RuleChange]) -> RuleChange:
    """The change that the reader looks at, the latest unless the address (`change`) says otherwise."""
    days = {change.on.isoformat(): change for change in reversed(changes)}
    latest = next(iter(days))
    day = address.value("change", latest, days)
    if len(days) > 1:
        st.selectbox(
            _("Change of the rules"),
            tuple(days),
            format_func=lambda one: figures.day(days[one].on),
            width=240,
            **address.tied("change", day, latest),
        )
    return days[day]


def comparison(found: Comparison | None, change: RuleChange, page: WatchPage) -> None:
    """What the same members did in the days before and after, each with the interval of its change."""
    if found is None or "bought" not in found.measures:
        st.caption(
            _("Too little is known of the weeks around the change of {day}.").format(
                day=figures.day(change.on)
            )
        )
        return
    title = _(
        "Of the same members, {before} bought before the rules changed on {day}, and {after} after"
    ).format(
        before=figures.share(found.measures["bought"].before),
        day=figures.day(change.on),
        after=figures.share(found.measures["bought"].after),
    )
    what = _(
        "{days} days before and after, {members} members: a comparison and no effect, since season and "
        "campaigns changed too"
    ).format(days=found.days, members=figures.count(found.members))
    if rules := rule_words.told(change):
        what = _("Changed: {rules}. {sentence}").format(rules=rules, sentence=what)
    columns = _columns(found, page.programme)
    cards.table(title, columns, "rule_change", what, _behind(found, change, page))


def _behind(found: Comparison, change: RuleChange, page: WatchPage) -> Crowds:
    """The members who add to each measure before and after."""
    parts = {"before": _("Before"), "after": _("After")}
    asked = to_day(page.view.as_of), dict(page.view.where), to_day(change.on)
    return Crowds(
        {
            field_text(said, _(LABELS[name])): Crowd(
                f"{_(LABELS[name])} · {said}", COUNTED[name], members_around, (*asked, name, part)
            )
            for name in LABELS
            if name in found.measures
            for part, said in parts.items()
        }
    )


def _columns(found: Comparison, programme: Programme) -> list[Column]:
    told = {name: found.measures[name] for name in LABELS if name in found.measures}
    written = {name: _written(name, programme) for name in told}
    columns = [
        Column(_("Of the same members"), [_(LABELS[name]) for name in told]),
        Column(_("Before"), [Told(written[name](one.before), one.before) for name, one in told.items()], str),
        Column(_("After"), [Told(written[name](one.after), one.after) for name, one in told.items()], str),
        Column(_("Change"), [_signed(name, programme, one.change) for name, one in told.items()], str),
        Column(_("95% range"), [_range(name, programme, one) for name, one in told.items()], str),
    ]
    if earlier := found.a_year_earlier:
        changes = [
            _signed(name, programme, earlier[name].change) if name in earlier else figures.UNKNOWN
            for name in told
        ]
        columns.append(Column(_("Change a year earlier"), changes, str))
    return columns


def _written(name: str, programme: Programme) -> Written:
    """How a measure is written, from minor units of money and point units."""
    if name in SHARES:
        return figures.share
    if name == "revenue":
        return lambda value: figures.money(value / 10**programme.currency_decimals, programme.currency)
    if name in ("earned", "redeemed"):
        return lambda value: figures.decimal(value / 10**programme.point_decimals, 1)
    return lambda value: figures.decimal(value, 2)


def _signed(name: str, programme: Programme, value: float) -> Told:
    """A difference of a measure with its sign; of a share, in percentage points."""
    if name in SHARES:
        return Told(figures.signed_points(value), value)
    return Told(f"{figures.sign(value)}{_written(name, programme)(abs(value))}", value)


def _range(name: str, programme: Programme, one: Paired) -> str:
    low, high = (_signed(name, programme, end) for end in (one.low, one.high))
    return _("{low} … {high}").format(low=low, high=high)
