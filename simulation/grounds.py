"""What an answer rests on, found by runs of a few members on the same luck.

Layers of its uncertainty, whether its sign holds at both ends of what is supposed, how far levels may be off.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from loyalty_core.arrays import Floats
from loyalty_core.rules.programme import Programme
from simulation.contest import Contest
from simulation.drawn_runs import drawn_runs
from simulation.ends import Ends, at_ends, supposed_in
from simulation.experiment import ContestProgress
from simulation.layers import OUTER, Layers, draws_of
from simulation.replications import Design
from simulation.stopping import Gain

PLAIN = 12  # runs in which nothing is drawn, where the answer itself has not told chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """Layers, ends, and how far each side is unknown beside chance: figures of the whole span, and those that
    have a target in its last month."""

    layers: Layers
    ends: Ends | None  # None where nobody asked
    levels: list[dict[str, Any]]
    targets: list[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """Plain values: the layers, the `ends` of what is supposed, and standard deviations of `levels` and
        of what has `targets`; of levels also the mean of the baseline."""
        ends = {} if self.ends is None else {"ends": self.ends.to_json()}
        return self.layers.to_json() | ends | {"levels": self.levels, "targets": self.targets}


def grounds(
    design: Design,
    found: Contest,
    programme: Programme,
    outer: int = OUTER,
    gain: Gain | None = None,
    *,
    with_ends: bool = True,
    executor: Executor | None = None,
    progress: ContestProgress = lambda share, partial: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Grounds:
    """What the first scenario's gain over the baseline rests on, from so many draws of each layer.

    `gain` is that of the answer itself, told by runs of its own members: chance is what it says, and what
    is moved. Without one, runs of these members tell it.
    """
    drawn, levers = draws_of(design, found, outer), supposed_in(design, found) if with_ends else []
    runs = drawn_runs(
        design,
        found,
        drawn,
        at_ends(levers, design, found, programme),
        PLAIN if gain is None else None,
        executor=executor,
        progress=progress,
        cancelled=cancelled,
    )
    told = _gains(runs.contest.money[: runs.plain])
    known = gain or Gain.of(told.tolist())
    return Grounds(
        layers=Layers(gains={layer: _gains(worths) for layer, worths in runs.layers.items()}, gain=known),
        ends=Ends.of(known, levers, told[: runs.lucks], _gains(runs.others)) if with_ends else None,
        levels=runs.levels(1),
        targets=runs.targets(1),
    )


def _gains(worths: Floats) -> Floats:
    """The first scenario's over the baseline; scenarios are the last axis."""
    found: Floats = worths[..., 1] - worths[..., 0]
    return found
