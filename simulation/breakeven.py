"""What would have to be true: the value of one assumption or rule at which a scenario just pays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from simulation.behaviour import Behaviour
from simulation.calibration import Calibration
from simulation.levers import OF_BOTH, Lever, compared, with_values
from simulation.outset import outset
from simulation.scenario import Scenario

TOLERANCE = 1e-3  # of the range looked through
MOST_RUNS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """`value` is where the mean gain is 0; None where it has one sign at both ends, or is 0 at both.

    `gains` has the mean difference in money at every value that was tried, in their order.
    """

    path: str
    low: float
    high: float
    value: float | None
    gains: tuple[tuple[float, float], ...]

    @property
    def pays_above(self) -> bool:
        """Whether the scenario gains from the value on upwards: everywhere, if there is no value."""
        (_, lower), (_, upper) = self.gains[0], self.gains[-1]
        return upper > 0 if self.value is None else upper > lower

    @property
    def pays(self) -> bool:
        """Whether the scenario gains at any value that was tried; at the break-even itself it does not."""
        return any(gain > 0 for _, gain in self.gains)

    @property
    def makes_no_difference(self) -> bool:
        """Whether the scenario gains nothing and loses nothing, whatever the value."""
        return not any(gain for _, gain in self.gains)


def solved(path: str, low: float, high: float, gain: Callable[[float], float]) -> BreakEven:
    """The root of a gain between two values; the luck being the same, equal values gain the same."""
    from scipy.optimize import brentq  # slow to import

    lever, tried = Lever(path=path, low=low, high=high), dict[float, float]()

    def asked(value: float) -> float:
        value = lever.written(value)
        if value not in tried:
            tried[value] = gain(value)
        return tried[value]

    ends = asked(low), asked(high)
    value = None
    if any(ends) and np.sign(ends[0]) * np.sign(ends[1]) <= 0:
        root = brentq(asked, low, high, xtol=TOLERANCE * (high - low), maxiter=MOST_RUNS, disp=False)
        value = lever.written(float(root))
    return BreakEven(path=path, low=low, high=high, value=value, gains=tuple(sorted(tried.items())))


def break_even(
    history: History,
    programme: Programme,
    scenario: Scenario,
    path: str,
    low: float,
    high: float,
    *,
    against: Scenario | None = None,
    earlier: Sequence[Programme] = (),
    calibration: Calibration | None = None,
    members: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int], None] = lambda runs: None,
) -> BreakEven:
    """The value of `path` between `low` and `high` at which the scenario is worth what `against` is.

    A path begins with its group: `effects.goal_gradient`, `behaviour.redeeming.appeal`,
    `changes.rewards.voucher.points`. The margin and the cost of a point hold for both sides, everything else
    for the scenario alone. `earlier` are the documents that held before `programme`. All values meet the same
    luck. InputError where there is no such value.
    """
    Lever(path=path, low=low, high=high)  # refused before anything is run
    start = outset(
        history,
        programme,
        scenario.months,
        scenario.seed,
        Behaviour(),
        members,
        most_joining=max(one.most_joining for one in (scenario, against or scenario)),
        earlier=earlier,
        calibration=calibration,
    )
    runs = 0

    def gain(value: float) -> float:
        nonlocal runs
        runs += 1
        progress(runs)
        base = with_values(against or Scenario(), {path: value}, only=OF_BOTH)
        sides = base, with_values(scenario, {path: value})
        return float(np.mean(compared(start, programme, sides, executor).money))

    return solved(path, low, high, gain)
