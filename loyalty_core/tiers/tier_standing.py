"""Where members stand among the tiers of one programme, moved on by what they do and by time.

A call takes many members at once, each at most once; members never touch each other, and days only
go forward for a member. The order of a day: what falls due on it (reviews, the end of a tier's
time) happens at its start and looks at windows that end the day before; what members do comes after.

How a tier moves
- *Reached*: the highest open tier whose `reach` (`newcomer` in a member's first days) is met in
  windows up to and including the day, and whose `admission` holds of what the member was before the
  look. Deeds lift at once or a review does, as `upgrade` says; what time alone makes true shows at
  the next deed or review. Refunds lower measures and by themselves no tier.
- *Held*: `valid_months`, an offer, an invitation or a fee hold a tier until a day, and no review
  takes a member below a tier that is held. A tier that nothing reaches and for which no `keep` is
  declared is held for good where no time is set for it.
- *A look* is taken at members on the calendar's review days, on their anniversary, when the time of
  their tier is over, and when grace ends. Dates that fall on one day make one look. It lifts to
  what is reached, whatever `upgrade` says. Else, where the tier is not held and no grace runs, it
  asks for `keep` (without one for `reach`). What is kept is held again until `valid_months`,
  counted in whole periods from the day of entering, are over.
- *Falling*: who is not kept stays within `minimum_stay_months` and where `downgrade` is never, as
  if kept; else grace begins, and reviews of the calendar pass by until the one look at its end;
  without grace, or at its end, the member falls: to the nearest tier below that measures reach
  (`one_level`), or `to_earned`: the highest tier below that is met (its `keep` or its `reach`) or
  held. Being lifted or given a tier ends grace. A tier that nothing keeps (a paid one, an
  invitation for a time) ends with its time, whatever the rules for falling are: down to what is
  earned.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER, add_months, next_turn
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import Measure
from loyalty_core.tiers.direct_entry import offers_of
from loyalty_core.tiers.holds import Holds
from loyalty_core.tiers.ladder import Ladder, Looked, Verdict
from loyalty_core.tiers.requirements import Counted, Totals, least_to_rise
from loyalty_core.tiers.tier_moves import NO_TIER_MOVES, OwnLooks, TierMoves, joined_tier_moves
from loyalty_core.tiers.window_totals import WindowTotal


class TierStanding:
    """Tier, and all that decides about it, of n members.

    `tier` and `since` (the day it was entered) are int32; everybody starts in the lowest tier on
    the day of joining. `left_on` (NEVER while enrolled) only limits who is looked at. `categories`
    are the labels of the codes that `direct` is given, "a|b" where a purchase holds several.
    `measures` are those that the programme's tiers ask for; others need not be counted. `own_looks` has
    the looks on members' own days since somebody took them out, where it is a list.
    """

    def __init__(
        self, programme: Programme, joined_on: Ints, left_on: Ints, categories: tuple[str, ...] = ()
    ):
        self.ladder = Ladder(programme)
        levels = self.ladder.levels
        self.joined_on, self.left_on = np.asarray(joined_on, np.int32), np.asarray(left_on, np.int32)
        n = len(self.joined_on)
        self.tier: Ints = np.zeros(n, np.int32)
        self.since: Ints = self.joined_on.copy()
        self.totals = {
            one: WindowTotal(one, self.since if one.window == "tier_year" else self.joined_on)
            for one in dict.fromkeys(one for level in levels for one in level.counted)
        }
        self.measures: frozenset[Measure] = frozenset(one.measure for one in self.totals)
        self._to_reach = [one for one in self.totals if any(one in level.reaching for level in levels)]
        self._least = least_to_rise(levels)
        self._offers = offers_of(programme, categories)
        self.holds = Holds([at for at, level in enumerate(levels) if level.timed], n)
        self._by_anniversary = self.ladder.rule.reviews == "anniversary"
        self._personal = False
        self.own_looks: list[OwnLooks] | None = None
        if self.holds or self.ladder.rule.grace_days or self._by_anniversary:
            self._watch()
            self._reschedule(np.arange(n), self.joined_on)

    def count(self, who: Ints, day: Ints, measure: Measure, amount: Ints) -> None:
        """Count deeds: spend in minor units, status and redeemed points in point units, else counts.

        A refund takes its amount off the spend of its own day; the refund that completes the taking
        back of a whole sale takes 1 off the purchases of its day. Settle the members first.
        """
        for one, total in self.totals.items():
            if one.measure == measure:
                total.add(who, day, amount)

    def lift(self, who: Ints, day: Ints) -> Ints:
        """After deeds: the tier of each, raised to what is reached where the programme lifts at once."""
        tier = self.tier[who]
        if self.ladder.rule.upgrade != "at_once" or not self._to_reach:
            return tier
        totals = self.as_of(who, day, self._to_reach)
        at = self._near(tier, totals)
        if not at.size:
            return tier
        members, on = who[at], day[at]
        now, of_near = tier[at], {one: of[at] for one, of in totals.items()}
        reached = self.ladder.reached(now, self.joined_on[members], on, on, of_near)
        up = (reached > now).nonzero()[0]
        self._move(members[up], on[up], reached[up])
        tier[at[up]] = reached[up]
        return tier

    def direct(self, who: Ints, day: Ints, amount_minor: Ints, categories: Ints) -> Ints:
        """The tier of each after one purchase under the programme's dated offers of direct entry."""
        for offer in self._offers:
            taken = offer.taken(day, amount_minor, categories)
            members, on = who[taken], day[taken]
            tier = np.full(len(members), offer.tier, np.int32)
            months = offer.valid_months
            until = add_months(on, months) if months else self.ladder.held_until(tier, on)
            self._give(members, on, tier, until)
        return self.tier[who]

    def enter(self, who: Ints, day: Ints, tier: Ints) -> Ints:
        """The tier of each after a tier was given: by invitation, or by a fee paid.

        It holds for the tier's `fee_months` after what is already paid for, or its `valid_months`. Who
        stands higher stays there, and the tier given holds below. Settle the members first.
        """
        self._give(who, day, tier, self.ladder.paid_until(tier, self.holds.until(who, tier), day))
        return self.tier[who]

    def settle(self, who: Ints, day: Ints) -> TierMoves:
        """Everything of these members that fell due up to the start of each one's `day`, in order.

        To be called before deeds of a day; the calendar's reviews up to it must have been held.
        Cheap where nothing is due, and does nothing for programmes without personal dates.
        """
        if not self._personal:
            return NO_TIER_MOVES
        moves: list[TierMoves] = []
        at = (self._due[who] <= day).nonzero()[0]
        while at.size:
            members = who[at]
            days = self._due[members]
            moves.append(self._look(members, days))
            if self.own_looks is not None:
                progress = self.progress(members, days - 1)
                self.own_looks.append(OwnLooks(member=members, day=days, progress=progress))
            at = at[self._due[members] <= day[at]]
        return joined_tier_moves(moves)

    def review(self, day: int) -> TierMoves:
        """The calendar's review at the start of `day`: of all who joined before it and have not left.

        What fell due for them before is settled first, and is among the moves with its own day.
        """
        who = np.flatnonzero((self.joined_on < day) & (self.left_on >= day))
        days = np.full(len(who), day, np.int32)
        settled = [self.settle(who, days - 1)] if self._personal else []
        if self._least is not None:
            who = who[self._concerned(who, days)]
        return joined_tier_moves([*settled, self._look(who, days[: len(who)])])

    def resume(self, who: Ints, day: Ints, tier: Ints, since: Ints) -> None:
        """Take over standings from elsewhere as of the close of `day`, before their deeds are counted.

        The tier is held as long as its `valid_months` since entering say, and no grace runs.
        """
        self.tier[who], self.since[who] = tier, since
        self._restart(who, since)
        if self._personal:
            self.holds.set(who, tier, self._renewed(who, day))
            self._reschedule(who, day)

    def go_on(self, who: Ints, day: Ints, until: Ints, grace_until: Ints) -> None:
        """Hold the tier that each has until a day (FREE for not) and let grace run (NEVER for not) that
        began elsewhere, as of the close of `day`."""
        if self.holds or len(who):
            self._watch()
            self.holds.set(who, self.tier[who], until)
            self.grace_until[who] = grace_until
            self._reschedule(who, day)

    def adopt(self, who: Ints, other: TierStanding) -> None:
        """Take over tiers, and all that holds them, of the same members under the same programme.

        Before their deeds are counted.
        """
        self.tier[who], self.since[who] = other.tier[who], other.since[who]
        self._restart(who, self.since[who])
        if self._personal:
            self.holds.adopt(who, other.holds)
            for name in ("grace_until", "_due"):
                getattr(self, name)[who] = getattr(other, name)[who]

    def as_of(self, who: Ints, day: Ints, which: Iterable[Counted] | None = None) -> Totals:
        """What members did, in each of the windows that end with `day`: all that tiers ask for."""
        return {one: self.totals[one].as_of(who, day) for one in (self.totals if which is None else which)}

    def qualifying(self, who: Ints, day: Ints) -> Ints:
        """Spend in the qualification's window that ends with `day`, minor units; 0 where no tier asks it."""
        rule = self.ladder.rule
        total = self.totals.get(Counted("spend", rule.window, rule.months if rule.window == "rolling" else 0))
        return np.zeros(len(who), np.int64) if total is None else total.as_of(who, day)

    def progress(self, who: Ints, day: Ints) -> Ints:
        """How far each is towards the next tier that measures reach, in thousandths; 1000 at the top.

        Of what must all be done the share of what is furthest behind, in windows that end with `day`;
        of what is asked in alternatives the nearest. Admission is not asked.
        """
        totals, tier = self.as_of(who, day, self._to_reach), self.tier[who]
        age_days = day - self.joined_on[who]
        found: Ints = np.full(len(who), 1000, np.int64)
        for number in reversed(range(1, len(self.ladder.levels))):
            level = self.ladder.levels[number]
            if level.is_open:
                ahead = (tier < number) & level.reachable(age_days)
                found = np.where(ahead, level.progress(totals, age_days), found)
        return found

    def keeping(self, who: Ints, day: Ints, review_on: Ints) -> Ints:
        """How far each is towards keeping its tier at a later look, in thousandths, by what is done at the
        close of `day` and still counts then; 1000 where that is enough, or nothing is asked: of a tier that
        is held beyond the look, and while grace runs that does not end with it."""
        self.as_of(who, day)
        eve = review_on - np.int32(1)
        totals = {one: total.ahead(who, eve) for one, total in self.totals.items()}
        tier, found = self.tier[who], np.full(len(who), 1000, np.int64)
        for number, level in enumerate(self.ladder.levels[1:], 1):
            if asked := level.keep or level.reach:
                found = np.where(tier == number, asked.progress(totals), found)
        grace = self.grace_ends(who)
        passed_by = (self.held_until(who) > review_on) | ((grace != NEVER) & (grace != review_on))
        return np.where(passed_by, 1000, found)

    def verdict(self, who: Ints, day: Ints, totals: Totals) -> Verdict:
        """What a look at the start of `day` comes to, with what was done up to the day before; nobody is
        moved."""
        members = Looked(
            tier=self.tier[who],
            since=self.since[who],
            joined_on=self.joined_on[who],
            held=self.holds.floor(who, day),
            grace_until=self.grace_ends(who),
        )
        return self.ladder.verdict(members, day, totals)

    def held_until(self, who: Ints) -> Ints:
        """When the time of each one's tier is or was over, a day; NEVER for good, FREE without a time."""
        return self.holds.until(who, self.tier[who])

    def due_on(self, who: Ints) -> Ints:
        """The day of the next look that is each one's own: grace, validity, anniversary; NEVER if none."""
        return self._due[who] if self._personal else np.full(len(who), NEVER)

    def due_by(self, day: int) -> Ints:
        """All whose next look of their own is no later than a day."""
        found: Ints = (self._due <= day).nonzero()[0] if self._personal else np.zeros(0, np.int64)
        return found

    def grace_ends(self, who: Ints) -> Ints:
        """The day of the look at the end of each one's grace; NEVER where none runs."""
        return self.grace_until[who] if self._personal else np.full(len(who), NEVER)

    def _near(self, tier: Ints, totals: Totals) -> Ints:
        """Positions of those for whom some tier above may be reached; at most times there are few."""
        if self._least is None:
            return np.arange(len(tier))
        ((_, total),) = totals.items()
        near: Ints = (total >= self._least.take(tier)).nonzero()[0]  # faster than [tier] for short numbers
        return near

    def _concerned(self, who: Ints, day: Ints) -> Ints:
        """Positions of those for whom anything may come of a look at the start of `day`: who stands lowest
        and can reach nothing has nothing to lose."""
        tier = self.tier[who]
        concerned = (tier > 0) | (self.due_on(who) <= day)
        concerned[self._near(tier, self.as_of(who, day - 1, self._to_reach))] = True
        found: Ints = concerned.nonzero()[0]
        return found

    def _look(self, who: Ints, day: Ints) -> TierMoves:
        """One look at each member at the start of a day, and what follows from it."""
        before = self.tier[who]
        verdict = self.verdict(who, day, self.as_of(who, day - 1))
        if self._personal:
            self._after_look(who, day, verdict)
        moved = verdict.tier != before
        members, days, after = who[moved], day[moved], verdict.tier[moved]
        self._move(members, days, after)
        return TierMoves(member=members, day=days, from_tier=before[moved], to_tier=after)

    def _after_look(self, who: Ints, day: Ints, verdict: Verdict) -> None:
        kept, in_grace = who[verdict.kept], who[verdict.in_grace]
        self.grace_until[kept] = NEVER
        # Few are held for a time, and the time of others is reckoned long.
        timed = verdict.kept & self.holds.may_hold(self.tier[who])
        self.holds.set(who[timed], self.tier[who[timed]], self._renewed(who[timed], day[timed]))
        self.grace_until[in_grace] = day[verdict.in_grace] + self.ladder.rule.grace_days
        self._reschedule(who, day)

    def _give(self, who: Ints, day: Ints, tier: Ints, until: Ints) -> None:
        """Hold a tier for members at least until a day, and lift to it those who stand lower."""
        self.holds.set(who, tier, np.maximum(until, self.holds.until(who, tier)))
        up = tier > self.tier[who]
        self._move(who[up], day[up], tier[up])
        if self._personal:
            same = (tier == self.tier[who]) & (until > day)
            self.grace_until[who[same]] = NEVER
            self._reschedule(who, day)

    def _move(self, who: Ints, day: Ints, tier: Ints) -> None:
        """Let members enter a tier; a hold that they have on it stays."""
        if not who.size:
            return
        self.tier[who], self.since[who] = tier, day
        self._restart(who, day)
        if self._personal:
            held = self.holds.until(who, tier)
            self.holds.set(who, tier, np.where(held > day, held, self.ladder.held_until(tier, day)))
            self.grace_until[who] = NEVER
            self._reschedule(who, day)

    def _restart(self, who: Ints, day: Ints) -> None:
        for one, total in self.totals.items():
            if one.window == "tier_year":
                total.restart(who, day)

    def _renewed(self, who: Ints, day: Ints) -> Ints:
        """Until when the tier is held that was kept on `day`."""
        return self.ladder.renewed_until(self.tier[who], self.since[who], day)

    def _watch(self) -> None:
        """Keep dates that are each member's own from now on."""
        if not self._personal:
            self._personal = True
            self.grace_until: Ints = np.full(len(self.tier), NEVER)
            self._due: Ints = np.full(len(self.tier), NEVER)

    def _reschedule(self, who: Ints, day: Ints) -> None:
        """When each member is looked at next by a date of their own, after `day`."""
        held = self.held_until(who)
        due = np.minimum(np.where(held > day, held, NEVER), self.grace_until[who])
        if self._by_anniversary:
            due = np.minimum(due, next_turn(self.joined_on[who], 12, day))
        self._due[who] = np.where(due > self.left_on[who], NEVER, due)
