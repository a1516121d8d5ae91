"""Events of many members put into rounds, so that arrays can go through them in order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from loyalty_core.arrays import Ints


def rounds(member: Ints, stage: Ints) -> Iterator[tuple[int, Ints]]:
    """Stage by stage the first event of everybody, then the second, and so on: (stage, event indices).

    `member` is sorted, each member's events are in order, `stage` (0 …) grows with them. A round
    names each member at most once, and a member's events come in their order.
    """
    if not len(member):
        return
    stages = int(stage.max()) + 1
    # A clock that goes back over midnight may step back a stage; the order of events wins.
    group = np.maximum.accumulate(np.asarray(member, np.int64) * stages + stage)
    begins = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))
    nth = np.arange(len(group)) - np.repeat(begins, np.diff(np.append(begins, len(group))))
    code = (group % stages) * (int(nth.max()) + 1) + nth
    order = np.argsort(code, kind="stable")
    ends = np.flatnonzero(np.diff(code[order])) + 1
    for events in np.split(order, ends):
        yield int(group[events[0]] % stages), events


def each_once(member: Ints) -> Iterator[Ints]:
    """Positions in `member` (in any order) in rounds that name each member at most once, in their order."""
    order = np.argsort(member, kind="stable")
    for _, turn in rounds(member[order], np.zeros(len(member), np.int64)):
        yield order[turn]
