"""Unusual activity around points: who to look at, and why.

Nothing here is proof. Each rule names what it saw in numbers, and a person decides what becomes of the case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from data.kept_answers import kept
from data.rollups.snapshot_facts import SnapshotFacts
from loyalty_core.days import begin_of


class Suspicion(Enum):
    """What a member is noticed for."""

    FARMING = "farming"
    RING = "ring"
    SPIKE = "spike"
    EMPTIED = "emptied"
    FAVOURED = "favoured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusual:
    """One case: who, for what, when last, and the numbers that make it unusual.

    `since` is the first day of what last made it one: once that lies behind, only what is new makes another.
    `points` are those that it moved, in points; `numbers` name what the rule counted.
    """

    suspicion: Suspicion
    member_id: str
    since: date
    last_at: datetime
    points: float
    numbers: dict[str, Any]

    @property
    def name(self) -> str:
        """Who is noticed, and what for."""
        return f"{self.suspicion.value} {self.member_id}"


LOOKED_BACK_DAYS = 90
# What is more than people usually do; each is named in the sentence that tells of the case.
SIGN_INS, AT_ONE_MINUTE = 30, 0.8
BROUGHT, BROUGHT_WITHIN_DAYS = 8, 14
AT_ONCE, AT_ONCE_MINUTES = 6, 60
QUIET_DAYS, EMPTIED_SHARE = 120, 0.8
GIVEN_TIMES = 4

# What the rules read: points that moved, sign-ins and purchases of members, all before the end. Each rule
# looks them up where it uses them: to hold all that a million members did takes gigabytes.
_FACTS = """
    WITH moved AS NOT MATERIALIZED (SELECT member_id, occurred_at, kind, amount, reference FROM entries
        WHERE account = 'points' AND occurred_at < $end),
    lately AS (SELECT * FROM moved WHERE occurred_at >= $first),
    deeds AS NOT MATERIALIZED (SELECT member_id, occurred_at, kind, reference FROM activities
        WHERE occurred_at < $end),
    bought AS NOT MATERIALIZED (SELECT member_id, occurred_at FROM purchases
        WHERE member_id IS NOT NULL AND occurred_at < $end)"""

_RULES = {
    Suspicion.FARMING: f"""
    , minutes AS (SELECT member_id, strftime(occurred_at AT TIME ZONE $zone, '%H:%M') AS minute,
        count(*) AS times, min(occurred_at) AS since, max(occurred_at) AS last_at
        FROM deeds WHERE kind = 'sign_in' AND occurred_at >= $first GROUP BY ALL),
    signed AS (SELECT member_id, sum(times)::BIGINT AS sign_ins, arg_max(minute, times) AS minute,
        max(times) / sum(times) AS share, min(since) AS since, max(last_at) AS last_at
        FROM minutes GROUP BY member_id),
    earned AS (SELECT member_id, sum(amount) AS points FROM lately WHERE kind = 'earn' GROUP BY member_id)
    SELECT member_id, since, last_at, sign_ins, minute, count(*) OVER (PARTITION BY minute) AS accounts,
        coalesce(points, 0) AS points
    FROM signed LEFT JOIN earned USING (member_id)
    ANTI JOIN (SELECT member_id FROM bought WHERE occurred_at >= $first) USING (member_id)
    WHERE sign_ins >= {SIGN_INS} AND share >= {AT_ONE_MINUTE}""",
    Suspicion.RING: f"""
    , brought AS (SELECT member_id, occurred_at, reference, count(*) OVER lately AS at_once,
        min(occurred_at) OVER lately AS since FROM deeds WHERE kind = 'referral' AND occurred_at >= $year
        WINDOW lately AS (PARTITION BY member_id ORDER BY occurred_at
        RANGE BETWEEN INTERVAL {BROUGHT_WITHIN_DAYS} DAYS PRECEDING AND CURRENT ROW)),
    many AS (SELECT * FROM brought QUALIFY max(at_once) OVER (PARTITION BY member_id) >= {BROUGHT}),
    buyers AS (SELECT DISTINCT member_id FROM bought WHERE member_id IN (SELECT reference FROM many))
    SELECT many.member_id, max(since) FILTER (at_once >= {BROUGHT}) AS since,
        max(many.occurred_at) AS last_at, max(at_once) AS brought,
        count(DISTINCT buyers.member_id) AS bought, 0 AS points
    FROM many LEFT JOIN buyers ON buyers.member_id = many.reference GROUP BY many.member_id""",
    Suspicion.SPIKE: f"""
    , redeemed AS (SELECT *, count(*) OVER hour AS at_once, min(occurred_at) OVER hour AS since
        FROM lately WHERE kind = 'redeem' WINDOW hour AS (PARTITION BY member_id ORDER BY occurred_at
        RANGE BETWEEN INTERVAL {AT_ONCE_MINUTES} MINUTES PRECEDING AND CURRENT ROW))
    SELECT member_id, max(since) FILTER (at_once >= {AT_ONCE}) AS since, max(occurred_at) AS last_at,
        max(at_once) AS times, -sum(amount) AS points
    FROM redeemed GROUP BY member_id HAVING max(at_once) >= {AT_ONCE}""",
    Suspicion.EMPTIED: f"""
    , taken AS (SELECT member_id, min(occurred_at) AS first_at, max(occurred_at) AS last_at,
        -sum(amount) AS points FROM lately WHERE kind = 'redeem'
        GROUP BY member_id, date_trunc('day', occurred_at AT TIME ZONE $zone)),
    lately_stirring AS (SELECT member_id, occurred_at FROM bought WHERE occurred_at >= $quiet
        UNION ALL SELECT member_id, occurred_at FROM deeds WHERE occurred_at >= $quiet
        UNION ALL SELECT member_id, occurred_at FROM moved WHERE kind <> 'expire' AND occurred_at >= $quiet),
    woken AS (SELECT * FROM taken ANTI JOIN lately_stirring AS stirring
        ON stirring.member_id = taken.member_id AND stirring.occurred_at < first_at
        AND stirring.occurred_at >= first_at - INTERVAL {QUIET_DAYS} DAYS),
    held AS (SELECT woken.member_id, first_at, sum(amount) AS balance
        FROM woken JOIN moved ON moved.member_id = woken.member_id AND occurred_at < first_at GROUP BY ALL),
    stirring AS (SELECT member_id, occurred_at FROM bought UNION ALL SELECT member_id, occurred_at FROM deeds
        UNION ALL SELECT member_id, occurred_at FROM moved WHERE kind <> 'expire'),
    stirred AS (SELECT woken.member_id, first_at, max(occurred_at) AS before FROM woken
        JOIN stirring ON stirring.member_id = woken.member_id AND occurred_at < first_at GROUP BY ALL)
    SELECT member_id, first_at AS since, last_at, date_diff('day', before, first_at) AS quiet_days,
        points / balance AS share, points
    FROM woken JOIN held USING (member_id, first_at) JOIN stirred USING (member_id, first_at)
    WHERE points >= {EMPTIED_SHARE} * balance""",
    Suspicion.FAVOURED: f"""
    SELECT member_id, list_min(max(occurred_at, {GIVEN_TIMES})) AS since, max(occurred_at) AS last_at,
        count(*) AS times, sum(amount) AS points, arg_max(coalesce(reference, ''), occurred_at) AS who
    FROM lately WHERE kind = 'adjust' AND amount > 0
    GROUP BY member_id HAVING count(*) >= {GIVEN_TIMES}""",
}


@kept
def unusual(facts: SnapshotFacts, day: int) -> tuple[Unusual, ...]:
    """Every case of the days that lead up to the close of `day`, those that moved most points first.

    A referral ring is looked for in the last year, all else in the last 90 days.
    """
    zone = ZoneInfo(facts.programme.time_zone)
    first, year, end = (begin_of(day + 1 - back, zone) for back in (LOOKED_BACK_DAYS, 365, 0))
    quiet = first - timedelta(days=QUIET_DAYS)
    given = {"first": first, "year": year, "quiet": quiet, "end": end, "zone": zone.key}
    scale = 10**facts.programme.point_decimals
    cases = []
    for suspicion, rule in _RULES.items():
        sql = _FACTS + rule
        asked = {name: value for name, value in given.items() if f"${name}" in sql}
        for row in facts.snapshot.arrow(sql, asked).to_pylist():
            told = ("member_id", "since", "last_at", "points")
            member, since, last_at, points = (row.pop(name) for name in told)
            cases.append(
                Unusual(
                    suspicion=suspicion,
                    member_id=member,
                    since=since.astimezone(zone).date(),
                    last_at=last_at,
                    points=float(points) / scale,
                    numbers=row,
                )
            )
    return tuple(sorted(cases, key=lambda case: (-case.points, case.name)))
