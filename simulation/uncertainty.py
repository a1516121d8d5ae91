"""What a calibration leaves open, and the arms that follow when each run supposes something else of it.

Parameters are drawn from the likelihood's own curvature; the level of demand and the number of those who
join as far from what is expected as forecasts of this past were. A draw belongs to a replication: all
members meet the same, whatever their shard.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from loyalty_core.customers.fitting import Fit
from loyalty_core.history import History
from simulation.arm import Arm
from simulation.behaviour import Purchasing
from simulation.evidence import Z_90
from simulation.joining import joined_of_late
from simulation.model_choice import Choice
from simulation.shocks import Shock
from simulation.streams import Floats

MOST_JOINING = 2.0  # times as many as expected
FARTHEST = 1.0  # that the logarithm of a parameter is drawn from its estimate
_NAMES = ("r", "alpha", "a", "b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsure:
    """Standard deviations of the logarithms of level and joining; what the fit of purchasing leaves open."""

    purchasing: Fit | None = None
    level: float = 0.0
    joining: float = 0.0

    def arm(self, arm: Arm, days: tuple[int, int], seed: int, draw: int) -> Arm:
        """The arm as one draw supposes it. Equal seeds and draws give equal arms."""
        luck = np.random.default_rng([seed, draw, len(_NAMES)]).standard_normal(len(_NAMES) + 2)
        spread = np.array([self.level, self.joining])
        demand, joining = np.exp(spread * luck[-2:] - spread**2 / 2)  # of mean 1
        shock = Shock(
            name="what is not known",
            first_day=days[0],
            last_day=days[1],
            demand=float(demand),
            joining=float(min(joining, MOST_JOINING)),
        )
        purchasing = self._drawn(arm.behaviour.purchasing, luck)
        behaviour = arm.behaviour.model_copy(update={"purchasing": purchasing})
        plan = replace(arm.plan, shocks=(*arm.plan.shocks, shock))
        return replace(arm, behaviour=behaviour, plan=plan)

    def _drawn(self, purchasing: Purchasing, luck: Floats) -> Purchasing:
        if self.purchasing is None or not self.purchasing.told:
            return purchasing
        count = len(self.purchasing.parameters)
        steps = np.linalg.cholesky(self.purchasing.covariance) @ luck[:count]
        steps = np.clip(steps, -FARTHEST, FARTHEST)  # the likelihood is no parabola so far out
        drawn = np.array([getattr(purchasing, name) for name in _NAMES[:count]]) * np.exp(steps)
        return purchasing.model_copy(update=dict(zip(_NAMES, drawn.tolist(), strict=False)))


def unsure_of(history: History, choice: Choice | None, first_day: int) -> Unsure:
    """What the past leaves open of purchasing and joining; nothing where no model was chosen."""
    if choice is None:
        return Unsure()
    seen = joined_of_late(history, first_day)
    low, high = seen.a_day_range
    spread = (high - low) / (2 * Z_90 * seen.a_day) if seen.a_day else 0.0
    return Unsure(purchasing=choice.chosen.fit if choice.chosen else None, joining=min(spread, 1.0))
