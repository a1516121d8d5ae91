"""What would have to be true: the value of one assumption or rule at which a scenario just pays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite
from typing import Any

import numpy as np

from loyalty_core.rules.programme import Programme
from simulation.levers import Lever, compared, with_values
from simulation.outset import Outset
from simulation.scenario import Scenario
from simulation.stopping import half_width
from simulation.unchangeable import OF_BOTH

TOLERANCE = 1e-3  # of the range looked through
MOST_RUNS = 40
LOOKED_AT = 5  # values over the range, between which the gain is taken to turn at most once


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """`values` are where the mean gain turns its sign, or is 0 and nothing else is beside; none where it has
    one sign at all values that were tried.

    `gains` has the mean difference in money at every value that was tried, in their order, `half_widths`
    those of their 95 % intervals: None of one run, and none at all where nothing was run.
    """

    path: str
    low: float
    high: float
    values: tuple[float, ...]
    gains: tuple[tuple[float, float], ...]
    half_widths: tuple[float | None, ...] = ()

    @property
    def value(self) -> float | None:
        """The break-even, the lowest where there are several; None where there is none."""
        return self.values[0] if self.values else None

    @property
    def pays_above(self) -> bool:
        """Whether the scenario gains from the value on upwards: everywhere, if there is no value."""
        at = self.value
        if at is None:
            return self.gains[-1][1] > 0
        below = [gain for value, gain in self.gains if value <= at]
        above = [gain for value, gain in self.gains if value >= at]
        return above[min(1, len(above) - 1)] > below[max(-2, -len(below))]

    @property
    def pays(self) -> bool:
        """Whether the scenario gains at any value that was tried; at the break-even itself it does not."""
        return any(gain > 0 for _, gain in self.gains)

    @property
    def makes_no_difference(self) -> bool:
        """Whether the scenario gains nothing and loses nothing, whatever the value."""
        return not any(gain for _, gain in self.gains)

    @property
    def unsure_between(self) -> tuple[float, float] | None:
        """The values about the break-even at which chance may turn the gain's sign, by straight lines between
        those that were tried; an end of the range where it does so up to there. None where that is unknown.
        """
        halves = [half for half in self.half_widths if half is not None]
        if self.value is None or len(halves) < len(self.gains):
            return None
        tried = [(value, abs(gain) - half) for (value, gain), half in zip(self.gains, halves, strict=True)]
        below = [one for one in tried if one[0] <= self.value]
        above = [one for one in tried if one[0] >= self.value]
        return _sure_from(below[::-1], self.low), _sure_from(above, self.high)

    def to_json(self) -> dict[str, Any]:
        """Plain values; `tried` holds every gain in money with the half-width of its 95 % interval."""
        halves = self.half_widths or [None] * len(self.gains)
        return {
            "path": self.path,
            "low": self.low,
            "high": self.high,
            "break_even": self.value,
            "turns_again_at": list(self.values[1:]),
            "unsure_between": self.unsure_between,
            "pays": self.pays,
            "pays_above": self.pays_above,
            "makes_no_difference": self.makes_no_difference,
            "tried": [
                {"value": value, "money": money, "half_width": half}
                for (value, money), half in zip(self.gains, halves, strict=True)
            ],
        }


def _sure_from(clearance: Sequence[tuple[float, float]], end: float) -> float:
    """Going off from the break-even, where a gain begins to be clear of its half-width; else `end`."""
    for (near, before), (far, after) in pairwise(clearance):
        if after > 0:
            share = -before / (after - before) if before < 0 else 0.0
            return near + share * (far - near)
    return end


def solved(
    path: str, low: float, high: float, gain: Callable[[float], float], finest: int | None = None
) -> BreakEven:
    """The roots of a gain between two values; the luck being the same, equal values gain the same."""
    from scipy.optimize import brentq  # slow to import

    lever, tried = Lever(path=path, low=low, high=high, finest=finest), dict[float, float]()

    def asked(value: float) -> float:
        value = lever.written(value)
        if value not in tried:
            tried[value] = gain(value)
        return tried[value]

    grid = [lever.written(float(value)) for value in np.linspace(low, high, LOOKED_AT)]
    found = [asked(value) for value in grid]
    roots = [
        brentq(asked, near, far, xtol=TOLERANCE * (high - low), maxiter=MOST_RUNS, disp=False)
        for (near, before), (far, after) in pairwise(zip(grid, found, strict=True))
        if near < far and before != after and np.sign(before) * np.sign(after) <= 0
    ]
    values = tuple(dict.fromkeys(lever.written(float(root)) for root in roots))
    return BreakEven(path=path, low=low, high=high, values=values, gains=tuple(sorted(tried.items())))


def break_even(
    start: Outset,
    programme: Programme,
    sides: tuple[Scenario, Scenario],
    lever: Lever,
    *,
    executor: Executor | None = None,
    progress: Callable[[BreakEven], None] = lambda so_far: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> BreakEven:
    """The values of the lever at which the second side is worth what the first is.

    The margin and the cost of a point hold for both sides, everything else for the second alone. All values
    meet the same luck. `progress` hears after each value what was tried so far. InputError where there is no
    such value.
    """
    path, low, high = lever.path, lever.low, lever.high
    found: dict[float, list[float]] = {}

    def gain(value: float) -> float:
        base = with_values(sides[0], {path: value} if path.partition(".")[2] in OF_BOTH else {})
        other = with_values(sides[1], {path: value})
        found[value] = compared(start, programme, (base, other), executor, cancelled).money
        means = tuple(sorted((tried, float(np.mean(gains))) for tried, gains in found.items()))
        progress(_with_halves(BreakEven(path=path, low=low, high=high, values=(), gains=means), found))
        return float(np.mean(found[value]))

    return _with_halves(solved(path, low, high, gain, lever.finest), found)


def _with_halves(told: BreakEven, found: Mapping[float, Sequence[float]]) -> BreakEven:
    halves = [half_width(found[value]) for value, _ in told.gains]
    return replace(told, half_widths=tuple(half if isfinite(half) else None for half in halves))
