"""The filters in force as chips under the title: each says what it lets pass, and a click takes it away.

What the address asks for in vain is a chip, too, and says so: a link that is old, or from another programme,
would else show everybody without a word. A chip has the key `chip:<name>:<value>`, `name` being that of the
filter in the address.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import streamlit as st

from dashboard import address, figures, filters, live, page_record
from dashboard.address import AS_OF
from dashboard.filters import CUTS, SEGMENT, View
from dashboard.i18n import _, words
from dashboard.live import Live
from dashboard.spans import CUSTOM
from loyalty_core.counting.cuts import SLICES

Chip = tuple[str, str, str]  # the name of a filter, a value that it lets pass, and both in words
Answers = dict[str, tuple[str, Collection[str]]]  # by name in the address: what it is called, what it may say


def row(view: View, shown: Live) -> None:
    """A chip for each value that is let pass, and a button that shows everybody again; nothing where all of
    the present is shown."""
    _row(view, shown, _spans(view) | _whose(view, shown))


def of_members_on_a_day(view: View, shown: Live) -> None:
    """The same where no period is chosen."""
    _row(view, shown, _day(view) | _whose(view, shown))


def _row(view: View, shown: Live, answers: Answers) -> None:
    found = [*_chips(view, shown), *_unanswered(answers)]
    if not found:
        return
    chips = st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="chips")
    page_record.now().chips = chips
    with chips:
        for chip in found:
            _chip(*chip)
        _clear()
    if view.segment:
        told = _("Who is in the segment on {day} is followed through all months; guests are not told of.")
        st.caption(told.format(day=figures.day(view.as_of)))


def of_day(view: View) -> None:
    """A chip for a day that the address asks for in vain, where nothing else is chosen."""
    for chip in _unanswered(_day(view)):
        _chip(*chip)


def _chip(name: str, value: str, said: str) -> None:
    st.button(
        figures.unmarked(said),
        key=f"chip:{name}:{value}",
        icon=":material/close:",
        help=_("Take this filter away"),
        on_click=address.drop,
        args=(name, value),
        width="content",
    )


def _clear() -> None:
    st.button(
        _("Clear filters"),
        key="clear_filters",
        type="tertiary",
        on_click=address.forget,
        args=(*CUTS, SEGMENT, AS_OF),
        width="content",
    )


def _chips(view: View, shown: Live) -> Iterator[Chip]:
    if address.text(AS_OF) == str(view.as_of) and view.as_of < shown.as_of:
        yield AS_OF, address.text(AS_OF), _said(_("As of"), figures.day(view.as_of))
    for name, slice_name in CUTS.items():
        for label in view.where.get(slice_name, ()):
            spoken = filters.spoken(shown.programme, slice_name, label)
            yield name, label, _said(words(SLICES[slice_name]), spoken)
    if view.segment:
        yield SEGMENT, view.segment, _said(_("Segment"), filters.segment_labels(shown)[view.segment])


def _unanswered(known: Answers) -> Iterator[Chip]:
    """What the address asks for in vain."""
    for name, (said, answers) in known.items():
        for given in dict.fromkeys(address.query().get(name, [])):
            if given not in answers:
                yield name, given, _("Not here: {choice}").format(choice=_said(said, given))


def _spans(view: View) -> Answers:
    """For each name in the address that chooses days."""
    span = view.span
    spans = {"period": (_("Period"), [span.kind]), "against": (_("Compared with"), [span.against])}
    if span.kind == CUSTOM:
        return spans | {"from": (_("From"), [str(span.first)]), "to": (_("To"), [str(span.last)])}
    return spans | {AS_OF: (_("As of"), [str(span.last)])}


def _day(view: View) -> Answers:
    """For the name in the address that chooses the one day of a page."""
    return {filters.named_day(): (_("As of"), [str(view.as_of)])}


def _whose(view: View, shown: Live) -> Answers:
    """For each name in the address that chooses members."""
    cuts = {name: (words(SLICES[cut]), live.labels(shown, cut)) for name, cut in CUTS.items()}
    return cuts | {SEGMENT: (_("Segment"), [view.segment])}


def _said(name: str, label: str) -> str:
    return _("{name}: {labels}").format(name=name, labels=label)
