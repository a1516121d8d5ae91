"""What a what-if changes and its run ends too early to show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import add_months
from loyalty_core.points.expiring import expires_on
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import looked_at_on_own_days
from loyalty_core.text import Text
from loyalty_core.tiers.requirements import levels_of

Timeline = Sequence[tuple[int, Programme]]
"""Documents with the day from whose start each holds; the first holds from the beginning of a run."""

EXPIRY = Text(
    "The run ends before another expiry can show: points that it concerns are gone after {months} months at "
    "the earliest. A run of more than {months} months tells what it does to redemption and cost.",
    "本次模拟在有效期的变化显现之前就已结束：受影响的积分最早在 {months} 个月后失效。模拟 {months} 个月以上，"
    "才能看到它对兑换与成本的影响。",
)
REVIEWS = Text(
    "The run ends before any tier review, at which members would lose a tier: the next one comes after "
    "{months} months. A longer run tells what other rules of tiers do to those who hold one.",
    "本次模拟在等级评定之前就已结束，期间没有会员会降级：下一次评定在 {months} 个月后。模拟更长时间，"
    "才能看到等级规则的变化对现有等级会员的影响。",
)
NOTHING = Text(
    "Nothing differs in any replication: nobody in these runs meets what the scenario changes. That says "
    "neither that it costs nothing nor that it is worth nothing.",
    "所有重复模拟都没有任何差异：模拟中没有会员遇到方案所作的改动。这既不说明它没有成本，也不说明它没有价值。",
)
_A_YEAR = 366  # days within which the calendar of reviews comes round


def unseen(base: Timeline, other: Timeline, days: tuple[int, int]) -> list[Text]:
    """What differs between two timelines and cannot tell in a run from the first to the last of `days`."""
    ahead = {EXPIRY: _other_expiry(base, other, days), REVIEWS: _next_review(base, other, days)}
    return [
        words.filled(months=_months_to(day, days[0]))
        for words, day in ahead.items()
        if day is not None and day > days[1]
    ]


def _other_expiry(base: Timeline, other: Timeline, days: tuple[int, int]) -> int | None:
    """From which day on points may be gone on one side and not on the other; None where they never are.

    Clocks of inactivity may have begun long ago: another such rule tells from its first day on.
    """
    (gone, idle), (otherwise, idle_otherwise) = (_expiry_of(timeline, days) for timeline in (base, other))
    first = np.minimum(gone, otherwise)[gone != otherwise].tolist()
    first += (days[0] + np.flatnonzero(idle != idle_otherwise)).tolist()
    return min(first, default=None)


def _expiry_of(timeline: Timeline, days: tuple[int, int]) -> tuple[Ints, Ints]:
    """When points earned on each of the days are gone by their age or by date, and the months of inactivity
    of that day's rule, 0 for none."""
    spans = [(document.expiry, earned) for document, earned in _spans(timeline, days)]
    idle = [np.full(len(earned), rule.inactivity_months or 0, np.int64) for rule, earned in spans]
    return np.concatenate([expires_on(rule, earned) for rule, earned in spans]), np.concatenate(idle)


def _next_review(base: Timeline, other: Timeline, days: tuple[int, int]) -> int | None:
    """The first review by the calendar on which other rules of tiers tell; None where there is none, or where
    tiers are looked at on days of members' own."""
    if _tier_turns(base, days) == _tier_turns(other, days):
        return None
    found = []
    for document, span in (*_spans(base, days), *_spans(other, days)):
        rule = document.qualification
        if looked_at_on_own_days(document.tiers, rule):
            return None
        until = int(span[-1]) + (_A_YEAR if span[-1] == days[1] else 0)
        if len(document.tiers) > 1 and rule.downgrade != "never":
            found += rule.review_days(int(span[0]) + 1, until).tolist()
    return min(found, default=None)


def _tier_turns(timeline: Timeline, days: tuple[int, int]) -> list[tuple[int, object]]:
    """What a review goes by, with the first of the days from which it does."""
    turns: list[tuple[int, object]] = []
    for document, span in _spans(timeline, days):
        rules = _of_tiers(document)
        if not turns or turns[-1][1] != rules:
            turns.append((int(span[0]), rules))
    return turns


def _of_tiers(document: Programme) -> tuple[object, ...]:
    """What a review goes by."""
    asked = [(level.reach, level.keep) for level in levels_of(document)]
    return asked, document.qualification


def _spans(timeline: Timeline, days: tuple[int, int]) -> Iterator[tuple[Programme, Ints]]:
    """Each document of the days with those on which it holds."""
    ends = [*(day for day, _ in timeline[1:]), days[1] + 1]
    begins = [days[0], *(day for day, _ in timeline[1:])]
    for (_, document), begin, end in zip(timeline, begins, ends, strict=True):
        if begin < min(end, days[1] + 1):
            yield document, np.arange(begin, min(end, days[1] + 1), dtype=np.int32)


def _months_to(day: int, first_day: int) -> int:
    """Whole months from a day to another one, the last of them begun."""
    passed = np.arange(1, 1300)
    return int(passed[add_months(np.full(len(passed), first_day, np.int32), passed) >= day][0])
