"""What the world outside does to demand and to joining, day by day: a competitor opens, a season fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulation.streams import Floats, Purpose, Streams, member_keys

_WEEKS = member_keys(["week"])
_MONDAY = 3  # 1970-01-01 was a Thursday


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """From `first_day` to `last_day`, both included, demand and joining are so many times what they were."""

    name: str
    first_day: int
    last_day: int
    demand: float = 1.0
    joining: float = 1.0

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            raise ValueError(f"{self.name}: the last day is before the first")
        if min(self.demand, self.joining) < 0:
            raise ValueError(f"{self.name}: a factor is never below 0")


def demand_factors(shocks: Sequence[Shock], days: tuple[int, int]) -> Floats:
    """By how much demand is multiplied on each of `days`; shocks of one day go together."""
    return _together([(one.first_day, one.last_day, one.demand) for one in shocks], days)


def joining_factors(shocks: Sequence[Shock], days: tuple[int, int]) -> Floats:
    """By how much the number of those who join is multiplied on each of `days`."""
    return _together([(one.first_day, one.last_day, one.joining) for one in shocks], days)


def _together(windows: list[tuple[int, int, float]], days: tuple[int, int]) -> Floats:
    first_day, last_day = days
    factors = np.ones(last_day - first_day + 1)
    for begin, end, factor in windows:
        factors[max(begin - first_day, 0) : max(end + 1 - first_day, 0)] *= factor
    return factors


def common_factors(spread: float, days: tuple[int, int], streams: Streams) -> Floats:
    """The luck that all members share in each calendar week: log-normal with mean 1.

    `spread` is the standard deviation of its logarithm. A week has the same luck in every run of the
    replication, whenever that begins.
    """
    first_day, last_day = days
    if not spread:
        return np.ones(last_day - first_day + 1)
    week = (np.arange(first_day, last_day + 1) + _MONDAY) // 7
    luck = streams.normal(Purpose.COMMON_SHOCK, np.broadcast_to(_WEEKS, week.shape), week)
    factors: Floats = np.exp(spread * luck - spread**2 / 2)
    return factors
