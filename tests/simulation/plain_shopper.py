"""One member of the plain engine at the till: buying, paying, bringing back, redeeming."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from loyalty_core.days import NEVER
from loyalty_core.earning.earning_conditions import Events, events
from loyalty_core.facts import EARN, REDEEM, REVERSE
from loyalty_core.history import UNKNOWN_VALUE
from loyalty_core.kernel.outcomes import Outcome, Sale
from loyalty_core.kernel.walk import details_asked, kinds_asked
from loyalty_core.points.lots import Moves
from loyalty_core.rewards.catalogue import Refusal
from loyalty_core.rules.programme import Programme
from simulation.behaviour import NOTHING, chosen_rewards, progress_between
from simulation.journal import ACTIVITIES
from simulation.responses import redeeming_odds
from simulation.streams import Purpose, gamma_quantile
from tests.simulation.plain_card import PlainCard
from tests.simulation.plain_coupons import PlainCoupons
from tests.simulation.plain_membership import PlainMembership
from tests.simulation.plain_person import A_SECOND_US, NO_SALE, ONE, PlainPerson

Till = Callable[[Callable[[np.ndarray], int]], int]  # hands out a reward to a member who chooses


class PlainShopper(PlainPerson):
    """A member who buys, with card and coupons; `till` hands out rewards."""

    def __init__(self, *person: Any, till: Till) -> None:
        super().__init__(*person)
        self.till = till
        self.sales = 0
        self.last_bought_on = int(self.known.last_bought_on[0])
        self.refund_due, self.refund_of, self.refund_sale = np.inf, -1, None
        self.sale_of_lot: dict[int, int] = {}
        if self.arm.gives_coupons or self.accounts.coupons:
            self.coupons = PlainCoupons(self._write, self._thinks_of)
            self.coupons.hold([rule.name for rule in self.programme.coupons], self.accounts.coupons)
        self._welcome()
        self.card = self._own_card()
        self.membership = PlainMembership(self.arm, self.clock, self._luck)
        self.membership.set_out(self.accounts, self.programme)

    def _buy(self) -> None:
        weeks, nth = self.weeks_due, self.sales
        (day,), (at,) = self.clock.when(np.array([weeks]))
        amount, sale, off = self._amount(weeks, nth), None, 0
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
        how = {"discount": off, "paid_points": by_points, "paid_stored_value": by_card, "quantity": 1}
        self._write("purchases", day, at, ordinal=nth, amount=amount, **how, refund=False)
        if sale is not None:
            self.coupons.deed("purchase", sale, at, bought.tier_before, self.accounts.earner.birthday)
        if by_points and (spent := int(bought.paid.points.sum())):
            self._enter(day, at, REDEEM, -spent, nth)
        self._earned(day, at, nth, bought)
        self._feel(weeks, bought)
        self.sales, self.last_bought_on = nth + 1, int(day)
        self._may_bring_back(int(day), amount, off, nth, bought)
        tier = self.membership.wanted(self.accounts, self.programme, int(day), nth)
        if tier is not None:
            self._pay_fee(weeks, int(day), at + 500_000, tier)
        self._may_redeem(weeks, day, at, nth)
        repeats = nth > 0 or not self.known.buys_on_joining[0]
        chance = self._chance_to_leave(weeks)
        if self._luck(Purpose.DROPOUT, nth) < chance if repeats else not self.temper.alive[0]:
            self._leave(weeks)
        else:
            self._wait(weeks, self._drawn_hazard(nth + 1), self._pace(int(day), weeks))

    def _amount(self, weeks: float, nth: int) -> int:
        """Minor units, at least one."""
        shape = gamma_quantile(self.behaviour.spending.p, np.array([self._luck(Purpose.AMOUNT, nth)]))[0]
        factor = self.responses.amount(ONE, np.array([weeks]))
        minor = self.temper.spend_scale[0] * shape * (1.0 if factor is None else factor[0])
        return max(int(np.floor(minor * 10**self.programme.currency_decimals + 0.5)), 1)

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
        self.refund_back = self._part_back(amount, nth)
        self.refund_sale = Sale(
            amount_minor=np.array([amount]),
            refunded_minor=np.zeros(1, np.int64),
            earned={name: bought.by_rule.total(name) for name in ("points", *self.accounts.others)},
            available_on=bought.available_on,
            expires_on=bought.expires_on,
        )

    def _part_back(self, amount: int, nth: int) -> int:
        """What of a sale its refund takes, in minor units."""
        rule, luck = self.behaviour.refunding, self._luck(Purpose.REFUNDED_PART, nth)
        if luck >= rule.partial:
            return amount
        part = rule.parts[int(luck / rule.partial * len(rule.parts))]
        return min(max(int(amount * part + 0.5), 1), amount)

    def _bring_back(self) -> None:
        """A purchase comes back, or a part of it, and as large a part of all that goes with it."""
        (day,), (at,) = self.clock.when(np.array([self.refund_due]))
        nothing = dict.fromkeys(self.accounts.others, np.zeros(1, np.int64))  # accounts of later rules
        sale, nth = self.refund_sale, self.refund_of
        sale = replace(sale, earned=nothing | dict(sale.earned))
        back = self.accounts.refund(ONE, np.array([day]), np.array([self.refund_back]), sale)
        how = {"discount": self._of(self.refund_off), "paid_points": 0, "paid_stored_value": 0}
        how["quantity"] = -1 if self.refund_back == sale.amount_minor[0] else 0
        self._write("purchases", day, at, ordinal=nth, amount=-self.refund_back, **how, refund=True)
        for taken, available_on in ((back.pending[0], sale.available_on[0]), (back.available[0], day)):
            if taken > 0:
                self._enter(day, at, REVERSE, -taken, nth, sale.expires_on[0], available_on=available_on)
        for place, account in enumerate(self.arm.other_accounts):
            if account in back.taken:
                self._enter_other(place, day, at, REVERSE, -int(back.taken[account][0]), nth)
        if self.refund_paid is not None and len(lots := self._points_back()):
            again = self.accounts.give_back(lots, np.full(len(lots), day, np.int32))
            gone = {int(on): int(again.points[again.day == on].sum()) for on in sorted(set(again.day))}
            for on, points in gone.items():
                self._enter(day, at, REVERSE, points, nth, on)
        if self.card:
            self.card.give_back(self.accounts, day, at, nth, self._of)
        self.refund_due, self.refund_sale = np.inf, None

    def _of(self, whole: int) -> int:
        """The part of something that goes with what comes back of the sale, rounded down."""
        sold = int(self.refund_sale.amount_minor[0])
        return whole if self.refund_back == sold else whole * self.refund_back // sold

    def _points_back(self) -> Moves:
        """Of the points that paid for the sale those that come back, the last spent first."""
        left, points = self._of(int(self.refund_paid.points.sum())), self.refund_paid.points.copy()
        for place in reversed(range(len(points))):
            points[place] = min(left, points[place])
            left -= points[place]
        return replace(self.refund_paid, points=points).part(points > 0)

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
        self.headed_for_first_goal = False
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
        """By points that will soon be gone, the way to a dearer reward, and the tier."""
        effects, soon, ahead = self.arm.effects, None, None
        if effects.expiry_redemption.active:
            soon = self.accounts.points.any_going(ONE, np.array([day + int(effects.expiry_window.size)]))
        if effects.saving_up.active:
            prices = {self.programme.point_units(one.points) for one in self.programme.rewards}
            ahead = progress_between(self.accounts.balance, np.array(sorted(prices)))
        return redeeming_odds(effects, soon, ahead, self.accounts.tier)

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
        at -= A_SECOND_US // 2
        self.card.put_on(self.accounts, day, at, money)
        self._write("activities", day, at, kind=ACTIVITIES.index("top_up"), value=money, tier=-1)
        self._given_for("top_up", day, at, money)
        if "top_up" in kinds_asked(self.accounts.programme):
            done = self.accounts.act(ONE, on, "top_up", np.array([money]))
            self._earned(day, at, NO_SALE, done)
            self._feel(weeks, done)

    # Tiers that are bought

    def _decide(self, weeks: float) -> None:
        """The time has come to pay for another term, or not to."""
        (day,), (at,) = self.clock.when(np.array([weeks]))
        self.accounts.settle(ONE, np.array([day], np.int32))
        is_active = self.last_bought_on >= day - self.programme.lifecycle.active_days
        if self.membership.wants_more(self.accounts, self.programme, is_active):
            self._pay_fee(weeks, int(day), at, self.membership.tier)

    def _pay_fee(self, weeks: float, day: int, at: int, tier: int) -> None:
        on, fee = np.array([day], np.int32), self.programme.minor(self.programme.tiers[tier].fee)
        self._write("activities", day, at, kind=ACTIVITIES.index("membership_fee"), value=fee, tier=tier)
        self._given_for("membership_fee", day, at, fee)
        done = self.accounts.act(ONE, on, "membership_fee", np.array([fee]), np.array([tier]))
        self._earned(day, at, NO_SALE, done)
        self._feel(weeks, done)
        self.membership.paid(self.accounts, tier, day)

    # Coupons

    def _welcome(self) -> None:
        """What the rules of the day of joining give, if that is within the run."""
        if self.coupons is not None and self.clock.first_day <= self.joined_on <= self.clock.last_day:
            self._read(self._rules_of(self.joined_on))
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

    def _read(self, programme: Programme) -> None:
        self.programme = programme
        if self.coupons is not None:
            self.coupons.read(programme, self.accounts)
