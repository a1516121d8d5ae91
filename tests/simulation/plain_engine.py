"""The engine once more, written for reading: a SimPy process for each member, one event at a time.

It asks the same rules (the accounts of one member) and the same draws as the crowd, by the same
ufuncs on arrays of one, and shares nothing of how a crowd moves: who goes on when, in which order, and
what follows from an event. Facts must come out the same, to the last digit.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
import simpy

from loyalty_core.facts import EARN, EXPIRE, REDEEM, REVERSE
from loyalty_core.history import NEVER
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.outcomes import Sale
from loyalty_core.points.lots import Moves
from loyalty_core.tiers.tier_calendar import review_days
from loyalty_core.tiers.tier_standing import TierMoves
from simulation.arm import Arm
from simulation.behaviour import NOTHING, chosen_rewards, progress_between
from simulation.campaigns import Campaign
from simulation.engine import clock_of
from simulation.journal import KIND, Facts, Journal
from simulation.population import Population, drawn
from simulation.season import Clock
from simulation.streams import Purpose, Streams

ONE = np.zeros(1, np.int64)  # the only member of its accounts
A_SECOND_US = 1_000_000
# Of one instant: first campaigns end, then tiers are reviewed, then campaigns begin, then members act.
ENDS, REVIEWS, BEGINS, ACTS = range(4)


def simulate_plainly(
    population: Population,
    arm: Arm,
    days: tuple[int, int],
    streams: Streams,
    accounts: Sequence[Accounts | None] | None = None,
) -> Facts:
    """As `simulation.engine.simulate`; `accounts` are those of each member, None where everybody is new."""
    programme, campaigns = arm.programme, arm.plan.campaigns
    clock = clock_of(arm, days, streams)
    calendar = simpy.Environment(initial_time=int(clock.midnight(days[0])) - 1)
    journal = Journal()
    members = [
        PlainMember(
            place,
            population.part(np.array([place])),
            arm,
            clock,
            streams,
            accounts[place] if accounts else None,
            journal,
            calendar,
        )
        for place in range(len(population))
    ]
    appointments = [(int(day), REVIEWS, -1) for day in review_days(programme, *days)]
    for number, campaign in enumerate(campaigns):
        appointments += [(campaign.starts_on, BEGINS, number), (campaign.ends_on + 1, ENDS, number)]
    within = sorted(one for one in appointments if days[0] <= one[0] <= days[1])
    calendar.process(_kept(calendar, clock, within, members, campaigns))
    calendar.run(until=int(clock.midnight(days[1] + 1)))
    for member in members:
        member.close()
    return Facts(journal, population)


def _kept(
    calendar: simpy.Environment,
    clock: Clock,
    appointments: Sequence[tuple[int, int, int]],
    members: Sequence[PlainMember],
    campaigns: Sequence[Campaign],
) -> Generator[simpy.Event, None, None]:
    """The programme's calendar; midnight comes before every deed of its day, as shops open later."""
    for day, what, number in appointments:
        yield calendar.timeout(int(clock.midnight(day)) - calendar.now)
        for member in members:
            if what == REVIEWS:
                member.review(day)
            elif what == BEGINS:
                member.begin(campaigns[number], number, day)
            else:
                member.end(number, day)


class PlainMember:
    """One member and the process of what they do."""

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
        self.programme, self.behaviour = programme, behaviour = arm.programme, arm.behaviour
        self.temper = drawn(self_alone, behaviour, streams)
        self.prices = np.array([programme.point_units(one.points) for one in programme.rewards], np.int64)
        self.journal, self.calendar = journal, calendar
        self.sales = 0
        self.last_bought_on = int(self_alone.last_bought_on[0])
        self.campaigns: dict[int, float] = {}
        self.weeks_due = self.since = np.inf
        self.hazard, self.rate = np.inf, 1.0
        self.refund_due, self.refund_of, self.refund_sale = np.inf, -1, None
        self.sale_of_lot: dict[int, int] = {}
        self.expired: list[Moves] = []
        self.moved: list[TierMoves] = []
        self.accounts = accounts or self._entered()
        self._set_out()
        self.process = calendar.process(self._life())

    # What happens

    def _life(self) -> Generator[simpy.Event, None, None]:
        """Purchases, and now and then one that is brought back, each at its instant."""
        while True:
            due = min(self.weeks_due, self.refund_due)
            try:
                yield self._until(due)
            except simpy.Interrupt:  # the pace has changed
                continue
            if self.refund_due < self.weeks_due:
                self._bring_back()
            else:
                self._buy()

    def _until(self, weeks: float) -> simpy.Event:
        """That instant, or never where it lies beyond the run."""
        if weeks >= self.clock.weeks(self.clock.last_day + 1):
            return self.calendar.event()
        _, at = self.clock.when(np.array([weeks]))
        return self.calendar.timeout(int(at[0]) - self.calendar.now)

    def _buy(self) -> None:
        weeks, nth = self.weeks_due, self.sales
        (day,), (at,) = self.clock.when(np.array([weeks]))
        amount = self._amount(nth)
        bought = self.accounts.buy(ONE, np.array([day]), np.array([amount]))
        self._write("purchases", day, at, ordinal=nth, amount=amount, refund=False)
        if bought.earned[0] > 0:
            self._enter(
                day,
                at,
                EARN,
                bought.earned[0],
                nth,
                bought.expires_on[0],
                available_on=bought.available_on[0],
            )
            self.sale_of_lot[int(bought.lot[0])] = nth
        self._tier(day, at, bought.tier_before[0], bought.tier_after[0], review=False)
        self.sales, self.last_bought_on = nth + 1, int(day)
        self._may_bring_back(int(day), amount, nth, bought)
        self._may_redeem(day, at, nth)
        if (nth > 0 or not self.known.buys_on_joining[0]) and self._luck(Purpose.DROPOUT, nth) < float(
            self.temper.dropout[0]
        ):
            self._wait(0.0, np.inf, 1.0)
        else:
            self._wait(weeks, self._drawn_hazard(nth + 1), self._pace(int(day)))

    def _may_bring_back(self, day: int, amount: int, nth: int, bought: object) -> None:
        rule = self.behaviour.refunding
        if np.isfinite(self.refund_due) or self._luck(Purpose.REFUND, nth) >= rule.share:
            return
        wait = self._luck(Purpose.REFUND_DELAY, nth) * rule.within_days
        later = day + 1 + int(wait)
        if later > self.clock.last_day:
            return
        self.refund_due, self.refund_of = self._some_time(later, wait % 1), nth
        self.refund_sale = Sale(
            amount_minor=np.array([amount]),
            refunded_minor=np.zeros(1, np.int64),
            earned={name: bought.by_rule.total(name) for name in ("points", *self.accounts.others)},
            available_on=bought.available_on,
            expires_on=bought.expires_on,
        )

    def _bring_back(self) -> None:
        """The whole of a purchase comes back."""
        (day,), (at,) = self.clock.when(np.array([self.refund_due]))
        sale, nth = self.refund_sale, self.refund_of
        back = self.accounts.refund(ONE, np.array([day]), sale.amount_minor, sale)
        self._write("purchases", day, at, ordinal=nth, amount=-sale.amount_minor[0], refund=True)
        for taken, available_on in ((back.pending[0], sale.available_on[0]), (back.available[0], day)):
            if taken > 0:
                self._enter(day, at, REVERSE, -taken, nth, sale.expires_on[0], available_on=available_on)
        self.refund_due, self.refund_sale = np.inf, None

    def _may_redeem(self, day: int, at: int, nth: int) -> None:
        balance = self.accounts.balance
        if not len(self.prices) or not self.temper.redeems[0] or balance[0] < self.prices.min():
            return
        luck = self.streams.uniform(Purpose.REDEMPTION, self.key, nth)
        reward = chosen_rewards(self.behaviour.redeeming, balance, self.prices, luck)[0]
        if reward == NOTHING:
            return
        before = self.accounts.tier[0]
        points = self.accounts.redeem(ONE, np.array([day]), self.prices[[reward]])[0]
        self._tier(day, at + A_SECOND_US, before, self.accounts.tier[0], review=False)
        self._enter(day, at + A_SECOND_US, REDEEM, -points, nth, reward=reward)

    # What the calendar does to the member

    def review(self, day: int) -> None:
        moves = self.accounts.review(day)
        self._reviewed(moves)

    def begin(self, campaign: Campaign, number: int, day: int) -> None:
        since = campaign.starts_on - self.last_bought_on
        if not (campaign.after_days <= since <= campaign.until_days and self.joined_on < campaign.starts_on):
            return
        treated = self._luck(Purpose.ARM, number) >= campaign.held_out
        at = self.clock.midnight(day)
        self._write("contacts", day, at, campaign=number, treated=treated)
        if treated:
            self.campaigns[number] = 1 + campaign.lift
            self._hurry(day)

    def end(self, number: int, day: int) -> None:
        if self.campaigns.pop(number, None) is not None:
            self._hurry(day)

    def close(self) -> None:
        """What fell due since the member was last seen."""
        moves = self.accounts.expire(ONE, self.clock.last_day)
        for day, points, lot in zip(moves.day, moves.points, moves.lot, strict=True):
            sale = self.sale_of_lot.get(int(lot), -1)
            self._enter(day, self.clock.midnight(day), EXPIRE, -points, sale)
        self._reviewed(self.accounts.moved())

    # Pace

    def _set_out(self) -> None:
        first_day, last_day = self.clock.first_day, self.clock.last_day
        if self.joined_on > last_day:
            return
        if self.temper.alive[0]:
            start = self.clock.weeks(max(self.joined_on, first_day))
            self._wait(float(start), self._drawn_hazard(0), self._pace(first_day - 1))
        if self.known.buys_on_joining[0] and self.joined_on >= first_day:
            self.weeks_due = self._some_time(self.joined_on, self._luck(Purpose.FIRST_PURCHASE))

    def _pace(self, day: int) -> float:
        """Purchases a week."""
        boost = 1.0
        for factor in self.campaigns.values():
            boost *= factor
        rate = float(self.temper.rate[0]) * boost
        gradient = self.behaviour.goal_gradient.size
        if gradient == 0:
            return rate
        goals = np.array(self.programme.thresholds_minor[1:], np.int64)
        to_reward = progress_between(self.accounts.balance, np.unique(self.prices))[0]
        to_tier = progress_between(self.accounts.qualifying(ONE, day), goals)[0]
        pull = 1 + gradient * max(to_reward, to_tier)
        return rate * pull / (1 + gradient * self.behaviour.usual_progress)

    def _wait(self, weeks: float, hazard: float, rate: float) -> None:
        self.since, self.hazard, self.rate = weeks, hazard, rate
        self.weeks_due = weeks + hazard / rate

    def _hurry(self, day: int) -> None:
        """Go on at another pace from the start of a day."""
        if np.isfinite(self.weeks_due):
            weeks = float(self.clock.weeks(day))
            left = self.hazard - self.rate * (weeks - self.since)
            self._wait(weeks, max(left, 0.0), self._pace(day - 1))
            self.process.interrupt()

    # Draws

    def _luck(self, purpose: Purpose, nth: int = 0) -> float:
        return float(self.streams.uniform(purpose, self.key, nth)[0])

    def _drawn_hazard(self, nth: int) -> float:
        return float(self.streams.exponential(Purpose.GAP, self.key, nth)[0])

    def _amount(self, nth: int) -> int:
        """Minor units, at least one."""
        shape = self.streams.gamma(Purpose.AMOUNT, self.key, self.behaviour.spending.p, nth)[0]
        per_unit = 10**self.programme.currency_decimals
        return max(int(np.floor(self.temper.spend_scale[0] * shape * per_unit + 0.5)), 1)

    def _some_time(self, day: int, share: float) -> float:
        begins, ends = float(self.clock.weeks(day)), float(self.clock.weeks(day + 1))
        return begins + share * (ends - begins)

    # The journal

    def _entered(self) -> Accounts:
        if self.clock.first_day <= self.joined_on <= self.clock.last_day:
            self._tier(self.joined_on, self.clock.midnight(self.joined_on), -1, 0, review=False)
        return Accounts(self.programme, self.known.joined_on)

    def _reviewed(self, moves: TierMoves) -> None:
        for day, before, after in zip(moves.day, moves.from_tier, moves.to_tier, strict=True):
            self._tier(day, self.clock.midnight(day), before, after, review=True)

    def _tier(self, day: int, at: int, before: int, after: int, review: bool) -> None:
        if before != after:
            self._write("tier_changes", day, at, from_tier=before, to_tier=after, review=review)

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

    def _write(self, table: str, day: int, at: int, **columns: object) -> None:
        getattr(self.journal, table).add(self.place, day=day, at=at, **columns)
