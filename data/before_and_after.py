"""What the same members did before the rules changed and after: a comparison, since all else changes, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from data.rollups.snapshot_facts import SnapshotFacts
from data.some_members import described
from data.standing import LAST_KNOWN, OF_CROWD, Where, by_crowd, conditions
from loyalty_core.days import begin_of, to_date
from loyalty_core.metrics.by_member import TOP
from loyalty_core.paired import Paired, paired
from loyalty_core.periods import year_earlier

LONGEST_DAYS, SHORTEST_DAYS = 90, 28  # of the spans before and after

_SALE = "(kind = 'sale')::BIGINT"
_PLACES = (f"list_position($tiers::TEXT[], {tier})" for tier in ("to_tier", "from_tier"))
_RISE = f"coalesce({' > '.join(_PLACES)}, FALSE)"
# By the rows that count of a table: the measures, each as what a member's rows come to.
_DEEDS = {
    "purchases WHERE": {"bought": f"max({_SALE})", "purchases": f"sum({_SALE})", "revenue": "sum(amount)"},
    "entries WHERE account = 'points' AND kind IN ('earn', 'redeem') AND": {
        "earned": "sum(if(kind = 'earn', abs(amount), 0))",
        "redeemed": "sum(if(kind = 'redeem', abs(amount), 0))",
    },
    "tier_changes WHERE from_tier IS NOT NULL AND to_tier IS NOT NULL AND from_tier <> to_tier AND": {
        "risen": f"max({_RISE}::BIGINT)",
        "fallen": f"max((NOT {_RISE})::BIGINT)",
    },
}
MEASURES = tuple(name for measures in _DEEDS.values() for name in measures)
PARTS = ("before", "after", "squares")
POINTS = ("earned", "redeemed")


def _sums(rows: str, measures: Mapping[str, str]) -> str:
    """By crowd the sums over members of what each did before and after, and of the squares of the changes."""
    each = ", ".join(
        f"coalesce({comes_to} FILTER (occurred_at {when} $change), 0)::BIGINT AS {name}_{part}"
        for name, comes_to in measures.items()
        for part, when in (("before", "<"), ("after", ">="))
    )
    sums = ", ".join(
        f"sum({name}_before)::DOUBLE AS {name}_before, sum({name}_after)::DOUBLE AS {name}_after, "
        f"sum(({name}_after - {name}_before)::DOUBLE ** 2) AS {name}_squares"
        for name in measures
    )
    return f"""SELECT {OF_CROWD}, {sums} FROM there JOIN (
        SELECT member_id, {each} FROM {rows} occurred_at >= $first AND occurred_at < $end GROUP BY member_id
    ) USING (member_id) GROUP BY ALL"""


_THERE = f"""SELECT member_id, {OF_CROWD} FROM ({LAST_KNOWN})
    WHERE joined_on <= $joined AND coalesce(left_on > $last, TRUE)"""
_SQL = f"""WITH there AS ({_THERE})
    SELECT {OF_CROWD}, count(*) AS members FROM there GROUP BY ALL
    UNION ALL BY NAME {" UNION ALL BY NAME ".join(_sums(*deeds) for deeds in _DEEDS.items())}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What the same members did in so many days before and after a day, by measure, in minor units of money
    and point units; and how the same days a year earlier compare, empty where nothing is known of them."""

    days: int
    members: int
    measures: Mapping[str, Paired]
    a_year_earlier: Mapping[str, Paired]


def compared_around(facts: SnapshotFacts, day: int, where: Where, changed_on: int) -> Comparison | None:
    """The comparison around `changed_on` as known at the close of `day`, of members who were enrolled on all
    of those days; None where fewer than 28 days are known before or after, or too few members."""
    assert facts.days is not None
    days = _days_around(facts, day, changed_on)
    if days < SHORTEST_DAYS:
        return None
    members, found = _around(facts, where, changed_on, days)
    then = int(year_earlier(changed_on))
    earlier = _around(facts, where, then, days)[1] if then - days >= facts.days[0] else {}
    return Comparison(days=days, members=members, measures=found, a_year_earlier=earlier) if found else None


def _days_around(facts: SnapshotFacts, day: int, changed_on: int) -> int:
    """How many days are known both before and after the change, 90 at most."""
    assert facts.days is not None
    return min(LONGEST_DAYS, changed_on - facts.days[0], day + 1 - changed_on)


def members_around(
    facts: SnapshotFacts, day: int, where: Where, changed_on: int, measure: str, part: str
) -> pd.DataFrame:
    """Who adds to a measure of `compared_around`, before the change or after it: rows as of `members_behind`
    at the close of `day`, with what each adds in shown units."""
    rows, comes_to = next((rows, of[measure]) for rows, of in _DEEDS.items() if measure in of)
    when = "<" if part == "before" else ">="
    kept = " AND ".join(["TRUE", *conditions(where)])
    sql = f"""WITH there AS ({_THERE}) SELECT member_id, coalesce({comes_to}, 0)::DOUBLE AS {TOP}
        FROM {rows} occurred_at {when} $change AND occurred_at >= $first AND occurred_at < $end
        AND member_id IN (SELECT member_id FROM there WHERE {kept})
        GROUP BY member_id HAVING {TOP} <> 0 ORDER BY {TOP} DESC, member_id"""
    found = facts.snapshot.query(sql, _given(facts, changed_on, _days_around(facts, day, changed_on), sql))
    programme = facts.programme
    scale = {"revenue": programme.currency_decimals} | dict.fromkeys(POINTS, programme.point_decimals)
    return described(facts, day, found.assign(**{TOP: found[TOP] / 10 ** scale.get(measure, 0)}))


def _around(facts: SnapshotFacts, where: Where, middle: int, days: int) -> tuple[int, Mapping[str, Paired]]:
    """Members, and their means before and after a day by measure; nothing of too few members, nor of what
    none of them did."""
    rows = by_crowd(facts, where, _by_crowd, middle, days)
    members = int(rows["members"].sum())
    sums = {name: [float(rows[f"{name}_{part}"].sum()) for part in PARTS] for name in MEASURES}
    told = {name: paired(*of_measure, members) for name, of_measure in sums.items() if any(of_measure)}
    return members, {name: one for name, one in told.items() if one is not None}


def _by_crowd(facts: SnapshotFacts, middle: int, days: int) -> pd.DataFrame:
    return facts.snapshot.query(_SQL, _given(facts, middle, days, _SQL))


def _given(facts: SnapshotFacts, middle: int, days: int, sql: str) -> dict[str, Any]:
    """The parameters that a question about the days around one names."""
    begin, change, end = (
        begin_of(one, facts.programme.zone) for one in (middle - days, middle, middle + days)
    )
    given = {"first": begin, "change": change, "end": end}
    given |= {"joined": to_date(middle - days), "last": to_date(middle + days - 1)}
    given |= {"tiers": [tier.name for tier in facts.programme.tiers]}
    return {name: value for name, value in given.items() if f"${name}" in sql}
