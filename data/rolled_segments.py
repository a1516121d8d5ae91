"""Segments of a large programme, each rolled up like a programme of its members alone and laid down in a file
with the answers to what was asked of everybody: by another process, before anybody asks it of the segment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from data.condensed_facts import Asked, Question
from data.elsewhere import elsewhere
from data.lake import LakeFile
from data.live import live_history
from data.reading_ahead import count_ahead, read_ahead
from data.rollup_building import Part, parts_of, rolled_history
from data.rollups import SnapshotFacts
from data.segmented import CrowdsAsked, crowds_asked, keep_crowds
from data.snapshots import Snapshot
from data.some_members import FactsOfSome
from data.standing import by_crowd
from data.touched import only_shards
from loyalty_core.days import to_day
from loyalty_core.history import History
from loyalty_core.history_parts import select
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

LEAST_MEMBERS = 20_000  # what fewer did is counted in seconds, which is sooner than roll-ups are made
Hold = Callable[[History], History]
Write = Callable[[Path, FactsOfSome], None]
Parts = list[tuple[tuple[int, ...], History]]  # the shards of each, and what their members did


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What was asked of everybody, and the periods that anybody may choose."""

    chosen: Sequence[Periods]
    condensed: Mapping[Question, Asked]
    by_crowd: Collection[tuple[Callable[..., pd.DataFrame], tuple[int, ...]]]
    of_segments: Sequence[CrowdsAsked]
    closes: Mapping[str, Sequence[int]]

    def ask(self, facts: FactsOfSome) -> None:
        """Have the facts keep the answers; what their members did is at hand."""
        happened = [history for _, history in facts.parts]
        facts.count(self.chosen, happened)
        for crowds in self.of_segments:
            keep_crowds(facts, crowds, happened)
        read_ahead(facts)
        facts.condensed.note_all(self.condensed)
        facts.dealings.tell_closes(self.closes)
        for question, arguments in self.by_crowd:
            by_crowd(facts, {}, question, *arguments)
        count_ahead(facts, self.chosen)


def asked_of(everybody: SnapshotFacts, chosen: Sequence[Periods]) -> Questions:
    """What was asked of everybody so far."""
    return Questions(
        chosen=chosen,
        condensed=everybody.condensed.asked,
        by_crowd=list(everybody.by_crowd),
        of_segments=crowds_asked(everybody),
        closes=everybody.dealings.closes_told,
    )


def lay_down_segments(
    everybody: SnapshotFacts,
    inside: Mapping[Path, Collection[str]],
    questions: Questions,
    hold: Hold,
    write: Write,
) -> None:
    """Lay down the facts of the members of each segment in its file, the roll-ups beside it; OSError where
    nothing can be written there.

    `hold` gives back what a part did from where it is held meanwhile.
    """
    elsewhere(_laid_down, everybody.snapshot, everybody.programme, inside, questions, hold, write)


def _laid_down(
    snapshot: Snapshot,
    programme: Programme,
    inside: Mapping[Path, Collection[str]],
    questions: Questions,
    hold: Hold,
    write: Write,
) -> None:
    parts = _apart(snapshot, programme, inside, hold)
    for file, theirs in parts.items():
        alone = snapshot.of_members(inside[file])
        files = _rolled_up(snapshot, programme, file.parent, theirs)
        facts = FactsOfSome(alone.rolled_up_in(files), programme)
        facts.parts = [(shards[0], history) for shards, history in theirs]
        questions.ask(facts)
        facts.parts = ()
        write(file, facts)


def _apart(
    snapshot: Snapshot, programme: Programme, inside: Mapping[Path, Collection[str]], hold: Hold
) -> dict[Path, Parts]:
    """What the members of each segment did, by part; everybody's history is read once for all of them."""
    ids = {file: pd.Index(list(theirs)) for file, theirs in inside.items()}
    apart: dict[Path, Parts] = {file: [] for file in inside}
    for shards in parts_of(snapshot):
        history = live_history(only_shards(snapshot, shards), programme)
        members = pd.Index(history.members.ids)
        for file, theirs in ids.items():
            apart[file].append((shards, hold(select(history, members.isin(theirs)))))
    return apart


def _rolled_up(
    snapshot: Snapshot, programme: Programme, folder: Path, parts: Parts
) -> dict[str, list[LakeFile]]:
    """The files, in that folder, of the roll-ups of those parts, by table."""
    assert snapshot.as_of is not None
    found: dict[str, list[LakeFile]] = {}
    for shards, history in parts:
        part = Part(
            before=None,
            pending=replace(snapshot, lake=folder),
            programme=programme,
            shards=shards,
            as_of=to_day(snapshot.as_of),
        )
        for name, file in rolled_history(part, history):
            found.setdefault(name, []).append(file)
    return found
