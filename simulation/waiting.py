"""How fast members come to their next purchase: at their own rate, pulled by the goal ahead, pushed by
campaigns, and as they feel."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.goals import Goals
from simulation.head_start import HeadStart
from simulation.pace import HARDLY_EVER, Pace
from simulation.population import Population, Temper
from simulation.pushes import Pushes
from simulation.responses import Responses
from simulation.season import Clock


class Waiting:
    """The wait of n members for their next purchase. Members never touch each other."""

    def __init__(
        self, population: Population, temper: Temper, arm: Arm, responses: Responses, clock: Clock
    ) -> None:
        self.temper, self.responses, self.clock = temper, responses, clock
        days, self._population = (clock.first_day, clock.last_day), population
        self.head_start = HeadStart(population, arm, days, responses.share)
        self.pace, self.pushes = Pace(len(temper.rate)), Pushes(responses)
        self.goals, self._usual_goals = Goals(arm.programme), Goals(arm.past or arm.programme)
        self._other_goals_since: Floats | None = None  # by member; None under those of the past
        pull = arm.effects.goal_gradient
        self._gradient = pull.size * responses.share if pull.active else None
        self._usual_progress = arm.behaviour.usual_progress
        expiry = arm.effects.expiry_purchase
        # The factor while points will soon be gone; None where that moves nobody.
        self._before_expiry = 1 + (expiry.size - 1) * responses.share if expiry.active else None
        self._soon_days = int(arm.effects.expiry_window.size)
        self._minds: Flags = np.zeros(len(temper.rate), bool)  # whose pace is that before an expiry

    def read(self, programme: Programme, day: int) -> None:
        """From the start of a day the goals of a document hold."""
        former, self.goals = self.goals, Goals(programme)
        if self.goals.alike(self._usual_goals):
            self._other_goals_since = None
        elif self._other_goals_since is None or not self.goals.alike(former):
            self._other_goals_since = self.clock.weeks(np.maximum(self._population.joined_on, day))

    def rate(self, accounts: Accounts, who: Ints, day: Ints | int, weeks: Floats | None = None) -> Floats:
        """Purchases a week in a wait that begins at `weeks`, or else with the day after `day`: the member's
        own rate, pulled by the goal ahead, pushed by campaigns and by points that will soon be gone, and as
        the member feels."""
        rate = self.temper.rate[who]
        begins = np.broadcast_to(self.clock.weeks(np.asarray(day) + 1), who.shape) if weeks is None else weeks
        factor = self.pushes.factor(who, begins)
        if factor is not None:
            rate = rate * factor
        factor = self.responses.pace(who, begins)
        if factor is not None:
            self.responses.felt[who] = factor
            rate = rate * factor
        if self.head_start.any:
            rate = rate * self.head_start.factor(who, accounts.tier[who])
        if self._before_expiry is not None:
            self._minds[who] = soon = self._expires_soon(accounts, who, day)
            rate = rate * np.where(soon, self._before_expiry[who], 1.0)
        if self._gradient is not None:
            rate = rate * self._pull(self._gradient[who], accounts, who, day, begins)
        return np.maximum(rate, HARDLY_EVER)

    def _pull(
        self, gradient: Floats, accounts: Accounts, who: Ints, day: Ints | int, begins: Floats
    ) -> Floats:
        """The factor by which the goal ahead pulls each; what goals beside those of the past add to the rates
        that were seen under these fades."""
        progress = self.goals.progress(accounts, who, day)
        pull: Floats = (1 + gradient * progress) / (1 + gradient * self._usual_progress)
        if self._other_goals_since is not None:
            pull = 1 + (pull - 1) * self.responses.left(begins - self._other_goals_since[who])
        return pull

    def mind_expiry(self, accounts: Accounts, who: Ints, day: int) -> None:
        """Let those who wait do so from the start of a day at the pace that their next expiry sets."""
        other = who[self._expires_soon(accounts, who, day - 1) != self._minds[who]]
        self.pace.change(other, float(self.clock.weeks(day)), self.rate(accounts, other, day - 1))

    def _expires_soon(self, accounts: Accounts, who: Ints, day: Ints | int) -> Flags:
        until = np.broadcast_to(np.asarray(day) + self._soon_days, who.shape)
        return accounts.points.any_going(who, until)

    def waits(self, who: Ints) -> Flags:
        """To whom of the members another purchase will come."""
        waits: Flags = np.isfinite(self.pace.due[who])
        return waits

    def still(self, who: Ints) -> Ints:
        """Those of the members to whom another purchase will come."""
        waiting: Ints = who[self.waits(who)]
        return waiting

    def of_old(self, joined_on: Ints, day: int) -> Ints:
        """All who joined before a day and wait."""
        return np.flatnonzero(np.isfinite(self.pace.due) & (joined_on < day))

    def feel_otherwise(self, who: Ints, day: Ints | int) -> None:
        """Let those who wait do so as fast as they feel from the start of a day; nothing else has changed."""
        weeks = np.broadcast_to(self.clock.weeks(day), who.shape)
        waits = self.waits(who)
        waiting, weeks = who[waits], weeks[waits]
        factor = self.responses.change(waiting, weeks)
        if factor is not None:
            moved = np.flatnonzero(factor != 1)
            self.pace.hasten(waiting[moved], weeks[moved], factor[moved])

    def speed_up(self, accounts: Accounts, wave: tuple[int, int], treated: Ints, lift: float) -> None:
        """Let a campaign push those treated in a wave (its number, its first day) from that day on."""
        self.pushes.begin(wave, treated, float(self.clock.weeks(wave[1])), lift)
        self._hurry(accounts, treated, wave[1])

    def slow_down(self, accounts: Accounts, wave: tuple[int, int], day: int) -> None:
        """Those treated in a wave buy as before from the start of a day."""
        treated = self.pushes.treated(wave)
        self.pushes.end(wave)
        self._hurry(accounts, treated, day)

    def world_changes(
        self, accounts: Accounts, shock: int, met: Ints, factor: float | None, day: int
    ) -> None:
        """From the start of a day a shock makes those it meets buy so many times as often; None ends it."""
        self.pushes.meet(shock, met, factor)
        self._hurry(accounts, met, day)

    def _hurry(self, accounts: Accounts, who: Ints, day: int) -> None:
        """Let what pushes them from this day on set the pace of some members."""
        waiting = self.still(who)
        joined = self._population.joined_on[waiting]
        # Who has yet to join waits from then on, but for those who come to buy.
        other = (joined < day) | ~self._population.buys_on_joining[waiting]
        waiting, joined = waiting[other], joined[other]
        weeks = self.clock.weeks(np.maximum(joined, day))
        self.pace.change(waiting, weeks, self.rate(accounts, waiting, day - 1))
