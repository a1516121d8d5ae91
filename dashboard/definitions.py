"""What every number means, drawn from the dictionary: nothing here is written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import streamlit as st

from dashboard.figures import unmarked
from dashboard.i18n import LANGUAGES, N_, _, listed, words
from loyalty_core.counting.cuts import SLICES
from loyalty_core.metrics.dictionary import DEFINED
from loyalty_core.metrics.metric import Kind, Metric, Section, Unit
from loyalty_core.rules.programme import Programme

KINDS = {
    Kind.FLOW: N_("adds up over the period"),
    Kind.STOCK: N_("stands at the close of a day"),
    Kind.RATIO: N_("one number divided by another"),
}
UNITS = {
    Unit.MEMBERS: N_("members"),
    Unit.PURCHASES: N_("purchases"),
    Unit.COUNT: N_("a count"),
    Unit.MONEY: N_("money"),
    Unit.POINTS: N_("points"),
    Unit.SHARE: N_("a share"),
    Unit.NUMBER: N_("a number"),
    Unit.SCORE: N_("a score"),
}
MIN_WIDTH = 380
GOOD = {1: N_("good when it rises"), -1: N_("good when it falls")}


def found(asked: str, section: Section) -> list[Metric]:
    """The metrics of a section; of all sections those that hold every word asked for, in either language."""
    wanted = asked.lower().split()
    if not wanted:
        return [metric for metric in DEFINED.values() if metric.section is section]
    return [metric for metric in DEFINED.values() if all(word in _told(metric) for word in wanted)]


def _told(metric: Metric) -> str:
    """All that is said of a metric."""
    texts = (metric.label, metric.meaning, metric.formula)
    return " ".join([metric.name, *(text(language) for text in texts for language in LANGUAGES)]).lower()


def entries(metrics: Iterable[Metric], programme: Programme) -> None:
    """An entry for each metric, as many beside each other as there is room for."""
    with st.grid(2, min_column_width=MIN_WIDTH, gap="small"):
        for metric in metrics:
            _entry(metric, programme)


def _entry(metric: Metric, programme: Programme) -> None:
    with st.container(border=True, height="stretch", gap="xsmall", key=f"metric_{metric.name}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{words(metric.label)}**", width="content")
            st.markdown(f"`{metric.name}`", width="content")
        st.markdown(unmarked(words(metric.meaning_for(programme))))
        if counted := formula(metric, programme):
            st.markdown(f"= {unmarked(counted)}")
        st.caption(unmarked(" · ".join(_traits(metric))))


def formula(metric: Metric, programme: Programme) -> str:
    """The formula with the metrics' names as people say them; nothing where the meaning already says it."""
    counted = words(metric.formula_for(programme))
    if counted == words(metric.meaning_for(programme)).rstrip(".。"):
        return ""
    return re.sub(r"[a-z]\w*", lambda word: _said(word.group()), counted, flags=re.ASCII)


def _said(word: str) -> str:
    return words(DEFINED[word].label).lower() if word in DEFINED else word.replace("_", " ")


def _traits(metric: Metric) -> Sequence[str]:
    """Unit, kind, direction, and by what it may be cut."""
    told = [_(UNITS[metric.unit]), _(KINDS[metric.kind])]
    if metric.direction:
        told.append(_(GOOD[metric.direction]))
    by = [words(SLICES[name]) for name in SLICES if name in metric.slices]
    told.append(_("can be cut by: {slices}").format(slices=listed(by)) if by else _("of the whole programme"))
    return told
