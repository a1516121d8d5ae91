"""What the reader looks at: the period and what it is compared with, and whose; one choice for all pages.

Everything chosen stands in the address (`period`, `as_of`, `from`, `to`, `against`, `region`, `channel`,
`store`, `tier`, `in_segment`), under the same names as the widgets' keys; the button with key `clear_filters`
shows everybody again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from dashboard import address, figures, live
from dashboard.address import AS_OF
from dashboard.i18n import _, words
from dashboard.spans import AGAINST, BEFORE, CUSTOM, NAMES, TARGET, Span, latest_days_begin, span_of_months
from loyalty_core.counting.cuts import MEMBER_SLICES, SLICES
from loyalty_core.rules.programme import Programme
from loyalty_core.segments.division import FIELDS
from loyalty_core.segments.every_segment import DIVISIONS, FIELD, FIXED, OWN

CUTS = {
    "region": "member_region",
    "channel": "member_channel",
    "store": "member_store",
    "tier": "member_tier",
}


SEGMENT = "in_segment"
# Pixels, so that all choices stand in one row from 1,280 on, three of them chosen.
CUT_WIDTHS = {"region": 78, "channel": 93, "store": 84, "tier": 78}
CHOSEN_WIDTH = 124  # room for a short word; chips tell all


@dataclass(frozen=True, slots=True)
class View:
    """The span looked at, the labels kept of each slice, and the segment whose members alone are looked at
    ("" for everybody)."""

    span: Span
    where: Mapping[str, Sequence[str]]
    segment: str = ""

    @property
    def as_of(self) -> date:
        return self.span.last

    @property
    def is_whole(self) -> bool:
        """Whether nobody is left out."""
        return not self.where and not self.segment

    @property
    def slices(self) -> frozenset[str]:
        """What a metric must be cut by to be told of those who are looked at."""
        return frozenset(self.where) | (MEMBER_SLICES if self.segment else frozenset())


def bar(shown: live.Live) -> View:
    """The row of choices under a page's title, and what is chosen."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xxsmall", key="filters"):
        return _of_members(shown, _span(shown))


def members_on_a_day(shown: live.Live) -> View:
    """The choices of a page about what members are on a day: the day, and whose."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xxsmall", key="filters"):
        return _of_members(shown, _day(shown))


def day(shown: live.Live) -> View:
    """The one choice of a page about one member, or about the data, the day on which they are looked at; of
    everybody, so that whose members other pages show has no say."""
    with st.container(horizontal=True, key="filters"):
        return View(_day(shown), {})


def _day(shown: live.Live) -> Span:
    """The month that ends with the one day that is chosen."""
    return span_of_months("month", _until(shown, named_day()), BEFORE)


def _of_members(shown: live.Live, span: Span) -> View:
    where = {
        slice_name: chosen for name, slice_name in CUTS.items() if (chosen := _cut(shown, name, slice_name))
    }
    return View(span, where, _segment(shown))


def named_day() -> str:
    """The name under which the address keeps the last day that is looked at."""
    return "to" if address.text("period") == CUSTOM else AS_OF


def _segment(shown: live.Live) -> str:
    """The segment in whose members the reader looks; none where the address names none that is known."""
    labels = segment_labels(shown)
    chosen = address.value(SEGMENT, "", labels)
    st.selectbox(
        _("Segment"),
        ["", *labels],
        format_func=lambda name: labels.get(name) or _("Everyone"),
        width=CHOSEN_WIDTH if chosen else 99,
        **address.tied(SEGMENT, chosen, ""),
    )
    return chosen


def segment_labels(shown: live.Live) -> dict[str, str]:
    """The segments that members can be filtered by: those of fixed divisions, those that people wrote, and
    of the fields of recency and frequency the one that is chosen."""
    fixed = {
        f"{division}.{one.key}": _("{name}: {labels}").format(
            name=words(DIVISIONS[division]), labels=words(one.label)
        )
        for division, segments in FIXED.items()
        for one in segments
    }
    field = {f"{FIELD}.{one.key}": words(one.label) for one in FIELDS}
    chosen = {name: label for name, label in field.items() if name == address.text(SEGMENT)}
    own = {f"{OWN}.{one.name}": one.name for one in live.own_segments(shown)}
    return fixed | chosen | own


def _span(shown: live.Live) -> Span:
    kind = address.value("period", "month", NAMES)
    st.selectbox(
        _("Period"),
        tuple(NAMES),
        format_func=lambda name: _(NAMES[name]),
        width=114,
        filter_mode=None,
        **address.tied("period", kind, "month"),
    )
    first, last = _custom(shown) if kind == CUSTOM else (None, _until(shown))
    against = _against(shown)
    return span_of_months(kind, last, against) if first is None else Span(CUSTOM, first, last, against)


def _against(shown: live.Live) -> str:
    """What the period is compared with; the target only where the programme has one."""
    choices = [name for name in AGAINST if name != TARGET or shown.programme.targets]
    against = address.value("against", BEFORE, choices)
    st.selectbox(
        _("Compared with"),
        choices,
        format_func=lambda name: _(AGAINST[name][0]),
        width=123,
        filter_mode=None,
        **address.tied("against", against, BEFORE),
    )
    return against


def _until(shown: live.Live, name: str = AS_OF) -> date:
    as_of = _within(address.day(name), shown.as_of, shown)
    st.date_input(
        _("As of"),
        min_value=live.begins(shown),
        max_value=shown.as_of,
        format="YYYY-MM-DD",
        width=126,
        **address.tied(name, as_of, shown.as_of),
    )
    return as_of


def _custom(shown: live.Live) -> tuple[date, date]:
    last = _within(address.day("to"), shown.as_of, shown)
    first = min(_within(address.day("from"), latest_days_begin(last), shown), last)
    for name, label, day in (("from", _("From"), first), ("to", _("To"), last)):
        st.date_input(
            label,
            min_value=live.begins(shown),
            max_value=shown.as_of,
            format="YYYY-MM-DD",
            width=130,
            **address.tied(name, day),
        )
    return first, last


def _within(day: date | None, otherwise: date, shown: live.Live) -> date:
    return max(live.begins(shown), min(day or otherwise, shown.as_of))


def _cut(shown: live.Live, name: str, slice_name: str) -> list[str]:
    options = live.labels(shown, slice_name)
    if len(options) < 2:
        return []
    chosen = address.values(name, options)
    st.multiselect(
        words(SLICES[slice_name]),
        options,
        format_func=lambda given: spoken(shown.programme, slice_name, given),
        placeholder=_("All"),
        width=CHOSEN_WIDTH if chosen else CUT_WIDTHS[name],
        **address.tied(name, chosen),
    )
    return chosen


def spoken(programme: Programme, slice_name: str, given: str) -> str:
    """A label of a slice as people say it."""
    if slice_name == "member_tier":
        return words(programme.tier_label(given))
    return figures.of_data(programme, given) if given else _("Unknown")


def _any_of(shown: live.Live, slice_name: str, labels: Sequence[str]) -> str:
    return _(", ").join(spoken(shown.programme, slice_name, label) for label in labels)


def said(view: View, shown: live.Live) -> str:
    """The choice in words: the span, what it is compared with, and who is counted."""
    return " · ".join([days(view.span), *_said_of_members(view, shown)])


def said_on_a_day(view: View, shown: live.Live) -> str:
    """The choice in words where there is no period: the day, and who is counted."""
    return " · ".join([figures.day(view.as_of), *_said_of_members(view, shown)])


def _said_of_members(view: View, shown: live.Live) -> list[str]:
    kept = [
        _("{name}: {labels}").format(
            name=words(SLICES[slice_name]), labels=_any_of(shown, slice_name, view.where[slice_name])
        )
        for slice_name in CUTS.values()
        if slice_name in view.where
    ]
    if view.segment:
        name = segment_labels(shown)[view.segment]
        kept.append(_("{name}: {labels}").format(name=_("Segment"), labels=name))
    return kept


def days(span: Span) -> str:
    """The days that are looked at, and those that they are compared with, in words."""
    before = _("the target") if span.against == TARGET else figures.span(*span.before)
    return _("{span}, compared with {before}").format(span=figures.span(span.first, span.last), before=before)
