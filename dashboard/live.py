"""The programme as it stands: workspace, snapshot and rules behind every figure, read once and kept.

What is kept is keyed by workspace, snapshot and programme version, so that a newly published snapshot or
programme shows at the next click and nothing older is ever mixed in. Counting is the core's work; this
module only asks for it and remembers the answer.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd
import streamlit as st

from dashboard.answer_cache import AnswerCache
from dashboard.i18n import _
from loyalty_core.days import to_date
from loyalty_core.metrics.dictionary import columns_of, evaluate
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

if TYPE_CHECKING:
    from data.rollups.snapshot_facts import SnapshotFacts
    from data.rule_changes import RuleChange
    from data.segmented import SegmentOfDay
    from data.snapshots import Snapshot
    from data.workspace import Workspace
    from loyalty_core.segments.own_rules import OwnSegment

Answer = TypeVar("Answer")

_workspaces: AnswerCache[Workspace] = AnswerCache(4)
_facts: AnswerCache[SnapshotFacts] = AnswerCache(4)
_facts_of_some: AnswerCache[SnapshotFacts] = AnswerCache(2)  # what the members of a segment did is much
_rule_changes: AnswerCache[list[RuleChange]] = AnswerCache(4)
# Small answers are kept for many readers, each with a choice of days and members of their own.
_measures: AnswerCache[pd.DataFrame] = AnswerCache(4096)


@dataclass(frozen=True, kw_only=True)
class Live:
    """One published state of one workspace, under one programme."""

    workspace: str
    snapshot_id: int
    as_of: date
    programme: Programme
    among: SegmentOfDay | None = None  # whose members alone are looked at; everybody where None

    @cached_property
    def key(self) -> str:
        """What tells this state from every other."""
        rules = sha256(self.programme.model_dump_json().encode()).hexdigest()
        whole = f"{self.workspace}:{self.snapshot_id}:{rules}"
        return whole if self.among is None else f"{whole}:{self.among!r}"

    @property
    def whole(self) -> Live:
        """The same state, everybody looked at."""
        return replace(self, among=None)


def path() -> Path:
    """The workspace's folder, as the command `loyalty dashboard` was told."""
    return Path(os.environ.get("LOYALTY_WORKSPACE", "workspace"))


def now() -> Live | None:
    """The latest published state; none while nothing is published."""
    return of(path())


def of(folder: Path) -> Live | None:
    """As `now`, of the workspace in that folder."""
    workspace = opened(str(folder))
    snapshot, programme = workspace.latest(), workspace.programme
    if snapshot is None or programme is None or snapshot.as_of is None:
        return None
    return Live(workspace=str(folder), snapshot_id=snapshot.id, as_of=snapshot.as_of, programme=programme)


def opened(folder: str) -> Workspace:
    """The workspace in that folder."""
    from data.workspace import Workspace

    return _workspaces.answer(folder, lambda: Workspace.open(Path(folder)))


def facts(live: Live) -> SnapshotFacts:
    """The period facts of the state; what happened is read only where its roll-ups do not tell."""
    kept = _facts if live.among is None else _facts_of_some
    return kept.answer(live.key, lambda: _facts_of(live))


def snapshot(live: Live) -> Snapshot:
    """The facts themselves, of those who are looked at."""
    return facts(live).snapshot


def is_large(live: Live) -> bool:
    """Whether the state holds so much that a page's first figures take a while, were they not kept."""
    return facts(live).is_large


def begins(live: Live) -> date:
    """The first day on which anything happened."""
    days = facts(live).days
    return live.as_of if days is None else to_date(days[0])


def labels(live: Live, slice_name: str) -> tuple[str, ...]:
    """What members or purchases can be told apart by under that slice."""
    return facts(live).labels(slice_name)


def measured(
    live: Live,
    periods: Periods,
    names: Sequence[str],
    by: Sequence[str] = (),
    where: Mapping[str, Sequence[str]] | None = None,
    along: Sequence[Periods] = (),
    evaluated: Callable[..., pd.DataFrame] = evaluate,
) -> pd.DataFrame:
    """The metrics of each period (and slice): rows in time's order with `period_end`, slices, metrics.

    What is going to be asked `along` with it is counted at one go with it where each question takes a while.
    """
    kept = {name: tuple(accepted) for name, accepted in (where or {}).items()}
    days = (periods.first.tolist(), periods.last.tolist(), periods.before)
    question = repr((live.key, days, list(names), list(by), kept, evaluated.__name__))

    def found() -> pd.DataFrame:
        known = facts(live)
        with _patience(known.has_counted([periods, *along])):
            if known.is_large:
                known.expect(along)
            counted = known.of(periods, by, kept, columns_of(names))
        return evaluated(counted, names, live.programme)

    # A copy shares the numbers until somebody changes one of the two.
    return _measures.answer(question, found).copy(deep=False)


def _patience(is_at_hand: bool) -> AbstractContextManager[Any]:
    """What is told while days are being counted that are not at hand."""
    told = _("Counting these days, which is done once and takes minutes where members are this many …")
    return nullcontext() if is_at_hand else st.spinner(told)


def rule_changes(live: Live) -> list[RuleChange]:
    """Every change of the programme's rules, the earliest first."""
    from data.rule_changes import rule_changes as found

    versions = opened(live.workspace).registry.programme_versions()
    # What a version says never changes.
    known = (live.workspace, *(version.id for version in versions))
    return _rule_changes.answer(known, lambda: found(versions))


def own_segments(live: Live) -> tuple[OwnSegment, ...]:
    """The segments that people wrote."""
    from data.segmented import saved_segments

    return saved_segments(opened(live.workspace).registry)


def asked(live: Live, question: Callable[..., Answer], *arguments: Any) -> Answer:
    """The answer to a question that is put to the facts, with further arguments; remembered."""
    answer: Answer = _asked(live.key, _name(question), arguments, question, live)
    return answer


def listed(live: Live, question: Callable[..., pd.DataFrame], *arguments: Any) -> pd.DataFrame:
    """As `asked`, of a question whose answer has a row for each member: the last few are remembered."""
    # A copy shares the rows until somebody changes one of the two.
    return _listed(live.key, _name(question), arguments, question, live).copy(deep=False)


def _name(question: Callable[..., Any]) -> str:
    return f"{question.__module__}.{question.__qualname__}"


def _facts_of(live: Live) -> SnapshotFacts:
    from dashboard.disk_cache import disk_cache_of
    from dashboard.segment_cache import facts_of
    from data.rollups.snapshot_facts import SnapshotFacts

    if live.among is None:
        found = SnapshotFacts(opened(live.workspace).snapshot(live.snapshot_id), live.programme)
        return disk_cache_of(live.workspace, found).found() or found if found.is_large else found
    return facts_of(live.workspace, facts(live.whole), live.among)


@st.cache_data(max_entries=512, show_spinner=False)
def _asked(
    key: str, name: str, arguments: tuple[Any, ...], _question: Callable[..., Any], _live: Live
) -> Any:
    return _question(facts(_live), *arguments)


@st.cache_resource(max_entries=4, show_spinner=False)
def _listed(
    key: str, name: str, arguments: tuple[Any, ...], _question: Callable[..., pd.DataFrame], _live: Live
) -> pd.DataFrame:
    return _question(facts(_live), *arguments)
