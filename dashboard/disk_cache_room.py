"""The room on disk that is left to what was found out of segments: so much at most for all workspaces of a
user, and never the last of a disk.

A folder is held by those who lay it down or read from it, by a lock that ends with their process however that
ends. Only folders that nobody holds go; where room is needed, those that were asked for least lately.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import disk_usage, rmtree

MOST_MIB = 10_240
LEAST_FREE = 0.1  # of the disk


def hold(folder: Path) -> int | None:
    """An open file by which the folder stays; None where it is not there, or is just going."""
    return _locked(folder, fcntl.LOCK_SH)


def remove(folder: Path) -> None:
    """Remove the folder unless somebody holds it."""
    if (file := _locked(folder, fcntl.LOCK_EX)) is not None:
        rmtree(folder, ignore_errors=True)
        os.close(file)


def _locked(folder: Path, how: int) -> int | None:
    try:
        file = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """While this is held, nobody else has the folder so: who wants to, here or in another process, waits."""
    file = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def was_asked_for(folder: Path, ever: bool = True) -> None:
    """Note that somebody asks for what lies in the folder; or that nobody did yet."""
    os.utime(folder, None if ever else (0, 0))


def make_room(caches: Path, stays: int) -> bool:
    """As `has_room`; where room is needed, folders go that were asked for least lately."""
    least_asked = sorted(folders(caches), key=_asked_at, reverse=True)
    while not (there_is := has_room(caches, stays)) and least_asked:
        remove(least_asked.pop())
    return there_is


def has_room(caches: Path, stays: int = 0) -> bool:
    """Whether so many bytes may be laid down among the caches, which takes as many again for a while."""
    return leaves_disk(caches, 2 * stays) and sum(map(_size, folders(caches))) + stays <= _most_bytes()


def leaves_disk(folder: Path, size: int = 0) -> bool:
    """Whether there is enough left of the disk of a folder when so many bytes more are written."""
    disk = disk_usage(folder)
    return disk.free - size >= LEAST_FREE * disk.total


def folders(caches: Path) -> list[Path]:
    """Those of all segments, of whatever workspace and snapshot."""
    return list(caches.glob("*/*.segments/*"))


def _most_bytes() -> int:
    """`LOYALTY_SEGMENTS_MIB` says how much all of them may be."""
    asked = os.environ.get("LOYALTY_SEGMENTS_MIB", "")
    return (int(asked) if asked.isdigit() else MOST_MIB) * 2**20


def _size(folder: Path) -> int:
    size = 0
    for file in folder.rglob("*"):
        with suppress(OSError):  # it has just gone
            size += file.stat().st_size
    return size


def _asked_at(folder: Path) -> float:
    with suppress(OSError):
        return folder.stat().st_mtime
    return 0.0
