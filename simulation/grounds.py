"""What an answer rests on, found by runs of a few members on the same luck.

Layers of its uncertainty, whether its sign holds at both ends of what is supposed, how far levels may be off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.arrays import Floats
from loyalty_core.rules.programme import Programme
from simulation.comparison import Comparison, Pairs
from simulation.contest import Contest
from simulation.ends import Ends, at_ends, supposed_in
from simulation.experiment import ContestProgress, run
from simulation.findings import of_targets
from simulation.horizon import over_horizon
from simulation.layers import OUTER, Layers, between, draws_of
from simulation.replications import Design, Turn
from simulation.stopping import Gain

LUCKS = 3  # that every draw and every end meets
PLAIN = 12  # runs in which nothing is drawn, where the answer itself has not told chance
_SIDES = ("baseline", "scenario")


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
    pairs = [*chain.from_iterable(drawn.values()), *at_ends(levers, design, found, programme)]
    plain = PLAIN if gain is None else LUCKS
    turns = [Turn(design.arms, luck + 1) for luck in range(plain)]
    turns += [Turn(pair, luck + 1) for pair in pairs for luck in range(LUCKS)]
    turned = replace(design, turns=tuple(turns))
    asked = found.scenarios[-1].model_copy(update={"replications": len(turns), "tolerance": None})
    empty = replace(found, runs={}, desks={})
    contest = run(turned, empty, asked, executor=executor, progress=progress, cancelled=cancelled)
    worth = contest.money[:, 1] - contest.money[:, 0]
    gains, known = worth[plain:].reshape(-1, LUCKS), gain or Gain.of(worth[:plain].tolist())
    ends = np.cumsum([0, *map(len, drawn.values())]).tolist()
    rows = {layer: slice(*ends[nth : nth + 2]) for nth, layer in enumerate(drawn)}
    by_layer = {layer: gains[some] for layer, some in rows.items()}
    drawn_runs = range(plain + 1, len(turns) + 1)
    runs = [drawn_runs[some.start * LUCKS : some.stop * LUCKS] for some in rows.values()]
    return Grounds(
        layers=Layers(gains=by_layer, gain=known),
        ends=Ends.of(known, levers, worth[:LUCKS], gains[ends[-1] :]) if with_ends else None,
        levels=_left_open(contest, runs, lambda found: over_horizon(found).pairs),
        targets=_left_open(contest, runs, _of_targets),
    )


def _left_open(
    contest: Contest, layers: Sequence[range], figures: Callable[[Comparison], Pairs]
) -> list[dict[str, Any]]:
    """Standard deviations of each of the figures by what is not known, on both sides, and the baseline's
    mean; `layers` are the replications of each."""
    variance: Floats | float = 0.0
    keys: list[Any] = []
    means: list[Floats] = []
    for numbers in layers:
        some = replace(contest, runs={one: contest.runs[one] for one in numbers})
        pairs = figures(some.beside(1))
        keys = [*pairs[numbers[0]][0].index]
        values = np.array([[side.reindex(keys) for side in pairs[one]] for one in numbers], np.float64)
        means.append(values[:, 0].mean(axis=0))
        variance = variance + between(values.reshape(len(numbers) // LUCKS, LUCKS, *values.shape[1:]))
    return [
        {"metric": metric}
        | ({"member_tier": tier} if tier else {})
        | {side: _known(np.sqrt(variance[place, nth])) for place, side in enumerate(_SIDES)}  # type: ignore[index]
        | {"mean": _known(np.mean([one[nth] for one in means]))}
        for nth, (_, metric, tier) in enumerate(keys)
    ]


def _of_targets(found: Comparison) -> Pairs:
    return {
        number: tuple(pd.Series(of_targets(side, found.programmes), dtype=float) for side in pair)  # type: ignore[misc]
        for number, pair in found.pairs.items()
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
