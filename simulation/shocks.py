"""What the world outside does to demand and to joining, day by day: a competitor opens, a season fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loyalty_core.arrays import Flags, Floats
from loyalty_core.errors import InputError
from simulation.streams import Purpose, Streams, member_keys

if TYPE_CHECKING:
    from simulation.population import Population

_WEEKS = member_keys(["week"])
_MONDAY = 3  # 1970-01-01 was a Thursday
_HARDLY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """From `first_day` to `last_day`, both included, demand and joining are so many times what they were.

    Where regions or channels are named, only those members buy more or less often who live there, or usually
    buy there (where both are named, who does both); who joins meanwhile does from that day on.
    """

    name: str
    first_day: int
    last_day: int
    demand: float = 1.0
    joining: float = 1.0
    regions: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            raise ValueError(f"{self.name}: the last day is before the first")
        if min(self.demand, self.joining) < 0:
            raise ValueError(f"{self.name}: a factor is never below 0")

    @property
    def of_all(self) -> bool:
        """Whether it meets everybody."""
        return not (self.regions or self.channels)

    @property
    def pace(self) -> float:
        """The factor of how often those it meets buy. Who waits goes on waiting even where nobody can buy."""
        return max(self.demand, _HARDLY)

    def hits(self, population: Population) -> Flags:
        """Whom it meets."""
        places = ((self.regions, population.lives_in), (self.channels, population.buys_through))
        met = [np.isin(where, member_keys(names)) for names, where in places if names]
        found: Flags = np.logical_and.reduce([np.ones(len(population), bool), *met])
        return found


def check_places(shocks: Sequence[Shock], labels: Mapping[str, Sequence[str]], where: str) -> None:
    """InputError naming the first region or channel that the data do not know."""
    for shock in shocks:
        for what, names, label in (
            ("region", shock.regions, "members.region"),
            ("channel", shock.channels, "purchases.channel"),
        ):
            known = labels.get(label, ())
            if missing := [name for name in names if name not in known]:
                listed = ", ".join(known) or "none"
                place = f"{where}: shock {shock.name}"
                raise InputError(f"{place}: there is no {what} {missing[0]!r} in the data; known: {listed}")


def demand_factors(shocks: Sequence[Shock], days: tuple[int, int]) -> Floats:
    """By how much demand is multiplied on each of `days`; shocks of one day go together."""
    return _together([(one.first_day, one.last_day, one.demand) for one in shocks if one.of_all], days)


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
