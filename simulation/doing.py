"""What members do beside buying, again and again: signing in, doing tasks, writing reviews.

Each member does each kind at a rate of their own, as long as they are a customer; who has left does nothing
more. What a deed earns and how it counts is the programme's word. It changes nobody's pace before the next
purchase.
"""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Floats, Ints
from simulation.behaviour import Doing
from simulation.journal import ACTIVITIES
from simulation.streams import Keys, Purpose, Streams

KINDS = ("sign_in", "task", "review")  # a kind's place is part of its draws: new ones come last
_PLACES = 16  # for kinds in the ordinal of a draw


class Deeds:
    """The next deed of n members, `due` in weeks of operational time, and which kind of `ACTIVITIES` it is;
    infinite where none will come."""

    def __init__(self, doing: Doing, keys: Keys, streams: Streams) -> None:
        self._keys, self._streams = keys, streams
        self._kinds = tuple(place for place, kind in enumerate(KINDS) if getattr(doing, kind) > 0)
        n = len(keys)
        self.due = np.full(n, np.inf)
        self._next = np.full((len(self._kinds), n), np.inf)
        self._done = np.zeros((len(self._kinds), n), np.int64)
        means = np.array([getattr(doing, KINDS[place]) for place in self._kinds])
        alike = [streams.gamma(Purpose.DEED_RATE, keys, doing.alike, place) for place in self._kinds]
        self._rate = means[:, None] * np.array(alike).reshape(len(means), n) / doing.alike

    @property
    def any(self) -> bool:
        """Whether anybody does anything."""
        return bool(self._kinds)

    def begin(self, who: Ints, weeks: Floats) -> None:
        """From `weeks` on these members do what they do."""
        for row in range(len(self._kinds)):
            self._next[row, who] = weeks + self._wait(row, who)
        self._look(who)

    def stop(self, who: Ints) -> None:
        """They do nothing more."""
        self._next[:, who] = np.inf
        self.due[who] = np.inf

    def take(self, who: Ints) -> Ints:
        """What each of the members does who do something now, as places in `ACTIVITIES`; on to the next."""
        row = self._next[:, who].argmin(axis=0)
        for one in range(len(self._kinds)):
            members = who[row == one]
            self._done[one, members] += 1
            self._next[one, members] += self._wait(one, members)
        self._look(who)
        kinds: Ints = _CODES[np.array(self._kinds)[row]]
        return kinds

    def _wait(self, row: int, who: Ints) -> Floats:
        ordinal = self._done[row, who] * _PLACES + self._kinds[row]
        luck = self._streams.exponential(Purpose.DEED_GAP, self._keys[who], ordinal)
        weeks: Floats = luck / self._rate[row, who]
        return weeks

    def _look(self, who: Ints) -> None:
        if self._kinds:
            self.due[who] = self._next[:, who].min(axis=0)


_CODES = np.array([ACTIVITIES.index(kind) for kind in KINDS])
