"""One member of the plain engine: what is known, drawn and felt of them, their pace and journal."""

from __future__ import annotations

import numpy as np
import simpy

from loyalty_core.days import NEVER
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.outcomes import Outcome
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.tier_moves import TierMoves
from simulation.arm import Arm
from simulation.goals import Goals
from simulation.journal import KIND, Journal
from simulation.pace import HARDLY_EVER
from simulation.population import Population, drawn
from simulation.responses import Responses
from simulation.season import Clock
from simulation.streams import Purpose, Streams
from tests.simulation.plain_coupons import PlainCoupons

ONE = np.zeros(1, np.int64)  # the only member of its accounts
A_SECOND_US = 1_000_000
NO_SALE = -1


class PlainPerson:
    """A member without what they do: state, pace, moods, draws and the journal."""

    def __init__(
        self,
        place: int,
        self_alone: Population,
        arm: Arm,
        clock: Clock,
        streams: Streams,
        accounts: Accounts | None,
        journal: Journal,
        calendar: simpy.Environment,
    ) -> None:
        self.place = np.array([place])
        self.known, self.key = self_alone, self_alone.keys
        self.joined_on = int(self_alone.joined_on[0])
        self.clock, self.streams = clock, streams
        self.arm, self.behaviour = arm, arm.behaviour
        self.programme = arm.programme
        self.temper = drawn(self_alone, self.behaviour, streams)
        self.dropout = float(self.temper.dropout[0])
        lasts = self.temper.leaves_after
        joins_later = self_alone.joined_on[0] >= clock.first_day
        self.begins = float(clock.weeks(self_alone.joined_on[0] + 1 if joins_later else clock.first_day))
        self.leaves_at = np.inf if lasts is None else self.begins + float(lasts[0])
        self.hurries_to_leave = 1.0
        ago = (clock.first_day - self_alone.redeemed_on) / 7
        top = max(place for place, tier in enumerate(arm.programme.tiers) if tier.entry == "open")
        begun = clock.weeks(self_alone.joined_on)
        self.responses = Responses(arm.effects, arm.behaviour, self.temper, top, ago, begun)
        self.journal, self.calendar = journal, calendar
        self.coupons: PlainCoupons | None = None
        self.campaigns: dict[tuple[int, int], float] = {}  # lifts by number and first day of the wave
        self.reached: dict[int, float] = {}  # when each campaign first pushed, in weeks
        self.shocks: dict[int, float] = {}  # the factors of those that are felt
        self.other_goals_since: float | None = None
        self.weeks_due = self.since = np.inf
        self.hazard, self.rate = np.inf, 1.0
        self.minds_expiry = False
        self.looked_at = False  # of late, on a day of the member's own
        self.headed_for_first_goal = clock.first_day <= self.joined_on <= clock.last_day
        self.accounts = accounts or self._entered()
        self.accounts.watch_looks()

    # Feelings

    def _feel(self, weeks: float, bought: Outcome) -> None:
        """How it feels to be moved: by a date of one's own before the sale, then by the sale."""
        if not self.responses.told_of_tiers:
            return
        self._told()
        if bought.tier_before[0] != bought.tier_after[0]:
            self._moved(weeks, int(bought.tier_before[0]), int(bought.tier_after[0]))

    def _told(self) -> None:
        """What dates of the member's own brought since they were last told."""
        moves = self.accounts.moved()
        self._reviewed(moves)
        for day, before, after in zip(moves.day, moves.from_tier, moves.to_tier, strict=True):
            self._moved(float(self.clock.weeks(day)), int(before), int(after))
        if not self.responses.told_of_tiers:
            return
        looks = self.accounts.looked()
        for day, thousandths in zip(looks.day.tolist(), looks.progress.tolist(), strict=True):
            self.looked_at = True
            minds = self.responses.told_of_misses and Goals(self.programme).are_missed
            if minds and self._is_little(thousandths):
                self.responses.missed(ONE, np.array([float(self.clock.weeks(day))]), self.accounts.tier)

    def _is_little(self, thousandths: int) -> bool:
        """So little is missing to all that is asked as to hurry for, or to mind."""
        return 1000 * (1 - self.arm.effects.review_push_gap.size) <= thousandths < 1000

    def _moved(self, weeks: float, before: int, after: int) -> None:
        self.responses.moved(ONE, np.array([weeks]), np.array([before]), np.array([after]))

    def _chance_to_leave(self, weeks: float) -> float:
        factor = self.responses.leaving(ONE, np.array([weeks]))
        if factor is None:
            return self.dropout
        left = self.leaves_at - weeks
        if np.isfinite(left):
            self.leaves_at = weeks + left * (self.hurries_to_leave / float(factor[0]))
            self.hurries_to_leave = float(factor[0])
        return float(self.dropout * factor[0])

    # Pace

    def _pace(self, day: int, weeks: float | None = None) -> float:
        """Purchases a week in a wait that begins then, or else with the day after `day`."""
        begins = float(self.clock.weeks(day + 1)) if weeks is None else weeks
        rate = float(self.temper.rate[0]) * self._pushed_by(begins)
        factor = self.responses.pace(ONE, np.array([begins]))
        if factor is not None:
            self.responses.felt[:] = factor
            rate = float(rate * factor[0])
        rate = self._before_expiry(self._with_head_start(rate), day)
        rate = rate * self._pulled(day, begins)
        return max(rate, HARDLY_EVER)

    def _pushed_by(self, weeks: float) -> float:
        """What happens outside, then campaigns, each once: less the longer ago it first came."""
        boost, share = 1.0, float(self.responses.share[0])
        for _, factor in sorted(self.shocks.items()):
            boost *= factor
        for number, lift in sorted({number: lift for (number, _), lift in self.campaigns.items()}.items()):
            boost *= 1 + lift * share * self._left(weeks - self.reached[number])
        return boost

    def _pulled(self, day: int, weeks: float) -> float:
        """By the goal ahead, as compared with what was usual; what other goals than usual do fades."""
        gradient = self.arm.effects.goal_gradient.size * float(self.responses.share[0])
        pull = 1 + gradient * float(Goals(self.programme).progress(self.accounts, ONE, day)[0])
        pull = pull / (1 + gradient * self.behaviour.usual_progress)
        if self.other_goals_since is None:
            return pull
        return 1 + (pull - 1) * self._left(weeks - self.other_goals_since)

    def _left(self, passed_weeks: float) -> float:
        return float(self.responses.left(np.array([passed_weeks]))[0])

    def _see_goals(self, day: int, former: Programme) -> None:
        """The goals of a day; `former` were those before it."""
        mine, usual = Goals(self.programme), Goals(self.arm.past or self.arm.programme)
        if mine.alike(usual):
            self.other_goals_since = None
        elif self.other_goals_since is None or not mine.alike(Goals(former)):
            self.other_goals_since = float(self.clock.weeks(max(day, self.joined_on)))

    def _rules_of(self, day: int) -> Programme:
        """The document that is in force on a day."""
        return [self.arm.programme, *(document for begins, document in self.arm.changes if begins <= day)][-1]

    def _gives_for_joining(self) -> bool:
        rules = self._rules_of(self.joined_on)
        earns = any(rule.when.event == "joined" and rule.points for rule in rules.earning.all_rules)
        return earns or rules.qualification.activity_scores.get("joined", 0) > 0

    def _with_head_start(self, rate: float) -> float:
        """Faster until the first reward or tier, where joining gave something; slower than those of the past
        whose rates were seen, where it did not."""
        effect, usual = self.arm.effects.endowed_progress, self.behaviour.usual_head_start
        if self.accounts.tier[0] > 0:
            self.headed_for_first_goal = False
        if not effect.active or not self.headed_for_first_goal:
            return rate
        more = (effect.size - 1) * float(self.responses.share[0])
        return rate * ((1 + more if self._gives_for_joining() else 1.0) / (1 + more * usual))

    def _before_expiry(self, rate: float, day: int) -> float:
        """Faster while points will be gone within the window of the effect."""
        effect = self.arm.effects.expiry_purchase
        self.minds_expiry = effect.active and self._expires_soon(day)
        if not self.minds_expiry:
            return rate
        return rate * (1 + (effect.size - 1) * float(self.responses.share[0]))

    def _expires_soon(self, day: int) -> bool:
        until = np.array([day + int(self.arm.effects.expiry_window.size)])
        return bool(self.accounts.points.any_going(ONE, until)[0])

    def _wait(self, weeks: float, hazard: float, rate: float) -> None:
        self.since, self.hazard, self.rate = weeks, hazard, rate
        self.weeks_due = weeks + hazard / rate

    def _hurry(self, day: int, known_on: int | None = None) -> None:
        """Go on at another pace from the start of a day, as things stand on its eve or another day."""
        if np.isfinite(self.weeks_due):
            self._go_on(day, self._pace(day - 1 if known_on is None else known_on))

    def _go_on(self, day: int, rate: float) -> None:
        weeks = float(self.clock.weeks(day))
        left = self.hazard - self.rate * (weeks - self.since)
        self._wait(weeks, max(left, 0.0), rate)
        self.process.interrupt()

    def _feel_otherwise(self, day: int) -> None:
        """Go on as fast as the member feels from the start of a day, if that is not as before."""
        if not np.isfinite(self.weeks_due):
            return
        factor = self.responses.change(ONE, np.array([float(self.clock.weeks(day))]))
        if factor is not None:
            self._go_on(day, self.rate * float(factor[0]))

    # Draws

    def _luck(self, purpose: Purpose, nth: int = 0) -> float:
        return float(self.streams.uniform(purpose, self.key, nth)[0])

    def _drawn_hazard(self, nth: int) -> float:
        return float(self.streams.exponential(Purpose.GAP, self.key, nth)[0])

    def _some_time(self, day: int, share: float) -> float:
        begins, ends = float(self.clock.weeks(day)), float(self.clock.weeks(day + 1))
        return begins + share * (ends - begins)

    # The journal

    def _entered(self) -> Accounts:
        if self.clock.first_day <= self.joined_on <= self.clock.last_day:
            self._tier(self.joined_on, self.clock.midnight(self.joined_on), -1, 0, review=False)
        return Accounts(self.programme, self.known.joined_on, remember=bool(self.arm.changes))

    def _reviewed(self, moves: TierMoves) -> None:
        for day, before, after in zip(moves.day, moves.from_tier, moves.to_tier, strict=True):
            self._tier(day, self.clock.midnight(day), before, after, review=True)

    def _tier(self, day: int, at: int, before: int, after: int, review: bool) -> None:
        if before != after:
            self._write("tier_changes", day, at, from_tier=before, to_tier=after, review=review)
            if self.coupons is not None and before >= 0:
                self.coupons.enter(day, at, int(before), int(after))

    def _enter(
        self,
        day: int,
        at: int,
        kind: str,
        amount: int,
        nth: int,
        expires_on: int = NEVER,
        reward: int = -1,
        available_on: int | None = None,
    ) -> None:
        self._write(
            "entries",
            day,
            at,
            kind=KIND[kind],
            amount=amount,
            available_on=day if available_on is None else available_on,
            expires_on=expires_on,
            reward=reward,
            ordinal=nth,
        )

    def _enter_other(
        self, account: int, day: int, at: int, kind: str, amount: int, nth: int, expires_on: int = NEVER
    ) -> None:
        if amount:
            named = {"account": account, "kind": KIND[kind], "amount": amount, "ordinal": nth}
            named["expires_on"] = expires_on
            self._write("other_entries", day, at, **named)

    def _write(self, table: str, day: int, at: int, **columns: object) -> None:
        getattr(self.journal, table).add(self.place, day=day, at=at, **columns)
