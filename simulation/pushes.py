"""What speeds members up from outside: campaigns that reach them, and what happens in the world."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Floats, Ints
from simulation.responses import Responses

_Wave = tuple[int, int]  # the number of a campaign, and the first day of its wave


class Pushes:
    """The factors of n members' rates that campaigns and shocks of some members set. They never touch
    each other.

    A campaign that runs in several waves at once pushes once. Its lift is felt as each responds, and fades
    from the day on which the campaign first reached them; what happens in the world is felt by all it meets.
    """

    def __init__(self, responses: Responses) -> None:
        self._responses, self._n = responses, len(responses.share)
        self._waves: dict[_Wave, Ints] = {}  # whom those that are running treat
        self._lift: dict[int, Floats] = {}  # by campaign: of those whom it pushes at present, else 0
        self._reached: dict[int, Floats] = {}  # by campaign: when it first pushed each, in weeks
        self._world: dict[int, Floats] = {}  # by shock: the factor of those whom it meets, else 1

    def begin(self, wave: _Wave, treated: Ints, weeks: float, lift: float) -> None:
        """A campaign's wave pushes those treated from then on."""
        number, _ = wave
        self._waves[wave] = treated
        reached = self._reached.setdefault(number, np.full(self._n, np.inf))
        reached[treated] = np.minimum(reached[treated], weeks)
        self._lift.setdefault(number, np.zeros(self._n))[treated] = lift * self._responses.share[treated]

    def treated(self, wave: _Wave) -> Ints:
        """Those whom a wave that is running pushes."""
        return self._waves.get(wave, np.zeros(0, np.int64))

    def end(self, wave: _Wave) -> None:
        """A wave is over; whom another one of the campaign treats, that goes on to push."""
        number, _ = wave
        over = self._waves.pop(wave, np.zeros(0, np.int64))
        others = [treated for (of, _), treated in self._waves.items() if of == number]
        if not others:
            self._lift.pop(number, None)
        else:
            self._lift[number][np.setdiff1d(over, np.concatenate(others))] = 0.0

    def meet(self, shock: int, met: Ints, factor: float | None) -> None:
        """A shock makes those it meets buy so many times as often; None ends it."""
        self._world.pop(shock, None)
        if factor is not None:
            self._world[shock] = np.ones(self._n)
            self._world[shock][met] = factor

    def factor(self, who: Ints, weeks: Floats) -> Floats | None:
        """Of each one's rate in a wait that begins then; None where nothing pushes anybody."""
        if not self._world and not self._lift:
            return None
        factor = np.ones(len(who))
        for _, of_shock in sorted(self._world.items()):
            factor *= of_shock[who]
        for number, lifts in sorted(self._lift.items()):
            lift = lifts[who]
            at = lift.nonzero()[0]
            passed = weeks[at] - self._reached[number][who[at]]
            factor[at] *= 1 + lift[at] * self._responses.left(passed)
        return factor
