"""Members in motion: "the k-th event of everybody" is one round of array operations.

What a sale earns, what expires, which tier follows: `loyalty_core.kernel.accounts` decides, never this file.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import numpy as np

from loyalty_core.facts import EARN, EXPIRE, POINTS_ACCOUNT, REDEEM, REVERSE
from loyalty_core.history import NEVER, Flags, Ints
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.outcomes import Outcome, Sale
from loyalty_core.kernel.walk import details_asked, kinds_asked
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.tier_standing import TierMoves
from simulation.arm import Arm
from simulation.behaviour import NOTHING, chosen_rewards
from simulation.campaigns import Campaign, Wave
from simulation.choices import Rewards
from simulation.goals import Goals
from simulation.journal import ACTIVITIES, KIND, Facts, Journal
from simulation.lifetime import Lifetime
from simulation.limits import Closing
from simulation.pace import Pace
from simulation.population import HABITS, Population, drawn
from simulation.responses import Responses, redeeming_odds
from simulation.season import Clock
from simulation.streams import Draws, Floats, Purpose, Streams, gamma_quantile

# What each sale is drawn by; the wait for the next one has its ordinal.
_OF_A_SALE = (Purpose.AMOUNT, Purpose.REFUND, Purpose.REDEMPTION, Purpose.DROPOUT, Purpose.GAP)
_AHEAD = (0, 0, 0, 0, 1)
_FEW = 0.25  # refunds wait until they are this share of all that members do in one round
_TAKES_REWARD_AFTER_US = 1_000_000  # a second after the sale that allows it
_NO_TIER, _NO_SALE, _NO_REWARD = -1, -1, -1


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
        self.responses = Responses(arm.effects, behaviour, self.temper, len(programme.tiers) - 1, ago)
        self.journal = Journal()
        self._read(programme)
        self.minor_per_unit = 10**programme.currency_decimals
        n = len(population)
        self.sales = np.zeros(n, np.int32)  # made in this run: the ordinal of the next one
        self.rank = np.arange(n)  # place by id among all members of the run
        self.closing: Closing | None = None  # rewards that are not left; None where there are always enough
        self.present: Flags = np.ones(n, bool)  # False for those of whom it is not sure that they will join
        self.last_bought_on = population.last_bought_on.copy()
        self.boost = np.ones(n)
        # By campaign and first day of the wave: those treated, factor of their rate.
        self.running: dict[tuple[int, int], tuple[Ints, float]] = {}
        self.refund_due = np.full(n, np.inf)  # a member has at most one sale to bring back
        self.refund_amount, self.refund_of = np.zeros(n, np.int64), np.zeros(n, np.int32)
        self.earned_by: list[tuple[Ints, Ints]] = []  # lots and the ordinals of the sales that earned them
        self.accounts = accounts or self._entered(programme, remember=bool(arm.changes))
        accounts_earned = (POINTS_ACCOUNT, *self.accounts.others)
        self.refund_earned = {name: np.zeros(n, np.int64) for name in accounts_earned}
        self.refund_dates = np.zeros((2, n), np.int32)  # of what it earned: available_on, expires_on
        self.pace = Pace(n)
        self.lifetime = Lifetime.of(self.temper, population.joined_on, clock)
        self._set_out()

    def advance(self, to_day: int) -> None:
        """Let everything happen that happens before the start of a day."""
        end = float(self.clock.weeks(to_day))
        who = np.flatnonzero(self._next() < end)
        while len(who):
            back = self.refund_due[who] < self.pace.due[who]
            several = np.count_nonzero(back)
            # Who brings something back may wait for others who do: members do not touch each other.
            if several >= _FEW * len(who):
                self._take_back(who[np.flatnonzero(back)])
            if several < len(who):
                self._sell(self._still_there(who[np.flatnonzero(~back)] if several else who))
            who = who[np.flatnonzero(np.minimum(self.pace.due[who], self.refund_due[who]) < end)]

    def change_rules(self, programme: Programme, day: int) -> None:
        """Let another document hold from the start of a day.

        Members wait on; whose goals it moves goes on at the pace that the new ones set.
        """
        waiting = np.flatnonzero(np.isfinite(self.pace.due) & (self.population.joined_on < day))
        everybody = np.arange(len(self.population))
        self.accounts.settle(everybody, day - 1)
        before = self._rate(waiting, day - 1)
        self.accounts = self.accounts.under(programme, day)
        self._read(programme)
        for name in self.accounts.others:
            self.refund_earned.setdefault(name, np.zeros(len(everybody), np.int64))
        after = self._rate(waiting, day - 1)
        moved = np.flatnonzero(before != after)
        self.pace.change(waiting[moved], float(self.clock.weeks(day)), after[moved])

    def _read(self, programme: Programme) -> None:
        """What members see of a document: prices of rewards, and the goals ahead."""
        self.rewards, self.goals = Rewards(programme), Goals(programme)
        self.details = [name for name in details_asked(programme) if name in HABITS]

    def review(self, day: int) -> None:
        """The tier review at the start of a day, and how those feel about it whom it moves or does not."""
        moves = self.accounts.review(day)
        self._write_reviews(moves)
        if self.responses.told_of_tiers:
            weeks = np.full(len(moves), float(self.clock.weeks(day)))
            self.responses.moved(moves.member, weeks, moves.from_tier, moves.to_tier)
        if self.responses.told_of_tiers or self.responses.pushes:
            moved = np.concatenate([moves.member, self._missed(day), self.responses.pushed()])
            self._feel_otherwise(np.unique(moved), day)

    def _missed(self, day: int) -> Ints:
        """Members who just missed the next tier at a review whose window is over; they are told so."""
        if not self.responses.told_of_misses or not self.goals.are_missed:
            return np.zeros(0, np.int64)
        who = np.flatnonzero(np.isfinite(self.pace.due) & (self.population.joined_on < day))
        progress = self.accounts.standing.progress(who, np.full(len(who), day - 1, np.int32)) / 1000
        near = who[np.flatnonzero((progress < 1) & (progress >= 1 - self.effects.review_push_gap.size))]
        weeks = np.full(len(near), float(self.clock.weeks(day)))
        self.responses.missed(near, weeks, self.accounts.tier[near])
        return near

    def push(self, day: int, review_on: int) -> None:
        """From the start of a day before a review those hurry who are near to what it will ask of them.

        In the lowest tier nobody does: there is nothing to lose.
        """
        there = (self.population.joined_on < day) & (self.accounts.tier > 0)
        who = np.flatnonzero(np.isfinite(self.pace.due) & there)
        standing, eves = self.accounts.standing, np.full(len(who), day - 1, np.int32)
        least = 1000 * (1 - self.effects.review_push_gap.size)
        near = np.zeros(len(who), bool)
        for thousandths in (standing.progress(who, eves), standing.keeping(who, eves, review_on)):
            near |= (thousandths >= least) & (thousandths < 1000)
        self.responses.push(who[near], float(self.clock.weeks(review_on)))
        self._feel_otherwise(who[near], day)

    def _feel_otherwise(self, who: Ints, day: int) -> None:
        """Let those who wait do so as fast as they feel from the start of a day; nothing else has changed."""
        waiting = who[np.isfinite(self.pace.due[who])]
        weeks = float(self.clock.weeks(day))
        factor = self.responses.change(waiting, np.full(len(waiting), weeks))
        if factor is not None:
            moved = np.flatnonzero(factor != 1)
            self.pace.hasten(waiting[moved], weeks, factor[moved])

    def _go_on(self, who: Ints, day: int) -> None:
        """Let those who wait do so at the pace that is theirs from the start of a day."""
        waiting = who[np.isfinite(self.pace.due[who])]
        self.pace.change(waiting, float(self.clock.weeks(day)), self._rate(waiting, day - 1))

    def audience(self, campaign: Campaign, number: int, day: int) -> tuple[Ints, Flags]:
        """Whom a campaign's wave chooses at the start of its first day, and who of them is treated."""
        chosen = campaign.chosen(
            day,
            self.last_bought_on,
            np.where(self.present, self.population.joined_on, NEVER),
            self.accounts.tier,
            self.accounts.earner.birthday,
        )
        return chosen, campaign.treated(self.population.keys[chosen], self.streams, number)

    def contact(self, campaign: Campaign, number: int, wave: Wave, chosen: Ints, treated: Flags) -> None:
        """Tell those treated; they buy faster from the start of the wave, and some come because of it.

        Who comes waits no longer than up to an instant within the wave, at the pace that is then in force.
        """
        day, last_day = wave
        self.journal.contacts.add(
            chosen, day=day, at=self.clock.midnight(day), campaign=number, treated=treated
        )
        told = chosen[treated]
        if campaign.lift:
            self.running[number, day] = (told, 1 + campaign.lift)
            self._hurry(told, day)
        keys = self.population.keys[told]
        comes = campaign.returning(keys, self.streams, number, day, self.effects)
        begins, ends = float(self.clock.weeks(day)), float(self.clock.weeks(last_day + 1))
        share = campaign.return_time(keys[comes], self.streams, number, day)
        who, due = told[comes], begins + share * (ends - begins)
        sooner = due < self.pace.due[who]
        who, rate = who[sooner], self._rate(who[sooner], day - 1)
        if self.lifetime is not None:
            self.lifetime.last_to(who, due[sooner])
        self.pace.begin(who, np.full(len(who), begins), (due[sooner] - begins) * rate, rate)

    def act(self, who: Ints, day: Ints, kind: str) -> None:
        """An activity of each member at the start of a day."""
        at = self.clock.midnight(day)
        self.journal.activities.add(who, day=day, at=at, kind=ACTIVITIES.index(kind))
        if kind not in kinds_asked(self.accounts.programme):
            return
        done = self.accounts.act(who, day, kind)
        self._book_earned(who, day, at, np.full(len(who), _NO_SALE, np.int32), done)

    def join(self, who: Ints, due: Floats) -> None:
        """Let members join of whom it was not sure; `due` is when they buy first."""
        self.present[who] = True
        self.pace.due[who] = due

    def stay_longer(self, times: float) -> None:
        """Let all leave so many times less readily than was drawn for them."""
        self.temper = replace(self.temper, dropout=self.temper.dropout / times)
        if self.lifetime is not None:
            self.lifetime.lengthen(times)

    def copy(self) -> Crowd:
        """The same crowd once more, to be moved on by itself; journal and what never changes are shared."""
        never = (self.population, self.behaviour, self.effects, self.clock, self.streams, self.draws)
        shared = (*never, self.temper, self.journal, self.accounts.programme)
        memo: dict[int, object] = {id(one): one for one in shared}
        memo[id(self.earned_by)] = list(self.earned_by)
        return deepcopy(self, memo)

    def end_campaign(self, number: int, begun_on: int, day: int) -> None:
        """Those treated in the wave that began on `begun_on` buy as before from the start of a day."""
        treated, _ = self.running.pop((number, begun_on), (np.zeros(0, np.int64), 1.0))
        self._hurry(treated, day)

    def closed(self) -> Facts:
        """The facts of the run; expiry is brought up to its last day."""
        moves = self.accounts.expire(np.arange(len(self.population)), self.clock.last_day)
        sale = np.full(1 + max((int(lots.max(initial=0)) for lots, _ in self.earned_by), default=0), _NO_SALE)
        for lots, ordinals in self.earned_by:
            sale[lots] = ordinals
        known = np.where(moves.lot < len(sale), moves.lot, 0)
        sale[0] = _NO_SALE
        self._enter(
            moves.member, moves.day, self.clock.midnight(moves.day), EXPIRE, -moves.points, sale[known]
        )
        self._write_reviews(self.accounts.moved())
        return Facts(self.journal, self.population).of_those(self.present)

    def _write_reviews(self, moves: TierMoves) -> None:
        at = self.clock.midnight(moves.day)
        self._change_tiers(moves.member, moves.day, at, moves.from_tier, moves.to_tier, True)

    def _next(self) -> Floats:
        """Operational time of the next event of each member."""
        first: Floats = np.minimum(self.pace.due, self.refund_due)
        return first

    def _entered(self, programme: Programme, remember: bool) -> Accounts:
        """Everybody in the lowest tier from the day of joining."""
        joined = self.population.joined_on
        who = np.flatnonzero((joined >= self.clock.first_day) & (joined <= self.clock.last_day))
        self._change_tiers(who, joined[who], self.clock.midnight(joined[who]), _NO_TIER, 0, False)
        return Accounts(programme, joined, remember=remember)

    def _set_out(self) -> None:
        """Everybody waits for the first purchase; some make it on the day of joining."""
        joined, keys = self.population.joined_on, self.population.keys
        opening = np.flatnonzero(self.temper.alive & (joined <= self.clock.last_day))
        start = np.maximum(joined, self.clock.first_day)[opening]
        hazard = self.streams.exponential(Purpose.GAP, keys[opening], 0)
        rate = self._rate(opening, self.clock.first_day - 1)
        self.pace.begin(opening, self.clock.weeks(start), hazard, rate)
        at_once = np.flatnonzero(
            self.population.buys_on_joining
            & (joined >= self.clock.first_day)
            & (joined <= self.clock.last_day)
        )
        day = joined[at_once]
        self.pace.due[at_once] = self._some_time(
            day, self.streams.uniform(Purpose.FIRST_PURCHASE, keys[at_once])
        )

    def _some_time(self, day: Ints, share: Floats) -> Floats:
        """Operational time when `share` of the day has passed."""
        begins, ends = self.clock.weeks(day), self.clock.weeks(day + 1)
        return begins + share * (ends - begins)

    def _sell(self, who: Ints) -> None:
        """The next sale of each member, and what follows from it at once."""
        weeks, nth = self.pace.due[who], self.sales[who]
        for_amount, for_refund, for_reward, for_leaving, for_gap = self.draws.uniform(who, nth, _AHEAD)
        day, at = self.clock.when(weeks)
        amount = self._amount(who, for_amount)
        usual = {name: getattr(self.population, name)[who] for name in self.details}
        bought = self.accounts.buy(who, day, amount, **usual)
        self.journal.purchases.add(who, day=day, at=at, ordinal=nth, amount=amount, refund=False)
        self._book_earned(who, day, at, nth, bought)
        self._feel(who, weeks, day, bought)
        self.sales[who] = nth + 1
        self.last_bought_on[who] = day
        self._plan_refund(who, day, amount, nth, bought, for_refund)
        self._redeem(who, weeks, day, at, nth, for_reward)
        leaves = np.where(
            self._repeat(who, nth), for_leaving < self._dropout(who, weeks), ~self.temper.alive[who]
        )
        hazard = np.where(leaves, np.inf, -np.log1p(-for_gap))
        self.pace.begin(who, weeks, hazard, self._rate(who, day, weeks))

    def _feel(self, who: Ints, weeks: Floats, day: Ints, bought: Outcome) -> None:
        """How members take it that a sale lifted them, or that a date of their own moved them before it."""
        if not self.responses.told_of_tiers:
            return
        moves = self.accounts.moved()
        if len(moves):
            self._write_reviews(moves)
            at = self.clock.weeks(moves.day)
            self.responses.moved(moves.member, at, moves.from_tier, moves.to_tier)
        up = np.flatnonzero(bought.tier_after != bought.tier_before)
        self.responses.moved(who[up], weeks[up], bought.tier_before[up], bought.tier_after[up])

    def _dropout(self, who: Ints, weeks: Floats) -> Floats:
        """Chance of each member to leave for good after a repeat purchase."""
        chance, factor = self.temper.dropout[who], self.responses.leaving(who, weeks)
        if factor is None:
            return chance
        if self.lifetime is not None:
            self.lifetime.hasten(who, weeks, factor)
        return chance * factor

    def _still_there(self, who: Ints) -> Ints:
        """Those due who have not left by then; the others never come again."""
        if self.lifetime is None:
            return who
        there = self.lifetime.reaches(who, self.pace.due[who])
        self.pace.stop(who[np.flatnonzero(~there)])
        return who[np.flatnonzero(there)]

    def _repeat(self, who: Ints, nth: Ints) -> Flags:
        """True for those who bought before: nobody leaves right after the first purchase."""
        flags: Flags = (nth > 0) | ~self.population.buys_on_joining[who]
        return flags

    def _amount(self, who: Ints, luck: Floats) -> Ints:
        """Minor units, at least one."""
        minor = self.temper.spend_scale[who] * gamma_quantile(self.behaviour.spending.p, luck)
        if self.effects.programme_basket.active:
            minor = minor * self.effects.programme_basket.size
        amount: Ints = np.maximum(np.floor(minor * self.minor_per_unit + 0.5), 1).astype(np.int64)
        return amount

    def _book_earned(self, who: Ints, day: Ints, at: Ints, nth: Ints, bought: Outcome) -> None:
        some = bought.earned > 0
        kept: Ints | slice = slice(None) if some.all() else np.flatnonzero(some)
        self._enter(
            who[kept],
            day[kept],
            at[kept],
            EARN,
            bought.earned[kept],
            nth[kept],
            bought.expires_on[kept],
            available_on=bought.available_on[kept],
        )
        self.earned_by.append((bought.lot[kept], nth[kept]))
        up = np.flatnonzero(bought.tier_after != bought.tier_before)
        self._change_tiers(who[up], day[up], at[up], bought.tier_before[up], bought.tier_after[up], False)

    def _plan_refund(
        self, who: Ints, day: Ints, amount: Ints, nth: Ints, bought: Outcome, luck: Floats
    ) -> None:
        back = np.flatnonzero(luck < self.behaviour.refunding.share)
        back = back[np.isinf(self.refund_due[who[back]])]
        if not len(back):
            return
        members, day, nth = who[back], day[back], nth[back]
        delay = self.streams.uniform(Purpose.REFUND_DELAY, self.population.keys[members], nth)
        wait = delay * self.behaviour.refunding.within_days
        later = day + 1 + wait.astype(np.int32)
        due = np.where(later <= self.clock.last_day, self._some_time(later, wait % 1), np.inf)
        self.refund_due[members] = due
        self.refund_amount[members], self.refund_of[members] = amount[back], nth
        for name, earned in self.refund_earned.items():
            earned[members] = bought.by_rule.total(name)[back]
        self.refund_dates[:, members] = bought.available_on[back], bought.expires_on[back]

    def _take_back(self, who: Ints) -> None:
        """The refund that each member has coming; it changes neither mood nor pace."""
        day, at = self.clock.when(self.refund_due[who])
        amount, nth = self.refund_amount[who], self.refund_of[who]
        sale = self._sale(who)
        refunded = self.accounts.refund(who, day, amount, sale)
        self.journal.purchases.add(who, day=day, at=at, ordinal=nth, amount=-amount, refund=True)
        for taken, available_on in ((refunded.pending, sale.available_on), (refunded.available, day)):
            some = taken > 0
            self._enter(
                who[some],
                day[some],
                at[some],
                REVERSE,
                -taken[some],
                nth[some],
                sale.expires_on[some],
                available_on=available_on[some],
            )
        self.refund_due[who] = np.inf

    def _sale(self, who: Ints) -> Sale:
        """The sale that each member brings back, whole."""
        amount = self.refund_amount[who]
        available_on, expires_on = self.refund_dates[:, who]
        return Sale(
            amount_minor=amount,
            refunded_minor=np.zeros(len(who), np.int64),
            earned={name: earned[who] for name, earned in self.refund_earned.items()},
            available_on=available_on,
            expires_on=expires_on,
        )

    def _redeem(self, who: Ints, weeks: Floats, day: Ints, at: Ints, nth: Ints, luck: Floats) -> None:
        """Some of those who can afford a reward take one."""
        if not len(self.rewards):
            return
        balance = self.accounts.balance[who]
        able = np.flatnonzero(self.temper.redeems[who] & (balance >= self.rewards.least))
        there = self._there(at[able] + _TAKES_REWARD_AFTER_US, who[able])
        prices, may = self.rewards.asked_of(self.accounts, who[able], day[able])
        odds = self._odds(who[able], day[able])
        redeeming = self.behaviour.redeeming
        chosen = chosen_rewards(redeeming, balance[able], prices, luck[able], there, may, odds)
        some = np.flatnonzero(chosen != NOTHING)
        taken, reward = able[some], chosen[some]
        self.responses.redeemed(who[taken], weeks[taken])
        who, day, at, nth = who[taken], day[taken], at[taken] + _TAKES_REWARD_AFTER_US, nth[taken]
        before = self.accounts.tier[who]
        paid = self.rewards.take(self.accounts, who, day, reward)
        after = self.accounts.tier[who]
        up = np.flatnonzero(after != before)
        self._change_tiers(who[up], day[up], at[up], before[up], after[up], False)
        out = np.flatnonzero(paid.points > paid.pending)
        points = paid.pending[out] - paid.points[out]
        self._enter(who[out], day[out], at[out], REDEEM, points, nth[out], reward=reward[out])
        early = np.flatnonzero(paid.pending)  # paid with points that could not be spent on anything else yet
        self._enter(
            who[early],
            day[early],
            at[early],
            REDEEM,
            -paid.pending[early],
            nth[early],
            paid.expires_on[early],
            reward=reward[early],
            available_on=paid.available_on[early],
        )

    def _there(self, at: Ints, who: Ints) -> Flags | None:
        """Which rewards (columns) are left for members at an instant; None where there are always enough."""
        return None if self.closing is None else self.closing.open(at, self.rank[who])

    def _odds(self, who: Ints, day: Ints) -> Floats | None:
        """The factor of each member's odds to redeem; None where it is 1 for all."""
        if not self.effects.expiry_redemption.active:
            return None
        soon = self.accounts.points.going(who, day + np.int32(self.effects.expiry_window.size)) > 0
        return redeeming_odds(self.effects, soon)

    def _rate(self, who: Ints, day: Ints | int, weeks: Floats | None = None) -> Floats:
        """Purchases a week in a wait that begins at `weeks`, or else with the day after `day`: the member's
        own rate, pulled by the goal ahead, pushed by campaigns, and as the member feels."""
        effect = self.effects.goal_gradient.size
        rate = self.temper.rate[who] * self.boost[who]
        begins = np.broadcast_to(self.clock.weeks(np.asarray(day) + 1), who.shape) if weeks is None else weeks
        factor = self.responses.pace(who, begins)
        if factor is not None:
            self.responses.felt[who] = factor
            rate = rate * factor
        if effect == 0:
            return rate
        pull = 1 + effect * self.goals.progress(self.accounts, who, day)
        return rate * pull / (1 + effect * self.behaviour.usual_progress)

    def _hurry(self, who: Ints, day: int) -> None:
        """Let the campaigns that run from this day on set the pace of some members."""
        self.boost[who] = 1.0
        for treated, _ in self.running.values():
            self.boost[treated] = 1.0
        for treated, factor in self.running.values():
            self.boost[treated] *= factor
        self._go_on(who, day)

    def _enter(
        self,
        who: Ints,
        day: Ints,
        at: Ints,
        kind: str,
        amount: Ints,
        nth: Ints,
        expires_on: Ints | np.integer = NEVER,
        reward: Ints | int = _NO_REWARD,
        available_on: Ints | None = None,
    ) -> None:
        self.journal.entries.add(
            who,
            day=day,
            at=at,
            kind=KIND[kind],
            amount=amount,
            available_on=day if available_on is None else available_on,
            expires_on=expires_on,
            reward=reward,
            ordinal=nth,
        )

    def _change_tiers(
        self, who: Ints, day: Ints | int, at: Ints, from_tier: Ints | int, to_tier: Ints | int, review: bool
    ) -> None:
        self.journal.tier_changes.add(
            who, day=day, at=at, from_tier=from_tier, to_tier=to_tier, review=review
        )
