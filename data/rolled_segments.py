"""Segments of a large programme, each rolled up like a programme of its members alone and laid down in a file
with the answers to what was asked of everybody: by another process, before anybody asks it of the segment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from data.elsewhere import elsewhere
from data.lake import LakeFile
from data.live import live_history
from data.prefetch import count_ahead, read_ahead
from data.rollup_tables import DAY, WEEK
from data.rollups.building import Part, parts_of, rolled_history
from data.rollups.condensed_facts import Asked, Question
from data.rollups.snapshot_facts import SnapshotFacts
from data.rollups.touched import only_shards
from data.segmented import CrowdsAsked, crowds_asked, keep_crowds
from data.snapshots import Snapshot
from data.some_members import FactsOfSome
from data.standing import by_crowd
from loyalty_core.days import to_day
from loyalty_core.history import History
from loyalty_core.history_parts import select
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

LEAST_MEMBERS = 20_000  # what fewer did is counted in seconds, which is sooner than roll-ups are made
# What nobody asks of a segment, unless as days of one's own: four fifths of all rows of roll-ups.
UNASKED = frozenset({WEEK, DAY})
Write = Callable[[Path, object], None]
Read = Callable[[Path], Any]
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


def read_apart(everybody: SnapshotFacts, inside: Mapping[Path, Collection[str]], write: Write) -> None:
    """Lay down what the members of each segment did, in parts beside its file; OSError where nothing can be
    written there. Everybody's history, which takes longest, is read once for all of them."""
    elsewhere(_read_apart, everybody.snapshot, everybody.programme, inside, write)


def is_read(snapshot: Snapshot, file: Path) -> bool:
    """Whether it lies there what the members of that file's segment did."""
    return all(_part(file, shards).exists() for shards in parts_of(snapshot))


def lay_down_segment(
    everybody: SnapshotFacts,
    file: Path,
    inside: Collection[str],
    questions: Questions,
    read: Read,
    write: Write,
) -> None:
    """Lay down the facts of the members of a segment in its file, the roll-ups beside it, from what they did,
    which lies there and goes then."""
    elsewhere(_laid_down, everybody.snapshot, everybody.programme, file, inside, questions, read, write)


def _read_apart(
    snapshot: Snapshot, programme: Programme, inside: Mapping[Path, Collection[str]], write: Write
) -> None:
    ids = {file: pd.Index(list(theirs)) for file, theirs in inside.items()}
    for shards in parts_of(snapshot):
        _read_part_apart(snapshot, programme, shards, ids, write)


def _read_part_apart(
    snapshot: Snapshot,
    programme: Programme,
    shards: tuple[int, ...],
    inside: Mapping[Path, pd.Index[Any]],
    write: Write,
) -> None:
    """Lay down what the members of one part did, which is let go before the next part is read."""
    history = live_history(only_shards(snapshot, shards), programme)
    members = pd.Index(history.members.ids)
    for file, theirs in inside.items():
        write(_part(file, shards), select(history, members.isin(theirs)))


def _part(file: Path, shards: tuple[int, ...]) -> Path:
    return file.with_name(f"part-{shards[0]}")


def _laid_down(
    snapshot: Snapshot,
    programme: Programme,
    file: Path,
    inside: Collection[str],
    questions: Questions,
    read: Read,
    write: Write,
) -> None:
    parts: Parts = [(shards, read(_part(file, shards))) for shards in parts_of(snapshot)]
    files = _rolled_up(snapshot, programme, file.parent, parts)
    facts = FactsOfSome(snapshot.of_members(inside).rolled_up_in(files), programme)
    facts.parts = [(shards[0], history) for shards, history in parts]
    questions.ask(facts)
    facts.parts = ()
    write(file, facts)
    for shards, _ in parts:
        _part(file, shards).unlink()


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
            without=UNASKED,
        )
        for name, file in rolled_history(part, history):
            found.setdefault(name, []).append(file)
    return found
