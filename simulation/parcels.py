"""How the members of a run reach the workers: packed once, opened once by whoever comes first."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from loyalty_core.rules.programme import Programme
from simulation import mapped
from simulation.outset import Outset
from simulation.shard import Cut, Part, Shard, part_of

KEPT_OPEN = 200_000  # members whose parts a process keeps at hand: their names, and what is in no file
_OPEN: OrderedDict[str, Shard] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Parcel:
    """One part of the members under the name of its cut: packed, or the file where it lies packed."""

    name: str
    contents: bytes | Path

    def opened(self) -> Shard:
        """The part ready to be simulated. Its accounts are for reading: whoever moves them copies."""
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
            return part.busiest_first().prepared()
        held: Part | Shard = mapped.read(self.contents)
        if isinstance(held, Shard):
            return held
        mapped.write(self.contents, held.busiest_first().prepared())
        prepared: Shard = mapped.read(self.contents)
        return prepared


@contextmanager
def parcels(
    start: Outset, programmes: Sequence[Programme], later: Sequence[Programme], executor: Executor | None
) -> Iterator[Callable[[Cut], Parcel]]:
    """The parcel of a cut, packed when it is first asked for. Processes of this machine read it from its
    disk; to any other worker it goes along with the task. Files and what this process holds open are gone
    afterwards."""
    shares_disk = executor is None or isinstance(executor, ProcessPoolExecutor)
    # A worker that goes on with a cancelled task may be writing while the folder goes.
    with TemporaryDirectory(prefix="loyalty-parts-", ignore_cleanup_errors=True) as folder:
        packed: list[str] = []

        @cache
        def parcel(cut: Cut) -> Parcel:
            packed.append(cut.name)
            part = part_of(start, cut, programmes, later)
            if not shares_disk:
                return Parcel(cut.name, pickle.dumps(part, 5))
            file = Path(folder) / cut.name
            mapped.write(file, part)
            return Parcel(cut.name, file)

        try:
            yield parcel
        finally:
            for name in packed:
                _OPEN.pop(name, None)
