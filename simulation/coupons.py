"""Coupons in a run: who is given which, and what members take off their sales with them.

What is given and what may be used is the programme's word (`CouponGifts`, `CouponRules`); whether a member
thinks of a coupon at the till is a draw. Of a kind the oldest is used first. A coupon that has been used
does not come back with the sale.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.earning.earning_conditions import Events, events
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.rewards.coupon_gifts import CouponGifts
from loyalty_core.rewards.coupons import Candidates, CouponRules
from loyalty_core.rewards.held_coupons import HeldCoupons
from loyalty_core.rounds import each_once
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.journal import NO_CAMPAIGN, NO_TIER, Journal
from simulation.population import HABITS, Population
from simulation.season import Clock
from simulation.streams import Purpose, Streams

_KINDS = 1024  # places for kinds of coupons in the ordinal of a draw


class Coupons:
    """The coupons of n members, written down in the journal. A kind is a place among the coupon rules."""

    def __init__(
        self,
        population: Population,
        arm: Arm,
        accounts: Accounts,
        clock: Clock,
        journal: Journal,
        streams: Streams,
    ) -> None:
        self._population, self._clock, self._journal, self._streams = population, clock, journal, streams
        self.any = arm.gives_coupons or bool(accounts.coupons)  # whether anybody ever has one
        self._uses = arm.behaviour.couponing.uses
        self._names = [rule.name for rule in arm.programme.coupons] if self.any else []
        n = len(population)
        self._held = [accounts.coupons.get(name) or HeldCoupons(n) for name in self._names]
        if self.any:
            self._welcome(arm, accounts)

    def read(self, programme: Programme, accounts: Accounts) -> None:
        """The rules of a document."""
        self._gifts = CouponGifts(programme, accounts.labels)
        self._rules = CouponRules(programme, accounts.labels)

    def _welcome(self, arm: Arm, accounts: Accounts) -> None:
        """What those are given on joining who join in the run, by the rules of that day."""
        begins = [self._clock.first_day, *(day for day, _ in arm.changes), self._clock.last_day + 1]
        documents = [arm.programme, *(document for _, document in arm.changes)]
        joined_on = self._population.joined_on
        for programme, begin, end in zip(documents, begins, begins[1:], strict=False):
            self.read(programme, accounts)
            who = np.flatnonzero((joined_on >= begin) & (joined_on < end))
            day, lowest = joined_on[who], np.zeros(len(who), np.int64)
            self.entered(who, day, self._clock.midnight(day), lowest + NO_TIER, lowest)

    def entered(self, who: Ints, day: Ints, at: Ints, before: Ints, after: Ints) -> None:
        """What members are given on entering tiers; a member may be named more than once."""
        for place, some in self._gifts.on_entering(before, after):
            for turn in each_once(who[some]):
                rows = some[turn]
                self._give(place, who[rows], day[rows], at[rows])

    def rewarded_for(
        self, kind: str, who: Ints, day: Ints, at: Ints, accounts: Accounts, value: Ints | None = None
    ) -> None:
        """What members are given for an activity."""
        if not self.any:
            return
        accounts.settle(who, day)
        deeds = events(who, day) if value is None else events(who, day, value=value)
        self.rewarded(kind, deeds, at, accounts, accounts.tier[who])

    def rewarded(self, kind: str, deeds: Events, at: Ints, accounts: Accounts, tier: Ints) -> None:
        """What members of those tiers are given for purchases, or for activities of a kind."""
        for place, some in self._gifts.for_deeds(kind, deeds, tier, accounts.earner.birthday):
            self._give(place, deeds.member[some], deeds.day[some], at[some])

    def handed_out(self, name: str, campaign: int, who: Ints, day: int) -> None:
        """What a campaign gives to the members whom it reaches, at the start of a day."""
        days = np.full(len(who), day, np.int32)
        self._give(self._names.index(name), who, days, self._clock.midnight(days), campaign)

    def off_minor(self, accounts: Accounts, sales: Events, at: Ints, nth: Ints) -> Ints:
        """What coupons take off each member's `nth` sale; settle first. They are used with it."""
        brought = [
            (place, some[self._thought_of(place, sales.member[some], nth[some])])
            for place, held in enumerate(self._held)
            if len(some := held.holding(sales.member, sales.day))
        ]
        off = np.zeros(len(sales), np.int64)
        candidates = self._candidates(brought, sales)
        if not len(candidates.rule):
            return off
        taken = self._rules.choose(sales, accounts.tier[sales.member], candidates).off_minor
        for place, _ in brought:
            used = np.flatnonzero((candidates.rule == place) & (taken > 0))
            sale = candidates.purchase[used]
            off[sale] += taken[used]
            who = sales.member[sale]
            number = self._held[place].use(who)
            self._journal.coupon_uses.add(
                who, day=sales.day[sale], at=at[sale], rule=place, number=number,
                ordinal=nth[sale], off=taken[used],
            )  # fmt: skip
        return off

    def sales(self, accounts: Accounts, who: Ints, day: Ints, amount: Ints) -> Events:
        """Sales to members as the rules look at them."""
        usual = {name: getattr(self._population, name)[who] for name in HABITS}
        return events(who, day, amount_minor=amount, quantity=1, first=~accounts.has_bought[who], **usual)

    @property
    def shared(self) -> tuple[object, ...]:
        """What never changes but with the rules: copies of the crowd have it in common."""
        return self._gifts, self._rules

    def _candidates(self, brought: Iterable[tuple[int, Ints]], sales: Events) -> Candidates:
        """The oldest coupon of each kind that members bring to their sales."""
        nothing = np.zeros(0, np.int64)
        purchase: list[Ints] = [nothing]
        rule, issued_on, used_before = [nothing], purchase.copy(), purchase.copy()
        for place, some in brought:
            who = sales.member[some]
            purchase.append(some)
            rule.append(np.full(len(some), place))
            issued_on.append(self._held[place].oldest_issued_on(who))
            used_before.append(self._held[place].used[who])
        return Candidates(
            purchase=np.concatenate(purchase),
            rule=np.concatenate(rule),
            issued_on=np.concatenate(issued_on),
            used_before=np.concatenate(used_before),
        )

    def _thought_of(self, place: int, who: Ints, nth: Ints) -> Ints:
        """Positions of those members who think of their coupon of a kind at their `nth` sale."""
        ordinal = nth.astype(np.int64) * _KINDS + place
        luck = self._streams.uniform(Purpose.USES_COUPON, self._population.keys[who], ordinal)
        return np.flatnonzero(luck < self._uses)

    def _give(self, place: int, who: Ints, day: Ints, at: Ints, campaign: int = NO_CAMPAIGN) -> None:
        if not len(who):
            return
        gone = self._gifts.expires_on(place, day)
        number = self._held[place].add(who, day, gone)
        self._journal.coupons.add(
            who, day=day, at=at, rule=place, number=number, campaign=campaign, expires_on=gone
        )
