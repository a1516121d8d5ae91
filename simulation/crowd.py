"""Members in motion: "the k-th event of everybody" is one round of array operations.

What a sale earns, what expires, which tier follows: `loyalty_core.kernel.accounts` decides, never this file.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.walk import TOP_UP
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import highest_to_earn
from simulation.arm import Arm
from simulation.book import Book
from simulation.cards import Cards
from simulation.counter import Counter
from simulation.coupons import Coupons
from simulation.doing import Deeds
from simulation.head_start import JOINED
from simulation.journal import ACTIVITIES, NO_TIER, Facts, Journal
from simulation.leaving import Leaving
from simulation.memberships import HALF_A_SECOND_US, Memberships
from simulation.own_reviews import OwnReviews
from simulation.population import Population, drawn
from simulation.responses import Responses
from simulation.returns import Returns
from simulation.season import Clock
from simulation.streams import Draws, Purpose, Streams, gamma_quantile
from simulation.tier_news import TierNews
from simulation.till import Till
from simulation.waiting import Waiting

# What each sale is drawn by; the wait for the next one has its ordinal.
_OF_A_SALE = {Purpose.AMOUNT: 0, Purpose.REFUND: 0, Purpose.DROPOUT: 0, Purpose.GAP: 1}
_KINDS = 5  # of what happens to members of their own, at most: some kind has this part of what is ahead
_A_SECOND_US = 1_000_000  # after what the programme does at midnight: joining, reviews


# When something next happens to each member, and what happens. A function of the class and not of the crowd,
# which else would refer to itself and keep its memory until somebody looks for that.
_Kind = tuple[Floats, "Callable[[Crowd, Ints, Floats], None]"]


class Crowd:
    """n members under one programme, in one replication, and the journal of what they do."""

    def __init__(
        self,
        population: Population,
        arm: Arm,
        clock: Clock,
        streams: Streams,
        accounts: Accounts | None,
    ) -> None:
        programme, behaviour, self.effects = arm.programme, arm.behaviour, arm.effects
        self.population, self.behaviour, self.clock, self.streams = population, behaviour, clock, streams
        self.draws = Draws(streams, population.keys, _OF_A_SALE)
        self.temper = drawn(population, behaviour, streams)
        ago = (clock.first_day - population.redeemed_on) / 7
        begun = clock.weeks(population.joined_on)
        top = highest_to_earn(programme.tiers)
        self.responses = Responses(arm.effects, behaviour, self.temper, top, ago, begun)
        self.journal = Journal(arm.other_accounts)
        self.minor_per_unit = 10**programme.currency_decimals
        n = len(population)
        self.sales = np.zeros(n, np.int32)  # made in this run: the ordinal of the next one
        self.rank = np.arange(n)  # place by id among all members of the run
        self.present: Flags = np.ones(n, bool)  # False for those of whom it is not sure that they will join
        self.last_bought_on = population.last_bought_on.copy()
        self.accounts = accounts or self._entered(programme, remember=bool(arm.changes))
        self.accounts.watch_looks()
        self.waiting = Waiting(population, self.temper, arm, self.responses, clock)
        self.pace = self.waiting.pace
        self.coupons = Coupons(population, arm, self.accounts, clock, self.journal, streams)
        self.counter = Counter(arm, population.keys, self.waiting, self.journal, self.coupons, streams)
        self.own_reviews = OwnReviews(n, arm, clock, self.responses)
        self.news = TierNews(
            population, arm, self.responses, self.waiting, self.journal, self.coupons, self.own_reviews
        )
        self.returns = Returns(behaviour.refunding, population.keys, clock, streams)
        self.book = Book(self.journal, self.coupons)
        self.cards = Cards(population, arm, self.accounts, self.journal, streams)
        self.till = Till(
            population, arm, self.temper, self.journal, streams, self.coupons, self.cards, self.news
        )
        self.deeds = Deeds(behaviour.doing, population.keys, streams)
        self.leaving = Leaving(population, self.temper, self.responses, clock)
        self.memberships = Memberships(population, arm, clock, streams, self.book, self.news)
        self.kinds = self._kinds()
        self._read(programme, clock.first_day)
        self._set_out()
        self._greet(clock.first_day)

    def advance(self, to_day: int) -> None:
        """Let everything happen that happens before the start of a day."""
        end = float(self.clock.weeks(to_day))
        who, weeks, kind = self._next(np.arange(len(self.population)), end)
        while len(who):
            for place, (_, happens) in enumerate(self.kinds):
                own = (kind == place).nonzero()[0]
                # Members do not touch each other, so that those of a few may wait for more.
                if len(own) * _KINDS < len(who):
                    continue
                some, then = (who, weeks) if len(own) == len(who) else (who[own], weeks[own])
                happens(self, some, then)
                if self.own_reviews.any:
                    self.own_reviews.lived(some, then)
            who, weeks, kind = self._next(who, end)
        self.own_reviews.over(to_day)

    def _next(self, who: Ints, end: float) -> tuple[Ints, Floats, Ints]:
        """Those of the members to whom something happens before that time: who, when, and its kind."""
        if self.own_reviews.any:
            self._see_ahead(who)
        (due, _), *others = self.kinds
        weeks, kind = due[who], np.zeros(len(who), np.int8)
        for place, (due, _) in enumerate(others, 1):
            other = due[who]
            sooner = (other < weeks).nonzero()[0]
            if len(sooner):
                weeks[sooner], kind[sooner] = other[sooner], place
        ahead = (weeks < end).nonzero()[0]
        return who[ahead], weeks[ahead], kind[ahead]

    def _kinds(self) -> list[_Kind]:
        """What happens to members of their own: when it next does to each, and what it is; of what happens at
        one instant the first kind comes first."""
        kinds: list[_Kind] = [(self.pace.due, Crowd._buy), (self.returns.due, Crowd._take_back)]
        if self.own_reviews.any:
            kinds.insert(0, (self.own_reviews.due, Crowd._see_own_reviews))
        if self.deeds.any:
            kinds.append((self.deeds.due, Crowd._do))
        if self.memberships.any:
            kinds.append((self.memberships.due, Crowd._renew))
        return kinds

    def change_rules(self, programme: Programme, day: int) -> None:
        """Let another document hold from the start of a day.

        Members wait on; whose goals it moves goes on at the pace that the new ones set.
        """
        waiting = self.waiting.of_old(self.population.joined_on, day)
        self.bring_up_to(np.arange(len(self.population)), day)
        felt = self.waiting.responses.felt[waiting]
        before = self.waiting.rate(self.accounts, waiting, day - 1)
        self.accounts = self.accounts.under(programme, day)
        self._read(programme, day)
        self._greet(day)
        after = self.waiting.rate(self.accounts, waiting, day - 1)
        moved = before != after
        self.waiting.responses.felt[waiting[~moved]] = felt[~moved]  # they wait on as they felt
        self.pace.change(waiting[moved], float(self.clock.weeks(day)), after[moved])

    def _read(self, programme: Programme, day: int) -> None:
        """What members see of a document: prices of rewards, and the goals ahead."""
        self.counter.read(programme)
        self.waiting.read(programme, day)
        self.returns.know(self.accounts.others)
        self.till.read(programme)
        self.own_reviews.read(programme, day)
        self.memberships.read(programme)
        self.coupons.read(programme, self.accounts)

    def _greet(self, day: int) -> None:
        """What those do by joining who join under the rules that hold from a day on."""
        if len(who := self.waiting.head_start.given_from(day)):
            self.act(who, self.population.joined_on[who], JOINED)

    def review(self, day: int) -> None:
        """The tier review at the start of a day."""
        self.move_tiers(day)
        self.news.reviewed(self.accounts, day)

    def bring_up_to(self, who: Ints, day: int) -> None:
        """Let happen, and tell, what fell due to members before a day: to be done before anybody looks at
        their windows as of then, since these only move forward."""
        self.accounts.settle(who, day - 1)
        self.news.settled(self.accounts)

    def move_tiers(self, day: int) -> None:
        """Let members be in the tiers in which dates of their own put them before a day."""
        self.bring_up_to(self.accounts.standing.due_by(day - 1), day)

    def push(self, day: int, review_on: int) -> None:
        """From the start of a day those hurry who are near to what a review will ask of them."""
        self.bring_up_to(self.waiting.of_old(self.population.joined_on, day), day)
        self.news.near(self.accounts, day, review_on)

    def see_own_reviews(self, day: int) -> None:
        """From the start of a day those hurry to whom a review on a day of their own comes near; who has had
        one of late feels it."""
        weeks = self.clock.weeks(day)
        self._see_ahead(np.arange(len(self.population)))
        who = (self.own_reviews.due <= weeks).nonzero()[0]
        self._see_own_reviews(who, np.broadcast_to(weeks, who.shape))
        self.own_reviews.over(day + 1)

    def _see_own_reviews(self, who: Ints, weeks: Floats) -> None:
        """As `see_own_reviews`, of each from a Thursday that begins then."""
        day, _ = self.clock.when(weeks)
        self.news.see_own_reviews(self.accounts, who, day)

    def _see_ahead(self, who: Ints) -> None:
        """When members see a review of their own next, or feel one: by all that has happened to them."""
        self.news.settled(self.accounts)
        self.own_reviews.look_ahead(self.accounts.standing, who, self.waiting.waits(who))

    def mind_expiry(self, day: int) -> None:
        """From the start of a day those hurry of whom points will soon be gone, and no longer those of whom
        none will."""
        who = self.waiting.of_old(self.population.joined_on, day)
        self.bring_up_to(who, day)
        self.waiting.mind_expiry(self.accounts, who, day)

    def act(self, who: Ints, day: Ints, kind: str) -> None:
        """An activity of each member at the start of a day."""
        self.book.act(self.accounts, who, day, self.clock.midnight(day) + _A_SECOND_US, kind)

    def _do(self, who: Ints, weeks: Floats) -> None:
        """Members sign in, do a task, or write a review."""
        who, weeks = self._still_there(who, weeks)
        day, at = self.clock.when(weeks)
        kind = self.deeds.take(who)
        for place in np.unique(kind).tolist():
            own = (kind == place).nonzero()[0]
            done = self.book.act(self.accounts, who[own], day[own], at[own], ACTIVITIES[place])
            if done is not None:
                self.news.lifted(self.accounts, who[own], weeks[own], done)

    def _renew(self, who: Ints, weeks: Floats) -> None:
        """Members decide about another term of a tier that they have bought."""
        self.memberships.decide(self.accounts, who, weeks, self.last_bought_on)

    def await_joining(self) -> None:
        """Of all it is not sure that they will join: nobody does anything before `join`."""
        self.present[:] = False
        self._once_joined = (self.pace.due.copy(), self.deeds.due.copy())
        self.pace.due[:], self.deeds.due[:] = np.inf, np.inf

    def join(self, who: Ints) -> None:
        """Let members join of whom it was not sure: everything is as had been drawn."""
        self.present[who] = True
        for due, drawn_due in zip((self.pace.due, self.deeds.due), self._once_joined, strict=True):
            due[who] = drawn_due[who]

    def copy(self) -> Crowd:
        """The same crowd once more, to be moved on by itself; journal and what never changes are shared."""
        given = (self.population, self.behaviour, self.effects, self.clock, self.streams)
        drawn_by = (self.draws, self.counter.draws, self.temper)
        arrays = (self.population.keys, self.population.joined_on)
        shared = (*given, *drawn_by, *arrays, *self.coupons.shared, self.journal, self.accounts.programme)
        memo: dict[int, object] = {id(one): one for one in shared}
        memo[id(self.book.earned_by)] = list(self.book.earned_by)
        return deepcopy(self, memo)

    def closed(self) -> Facts:
        """The facts of the run; expiry is brought up to its last day."""
        self.book.close(self.accounts, self.clock)
        self.till.close(self.accounts, self.clock)
        self.news.write(self.accounts.moved())
        return Facts(self.journal, self.population).of_those(self.present)

    def _entered(self, programme: Programme, remember: bool) -> Accounts:
        """Everybody in the lowest tier from the day of joining."""
        joined = self.population.joined_on
        who = np.flatnonzero((joined >= self.clock.first_day) & (joined <= self.clock.last_day))
        self.journal.change_tiers(who, joined[who], self.clock.midnight(joined[who]), NO_TIER, 0)
        return Accounts(programme, joined, remember=remember)

    def _set_out(self) -> None:
        """Everybody waits for the first purchase; some make it on the day of joining."""
        joined, keys = self.population.joined_on, self.population.keys
        opening = np.flatnonzero(self.temper.alive & (joined <= self.clock.last_day))
        start = np.maximum(joined, self.clock.first_day)[opening]
        hazard = self.streams.exponential(Purpose.GAP, keys[opening], 0)
        rate = self.waiting.rate(self.accounts, opening, self.clock.first_day - 1)
        self.pace.begin(opening, self.clock.weeks(start), hazard, rate)
        self.deeds.begin(opening, self.clock.weeks(start))
        at_once = np.flatnonzero(
            self.population.buys_on_joining
            & (joined >= self.clock.first_day)
            & (joined <= self.clock.last_day)
        )
        day = joined[at_once]
        share = self.streams.uniform(Purpose.FIRST_PURCHASE, keys[at_once])
        self.pace.due[at_once] = self.clock.some_time(day, share)
        if self.memberships.any:
            self.memberships.set_out(self.accounts)

    def _buy(self, who: Ints, weeks: Floats) -> None:
        """Members buy who have not left by then."""
        self._sell(*self._still_there(who, weeks))

    def _sell(self, who: Ints, weeks: Floats) -> None:
        """A sale to each member at those times, and what follows from it at once."""
        nth = self.sales[who]
        for_amount, for_refund, for_leaving, for_gap = self.draws.uniform(who, nth)
        day, at = self.clock.when(weeks)
        price = self._amount(who, weeks, for_amount)
        if self.cards.any:
            self._top_up(who, weeks, day, at, nth, price)
        amount, bought = self.till.sell(self.accounts, who, day, at, nth, price)
        self.book.enter(who, day, at, nth, bought)
        self.news.lifted(self.accounts, who, weeks, bought)
        self.sales[who] = nth + 1
        self.last_bought_on[who] = day
        self.till.keep(bought, self.returns.plan(who, day, amount, nth, bought, for_refund))
        if self.memberships.any:
            self.memberships.buy(self.accounts, who, weeks, day, at, nth)
        self.counter.serve(self.accounts, who, weeks, day, at, nth, self.rank)
        leaves = self.leaving.after_sale(who, weeks, nth, for_leaving)
        if self.deeds.any:
            self.deeds.stop(who[leaves])
        hazard = np.where(leaves, np.inf, -np.log1p(-for_gap))
        self.pace.begin(who, weeks, hazard, self.waiting.rate(self.accounts, who, day, weeks))

    def _top_up(self, who: Ints, weeks: Floats, day: Ints, at: Ints, nth: Ints, price: Ints) -> None:
        """Some put money on their cards before they buy: what that gives them is there for the sale."""
        some, money = self.cards.too_little(self.accounts, who, day, nth, price)
        who, weeks, day, at = who[some], weeks[some], day[some], at[some] - HALF_A_SECOND_US
        self.cards.put_on(self.accounts, who, day, at, money)
        done = self.book.act(self.accounts, who, day, at, TOP_UP, money)
        if done is not None:
            self.news.lifted(self.accounts, who, weeks, done)

    def _still_there(self, who: Ints, weeks: Floats) -> tuple[Ints, Floats]:
        """Those who have not left by those times, with these; nothing more comes of the others."""
        there, gone = self.leaving.split(who, weeks)
        if there is None:
            return who, weeks
        self.pace.stop(gone)
        self.deeds.stop(gone)
        return who[there], weeks[there]

    def _amount(self, who: Ints, weeks: Floats, luck: Floats) -> Ints:
        """Minor units, at least one."""
        minor = self.temper.spend_scale[who] * gamma_quantile(self.behaviour.spending.p, luck)
        factor = self.responses.amount(who, weeks)
        if factor is not None:
            minor = minor * factor
        amount: Ints = np.maximum(np.floor(minor * self.minor_per_unit + 0.5), 1).astype(np.int64)
        return amount

    def _take_back(self, who: Ints, weeks: Floats) -> None:
        """The refund that each member has coming; it changes neither mood nor pace."""
        day, at = self.clock.when(weeks)
        sale, back, nth = self.returns.sale(who), self.returns.back[who], self.returns.ordinal[who]
        refunded = self.accounts.refund(who, day, back, sale)
        self.till.take_back(self.accounts, who, day, at, nth, sale, back, refunded)
        self.returns.over(who)
