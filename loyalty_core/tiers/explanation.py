"""Why a member has a tier, what is missing for the next, and what the next review does as things stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.days import NEVER, add_months
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text
from loyalty_core.tiers import tier_words as words
from loyalty_core.tiers.ladder import Verdict
from loyalty_core.tiers.requirements import Asked, Counted
from loyalty_core.tiers.tier_standing import TierStanding
from loyalty_core.written import day_text

_DAYS_TO_A_REVIEW = 366  # the calendar of a programme comes round within them


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What a member still has to do of one thing counted, in its units, and the days for it.

    Done from `from_day` to `until` (NEVER: without a limit) that much is enough.
    """

    counted: Counted
    units: int
    from_day: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is missing for a tier: any `needed` of `missing`.

    `open_from` is the day from which the member may enter it: NEVER where another tier comes first.
    """

    tier: int
    missing: tuple[Missing, ...]
    needed: int
    open_from: int
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The next look at the member, at the start of `day`: the tier after it if nothing more is done.

    `to_keep` is what would keep a tier that is lost by it, at once or when grace is over.
    """

    day: int
    tier: int
    to_keep: Goal | None
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A member's tier at the close of a day.

    `goal` is None where no measure leads higher, `outlook` where no look is to come.
    """

    tier: int
    why: Text
    goal: Goal | None
    outlook: Outlook | None


def explain(standing: TierStanding, programme: Programme, member: int, day: int) -> Explanation:
    """The explanation for one member (its place in the standing) as of the close of `day`.

    The member must have been settled, and the calendar's reviews held, up to that day. The standing
    is not moved on.
    """
    told = _Member(standing, programme, member, day)
    return Explanation(tier=told.tier, why=told.why(), goal=told.goal(), outlook=told.outlook())


class _Member:
    """One member at the close of one day; `look` is the day of the next look, None if there is none."""

    def __init__(self, standing: TierStanding, programme: Programme, member: int, day: int):
        self.standing, self.programme, self.day = standing, programme, day
        self.who = np.array([member])
        self.now = standing.as_of(self.who, np.array([day], np.int32))
        self.tier, self.since = int(standing.tier[member]), int(standing.since[member])
        self.joined_on, self.left_on = int(standing.joined_on[member]), int(standing.left_on[member])
        self.held_until = int(standing.held_until(self.who)[0])
        self.look = self._next_look()

    def why(self) -> Text:
        name = self._name(self.tier)
        if self.tier == 0:
            return words.said(words.LOWEST, tier=name)
        reasons = [words.said(words.SINCE, tier=name, day=day_text(self.since))]
        if self.held_until == NEVER:
            reasons.append(words.FOR_GOOD)
        elif self.held_until > self.day:
            reasons.append(words.said(words.HELD, day=day_text(self.held_until)))
        if (grace_end := int(self.standing.grace_ends(self.who)[0])) != NEVER:
            reasons.append(words.said(words.GRACE, day=day_text(grace_end)))
        if asked := self._asked_to_keep(self.day):
            totals = {one: int(self.now[one][0]) for one in asked.least}
            template = words.MET if asked.met_by(self.now)[0] else words.NOT_MET
            reasons.append(words.said(template, what=words.progress_text(self.programme, totals, asked)))
        return words.sentences(reasons)

    def goal(self) -> Goal | None:
        """What leads to the next tier that measures reach: at once, or at the next look."""
        at_once = self.standing.ladder.rule.upgrade == "at_once"
        if not (at_once or self.look):
            return None
        last_day = self.day if at_once or self.look is None else self.look - 1
        for tier in range(self.tier + 1, len(self.standing.ladder.levels)):
            if asked := self._asked(tier, last_day):
                return self._to_do(tier, asked, last_day, self._open_from(tier), at_once)
        return None

    def outlook(self) -> Outlook | None:
        if self.look is None:
            return None
        day = np.array([self.look], np.int32)
        totals = {one: total.ahead(self.who, day - 1) for one, total in self.standing.totals.items()}
        verdict = self.standing.verdict(self.who, day, totals)
        after = int(verdict.tier[0])
        asked = self._asked_to_keep(self.look - 1)
        lost = after < self.tier or bool(verdict.in_grace[0])
        to_keep = self._to_do(self.tier, asked, self.look - 1, self.day, False) if lost and asked else None
        told = [self._told(verdict, after, self.look)]
        if to_keep:
            told.append(words.said(words.TO_KEEP, what=to_keep.text))
        return Outlook(day=self.look, tier=after, to_keep=to_keep, text=words.sentences(told))

    def _next_look(self) -> int | None:
        calendar = self.programme.qualification.review_days(self.day + 1, self.day + _DAYS_TO_A_REVIEW)
        day = min([int(self.standing.due_on(self.who)[0]), *calendar[:1].tolist()])
        return None if day == NEVER or day > self.left_on else day

    def _told(self, verdict: Verdict, after: int, look: int) -> Text:
        if after > self.tier:
            template = words.RISES
        elif after < self.tier:
            template = words.FALLS
        elif verdict.in_grace[0]:
            template = words.GRACE_BEGINS
        elif self.held_until > look:
            template = words.STILL_HELD
        elif verdict.kept[0]:
            template = words.KEPT
        else:
            template = words.STILL_IN_GRACE
        grace_end = day_text(look + self.standing.ladder.rule.grace_days)
        names = {"tier": self._name(self.tier), "to": self._name(after)}
        return words.said(template, day=day_text(look), grace=grace_end, **names)

    def _asked(self, tier: int, last_day: int) -> Asked | None:
        """What reaches a tier in windows that end with `last_day`: for a newcomer something else."""
        level = self.standing.ladder.levels[tier]
        return level.newcomer if self._newcomer(tier, last_day) else level.reach

    def _asked_to_keep(self, last_day: int) -> Asked | None:
        """What keeps the tier; None for one that only its time ends, or that only newcomers reach."""
        level = self.standing.ladder.levels[self.tier]
        return level.keep or (self._asked(self.tier, last_day) if level.asks else None)

    def _newcomer(self, tier: int, last_day: int) -> bool:
        level = self.standing.ladder.levels[tier]
        return level.newcomer is not None and last_day - self.joined_on < level.newcomer_days

    def _open_from(self, tier: int) -> int:
        level = self.standing.ladder.levels[tier]
        if level.from_below and self.tier != tier - 1:
            return int(NEVER)
        return int(add_months(np.array([self.joined_on]), level.member_months)[0])

    def _to_do(self, tier: int, asked: Asked, last_day: int, open_from: int, at_once: bool) -> Goal:
        """What is missing in windows that end with `last_day`: today, as it counts `at_once`, or the eve of
        the next look."""
        open_units = {one: least - self._total(one, last_day) for one, least in asked.least.items()}
        met = [one for one, units in open_units.items() if units <= 0]
        missing = [
            self._missing(tier, one, units, met, last_day, at_once)
            for one, units in open_units.items()
            if units > 0
        ]
        needed = max(asked.met - len(asked.least) + len(missing), 0)
        missing = missing if needed else []
        text = words.goal_text(
            self.programme, [(one.counted, one.units, one.until) for one in missing], needed
        )
        if open_from == NEVER:
            text = words.said(words.FROM_BELOW, tier=self._name(tier), below=self._name(tier - 1))
        elif open_from > self.day:
            text = words.sentences([text, words.said(words.OPEN_FROM, day=day_text(open_from))])
        return Goal(tier=tier, missing=tuple(missing), needed=needed, open_from=open_from, text=text)

    def _missing(
        self, tier: int, one: Counted, units: int, met: list[Counted], last_day: int, at_once: bool
    ) -> Missing:
        """What is missing of a measure: enough as long as what is done of it, and of those `met`, counts."""
        end = np.array([last_day], np.int32)
        if not at_once:
            first = int(self.standing.totals[one].first_day(self.who, end)[0])
            return Missing(counted=one, units=units, from_day=max(first, self.day), until=last_day)
        totals = (self.standing.totals[counted] for counted in (one, *met))
        until = min(int(total.lasts_until(self.who, end)[0]) for total in totals)
        if self._newcomer(tier, last_day):
            until = min(until, self.joined_on + self.standing.ladder.levels[tier].newcomer_days - 1)
        return Missing(counted=one, units=units, from_day=self.day, until=until)

    def _total(self, one: Counted, last_day: int) -> int:
        if last_day == self.day:
            return int(self.now[one][0])
        return int(self.standing.totals[one].ahead(self.who, np.array([last_day], np.int32))[0])

    def _name(self, tier: int) -> Text:
        return self.programme.tier_label(self.programme.tiers[tier].name)
