"""How the members of a run reach the workers: packed once, opened once in each process that needs them."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from simulation.shard import Part, Shard

KEPT_OPEN = 200_000  # members that a worker remembers, at some 1.5 kB each
_OPEN: OrderedDict[str, Shard] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Parcel:
    """One part of the members under a name of its own: packed, or the file where it lies packed."""

    name: str
    members: int
    with_past: bool
    early: bool
    contents: bytes | Path

    def opened(self) -> Shard:
        """The part ready to be simulated. Its accounts are the process's own: whoever moves them copies."""
        shard = _OPEN.get(self.name)
        if shard is None:
            shard = _OPEN[self.name] = self._unpacked()
        _OPEN.move_to_end(self.name)
        while len(_OPEN) > 1 and sum(len(one.population) for one in _OPEN.values()) > KEPT_OPEN:
            _OPEN.popitem(last=False)
        return shard

    def _unpacked(self) -> Shard:
        """A file holds the prepared shard once a worker has prepared it: opening accounts takes longest."""
        if isinstance(self.contents, bytes):
            part: Part = pickle.loads(self.contents)
            return part.prepared()
        held: Part | Shard = pickle.loads(self.contents.read_bytes())
        if isinstance(held, Shard):
            return held
        shard = held.prepared()
        _write(self.contents, shard)
        return shard


@contextmanager
def parcels(parts: Iterable[Part], executor: Executor | None) -> Iterator[list[Parcel]]:
    """Each part as a parcel. Processes of this machine read them from its disk; to any other worker they
    go along with the task. Files and what this process holds open are gone afterwards."""
    shares_disk = executor is None or isinstance(executor, ProcessPoolExecutor)
    packed: list[Parcel] = []
    # A worker that goes on with a cancelled task may be writing while the folder goes.
    with TemporaryDirectory(prefix="loyalty-parts-", ignore_cleanup_errors=True) as folder:
        try:
            packed += (_packed(part, Path(folder) if shares_disk else None) for part in parts)
            yield packed
        finally:
            for parcel in packed:
                _OPEN.pop(parcel.name, None)


def _packed(part: Part, folder: Path | None) -> Parcel:
    name = uuid4().hex
    contents = pickle.dumps(part, 5) if folder is None else _write(folder / name, part)
    return Parcel(name, len(part), part.past is not None, part.early, contents)


def _write(file: Path, held: Part | Shard) -> Path:
    """Whole or not at all, whoever else is writing or reading it."""
    draft = file.with_name(f"{file.name}.{uuid4().hex}")
    draft.write_bytes(pickle.dumps(held, 5))
    return draft.replace(file)
