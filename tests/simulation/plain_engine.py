"""The engine once more, written for reading: a SimPy process for each member, one event at a time.

It asks the same rules (the accounts of one member) and the same draws as the crowd, by the same ufuncs on
arrays of one, and shares nothing of how a crowd moves: who goes on when, in which order, what follows from an
event, and who gets what there is not enough of (here simply whoever comes first). Facts must come out the
same, to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import partial

import numpy as np
import simpy

from loyalty_core.days import month_starts
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.rewards.catalogue import NO_LIMIT, stock_of
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.behaviour import NOTHING
from simulation.campaigns import Campaign, Wave
from simulation.engine import Place, clock_of
from simulation.journal import Facts, Journal
from simulation.limits import Replenishment, RewardBudget
from simulation.newcomers import who_join
from simulation.population import Population
from simulation.referrals import friends_of
from simulation.responses import feels_own_reviews
from simulation.shocks import Shock
from simulation.streams import Streams
from tests.simulation.plain_member import PlainMember

Appointment = tuple[int, Place, int, Callable[[int], None]]  # the day, its place in it, order given


def simulate_plainly(
    population: Population,
    arm: Arm,
    days: tuple[int, int],
    streams: Streams,
    accounts: Sequence[Accounts | None] | None = None,
) -> Facts:
    """As `simulation.engine.simulate`; `accounts` are those of each member, None where everybody is new."""
    return PlainRun(population, arm, days, streams, accounts).lived()


class PlainRun:
    """Members, the programme's calendar, and what they share."""

    def __init__(
        self,
        population: Population,
        arm: Arm,
        days: tuple[int, int],
        streams: Streams,
        accounts: Sequence[Accounts | None] | None,
    ) -> None:
        self.arm, self.days, self.streams = arm, days, streams
        self.programme = arm.programme
        there = who_join(population, arm.plan, days)
        if accounts is not None:
            accounts = [one for one, is_there in zip(accounts, there, strict=True) if is_there]
        self.population = population.part(there)
        self.clock = clock_of(arm, days, streams)
        self.calendar = simpy.Environment(initial_time=int(self.clock.midnight(days[0])) - 1)
        self.journal, self.journal_of_friends = Journal(), Journal()
        self._stock_up()
        self.members = self._processes(self.population, self.journal, accounts)
        self.friends = friends_of(self.population, arm.behaviour, days, streams)
        self.brought: list[PlainMember] = []
        if self.friends is not None:
            self.brought = self._processes(self.friends.population, self.journal_of_friends, None)
            for friend in self.brought:
                friend.wait_to_be_brought(arm.effects.referral_retention.size)
        self.contacts_left = {
            number: round(most * arm.plan.share)
            for number, campaign in enumerate(arm.plan.campaigns)
            if (most := campaign.most_contacts) is not None
        }

    @property
    def everybody(self) -> list[PlainMember]:
        return [*self.members, *self.brought]

    def lived(self) -> Facts:
        """The facts from the first day to the last."""
        appointments = sorted(self._appointments(), key=lambda one: one[:3])
        within = [one for one in appointments if self.days[0] <= one[0] <= self.days[1]]
        self.calendar.process(self._kept(within))
        self.calendar.run(until=int(self.clock.midnight(self.days[1] + 1)))
        for member in self.everybody:
            member.close()
        facts = Facts(self.journal, self.population)
        if self.friends is not None:
            here = np.array([friend.here for friend in self.brought])
            facts.friends = Facts(self.journal_of_friends, self.friends.population).of_those(here)
        return facts

    def _processes(
        self, population: Population, journal: Journal, accounts: Sequence[Accounts | None] | None
    ) -> list[PlainMember]:
        return [
            PlainMember(
                place,
                population.part(np.array([place])),
                self.arm,
                self.clock,
                self.streams,
                accounts[place] if accounts else None,
                journal,
                self.calendar,
                till=self._hand_out,
            )
            for place in range(len(population))
        ]

    def _kept(self, appointments: Sequence[Appointment]) -> Generator[simpy.Event, None, None]:
        """The programme's calendar; midnight comes before every deed of its day, as shops open later."""
        for day, _, _, act in appointments:
            yield self.calendar.timeout(int(self.clock.midnight(day)) - self.calendar.now)
            act(day)

    def _appointments(self) -> list[Appointment]:
        found: list[Appointment] = []
        documents = [(self.days[0], self.arm.programme), *self.arm.changes]
        ends = [day - 1 for day, _ in documents[1:]] + [self.days[1]]
        for number, ((day, programme), last) in enumerate(zip(documents, ends, strict=True)):
            if number and programme != documents[number - 1][1]:
                found.append((day, Place.RULES_CHANGE, 0, self._changing(programme)))
            for review in programme.qualification.review_days(day, last):
                found.append((int(review), Place.REVIEW, 0, self._review))
            if self.arm.effects.review_push.active:
                before = documents[number - 1][1] if number else None
                found += self._pushes(programme, before, day, last)
            if feels_own_reviews(self.arm.effects) and _has_own_reviews(programme):
                weekly = (one for one in range(day + 1, last + 1) if one % 7 == 0)
                found += [(one, Place.OWN_REVIEWS, 0, self._see_own_reviews) for one in weekly]
        if self.arm.effects.expiry_purchase.active:
            every_day = range(self.days[0] + 1, self.days[1] + 1)
            found += [(day, Place.EXPIRY, 0, self._mind_expiry) for day in every_day]
        for number, shock in enumerate(self.arm.plan.shocks):
            if not shock.of_all and shock.last_day >= self.days[0]:
                found += self._shock(number, shock)
        for number, campaign in enumerate(self.arm.plan.campaigns):
            for wave in campaign.waves:
                found.append(
                    (wave[0], Place.CAMPAIGN_BEGINS, number, self._beginning(campaign, number, wave))
                )
                found.append((wave[1] + 1, Place.CAMPAIGN_ENDS, number, self._ending(number, wave)))
        for number, more in enumerate(self.arm.plan.replenishments):
            found.append((more.day, Place.REPLENISHMENT, number, self._replenishing(more)))
        if self.friends is not None:
            found += [(int(day), Place.FRIENDS, 0, self._meet_friends) for day in month_starts(*self.days)]
        return found

    # What the programme does

    def _review(self, day: int) -> None:
        for member in self.everybody:
            member.review(day)

    def _mind_expiry(self, day: int) -> None:
        for member in self.everybody:
            member.mind_expiry(day)

    def _see_own_reviews(self, day: int) -> None:
        for member in self.everybody:
            member.see_own_reviews(day)

    def _pushes(
        self, programme: Programme, before: Programme | None, since: int, last: int
    ) -> list[Appointment]:
        """The last part of the time before each review that the document promises, from its own days on; what
        the one before said alike has been seen."""
        found: list[Appointment] = []
        alike = before is not None and all(
            getattr(before, part) == getattr(programme, part) for part in ("tiers", "qualification")
        )
        for review in map(int, programme.qualification.review_days(since, self.days[1] + 366)):
            reviews = [int(day) for day in programme.qualification.review_days(review - 400, review - 1)]
            time_days = review - reviews[-1] if reviews else 365
            day = review - int(time_days * self.arm.effects.review_push_window.size)
            if day < since:
                if alike:
                    continue
                day = since
            if day < review and day <= last:
                found.append((day, Place.PUSH, 0, partial(self._push, review)))
        return found

    def _push(self, review: int, day: int) -> None:
        for member in self.everybody:
            member.push(day, review)

    def _shock(self, number: int, shock: Shock) -> list[Appointment]:
        """Those whom it meets buy at another pace from its first day to its last."""
        met = [one for one in self.everybody if one.is_met_by(shock)]

        def begin(day: int) -> None:
            for member in met:
                member.world_changes(number, max(shock.demand, 1e-9), day)

        def end(day: int) -> None:
            for member in met:
                member.world_changes(number, None, day)

        first_day = max(shock.first_day, self.days[0])
        return [(first_day, Place.WORLD, number, begin), (shock.last_day + 1, Place.WORLD, number, end)]

    def _changing(self, programme: Programme) -> Callable[[int], None]:
        def change(day: int) -> None:
            for member in self.everybody:
                member.change_rules(programme, day)
            self._restock(programme)
            self.programme = programme

        return change

    def _beginning(self, campaign: Campaign, number: int, wave: Wave) -> Callable[[int], None]:
        def begin(day: int) -> None:
            chosen = [one for one in self.everybody if one.is_chosen(campaign, day)]
            for member in sorted(chosen, key=lambda one: str(one.known.ids[0])):
                treated = member.is_treated(campaign, number)
                if treated and number in self.contacts_left:
                    if not self.contacts_left[number]:
                        continue
                    self.contacts_left[number] -= 1
                member.contact(campaign, number, wave, treated)

        return begin

    def _ending(self, number: int, wave: Wave) -> Callable[[int], None]:
        def end(day: int) -> None:
            for member in self.everybody:
                member.end(number, wave[0], day)

        return end

    def _meet_friends(self, day: int) -> None:
        """Those whose friends have joined are thanked, then others bring theirs."""
        assert self.friends is not None
        for place, friend in enumerate(self.brought):
            if self.friends.thanked_on[place] == day and friend.here:
                self.everybody[self.friends.by[place]].act(day, "referral")
        active = [one.last_bought_on >= day - self.programme.lifecycle.active_days for one in self.everybody]
        for place, friend in enumerate(self.brought):
            turn = self.friends.brought_on[place] == day and friend.joined_on <= self.days[1]
            if turn and active[self.friends.by[place]]:
                friend.join()
                friend.act(friend.joined_on, "referred")

    # What there is not enough of

    def _stock_up(self) -> None:
        self.stock = self._proportional(stock_of(self.programme))
        for place, reward in enumerate(self.programme.rewards):
            if reward.stock is not None:
                left = max(reward.stock - self.arm.plan.taken.get(reward.name, 0), 0)
                self.stock[place] = round(left * self.arm.plan.share)
        self.budgets = [round(one.amount_minor * self.arm.plan.share) for one in self.arm.plan.budgets]
        self.spent: set[int] = set()

    def _proportional(self, stock: np.ndarray) -> list[int]:
        share = self.arm.plan.share
        return [NO_LIMIT if one == NO_LIMIT else round(one * share) for one in stock.tolist()]

    def _restock(self, programme: Programme) -> None:
        before = self._proportional(stock_of(self.programme))
        for place, now in enumerate(self._proportional(stock_of(programme))):
            had = before[place]
            left = now if had == NO_LIMIT else self.stock[place] + now - had
            self.stock[place] = NO_LIMIT if now == NO_LIMIT else max(left, 0)

    def _replenishing(self, more: Replenishment) -> Callable[[int], None]:
        def replenish(day: int) -> None:
            place = [one.name for one in self.programme.rewards].index(more.reward)
            if self.stock[place] != NO_LIMIT:
                self.stock[place] += round(more.pieces * self.arm.plan.share)

        return replenish

    def _hand_out(self, choice: Callable[[np.ndarray], int]) -> int:
        """The reward that a member chooses of those there are, taken out of stock and budgets.

        A choice that a budget does not cover ends the budget, and the member chooses once more.
        """
        while True:
            reward = choice(np.array([self._is_there(place) for place in range(len(self.stock))]))
            if reward == NOTHING:
                return reward
            running = [number for number in self._running() if self._covers(number, reward)]
            cost = self.programme.minor(self.programme.rewards[reward].cost)
            short = [number for number in running if self.budgets[number] < cost]
            if not short:
                break
            self.spent.add(short[0])
        for number in running:
            self.budgets[number] -= cost
        if self.stock[reward] != NO_LIMIT:
            self.stock[reward] -= 1
        return reward

    def _is_there(self, reward: int) -> bool:
        day = self._today()
        spent = [number for number in self.spent if self._lasts(self.arm.plan.budgets[number], day)]
        return self.stock[reward] != 0 and not any(self._covers(number, reward) for number in spent)

    def _running(self) -> list[int]:
        day, budgets = self._today(), self.arm.plan.budgets
        return [n for n, one in enumerate(budgets) if n not in self.spent and self._lasts(one, day)]

    def _covers(self, number: int, reward: int) -> bool:
        names = self.arm.plan.budgets[number].rewards
        return not names or self.programme.rewards[reward].name in names

    @staticmethod
    def _lasts(budget: RewardBudget, day: int) -> bool:
        return budget.first_day <= day <= budget.last_day

    def _today(self) -> int:
        days = np.arange(self.days[0], self.days[1] + 2)
        return int(days[np.searchsorted(self.clock.midnight(days), self.calendar.now, side="right") - 1])


def _has_own_reviews(programme: Programme) -> bool:
    """Whether a tier may be lost on a day that is the member's own."""
    rule, tiers = programme.qualification, programme.tiers
    own = rule.reviews == "anniversary" or rule.grace_days > 0 or any(one.valid_months for one in tiers)
    return own and len(tiers) > 1
