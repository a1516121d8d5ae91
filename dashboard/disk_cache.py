"""What was found out of a large snapshot, laid down in a file: the server that found it out goes on with what
lies there, which takes none of its memory, and so does the next one, which need not find it out again.

The file is for one snapshot under one programme, told by one version of the code with its libraries; so it is
never out of date, and whatever is wrong with it, all is found out anew. It is no part of the workspace, which
may come from anybody: reading it runs what stands in it.
"""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import data
import loyalty_core
from dashboard.disk_cache_room import leaves_disk
from data import by_shards
from data.elsewhere import elsewhere, soon_elsewhere
from data.rolled_segments import LEAST_MEMBERS
from simulation.mapped import on_disk, read, write, written_by

if TYPE_CHECKING:
    from data.rollups.snapshot_facts import SnapshotFacts
    from data.snapshots import Snapshot
    from loyalty_core.history import History
    from loyalty_core.rules.programme import Programme

FOLDER = "loyalty-dashboard"
KEPT = 3  # files of a workspace: an older snapshot may be looked at, or another version of the code run
TRIES = 5
LIBRARIES = ("numpy", "pandas", "pyarrow")
Laid = TypeVar("Laid")
_log = logging.getLogger("loyalty.dashboard")


@dataclass(frozen=True, slots=True)
class DiskCache:
    """Where what is found out of those facts is laid down."""

    file: Path

    @property
    def segments(self) -> Path:
        """The folder for what is found out of segments."""
        return self.file.with_name(f"{self.file.name}.segments")

    @classmethod
    def of_segments(cls, folder: Path) -> DiskCache:
        """That of which the folder is the one for segments."""
        return cls(folder.with_name(folder.name.removesuffix(".segments")))

    def found(self) -> SnapshotFacts | None:
        """The facts with all that was found out; None where nothing that can be read lies there."""
        try:
            return cast("SnapshotFacts", read(self.file))
        except OSError:
            return None
        except Exception:  # whatever it is, all is found out anew
            _log.warning("%s says nothing that can be read", self.file, exc_info=True)
            self.file.unlink(missing_ok=True)
            return None

    def make_folders(self) -> None:
        """Make the folders, for this user alone."""
        self.file.parent.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self.file.parent, self.segments):
            folder.mkdir(mode=0o700, exist_ok=True)

    def lay_down(self, facts: SnapshotFacts) -> None:
        """Lay down what was found out so far, and have the facts go on with it; where nothing can be
        written, or little of the disk is left, all stays as it is."""
        with suppress(OSError):
            self.make_folders()
            if not leaves_disk(self.file.parent):
                _log.warning("little is left of the disk of %s: nothing is laid down there", self.file.parent)
                return
            _undisturbed(lambda: write(self.file, facts))
            facts.take_up(cast("SnapshotFacts", read(self.file)))
            self._tidy()

    def _tidy(self) -> None:
        """Leave the newest files alone in the folder."""
        files = filter(Path.is_file, self.file.parent.iterdir())
        for old in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)[KEPT:]:
            old.unlink()


def hold_in_file(facts: SnapshotFacts) -> None:
    """Have the facts go on with what was found out so far from a file that nobody else reads; where none can
    be written, all stays as it is."""
    with suppress(OSError):
        facts.take_up(_undisturbed(lambda: on_disk(facts)))


def history_in_file(snapshot: Snapshot, programme: Programme) -> History:
    """What some members did, from a file that nobody else reads; another process looks for it, as it may be
    much. What few of them did waits for nothing."""
    assert snapshot.among is not None
    look = elsewhere if len(snapshot.among) >= LEAST_MEMBERS else soon_elsewhere
    return cast("History", written_by(lambda file: look(_lay_history, file, snapshot, programme)))


def _lay_history(file: Path, snapshot: Snapshot, programme: Programme) -> None:
    write(file, by_shards.laid_down(snapshot, programme, on_disk))


def _undisturbed(lay: Callable[[], Laid]) -> Laid:
    """What it gives, tried again where somebody found out something else while it was being written."""
    for _ in range(TRIES):
        with suppress(RuntimeError):
            return lay()
    return lay()


def disk_cache_of(workspace: str, facts: SnapshotFacts) -> DiskCache:
    """Where it is laid down what is found out of those facts of that workspace."""
    snapshot = facts.snapshot
    decides = (
        *(
            str(Path(workspace).absolute()),
            snapshot.id,
            snapshot.published_at,
            sorted(snapshot.versions.items()),
        ),
        *(facts.programme.model_dump_json(), platform.python_version(), *map(version, LIBRARIES), _code()),
    )
    folder = sha256(str(Path(workspace).absolute()).encode()).hexdigest()[:16]
    return DiskCache(caches() / folder / sha256(repr(decides).encode()).hexdigest())


def caches() -> Path:
    """The folder of what this user's servers found out."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / FOLDER


@cache
def _code() -> str:
    """A hash of all code that facts are told by."""
    found = sha256()
    for package in (data, loyalty_core):
        for file in sorted(Path(package.__path__[0]).rglob("*.py")):
            found.update(file.read_bytes())
    return found.hexdigest()
