"""What arms came to in replications that were run before, for whoever runs an equal one from the same start.

A replication of an arm hangs on where it starts, on the arm, the seed and its number, and on nothing else:
not on the arms beside it, how members are parted, or how many replications there are. So ten scenarios need
one baseline.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import NamedTuple, Protocol

import pandas as pd
from pydantic_core import to_jsonable_python

from simulation.arm import Arm
from simulation.counts import Counts


class Kept(NamedTuple):
    """What happened to all members under an arm, by month, and the figures of its desks (by
    `desk_figures.KEYS`), where it has any."""

    counts: Counts
    desks: pd.Series[float] | None = None


class KeptCounts(Protocol):
    """What arms came to from one start, by what `named` says; a dictionary is one."""

    def get(self, name: str, /) -> Kept | None:
        """What is kept under that name; None where nothing is."""

    def __setitem__(self, name: str, kept: Kept, /) -> None:
        """Keep it."""


def named(arm: Arm, seed: int, replication: int) -> str:
    """The name of an arm in a replication, in any process: of two arms it is one where all values are."""
    written = json.dumps(to_jsonable_python(arm), sort_keys=True)
    return f"{sha256(written.encode()).hexdigest()}-{seed}-{replication}"
