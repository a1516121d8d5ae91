"""What every answer has around it: its sentence, what it was computed from, and gains in money."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import streamlit as st

from dashboard import figures, page_record
from dashboard.i18n import _, ngettext
from dashboard.sandbox import finding, suppositions
from dashboard.sandbox.comparison import Estimate
from data.tables import Run
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme
from simulation.scenario import Scenario

Document = Mapping[str, Any]
_MONEY = METRICS["revenue"]  # how amounts of money are written


def head(sentence: str, provenance: str) -> None:
    """The sentence of an answer, and below it what it was computed from."""
    page_record.now().answered(sentence, provenance)
    st.subheader(sentence, anchor=False)
    st.caption(provenance)


def so_far(programme: Programme, run: Run, found: Document) -> None:
    """The gains of the comparisons that are done, while the answer is not."""
    if "so_far" not in found:
        return
    told = found["so_far"]
    low, mean, high = (gain(programme, told[name]) for name in ("low", "mean", "high"))
    after = ngettext(
        "After {count} comparison: a gain of {mean}.",
        "After {count} comparisons: gains from {low} to {high}, on average {mean}.",
        told["runs"],
    )
    head(
        after.format(count=figures.count(told["runs"]), low=low, mean=mean, high=high), provenance(run, found)
    )


def provenance(run: Run, found: Document, *more: str) -> str:
    """Days, luck, members and data behind an answer, and what else is to be told."""
    first, last, known = (figures.day(date.fromisoformat(found[name])) for name in ("from", "to", "data_to"))
    days = _("{first} – {last}, against the programme in force").format(first=first, last=last)
    data = _("data to {day} · snapshot {snapshot}").format(day=known, snapshot=run.payload["snapshot"])
    seed = _("seed {seed}").format(seed=run.payload["scenario"]["seed"])
    own = suppositions.counted([Scenario.model_validate(run.payload["scenario"])])
    return " · ".join([days, *more, seed, members_simulated(found), data, *own])


def replications(run: Run) -> str:
    """How many runs are behind each gain."""
    count = run.payload["scenario"]["replications"]
    return ngettext("{count} replication", "{count} replications", count).format(count=count)


def members_simulated(found: Document) -> str:
    """How many members figures rest on, and of how many."""
    members, scale = found["members"], found["scale"]
    if scale == 1:
        return _("all {count} members").format(count=figures.count(members))
    return _("{count} of {all} members, scaled up").format(
        count=figures.count(members), all=figures.count(members * scale)
    )


def gain(programme: Programme, value: float | None) -> str:
    """A gain in money with its sign."""
    return finding.signed(_MONEY, programme, value)


def short_gain(programme: Programme, value: float | None) -> str:
    """The same for an axis."""
    return finding.short_signed(_MONEY, programme, value)


def interval(programme: Programme, value: float, half_width: float | None) -> str:
    """The 95 % interval of a gain."""
    known = estimate(value, half_width)
    return finding.from_to(gain(programme, known.low), gain(programme, known.high))


def estimate(value: float, half_width: float | None) -> Estimate:
    """A gain and its interval."""
    if half_width is None:
        return Estimate(value, None, None)
    return Estimate(value, value - half_width, value + half_width)


def is_clear(value: float, half_width: float | None) -> bool:
    """Whether chance alone would not make such a gain."""
    return half_width is not None and abs(value) > half_width


def reading(value: float, half_width: float | None) -> str:
    """What is to be thought of a gain: chance may have made it, or not."""
    if half_width is None:
        return _(finding.ONE_RUN)
    if not is_clear(value, half_width):
        return _("within chance")
    return _("gains") if value > 0 else _("loses")


def begun(text: str) -> str:
    """A text with which a line begins."""
    return text[:1].upper() + text[1:]
