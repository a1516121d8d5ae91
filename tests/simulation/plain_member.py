"""One member as a SimPy process of their own, written for reading; see `plain_engine`."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from loyalty_core.facts import EXPIRE
from loyalty_core.history import UNKNOWN_VALUE
from loyalty_core.kernel.walk import kinds_asked
from loyalty_core.rules.programme import Programme
from simulation.campaigns import Campaign, Wave
from simulation.goals import Goals
from simulation.journal import ACTIVITIES
from simulation.shocks import Shock
from simulation.streams import Purpose, member_keys
from tests.simulation.plain_person import A_SECOND_US, NO_SALE, ONE
from tests.simulation.plain_shopper import PlainShopper, Till

DEEDS = ("sign_in", "task", "review")


class PlainMember(PlainShopper):
    """One member and the process of what they do."""

    def __init__(self, *person: Any, till: Till) -> None:
        super().__init__(*person, till=till)
        self.here = True
        self.deeds: dict[str, float] = {}  # when each kind is done next
        self.deeds_done = dict.fromkeys(DEEDS, 0)
        self._see_goals(self.clock.first_day, self.programme)
        self._set_out()
        self._greeted(self.clock.first_day)
        self.process = self.calendar.process(self._life())

    # What happens

    def _life(self) -> Generator[simpy.Event, None, None]:
        """Purchases, and now and then one that is brought back, each at its instant."""
        while True:
            deed = min(self.deeds.values(), default=np.inf) if self.here else np.inf
            fee = self.membership.due
            due = min(self.weeks_due, self.refund_due, deed, fee)
            try:
                yield self._until(due)
            except simpy.Interrupt:  # the pace has changed
                continue
            if fee < min(self.weeks_due, self.refund_due, deed):
                self._decide(fee)
            elif deed < min(self.weeks_due, self.refund_due):
                self._do(deed)
            elif self.refund_due < self.weeks_due:
                self._bring_back()
            elif self.weeks_due <= self.leaves_at:
                self._buy()
            else:
                self._leave(self.weeks_due)

    def _leave(self, weeks: float) -> None:
        """Nothing more will come of the member."""
        self._wait(weeks, np.inf, 1.0)
        self.deeds = {}

    def _do(self, weeks: float) -> None:
        """Something beside buying, of the kind whose turn it is; the first of them where two are."""
        if weeks > self.leaves_at:
            self._leave(weeks)
            return
        kind = min(self.deeds, key=lambda one: (self.deeds[one], DEEDS.index(one)))
        (day,), (at,) = self.clock.when(np.array([weeks]))
        self.deeds_done[kind] += 1
        self.deeds[kind] = weeks + self._gap(kind)
        self._write("activities", day, at, kind=ACTIVITIES.index(kind), value=UNKNOWN_VALUE, tier=-1)
        self._given_for(kind, day, at)
        if kind in kinds_asked(self.accounts.programme):
            done = self.accounts.act(ONE, np.array([day]), kind)
            self._earned(day, at, NO_SALE, done)
            self._feel(weeks, done)

    def _gap(self, kind: str) -> float:
        """Weeks until a kind of deed is done again."""
        doing, place = self.behaviour.doing, DEEDS.index(kind)
        spread = self.streams.gamma(Purpose.DEED_RATE, self.key, doing.alike, place)
        rate = getattr(doing, kind) * spread / doing.alike
        nth = self.deeds_done[kind] * 16 + place
        return float((self.streams.exponential(Purpose.DEED_GAP, self.key, nth) / rate)[0])

    def _until(self, weeks: float) -> simpy.Event:
        """That instant, or never where it lies beyond the run."""
        if weeks >= self.clock.weeks(self.clock.last_day + 1):
            return self.calendar.event()
        _, at = self.clock.when(np.array([weeks]))
        return self.calendar.timeout(int(at[0]) - self.calendar.now)

    def _set_out(self) -> None:
        first_day, last_day = self.clock.first_day, self.clock.last_day
        if self.joined_on > last_day:
            return
        if self.temper.alive[0]:
            start = self.clock.weeks(max(self.joined_on, first_day))
            self._wait(float(start), self._drawn_hazard(0), self._pace(first_day - 1))
            done = [kind for kind in DEEDS if getattr(self.behaviour.doing, kind)]
            self.deeds = {kind: float(start) + self._gap(kind) for kind in done}
        if self.known.buys_on_joining[0] and self.joined_on >= first_day:
            self.weeks_due = self._some_time(self.joined_on, self._luck(Purpose.FIRST_PURCHASE))

    # What the calendar does to the member

    def review(self, day: int) -> None:
        self._brought_up_to(day)
        moves, weeks = self.accounts.review(day), float(self.clock.weeks(day))
        self._reviewed(moves)
        for before, after in zip(moves.from_tier, moves.to_tier, strict=True):
            self._moved(weeks, int(before), int(after))
        missed = self.responses.told_of_misses and self._misses(day)
        if missed:
            self.responses.missed(ONE, np.array([weeks]), self.accounts.tier)
        pushed = self.responses.no_longer_pushed(ONE, weeks)[0]  # over with this review, whatever it brings
        if missed or len(moves) or pushed:
            self._feel_otherwise(day)

    def _misses(self, day: int) -> bool:
        """Near to the next tier as a window is over, and not in it."""
        if not (Goals(self.programme).are_missed and np.isfinite(self.weeks_due) and self.joined_on < day):
            return False
        return self._is_little(int(self.accounts.standing.progress(ONE, np.array([day - 1], np.int32))[0]))

    def push(self, day: int, review_on: int) -> None:
        """A review comes near: who has a tier to lose and is near to it or to the next one hurries."""
        if not (np.isfinite(self.weeks_due) and self.joined_on < day):
            return
        self._brought_up_to(day)
        if self._is_near(day, review_on):
            self.responses.push(ONE, float(self.clock.weeks(review_on)))
            self._feel_otherwise(day)

    def _is_near(self, day: int, review_on: int) -> bool:
        """Little is missing to what a tier that can be lost, or the next one, asks at a review."""
        if not self.accounts.tier[0]:
            return False
        standing, eve, on = (
            self.accounts.standing,
            np.array([day - 1], np.int32),
            np.array([review_on], np.int32),
        )
        ways = int(standing.progress(ONE, eve)[0]), int(standing.keeping(ONE, eve, on)[0])
        return any(map(self._is_little, ways))

    def see_own_reviews(self, day: int) -> None:
        """A review on a day of the member's own may come near, or have been of late."""
        weeks, waits = float(self.clock.weeks(day)), np.isfinite(self.weeks_due) and self.joined_on < day
        if self.accounts.standing.due_on(ONE)[0] <= day:
            self._brought_up_to(day + 1)
        self._told()  # of looks, too, that a deed came upon which counts for no tier
        due = int(self.accounts.standing.due_on(ONE)[0])
        months = self.programme.tiers[int(self.accounts.tier[0])].valid_months or 12
        sees_days = int(months * 365 / 12 * self.arm.effects.review_push_window.size)
        hurries = False
        if waits and self.responses.pushes and due <= day + sees_days:
            self._brought_up_to(day)
            hurries = not self.responses.is_pushed(ONE, weeks)[0] and self._is_near(day, due)
        if hurries:
            self.responses.push(ONE, float(self.clock.weeks(due)))
        pushed, looked = self.responses.no_longer_pushed(ONE, weeks)[0], self.looked_at
        self.looked_at = False  # whether or not there was a wait to feel it in
        if waits and (hurries or pushed or looked):
            self._feel_otherwise(day)

    def mind_expiry(self, day: int) -> None:
        """Points come near their end, or have come to it."""
        if np.isfinite(self.weeks_due) and self.joined_on < day:
            self._brought_up_to(day)
            if self._expires_soon(day - 1) != self.minds_expiry:
                self._hurry(day)

    def _brought_up_to(self, day: int) -> None:
        """What fell due before a day happens and is told before anybody looks at windows as of then."""
        self.accounts.settle(ONE, day - 1)
        self._told()

    def change_rules(self, programme: Programme, day: int) -> None:
        """Another document from the start of a day; what the member is owed by then is settled first."""
        self._brought_up_to(day)
        waits = np.isfinite(self.weeks_due) and self.joined_on < day
        felt = self.responses.felt.copy()
        before = self._pace(day - 1) if waits else 0.0
        self.accounts, former = self.accounts.under(programme, day), self.programme
        self._read(programme)
        self._see_goals(day, former)
        self._greeted(day)
        if waits and (after := self._pace(day - 1)) != before:
            self._go_on(day, after)
        else:
            self.responses.felt[:] = felt

    def _greeted(self, day: int) -> None:
        """Joining is a deed under the rules of its day, which hold from a day on; seen at the next wait."""
        others_first = any(day < turn <= self.joined_on for turn in self.arm.turns)
        within = day <= self.joined_on <= self.clock.last_day
        if within and not others_first and self._gives_for_joining():
            self.act(self.joined_on, "joined")

    def is_met_by(self, shock: Shock) -> bool:
        where = ((shock.regions, self.known.lives_in), (shock.channels, self.known.buys_through))
        return all(place[0] in member_keys(names) for names, place in where if names)

    def world_changes(self, shock: int, factor: float | None, day: int) -> None:
        """What happens outside; who has not joined yet and does not come to buy feels it from that day on."""
        self._brought_up_to(day)
        self.shocks.pop(shock, None)
        if factor is not None:
            self.shocks[shock] = factor
        if self.joined_on < day or not self.known.buys_on_joining[0]:
            self._hurry(max(day, self.joined_on), day - 1)

    def is_chosen(self, campaign: Campaign, day: int) -> bool:
        """Whether a campaign's wave reaches the member at the start of its first day, in the tier of then."""
        if campaign.tiers and self.accounts.standing.due_on(ONE)[0] <= day:
            self._brought_up_to(day + 1)
        alone = campaign.chosen(
            day,
            np.array([self.last_bought_on]),
            np.array([self.joined_on]),
            self.accounts.tier,
            self.accounts.earner.birthday,
        )
        return self.here and bool(len(alone))

    def is_treated(self, campaign: Campaign, number: int) -> bool:
        return bool(campaign.treated(self.key, self.streams, number)[0])

    def contact(self, campaign: Campaign, number: int, wave: Wave, treated: bool) -> None:
        """The member is told of a campaign, or held out."""
        day, last_day = wave
        self._write("contacts", day, self.clock.midnight(day), campaign=number, treated=treated)
        if not treated:
            return
        self._brought_up_to(day)
        if campaign.coupon:
            kind = self.coupons.kinds.index(campaign.coupon)
            self.coupons.give(kind, day, self.clock.midnight(day), number)
        if campaign.lift:
            self.campaigns[number, day] = campaign.lift
            self.reached.setdefault(number, float(self.clock.weeks(day)))
            self._hurry(day)
        response = self.responses.of_all
        if campaign.returning(self.key, self.streams, number, day, self.arm.effects, response)[0]:
            begins, ends = float(self.clock.weeks(day)), float(self.clock.weeks(last_day + 1))
            due = begins + float(campaign.return_time(self.key, self.streams, number, day)[0]) * (
                ends - begins
            )
            if due < self.weeks_due:
                rate = self._pace(day - 1)
                self.leaves_at = max(self.leaves_at, due)
                self._wait(begins, (due - begins) * rate, rate)
                self.process.interrupt()

    def end(self, number: int, begun_on: int, day: int) -> None:
        """A wave is over."""
        if self.campaigns.pop((number, begun_on), None) is not None:
            self._brought_up_to(day)
            self._hurry(day)

    def act(self, day: int, kind: str) -> None:
        """An activity at the start of a day."""
        at = self.clock.midnight(day) + A_SECOND_US
        self._write("activities", day, at, kind=ACTIVITIES.index(kind), value=UNKNOWN_VALUE, tier=-1)
        self._given_for(kind, day, at)
        if kind in kinds_asked(self.accounts.programme):
            self._earned(day, at, NO_SALE, self.accounts.act(ONE, np.array([day], np.int32), kind))

    def wait_to_be_brought(self, stays: float) -> None:
        """A friend of a member, who joins only when that member brings them."""
        self.here, self.weeks_due_if_brought = False, self.weeks_due
        self.weeks_due = np.inf
        self.dropout = self.dropout / stays
        if np.isfinite(self.leaves_at):
            self.leaves_at = self.begins + (self.leaves_at - self.begins) * stays

    def join(self) -> None:
        """The friend is brought: everything is as had been drawn."""
        self.here, self.weeks_due = True, self.weeks_due_if_brought
        self.process.interrupt()

    def close(self) -> None:
        """What fell due since the member was last seen."""
        moves = self.accounts.expire(ONE, self.clock.last_day)
        for day, points, lot in zip(moves.day, moves.points, moves.lot, strict=True):
            sale = self.sale_of_lot.get(int(lot), NO_SALE)
            self._enter(day, self.clock.midnight(day), EXPIRE, -points, sale)
        bonus = self.accounts.expired_bonus() if self.card else None
        for day, money in zip(bonus.day, bonus.points, strict=True) if bonus is not None else ():
            self._enter_card("stored_value_bonus", day, self.clock.midnight(day), EXPIRE, -money, NO_SALE)
        self._reviewed(self.accounts.moved())
