"""Runs of a few members in which what is not known is drawn anew: all scenarios under each draw, and all
draws on the same few lucks.

Whatever is drawn of members, of demand or of a response is one value for every scenario of a draw, as all of
them would meet the same world: what scenarios differ by within a draw is due to them alone (common random
numbers, and common inputs as in Song, Nelson 2019, Operations Research 67(2)).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import accumulate, chain, pairwise
from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.arrays import Floats
from simulation.comparison import Comparison, Pairs
from simulation.contest import Contest
from simulation.experiment import ContestProgress, run
from simulation.findings import of_targets
from simulation.horizon import over_horizon
from simulation.layers import Pair, between
from simulation.replications import Design, Turn

LUCKS = 3  # that every draw meets
_SIDES = ("baseline", "scenario")


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnRuns:
    """The runs one after the other, each a replication of the contest: first `plain` ones in which nothing
    is drawn, then so many `draws` of each layer, then what else was asked, each on the same `lucks`."""

    contest: Contest
    plain: int
    draws: Mapping[str, int]
    lucks: int

    @property
    def layers(self) -> dict[str, Floats]:
        """By layer what each scenario is worth: draws, lucks, scenarios; in currency units."""
        ends = pairwise(accumulate(self.draws.values(), initial=0))
        drawn = self._drawn
        return {layer: drawn[slice(*some)] for layer, some in zip(self.draws, ends, strict=True)}

    @property
    def others(self) -> Floats:
        """The same of what else was asked."""
        return self._drawn[sum(self.draws.values()) :]

    @property
    def _drawn(self) -> Floats:
        worth = self.contest.money
        return worth[self.plain :].reshape(-1, self.lucks, worth.shape[1])

    def levels(self, number: int) -> list[dict[str, Any]]:
        """How far figures of the whole span are unknown beside chance, of the first scenario and of that one:
        standard deviations by what is drawn, and the first one's mean."""
        return self._left_open(number, lambda found: over_horizon(found).pairs)

    def targets(self, number: int) -> list[dict[str, Any]]:
        """The same of what has a target, in its last month."""
        return self._left_open(number, _of_targets)

    def _left_open(self, number: int, figures: Callable[[Comparison], Pairs]) -> list[dict[str, Any]]:
        variance: Floats | float = 0.0
        keys: list[Any] = []
        means: list[Floats] = []
        ends = accumulate((draws * self.lucks for draws in self.draws.values()), initial=self.plain)
        for begin, end in pairwise(ends):
            runs = range(begin + 1, end + 1)
            some = replace(self.contest, runs={one: self.contest.runs[one] for one in runs})
            pairs = figures(some.beside(number))
            keys = [*pairs[runs[0]][0].index]
            values = np.array([[side.reindex(keys) for side in pairs[one]] for one in runs], np.float64)
            means.append(values[:, 0].mean(axis=0))
            variance = variance + between(
                values.reshape(len(runs) // self.lucks, self.lucks, *values.shape[1:])
            )
        return [
            {"metric": metric}
            | ({"member_tier": tier} if tier else {})
            | {side: _known(np.sqrt(variance[place, nth])) for place, side in enumerate(_SIDES)}  # type: ignore[index]
            | {"mean": _known(np.mean([one[nth] for one in means]))}
            for nth, (_, metric, tier) in enumerate(keys)
        ]


def drawn_runs(
    design: Design,
    found: Contest,
    drawn: Mapping[str, Sequence[Pair]],
    others: Sequence[Pair] = (),
    plain: int | None = None,
    *,
    executor: Executor | None = None,
    progress: ContestProgress = lambda share, partial: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> DrawnRuns:
    """`plain` runs of the design (as many as lucks unless told otherwise), then on each luck one of each
    draw by layer (`layers.draws_of`) and of each of the `others`; a draw has an arm for each scenario."""
    plain = LUCKS if plain is None else plain
    turns = [Turn(design.arms, luck + 1) for luck in range(plain)]
    turns += [Turn(arms, luck + 1) for arms in chain(*drawn.values(), others) for luck in range(LUCKS)]
    contest = replace(found, runs={}, desks={})
    if turns:
        turned = replace(design, turns=tuple(turns))
        asked = found.scenarios[-1].model_copy(update={"replications": len(turns), "tolerance": None})
        contest = run(turned, contest, asked, executor=executor, progress=progress, cancelled=cancelled)
    draws = {layer: len(some) for layer, some in drawn.items()}
    return DrawnRuns(contest=contest, plain=plain, draws=draws, lucks=LUCKS)


def _of_targets(found: Comparison) -> Pairs:
    return {
        number: tuple(pd.Series(of_targets(side, found.programmes), dtype=float) for side in pair)  # type: ignore[misc]
        for number, pair in found.pairs.items()
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
