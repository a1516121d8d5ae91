"""Definitions: every number of the product with its meaning and its formula, as the programme counts it.

Search and section stand in the address (`q`, `section`); each entry has the key `metric_<name>`.
"""

from __future__ import annotations

import streamlit as st

from dashboard import address, definitions, figures, frame, live
from dashboard.i18n import _, joined, ngettext, words
from loyalty_core.metrics.metric import SECTIONS, Section
from loyalty_core.rules.programme import Programme

shown = live.now()
frame.heading(_("Definitions"), shown)
programme = shown.programme if shown else Programme(name="none")  # whose windows are the usual ones
names = tuple(section.value for section in SECTIONS)

asked = " ".join(address.text("q").split())
section = Section(address.value("section", names[0], names))
st.text_input(
    _("Search"),
    placeholder=_("A word of its name or meaning"),
    icon=":material/search:",
    width=380,
    **address.tied("q", asked, ""),
)
if not asked:
    st.radio(
        _("Section"),
        names,
        format_func=lambda name: words(SECTIONS[Section(name)]),
        label_visibility="collapsed",
        horizontal=True,
        **address.tied("section", section.value, names[0]),
    )
metrics = definitions.found(asked, section)
if not metrics:
    nothing = _("No definition has “{words}” in its name or meaning.").format(words=asked)
    st.info(figures.unmarked(nothing), icon=":material/info:")
    st.stop()
lines = [
    ngettext("{count} number.", "{count} numbers.", len(metrics)).format(count=len(metrics)),
    _("A number whose denominator is 0 is unknown (–), not 0."),
    _(
        "Filters by store and channel go by the store that a member belongs to and the channel of joining, "
        "wherever the member buys; Value tells sales by store and channel of sale."
    ),
]
st.caption(joined(lines))
definitions.entries(metrics, programme)
