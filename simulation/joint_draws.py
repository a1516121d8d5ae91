"""What is not known, drawn for all scenarios of a contest at once: a draw is one world for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

from loyalty_core.arrays import Floats
from simulation.contest import Contest
from simulation.drawn_runs import DrawnRuns, drawn_runs
from simulation.experiment import ContestProgress
from simulation.layers import OUTER, draws_of
from simulation.replications import Design


@dataclass(frozen=True, slots=True, kw_only=True)
class JointDraws:
    """By layer what each scenario is `worth`: draws, lucks, scenarios; in currency units.

    `level` is by how large a share of itself the revenue of the first scenario is unknown by all draws (one
    standard deviation); `targets` are for each of the others how far what has a target is unknown, on both
    sides (`DrawnRuns.targets`).
    """

    worths: Mapping[str, Floats]
    level: float
    targets: Sequence[list[dict[str, Any]]]

    @classmethod
    def of(cls, runs: DrawnRuns) -> JointDraws:
        """As those runs tell it."""
        others = range(1, len(runs.contest.scenarios))
        revenue = next((row for row in runs.levels(1) if row["metric"] == "revenue"), None)
        return cls(
            worths=runs.layers,
            level=revenue["baseline"] / revenue["mean"] if revenue and revenue["mean"] else 0.0,
            targets=[runs.targets(number) for number in others],
        )

    @classmethod
    def told(cls, document: Mapping[str, Any]) -> JointDraws:
        """From what `to_json` says."""
        worths = {layer: np.array(rows, np.float64) for layer, rows in document["drawn"].items()}
        return cls(worths=worths, level=document["level"], targets=document["targets"])

    def to_json(self) -> dict[str, Any]:
        """Plain values for keeping."""
        drawn = {layer: rows.tolist() for layer, rows in self.worths.items()}
        return {"drawn": drawn, "draws": self.draws, "level": self.level, "targets": [*self.targets]}

    @property
    def draws(self) -> dict[str, int]:
        """Of each layer of which anything is left open."""
        return {layer: len(rows) for layer, rows in self.worths.items()}


def joint_draws(
    design: Design,
    found: Contest,
    outer: int = OUTER,
    *,
    executor: Executor | None = None,
    progress: ContestProgress = lambda share, partial: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> JointDraws:
    """So many draws of each layer, of models each that is not ruled out, under every scenario of `found`."""
    drawn = draws_of(design, found, outer)
    runs = drawn_runs(
        design, found, drawn, plain=0, executor=executor, progress=progress, cancelled=cancelled
    )
    return JointDraws.of(runs)
