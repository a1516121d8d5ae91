"""What a calibration leaves open, and the arms that follow when each run supposes something else of it.

Models of purchasing that the past does not rule out take turns; their parameters are drawn from the
likelihood's own curvature, the level of demand and the number of those who join about what is expected. A
draw belongs to a replication: all members meet the same, whatever their shard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import ndtri

from loyalty_core.arrays import Floats
from loyalty_core.customers.fitting import Fit
from loyalty_core.history import History
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Purchasing
from simulation.buying import Past, supposed
from simulation.evidence import Z_90
from simulation.joining import joined_of_late
from simulation.level import put_right
from simulation.model_choice import Candidate, Choice
from simulation.shocks import Shock

LEVEL, JOINING = 0.06, 0.2  # standard deviations of logarithms: what no past tells of the time to come
MOST_JOINING = 2.0  # times as many as expected
RULED_OUT = 1.25  # times the misses of the best model in the weeks held out
FARTHEST = 1.0  # that the logarithm of a parameter is drawn from its estimate
_NAMES = ("r", "alpha", "a", "b")
_PLASTIC = 1.324717957244746  # the root of x³ = x + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsure:
    """Standard deviations of the logarithms of level and joining; what the fit of purchasing leaves open.

    `fits` are those of the purchase models by key; `models` those that the weeks held out do not rule out, as
    changes of `Purchasing`.
    """

    fits: Mapping[str, Fit] = field(default_factory=dict)
    models: tuple[Mapping[str, object], ...] = ()
    level: float = 0.0
    joining: float = 0.0

    def of_a_model(self, arm: Arm, draw: int) -> Arm:
        """The arm under one of the models that are not ruled out, which take turns."""
        if not self.models:
            return arm
        changes = self.models[draw % len(self.models)]
        purchasing = arm.behaviour.purchasing.model_copy(update=changes)
        return replace(arm, behaviour=arm.behaviour.model_copy(update={"purchasing": purchasing}))

    def drawn(self, arm: Arm, days: tuple[int, int], seed: int, draw: int) -> Arm:
        """The arm as one draw supposes it, of all that is left open."""
        return self.arm(self.of_a_model(arm, draw), days, seed, draw)

    def arm(self, arm: Arm, days: tuple[int, int], seed: int, draw: int) -> Arm:
        """The arm as one draw supposes the parameters of its model, level and joining.

        Equal seeds and draws give equal arms.
        """
        spread = np.array([self.level, self.joining])
        demand, joining = np.exp(spread * _evenly(seed, draw) - spread**2 / 2)  # of mean 1
        shock = Shock(
            name="what is not known",
            first_day=days[0],
            last_day=days[1],
            demand=float(demand),
            joining=float(min(joining, MOST_JOINING)),
        )
        luck = np.random.default_rng([seed, draw, len(_NAMES)]).standard_normal(len(_NAMES))
        purchasing = self._off(arm.behaviour.purchasing, luck)
        behaviour = arm.behaviour.model_copy(update={"purchasing": purchasing})
        plan = replace(arm.plan, shocks=(*arm.plan.shocks, shock))
        return replace(arm, behaviour=behaviour, plan=plan)

    def _off(self, purchasing: Purchasing, luck: Floats) -> Purchasing:
        fit = self.fits.get(purchasing.model)
        if fit is None or not fit.told:
            return purchasing
        count = len(fit.parameters)
        steps = np.linalg.cholesky(fit.covariance) @ luck[:count]
        steps = np.clip(steps, -FARTHEST, FARTHEST)  # the likelihood is no parabola so far out
        drawn = np.array([getattr(purchasing, name) for name in _NAMES[:count]]) * np.exp(steps)
        return purchasing.model_copy(update=dict(zip(_NAMES, drawn.tolist(), strict=False)))


def _evenly(seed: int, draw: int) -> Floats:
    """Two normal draws of a sequence that fills the plane evenly (Roberts 2018), so that the mean over few
    replications is not one of luck."""
    places = np.random.default_rng(seed).random(2) + draw * np.array([_PLASTIC**-1, _PLASTIC**-2])
    found: Floats = ndtri(places % 1)
    return found


def unsure_of(
    history: History, choice: Choice | None, behaviour: Behaviour, past: Past, days: tuple[int, int]
) -> Unsure:
    """What the past leaves open of purchasing, its level, and joining, in a run of those days; nothing where
    no model was chosen. `past` is that of the members enrolled when the run begins."""
    if choice is None:
        return Unsure()
    seen = joined_of_late(history, days[0])
    low, high = seen.a_day_range
    spread = (high - low) / (2 * Z_90 * seen.a_day) if seen.a_day else 0.0
    near = choice.not_ruled_out(RULED_OUT)
    chosen = (choice.chosen,) if choice.chosen else ()
    return Unsure(
        fits={one.model.KEY: one.fit for one in (*chosen, *near)},
        models=tuple(_as_seen_of_late(one, behaviour, history, past, days) for one in near),
        # The level lies halfway; nine of ten of what it may be lie between the two that it is halfway of.
        level=float(np.hypot(LEVEL, np.log(behaviour.purchasing.level) / Z_90)),
        joining=float(np.hypot(JOINING, min(spread, 1.0))),
    )


def _as_seen_of_late(
    one: Candidate, behaviour: Behaviour, history: History, past: Past, days: tuple[int, int]
) -> dict[str, object]:
    """A model as changes of `Purchasing`, with the level and the pace of newcomers that it calls for."""
    purchasing = behaviour.purchasing.model_copy(update=supposed(one))
    right = put_right(behaviour.model_copy(update={"purchasing": purchasing}), history, past, days).purchasing
    return supposed(one) | {"newcomers": right.newcomers, "level": right.level}
