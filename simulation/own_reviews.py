"""When members see, or feel, the reviews that fall on days of their own: once a week, on Thursdays.

Such a Thursday is an event of the member's own, as a sale is: nobody else has to be brought to it.
"""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import looked_at_on_own_days
from loyalty_core.tiers.tier_standing import TierStanding
from simulation.arm import Arm
from simulation.responses import Responses, feels_own_reviews
from simulation.season import Clock

A_WEEK = 7


def thursday_from(day: int) -> int:
    """The first Thursday from `day` on, as 1970-01-01 was one."""
    return day + -day % A_WEEK


class OwnReviews:
    """The next of these Thursdays that concerns each of n members, `due` in weeks of operational time;
    infinite where none does."""

    def __init__(self, n: int, arm: Arm, clock: Clock, responses: Responses) -> None:
        documents = [arm.programme, *(programme for _, programme in arm.changes)]
        own = any(looked_at_on_own_days(one.tiers, one.qualification) for one in documents)
        self.any = own and feels_own_reviews(arm.effects)  # whether one ever concerns anybody
        self._responses, self._window = responses, arm.effects.review_push_window.size
        self._first = thursday_from(clock.first_day)
        thursdays = np.arange(self._first, clock.last_day + 1, A_WEEK)
        self._weeks = np.append(clock.weeks(thursdays), np.inf)
        n = n if self.any else 0
        self.due, self._lived_to = np.full(n, np.inf), np.zeros(n)
        self._looked_at: Flags = np.zeros(n, bool)  # of late, and yet to feel it

    def read(self, programme: Programme, day: int) -> None:
        """What a document says from a day on is seen from the next day on; `sees_days` before a look of their
        own members of each tier see it coming, and in the lowest they have nothing to lose."""
        self._are_held = looked_at_on_own_days(programme.tiers, programme.qualification)
        self._from = int(self._place(day + 1))
        self.sees_days: Ints = np.zeros(len(programme.tiers), np.int32)
        if self._responses.pushes:
            months = np.array([tier.valid_months or 12 for tier in programme.tiers[1:]])
            self.sees_days[1:] = months * 365 / 12 * self._window

    def looked(self, who: Ints) -> None:
        """A look was taken at members, which they feel on their next Thursday."""
        if self.any:
            self._looked_at[who] = True

    def felt(self, who: Ints) -> Flags:
        """At whom of them a look was taken that they have not felt yet; told once."""
        looked_at = self._looked_at[who]
        self._looked_at[who] = False
        return looked_at

    def lived(self, who: Ints, weeks: Floats) -> None:
        """Something happened to members: their Thursdays up to then are over."""
        self._lived_to[who] = weeks

    def over(self, before_day: int) -> None:
        """Thursdays before a day are over for everybody."""
        self._from = max(self._from, int(self._place(before_day)))

    def look_ahead(self, standing: TierStanding, who: Ints, waits: Flags) -> None:
        """Find the next Thursday of each member; `waits` says to whom another purchase will come."""
        if not self._are_held:
            self.due[who] = np.inf
            return
        sees_days = np.where(waits, self.sees_days[standing.tier[who]], 0)
        place = self._place(standing.due_on(who) - sees_days)
        place = np.minimum(place, np.searchsorted(self._weeks, self._responses.hurries_until(who)))
        place[self._looked_at[who]] = 0
        lived = np.searchsorted(self._weeks, self._lived_to[who], side="right")
        self.due[who] = self._weeks[np.maximum(np.maximum(place, lived), self._from)]

    def _place(self, day: Ints | int) -> Ints:
        """Which Thursday of the run is the first from each day on; the place behind the last if none is."""
        place: Ints = np.clip((np.asarray(day) - self._first + A_WEEK - 1) // A_WEEK, 0, len(self._weeks) - 1)
        return place
