"""What several scenarios are worth beside each other, on the same luck."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np

from loyalty_core.arrays import Floats
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text
from simulation.comparison import Comparison
from simulation.findings import gain_json
from simulation.money import money
from simulation.outset import Outset
from simulation.ranking import ranking_json
from simulation.replications import Sides
from simulation.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """The replications that are ready, by number: in each the figures of every scenario in their order.

    The first scenario is what the others are held against. Where `of_members` is below 1 the figures
    rest on a sample of the members. `desks` has the figures of each scenario's desks, if there are any;
    `unseen` says of each what the runs are too short to show.
    """

    scenarios: tuple[Scenario, ...]
    programmes: tuple[Programme, ...]
    start: Outset
    runs: dict[int, Sides] = field(default_factory=dict)
    desks: dict[int, Sides] = field(default_factory=dict)
    of_members: float = 1.0
    unseen: tuple[list[Text], ...] = ()

    def beside(self, number: int) -> Comparison:
        """One of the scenarios beside the first."""
        return Comparison(
            against=self.scenarios[0],
            scenario=self.scenarios[number],
            programmes=(self.programmes[0], self.programmes[number]),
            start=self.start,
            pairs={run: (sides[0], sides[number]) for run, sides in self.runs.items()},
            desk_pairs={run: (sides[0], sides[number]) for run, sides in self.desks.items()},
            of_members=self.of_members,
            unseen=self.unseen[number] if self.unseen else [],
        )

    def first(self, count: int) -> Contest:
        """The same with its first replications alone."""
        runs, desks = (
            {run: sides for run, sides in several.items() if run <= count}
            for several in (self.runs, self.desks)
        )
        return replace(self, runs=runs, desks=desks)

    @property
    def money(self) -> Floats:
        """What each replication (rows) is worth under each scenario (columns), in currency units."""
        worth = [
            [money(side, programme) for side, programme in zip(sides, self.programmes, strict=True)]
            for _, sides in sorted(self.runs.items())
        ]
        return np.array(worth, np.float64).reshape(len(self.runs), len(self.scenarios))

    def ranking(self) -> list[dict[str, Any]]:
        """For each scenario how often it is worth most, and what choosing it costs on average against the
        scenario that turns out best: the expected regret. Those that tie share a replication."""
        names, worth = [one.name for one in self.scenarios], self.money
        return ranking_json(names, worth.mean(axis=0), worth, len(worth))

    def pairs(self) -> list[dict[str, Any]]:
        """Each of the scenarios beside the first over each of them that is worth less on average, in the same
        replications: the difference has an interval of its own."""
        worth = self.money
        best_first = (np.argsort(-worth[:, 1:].mean(axis=0), kind="stable") + 1).tolist()
        return [
            {"scenario": self.scenarios[one].name, "over": self.scenarios[other].name}
            | gain_json((worth[:, one] - worth[:, other]).tolist())
            for one, other in combinations(best_first, 2)
        ]

    def to_json(self) -> dict[str, Any]:
        """Every scenario beside the first, and what `ranked` says of all of them."""
        others = range(1, len(self.scenarios))
        beside = [self.beside(one).to_json() for one in others]
        return self.ranked() | {"comparisons": beside}

    def ranked(self) -> dict[str, Any]:
        """How they rank, each beside each, and what that is read off: the worth of each scenario in every
        replication (`worths`)."""
        return {"ranking": self.ranking(), "pairs": self.pairs(), "worths": self.money.tolist()}
