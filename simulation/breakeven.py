"""What would have to be true: the value of one assumption or rule at which a scenario just pays."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from loyalty_core.errors import InputError
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from simulation.behaviour import Behaviour
from simulation.experiment import contest_of, run
from simulation.outset import Outset, outset
from simulation.scenario import Scenario

GROUPS = ("changes", "behaviour", "effects")
OF_BOTH = ("margin_share", "cost_per_point")  # what the programme is, whatever it decides
TOLERANCE = 1e-3  # of the range looked through
MOST_RUNS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """`value` is where the mean gain is 0; None where it has one sign over the whole range.

    `gains` has the mean difference in money at every value that was tried, in their order.
    """

    path: str
    low: float
    high: float
    value: float | None
    gains: tuple[tuple[float, float], ...]

    @property
    def pays_above(self) -> bool:
        """Whether the scenario gains at the upper end: everywhere, if there is no value."""
        return self.gains[-1][1] > 0


def solved(path: str, low: float, high: float, gain: Callable[[float], float]) -> BreakEven:
    """The root of a gain between two values; the luck being the same, equal values gain the same."""
    if not low < high:
        raise InputError(f"{path}: the range from {low:g} to {high:g} is empty; give the lower end first")
    tried: dict[float, float] = {}
    # As one writes a value: documents take no endless decimals, and prices in points often none at all.
    decimals = 4 if high - low <= 10 else 2 if high - low < 100 else 0

    def asked(value: float) -> float:
        value = round(value, decimals)
        if value not in tried:
            tried[value] = gain(value)
        return tried[value]

    ends = asked(low), asked(high)
    value = None
    if np.sign(ends[0]) * np.sign(ends[1]) <= 0:
        root = brentq(asked, low, high, xtol=TOLERANCE * (high - low), maxiter=MOST_RUNS, disp=False)
        value = round(float(root), decimals)
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
    members: int | None = None,
    executor: Executor | None = None,
    progress: Callable[[int], None] = lambda runs: None,
) -> BreakEven:
    """The value of `path` between `low` and `high` at which the scenario is worth what `against` is.

    A path begins with its group: `effects.goal_gradient`, `behaviour.redeeming.appeal`,
    `changes.rewards.voucher.points`. The margin and the cost of a point hold for both sides, everything else
    for the scenario alone. All values meet the same luck. InputError where there is no such value.
    """
    group, _, name = path.partition(".")
    if group not in GROUPS or not name:
        raise InputError(f"{path}: begin with {', '.join(f'{one}.' for one in GROUPS[:-1])} or {GROUPS[-1]}.")
    start = outset(history, programme, scenario.months, scenario.seed, Behaviour(), members)
    runs = 0

    def gain(value: float) -> float:
        nonlocal runs
        runs += 1
        progress(runs)
        base = against or Scenario()
        base = _with(base, group, name, value) if name in OF_BOTH else base
        return _gain(start, programme, (base, _with(scenario, group, name, value)), executor)

    return solved(path, low, high, gain)


def _gain(
    start: Outset, programme: Programme, sides: tuple[Scenario, Scenario], executor: Executor | None
) -> float:
    design, found = contest_of(start, programme, sides)
    return float(np.mean(run(design, found, sides[1], executor=executor).beside(1).money))


def _with(scenario: Scenario, group: str, name: str, value: float) -> Scenario:
    return scenario.model_copy(update={group: {**getattr(scenario, group), name: value}})
