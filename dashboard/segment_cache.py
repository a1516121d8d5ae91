"""The facts of segments of a large programme, laid down beside what was found out of everybody.

Who asks for a segment waits while its members are rolled up; those that are offered are so ahead. Each has a
folder, under the time at which it became known what is asked of everybody: what was laid down before that
answers until the same is laid down anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import finalize

from dashboard.disk_cache import DiskCache, caches, disk_cache_of, history_in_file
from dashboard.disk_cache_room import alone, folders, has_room, hold, make_room, remove, was_asked_for
from dashboard.spans import BEFORE, to_choose
from data.by_shards import laid_down as read_in_parts
from data.rolled_segments import LEAST_MEMBERS, asked_of, is_read, lay_down_segment, read_apart
from data.some_members import FactsOfSome, labels_of_members
from data.turns import Line
from simulation.mapped import on_disk, read, write

if TYPE_CHECKING:
    from data.rollups.snapshot_facts import SnapshotFacts
    from data.segmented import SegmentOfDay

FACTS = "facts"  # the file that makes a folder whole
BYTES_OF_MEMBER = 4_096  # that stay of each in a segment, at most: 3,057 of 121,409, 3,270 of 544,775
_laying = Line()  # who asks for what is just being laid down waits for that


def facts_of(workspace: str, everybody: SnapshotFacts, segment: SegmentOfDay) -> SnapshotFacts:
    """The facts of the members of a segment alone."""
    snapshot, programme = everybody.snapshot, everybody.programme
    if not everybody.is_large:
        few = snapshot.of_members(segment.members(everybody))
        at_once = partial(read_in_parts, lay_down=on_disk)
        return FactsOfSome(few, programme, at_once, labels_of_members(everybody))
    where = disk_cache_of(workspace, everybody)
    if (found := _found(where, segment)) is not None:
        return found
    inside = segment.members(everybody)
    if len(inside) >= LEAST_MEMBERS:
        with suppress(OSError):
            where.make_folders()
            _clear_up(where)
            if make_room(caches(), BYTES_OF_MEMBER * len(inside)):
                _lay_down(everybody, where, {_folder(where, segment): inside})
        if (found := _found(where, segment)) is not None:
            return found
    return FactsOfSome(snapshot.of_members(inside), programme, history_in_file, labels_of_members(everybody))


def find_ahead(
    workspace: str,
    everybody: SnapshotFacts,
    segments: Sequence[SegmentOfDay],
    is_over: Callable[[], bool] = lambda: False,
) -> None:
    """Lay down what is asked of everybody of each of the segments for which there is room, what their members
    did being read at one go; those that were before it was known what is asked are laid down anew. None more
    is, once it is over."""
    where = disk_cache_of(workspace, everybody)
    where.make_folders()
    _clear_up(where)
    missing = {folder: one for one in segments if not _is_there(folder := _folder(where, one))}
    inside, members = {}, 0
    for folder, segment in missing.items():
        ids = segment.members(everybody)
        if len(ids) >= LEAST_MEMBERS and has_room(caches(), BYTES_OF_MEMBER * (members + len(ids))):
            inside[folder], members = ids, members + len(ids)
    _lay_down(everybody, where, inside, is_over)


def _lay_down(
    everybody: SnapshotFacts,
    where: DiskCache,
    inside: Mapping[Path, Collection[str]],
    is_over: Callable[[], bool] = lambda: False,
) -> None:
    """Lay down the facts of those members in folders where they are not yet: one after the other, so that
    somebody who asks for one of them meanwhile has it laid down next."""
    assert everybody.snapshot.as_of is not None
    with _held(inside):
        for folder, ids in inside.items():
            with _laying, alone(where.segments):
                missing = {one: inside[one] for one in inside if not _is_there(one)}
                if folder in missing and not is_over():
                    _read(everybody, missing)
                    questions = asked_of(everybody, to_choose(everybody.snapshot.as_of, (BEFORE,)))
                    lay_down_segment(everybody, folder / FACTS, ids, questions, read, write)
                    was_asked_for(folder, ever=False)


def _read(everybody: SnapshotFacts, inside: Mapping[Path, Collection[str]]) -> None:
    """Read what those members did, where it does not lie in their folders."""
    files = {folder / FACTS: ids for folder, ids in inside.items()}
    if missing := {file: ids for file, ids in files.items() if not is_read(everybody.snapshot, file)}:
        read_apart(everybody, missing, write)


@contextmanager
def _held(inside: Mapping[Path, Collection[str]]) -> Iterator[None]:
    """While this is held, the folders are there and stay; those that are not whole then go."""
    for folder in inside:
        folder.mkdir(exist_ok=True)
    files = [hold(folder) for folder in inside]
    try:
        yield
    finally:
        for file in (file for file in files if file is not None):
            os.close(file)
        for folder in (folder for folder in inside if not _is_there(folder)):
            remove(folder)


def _found(where: DiskCache, segment: SegmentOfDay) -> SnapshotFacts | None:
    """The facts that were laid down last, whose folder stays as long as anybody here has them."""
    for folder in sorted(where.segments.glob(f"{_name(segment)}.*"), reverse=True):
        if (file := hold(folder)) is not None:
            if (found := DiskCache(folder / FACTS).found()) is not None:
                finalize(found, os.close, file)
                was_asked_for(folder)
                return found
            os.close(file)
    return None


def _clear_up(where: DiskCache) -> None:
    """Remove what nobody will ask for: what was left unfinished, and what belongs to an older snapshot or was
    laid down anew since."""
    since = _since(where)
    anew = {folder.stem for folder in where.segments.glob(f"*{since}") if _is_there(folder)}
    for folder in folders(where.file.parent.parent):
        if folder.parent.parent == where.file.parent:
            theirs = DiskCache.of_segments(folder.parent)
            is_older = (
                folder.suffix < since and folder.stem in anew if theirs == where else _since(theirs) < since
            )
            if is_older or not _is_there(folder):
                remove(folder)


def _is_there(folder: Path) -> bool:
    return (folder / FACTS).exists()


def _folder(where: DiskCache, segment: SegmentOfDay) -> Path:
    return where.segments / f"{_name(segment)}{_since(where)}"


def _since(where: DiskCache) -> str:
    """When it became known what is asked of everybody: the end of the names of folders."""
    at = where.file.stat().st_mtime_ns if where.file.exists() else 0
    return f".{at:020}"


def _name(segment: SegmentOfDay) -> str:
    return sha256(repr(segment).encode()).hexdigest()
