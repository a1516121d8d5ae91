"""The facts of segments of a large programme, laid down beside what was found out of everybody.

Who asks for a segment waits while its members are rolled up; those that are offered are so ahead.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.laid_down import LaidDown, history_in_file, laid_down
from dashboard.spans import BEFORE, to_choose
from data.by_shards import laid_down as read_in_parts
from data.rolled_segments import LEAST_MEMBERS, asked_of, is_read, lay_down_segment, read_apart
from data.some_members import FactsOfSome, labels_of_members
from data.turns import Line
from simulation.mapped import on_disk, read, write

if TYPE_CHECKING:
    from data.rollups import SnapshotFacts
    from data.segmented import SegmentOfDay

_laying = Line()  # who asks for what is just being laid down waits for that


def facts_of(workspace: str, everybody: SnapshotFacts, segment: SegmentOfDay) -> SnapshotFacts:
    """The facts of the members of a segment alone."""
    snapshot, programme = everybody.snapshot, everybody.programme
    if not everybody.is_large:
        alone = snapshot.of_members(segment.members(everybody))
        at_once = partial(read_in_parts, lay_down=on_disk)
        return FactsOfSome(alone, programme, at_once, labels_of_members(everybody))
    place = _place(workspace, everybody, segment)
    if (found := place.found()) is not None:
        return found
    inside = segment.members(everybody)
    if len(inside) >= LEAST_MEMBERS:
        with suppress(OSError):
            _lay_down(everybody, {place.file: inside})
        if (found := place.found()) is not None:
            return found
    alone = snapshot.of_members(inside)
    return FactsOfSome(alone, programme, history_in_file, labels_of_members(everybody))


def find_ahead(workspace: str, everybody: SnapshotFacts, segments: Sequence[SegmentOfDay]) -> None:
    """Lay down what is asked of everybody of each of the segments, what their members did being read at one
    go; those that were before it was known what is asked are laid down anew."""
    known = laid_down(workspace, everybody).file.stat().st_mtime
    places = {_place(workspace, everybody, segment).file: segment for segment in segments}
    missing = {file: one for file, one in places.items() if not _is_there(file, known)}
    inside = {file: one.members(everybody) for file, one in missing.items()}
    _lay_down(everybody, {file: ids for file, ids in inside.items() if len(ids) >= LEAST_MEMBERS}, known)


def _lay_down(everybody: SnapshotFacts, inside: Mapping[Path, Collection[str]], since: float = 0) -> None:
    """Lay down the facts of those members, in files that are not there since then: one after the other, so
    that somebody who asks for one of them meanwhile has it laid down next."""
    assert everybody.snapshot.as_of is not None
    for file, ids in inside.items():
        with _laying:
            missing = {one: inside[one] for one in inside if not _is_there(one, since)}
            if file in missing:
                _read(everybody, missing)
                questions = asked_of(everybody, to_choose(everybody.snapshot.as_of, (BEFORE,)))
                lay_down_segment(everybody, file, ids, questions, read, write)


def _read(everybody: SnapshotFacts, inside: Mapping[Path, Collection[str]]) -> None:
    missing = {file: ids for file, ids in inside.items() if not is_read(everybody.snapshot, file)}
    for file in missing:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if missing:
        read_apart(everybody, missing, write)


def _is_there(file: Path, since: float) -> bool:
    return file.exists() and file.stat().st_mtime >= since


def _place(workspace: str, everybody: SnapshotFacts, segment: SegmentOfDay) -> LaidDown:
    folder = laid_down(workspace, everybody).segments / sha256(repr(segment).encode()).hexdigest()
    return LaidDown(folder / "facts")
