"""What a reader chooses on the Segments page: how members are divided, and which are compared."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import address
from dashboard.i18n import _, words
from loyalty_core.segments.division import Segment
from loyalty_core.segments.every_segment import CLUSTERS, DIVISIONS, Segments
from loyalty_core.segments.tallies import Tally


def division() -> str:
    """How members are divided, as the address says."""
    names = tuple(DIVISIONS)
    chosen = address.value("division", names[0], names)
    st.radio(
        _("Divided by"),
        names,
        format_func=lambda one: words(DIVISIONS[one]),
        horizontal=True,
        **address.tied("division", chosen, names[0]),
    )
    return chosen


def segment(segments: tuple[Segment, ...], division_name: str, told: Mapping[str, Tally]) -> str:
    """The name of the segment looked at; the largest of the division where the address names none of it."""
    labels = {f"{division_name}.{one.key}": words(one.label) for one in segments}
    first = max(labels, key=lambda name: told[name.partition(".")[2]].members)
    chosen = address.value("segment", first, labels)
    st.selectbox(
        _("Segment"),
        tuple(labels),
        format_func=labels.__getitem__,
        width=320,
        **address.tied("segment", chosen, first),
    )
    return chosen


def other(segments: Segments, than: str) -> str:
    """The name of a segment of any division to hold against another."""
    labels = {
        f"{name}.{one.key}": _("{name}: {labels}").format(name=words(label), labels=words(one.label))
        for name, label in DIVISIONS.items()
        if name != CLUSTERS or than.startswith(f"{CLUSTERS}.")
        for one in segments.of(name)
        if f"{name}.{one.key}" != than
    }
    first = "value.high" if "value.high" in labels else next(iter(labels))
    chosen = address.value("with", first, labels)
    st.selectbox(
        _("Compared with"),
        tuple(labels),
        format_func=labels.__getitem__,
        width=320,
        **address.tied("with", chosen, first),
    )
    return chosen


def found(segments: Segments, name: str) -> Segment:
    """The segment of that name."""
    division_name, _dot, key = name.partition(".")
    return next(one for one in segments.of(division_name) if one.key == key)


def apart(segments: Segments, *names: str) -> tuple[str, ...]:
    """The labels of the segments of those names, with their divisions where two are called alike."""
    labels = [words(found(segments, name).label) for name in names]
    if len(set(labels)) == len(labels):
        return tuple(labels)
    divisions = [words(DIVISIONS[name.partition(".")[0]]) for name in names]
    return tuple(
        _("{name}: {labels}").format(name=division, labels=label)
        for division, label in zip(divisions, labels, strict=True)
    )
