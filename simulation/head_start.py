"""The head start that a programme gives on joining: a part of the way to the first goal, before any purchase.

Who is given one buys faster until the first reward is taken or the first tier reached. The library tells the
effect as odds of coming to the goal. Where members' rates are spread, the odds of having come to something by
a day grow about as the rate does (exactly so for one purchase and rates ~ Gamma of shape 1), so the odds
multiply the rate. Rates fitted to a programme that gives a head start contain it already.
"""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Floats, Ints
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.population import Population

JOINED = "joined"  # the activity of whoever joins in a run, where rules ask for it


def gives_head_start(programme: Programme) -> bool:
    """Whether joining earns or counts for anything."""
    rules = (rule for rule in programme.earning.all_rules if rule.when.event == JOINED)
    earns = any(rule.points or rule.points_per_unit or rule.streak for rule in rules)
    return earns or bool(programme.qualification.activity_scores.get(JOINED))


class HeadStart:
    """How many times as fast those of n members buy who join in a run; each feels a `share` of the effect."""

    def __init__(self, population: Population, arm: Arm, days: tuple[int, int], share: Floats) -> None:
        self._joined_on, self._turns = population.joined_on, (*arm.turns, days[1] + 1)
        effect, usual = arm.effects.endowed_progress, arm.behaviour.usual_head_start
        self._new = (self._joined_on >= days[0]) & (self._joined_on <= days[1])
        self._given = np.zeros(len(population), bool)
        begins = [days[0], *(day for day, _ in arm.changes)]
        for day, (_, programme) in zip(begins, arm.programmes, strict=True):
            self._given[self._joined_on >= day] = gives_head_start(programme)
        self._given &= self._new
        # Whether it is other than 1 for anybody.
        self.any = effect.active and bool((self._given | (self._new & (usual > 0))).any())
        more = (effect.size - 1) * share
        self._factor: Floats = np.where(self._given, 1 + more, 1.0) / (1 + more * usual)

    def given_from(self, day: int) -> Ints:
        """Those who join under the rules that hold from a day on and are given something for it. Nothing has
        happened to them by then; they see it when they wait again."""
        until = min(turn for turn in self._turns if turn > day)
        return np.flatnonzero(self._given & (self._joined_on >= day) & (self._joined_on < until))

    def factor(self, who: Ints, tier: Ints) -> Floats:
        """The factor of each one's rate in a wait that begins in that tier."""
        self._new[who[tier > 0]] = False
        return np.where(self._new[who], self._factor[who], 1.0)

    def over(self, who: Ints) -> None:
        """These members have come to their first goal."""
        self._new[who] = False
