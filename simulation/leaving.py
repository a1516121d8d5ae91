"""Who stops being a customer, and when: after a purchase, or at any time where the model has it so."""

from __future__ import annotations

from dataclasses import replace

from loyalty_core.arrays import Flags, Floats, Ints
from simulation.lifetime import Lifetime
from simulation.population import Population, Temper
from simulation.responses import Responses
from simulation.season import Clock


class Leaving:
    """What makes n members leave. Members never touch each other."""

    def __init__(self, population: Population, temper: Temper, responses: Responses, clock: Clock) -> None:
        self._population, self._temper, self._responses = population, temper, responses
        self._lifetime = Lifetime.of(temper, population.joined_on, clock)

    def later(self, times: float) -> None:
        """Let all leave so many times less readily than was drawn for them."""
        self._temper = replace(self._temper, dropout=self._temper.dropout / times)
        if self._lifetime is not None:
            self._lifetime.lengthen(times)

    def split(self, who: Ints, weeks: Floats) -> tuple[Flags | None, Ints]:
        """Who is still there of members who would do something at those times (None for all), and who not."""
        if self._lifetime is None:
            return None, who[:0]
        there = self._lifetime.reaches(who, weeks)
        return there, who[~there]

    def brought_back(self, who: Ints, weeks: Floats) -> None:
        """Whoever is brought back then was not gone."""
        if self._lifetime is not None:
            self._lifetime.last_to(who, weeks)

    def after_sale(self, who: Ints, weeks: Floats, nth: Ints, luck: Floats) -> Flags:
        """Who leaves for good after a purchase: nobody right after the first one, unless drawn so."""
        leaves: Flags = luck < self._chance(who, weeks)
        first = (nth == 0).nonzero()[0]
        first = first[self._population.buys_on_joining[who[first]]]
        leaves[first] = ~self._temper.alive[who[first]]
        return leaves

    def _chance(self, who: Ints, weeks: Floats) -> Floats:
        """Chance of each member to leave after a repeat purchase."""
        chance, factor = self._temper.dropout[who], self._responses.leaving(who, weeks)
        if factor is None:
            return chance
        if self._lifetime is not None:
            self._lifetime.hasten(who, weeks, factor)
        return chance * factor
