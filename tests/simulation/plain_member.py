"""One member as a SimPy process of their own, written for reading; see `plain_engine`."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace

import numpy as np
import simpy

from loyalty_core.earning.earning_conditions import Events, events
from loyalty_core.facts import EARN, EXPIRE, REDEEM, REVERSE
from loyalty_core.history import NEVER, UNKNOWN_VALUE
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.outcomes import Outcome, Sale
from loyalty_core.kernel.walk import details_asked, kinds_asked
from loyalty_core.rewards.catalogue import Refusal
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.tier_standing import TierMoves
from simulation.arm import Arm
from simulation.behaviour import NOTHING, chosen_rewards
from simulation.campaigns import Campaign, Wave
from simulation.goals import Goals
from simulation.journal import ACTIVITIES, KIND, Journal
from simulation.population import Population, drawn
from simulation.responses import Responses, redeeming_odds
from simulation.season import Clock
from simulation.streams import Purpose, Streams, gamma_quantile
from tests.simulation.plain_card import PlainCard
from tests.simulation.plain_coupons import PlainCoupons

ONE = np.zeros(1, np.int64)  # the only member of its accounts
A_SECOND_US = 1_000_000
NO_SALE = -1
DEEDS = ("sign_in", "task", "review")
Till = Callable[[Callable[[np.ndarray], int]], int]  # hands out a reward to a member who chooses


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
        till: Till,
    ) -> None:
        self.till = till
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
        self.responses = Responses(arm.effects, arm.behaviour, self.temper, len(arm.programme.tiers) - 1, ago)
        self.journal, self.calendar = journal, calendar
        self.sales = 0
        self.last_bought_on = int(self_alone.last_bought_on[0])
        self.campaigns: dict[tuple[int, int], float] = {}  # by number and first day of the wave
        self.here = True
        self.weeks_due = self.since = np.inf
        self.hazard, self.rate = np.inf, 1.0
        self.refund_due, self.refund_of, self.refund_sale = np.inf, -1, None
        self.deeds: dict[str, float] = {}  # when each kind is done next
        self.deeds_done = dict.fromkeys(DEEDS, 0)
        self.sale_of_lot: dict[int, int] = {}
        self.coupons = PlainCoupons(self._write, self._thinks_of) if arm.gives_coupons else None
        self.accounts = accounts or self._entered()
        self._welcome()
        self.card = self._own_card()
        self._set_out()
        self.process = calendar.process(self._life())

    # What happens

    def _life(self) -> Generator[simpy.Event, None, None]:
        """Purchases, and now and then one that is brought back, each at its instant."""
        while True:
            deed = min(self.deeds.values(), default=np.inf) if self.here else np.inf
            due = min(self.weeks_due, self.refund_due, deed)
            try:
                yield self._until(due)
            except simpy.Interrupt:  # the pace has changed
                continue
            if deed < min(self.weeks_due, self.refund_due):
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
        self._write("activities", day, at, kind=ACTIVITIES.index(kind), value=UNKNOWN_VALUE)
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

    def _buy(self) -> None:
        weeks, nth = self.weeks_due, self.sales
        (day,), (at,) = self.clock.when(np.array([weeks]))
        amount, sale, off = self._amount(nth), None, 0
        self._may_top_up(weeks, day, at, nth, amount)
        if self.coupons is not None:
            self.accounts.settle(ONE, np.array([day], np.int32))
            self._told()
            off = self.coupons.off_minor(self._sale(day, amount), self.accounts.tier, at, nth)
            amount -= off
            sale = self._sale(day, amount)
        asked = details_asked(self.accounts.programme)
        usual = {
            name: getattr(self.known, name) for name in ("store", "channel", "categories") if name in asked
        }
        by_points = self._paid_with_points(day, nth, amount)
        by_card = self.card.pay(self.accounts, day, at, nth, amount - by_points) if self.card else 0
        bought = self.accounts.buy(ONE, np.array([day]), np.array([amount]), np.array([by_points]), **usual)
        how = {"discount": off, "paid_points": by_points, "paid_stored_value": by_card}
        self._write("purchases", day, at, ordinal=nth, amount=amount, **how, refund=False)
        if sale is not None:
            self.coupons.deed("purchase", sale, at, bought.tier_before, self.accounts.earner.birthday)
        if by_points and (spent := int(bought.paid.points.sum())):
            self._enter(day, at, REDEEM, -spent, nth)
        self._earned(day, at, nth, bought)
        self._feel(weeks, bought)
        self.sales, self.last_bought_on = nth + 1, int(day)
        self._may_bring_back(int(day), amount, off, nth, bought)
        self._may_redeem(weeks, day, at, nth)
        repeats = nth > 0 or not self.known.buys_on_joining[0]
        chance = self._chance_to_leave(weeks)
        if self._luck(Purpose.DROPOUT, nth) < chance if repeats else not self.temper.alive[0]:
            self._leave(weeks)
        else:
            self._wait(weeks, self._drawn_hazard(nth + 1), self._pace(int(day), weeks))

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

    def _earned(self, day: int, at: int, nth: int, done: Outcome) -> None:
        """What a purchase or an activity gave: points, and perhaps a tier."""
        if done.earned[0] > 0:
            dates = {"expires_on": done.expires_on[0], "available_on": done.available_on[0]}
            self._enter(day, at, EARN, done.earned[0], nth, **dates)
            if done.lot[0]:  # points without a date of expiry are told of in one lot
                self.sale_of_lot[int(done.lot[0])] = nth
        self._tier(day, at, done.tier_before[0], done.tier_after[0], review=False)
        for place, account in enumerate(self.arm.other_accounts):
            if account in done.by_rule.accounts:
                self._enter_other(place, day, at, EARN, int(done.by_rule.total(account)[0]), nth)

    def _paid_with_points(self, day: int, nth: int, amount: int) -> int:
        """What of a sale the member pays with points, in minor units: as much as can be, or nothing."""
        cash, share = self.accounts.held.cash, self.behaviour.paying.with_points
        if cash is None or not self.temper.redeems[0] or self._luck(Purpose.PAYS_WITH_POINTS, nth) >= share:
            return 0
        self.accounts.settle(ONE, np.array([day], np.int32))
        tier = self.accounts.tier
        points = cash.most(np.array([amount]), tier, self.accounts.balance)
        return int(cash.worth(points, tier)[0])

    def _may_bring_back(self, day: int, amount: int, off: int, nth: int, bought: object) -> None:
        rule = self.behaviour.refunding
        if np.isfinite(self.refund_due) or self._luck(Purpose.REFUND, nth) >= rule.share:
            return
        wait = self._luck(Purpose.REFUND_DELAY, nth) * rule.within_days
        later = day + 1 + int(wait)
        if later > self.clock.last_day:
            return
        if self.card:
            self.card.keep()
        self.refund_due, self.refund_of = self._some_time(later, wait % 1), nth
        self.refund_paid, self.refund_off = bought.paid, off
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
        nothing = dict.fromkeys(self.accounts.others, np.zeros(1, np.int64))  # accounts of later rules
        sale, nth = self.refund_sale, self.refund_of
        sale = replace(sale, earned=nothing | dict(sale.earned))
        back = self.accounts.refund(ONE, np.array([day]), sale.amount_minor, sale)
        how = {"discount": self.refund_off, "paid_points": 0, "paid_stored_value": 0}
        self._write("purchases", day, at, ordinal=nth, amount=-sale.amount_minor[0], **how, refund=True)
        for taken, available_on in ((back.pending[0], sale.available_on[0]), (back.available[0], day)):
            if taken > 0:
                self._enter(day, at, REVERSE, -taken, nth, sale.expires_on[0], available_on=available_on)
        for place, account in enumerate(self.arm.other_accounts):
            if account in back.taken:
                self._enter_other(place, day, at, REVERSE, -int(back.taken[account][0]), nth)
        if self.refund_paid is not None and len(self.refund_paid):
            again = self.accounts.give_back(self.refund_paid, np.full(len(self.refund_paid), day, np.int32))
            gone = {int(on): int(again.points[again.day == on].sum()) for on in sorted(set(again.day))}
            for on, points in gone.items():
                self._enter(day, at, REVERSE, points, nth, on)
        if self.card:
            self.card.give_back(self.accounts, day, at, nth)
        self.refund_due, self.refund_sale = np.inf, None

    def _may_redeem(self, weeks: float, day: int, at: int, nth: int) -> None:
        balance, catalogue, on = self.accounts.balance, self.accounts.catalogue, np.array([day])
        asked = [np.array([place]) for place in range(len(self.programme.rewards))]
        may = np.array([[self.accounts.refusals(ONE, on, one)[0] == Refusal.NONE for one in asked]])
        if not self.temper.redeems[0] or not may.any():
            return
        prices = np.array([[catalogue.price(one, self.accounts.tier, on)[0] for one in asked]])
        luck = self.streams.uniform(Purpose.REDEMPTION, self.key, nth)

        def choice(there: np.ndarray) -> int:
            odds, among = self._odds(day), there[None, :]
            return int(chosen_rewards(self.behaviour.redeeming, balance, prices, luck, among, may, odds)[0])

        reward = self.till(choice)
        if reward == NOTHING:
            return
        self.responses.redeemed(ONE, np.array([weeks]))
        before = self.accounts.tier[0]
        paid = self.accounts.claim(ONE, on, asked[reward])
        self._tier(day, at + A_SECOND_US, before, self.accounts.tier[0], review=False)
        at_once, waiting = paid.points[0] - paid.pending[0], paid.pending[0]
        if at_once:
            self._enter(day, at + A_SECOND_US, REDEEM, -at_once, nth, reward=reward)
        if waiting:
            dates = {"expires_on": paid.expires_on[0], "available_on": paid.available_on[0]}
            self._enter(day, at + A_SECOND_US, REDEEM, -waiting, nth, **dates, reward=reward)

    def _odds(self, day: int) -> np.ndarray | None:
        """More where points will be gone within the window of the effect."""
        effects = self.arm.effects
        if not effects.expiry_redemption.active:
            return None
        until = np.array([day + int(effects.expiry_window.size)])
        return redeeming_odds(effects, self.accounts.points.going(ONE, until) > 0)

    # What the calendar does to the member

    def review(self, day: int) -> None:
        moves, weeks = self.accounts.review(day), float(self.clock.weeks(day))
        self._reviewed(moves)
        for before, after in zip(moves.from_tier, moves.to_tier, strict=True):
            self._moved(weeks, int(before), int(after))
        missed = self.responses.told_of_misses and self._misses(day)
        if missed:
            self.responses.missed(ONE, np.array([weeks]), self.accounts.tier)
        if missed or len(moves) or len(self.responses.pushed()):
            self._feel_otherwise(day)

    def _misses(self, day: int) -> bool:
        """Near to the next tier as a window is over, and not in it."""
        if not (Goals(self.programme).are_missed and np.isfinite(self.weeks_due) and self.joined_on < day):
            return False
        thousandths = int(self.accounts.standing.progress(ONE, np.array([day - 1], np.int32))[0])
        return 1 - self.arm.effects.review_push_gap.size <= thousandths / 1000 < 1

    def push(self, day: int, review_on: int) -> None:
        """A review comes near: who has a tier to lose and is near to it or to the next one hurries."""
        if not (np.isfinite(self.weeks_due) and self.joined_on < day and self.accounts.tier[0] > 0):
            return
        standing, eve = self.accounts.standing, np.array([day - 1], np.int32)
        ways = int(standing.progress(ONE, eve)[0]), int(standing.keeping(ONE, eve, review_on)[0])
        least = 1000 * (1 - self.arm.effects.review_push_gap.size)
        if any(least <= way < 1000 for way in ways):
            self.responses.push(ONE, float(self.clock.weeks(review_on)))
            self._feel_otherwise(day)

    def _feel_otherwise(self, day: int) -> None:
        """Go on as fast as the member feels from the start of a day, if that is not as before."""
        if not np.isfinite(self.weeks_due):
            return
        factor = self.responses.change(ONE, np.array([float(self.clock.weeks(day))]))
        if factor is not None:
            self._go_on(day, self.rate * float(factor[0]))

    def change_rules(self, programme: Programme, day: int) -> None:
        """Another document from the start of a day; what the member is owed by then is settled first."""
        self.accounts.settle(ONE, day - 1)
        waits = np.isfinite(self.weeks_due) and self.joined_on < day
        before = self._pace(day - 1) if waits else 0.0
        self.accounts = self.accounts.under(programme, day)
        self._read(programme)
        if waits and (after := self._pace(day - 1)) != before:
            self._go_on(day, after)

    def is_chosen(self, campaign: Campaign, day: int) -> bool:
        """Whether a campaign's wave reaches the member at the start of its first day."""
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
        if campaign.coupon:
            kind = self.coupons.kinds.index(campaign.coupon)
            self.coupons.give(kind, day, self.clock.midnight(day), number)
        if campaign.lift:
            self.campaigns[number, day] = 1 + campaign.lift
            self._hurry(day)
        if campaign.returning(self.key, self.streams, number, day, self.arm.effects)[0]:
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
            self._hurry(day)

    def act(self, day: int, kind: str) -> None:
        """An activity at the start of a day."""
        at = self.clock.midnight(day) + A_SECOND_US
        self._write("activities", day, at, kind=ACTIVITIES.index(kind), value=UNKNOWN_VALUE)
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

    # The card

    def _own_card(self) -> PlainCard | None:
        storing = self.behaviour.storing
        if not storing.holders:
            return None
        amounts = [self.programme.minor(one) for one in storing.amounts]
        return PlainCard(storing, self.accounts, amounts, self._enter_card, self._luck)

    def _enter_card(
        self, account: str, day: int, at: int, kind: str, amount: int, nth: int, expires_on: int = NEVER
    ) -> None:
        place = self.arm.other_accounts.index(account)
        self._enter_other(place, day, at, kind, amount, nth, expires_on)

    def _may_top_up(self, weeks: float, day: int, at: int, nth: int, price: int) -> None:
        if self.card is None:
            return
        on = np.array([day], np.int32)
        self.accounts.settle(ONE, on)
        if not (money := self.card.wanted(self.accounts, nth, price)):
            return
        self.card.put_on(self.accounts, day, at, money)
        self._write("activities", day, at, kind=ACTIVITIES.index("top_up"), value=money)
        self._given_for("top_up", day, at, money)
        if "top_up" in kinds_asked(self.accounts.programme):
            done = self.accounts.act(ONE, on, "top_up", np.array([money]))
            self._earned(day, at, NO_SALE, done)
            self._feel(weeks, done)

    # Coupons

    def _welcome(self) -> None:
        """What the rules of the day of joining give, if that is within the run."""
        if self.coupons is not None and self.clock.first_day <= self.joined_on <= self.clock.last_day:
            came_later = [document for day, document in self.arm.changes if day <= self.joined_on]
            self._read([self.arm.programme, *came_later][-1])
            self.coupons.enter(self.joined_on, self.clock.midnight(self.joined_on), -1, 0)
        self._read(self.arm.programme)

    def _sale(self, day: int, amount: int) -> Events:
        usual = {name: getattr(self.known, name) for name in ("store", "channel", "categories")}
        first = ~self.accounts.has_bought
        return events(ONE, np.array([day]), amount_minor=np.array([amount]), first=first, **usual)

    def _given_for(self, kind: str, day: int, at: int, value: int = UNKNOWN_VALUE) -> None:
        if self.coupons is None:
            return
        self.accounts.settle(ONE, np.array([day], np.int32))
        deed = events(ONE, np.array([day]), value=np.array([value]))
        birthday = self.accounts.earner.birthday
        self.coupons.deed(kind, deed, at, self.accounts.tier, birthday)

    def _thinks_of(self, kind: int, nth: int) -> bool:
        return self._luck(Purpose.USES_COUPON, nth * 1024 + kind) < self.behaviour.couponing.uses

    # Pace

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

    def _pace(self, day: int, weeks: float | None = None) -> float:
        """Purchases a week in a wait that begins then, or else with the day after `day`."""
        boost = 1.0
        for factor in self.campaigns.values():
            boost *= factor
        rate = float(self.temper.rate[0]) * boost
        begins = float(self.clock.weeks(day + 1)) if weeks is None else weeks
        factor = self.responses.pace(ONE, np.array([begins]))
        if factor is not None:
            self.responses.felt[:] = factor
            rate = float(rate * factor[0])
        gradient = self.arm.effects.goal_gradient.size
        if gradient == 0:
            return rate
        pull = 1 + gradient * float(Goals(self.programme).progress(self.accounts, ONE, day)[0])
        return rate * pull / (1 + gradient * self.behaviour.usual_progress)

    def _wait(self, weeks: float, hazard: float, rate: float) -> None:
        self.since, self.hazard, self.rate = weeks, hazard, rate
        self.weeks_due = weeks + hazard / rate

    def _hurry(self, day: int) -> None:
        """Go on at another pace from the start of a day."""
        if np.isfinite(self.weeks_due):
            self._go_on(day, self._pace(day - 1))

    def _go_on(self, day: int, rate: float) -> None:
        weeks = float(self.clock.weeks(day))
        left = self.hazard - self.rate * (weeks - self.since)
        self._wait(weeks, max(left, 0.0), rate)
        self.process.interrupt()

    def _read(self, programme: Programme) -> None:
        self.programme = programme
        if self.coupons is not None:
            self.coupons.read(programme, self.accounts)

    # Draws

    def _luck(self, purpose: Purpose, nth: int = 0) -> float:
        return float(self.streams.uniform(purpose, self.key, nth)[0])

    def _drawn_hazard(self, nth: int) -> float:
        return float(self.streams.exponential(Purpose.GAP, self.key, nth)[0])

    def _amount(self, nth: int) -> int:
        """Minor units, at least one."""
        shape = gamma_quantile(self.behaviour.spending.p, np.array([self._luck(Purpose.AMOUNT, nth)]))[0]
        per_unit = 10**self.programme.currency_decimals
        return max(int(np.floor(self.temper.spend_scale[0] * shape * per_unit + 0.5)), 1)

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
