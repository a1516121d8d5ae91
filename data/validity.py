"""Whether values lie within their rules: to how many each applies, how many break it, and whose they are.

An import casts values and refuses what cannot be one; here stand the rules that only show in what is held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from data.duplicates import Alike
from data.kept_answers import kept
from data.rollups.snapshot_facts import SnapshotFacts
from data.some_members import described
from data.standing import PROFILES
from loyalty_core.counting.care_facts import NPS, SURVEY
from loyalty_core.days import begin_of, to_day
from loyalty_core.facts import SALE
from loyalty_core.metrics.by_member import TOP
from loyalty_core.metrics.quality_metrics import OLDEST
from loyalty_core.text import Text


@dataclass(frozen=True, slots=True)
class ValueRule:
    """A sentence that is true of every value of a column: `applies` and `holds` are SQL over a row of the
    table; of a profile it is asked as last known. Both may name $today, $after (its end) and $tiers."""

    name: str
    table: str
    sentence: Text
    applies: str
    holds: str


RULES = (
    ValueRule(
        "age",
        "members",
        Text(f"Members are between 0 and {OLDEST} years old", f"会员年龄在 0 至 {OLDEST} 岁之间"),
        "birth_year IS NOT NULL",
        f"year($today) - birth_year BETWEEN 0 AND {OLDEST}",
    ),
    ValueRule(
        "birthday",
        "members",
        Text("Birthdays are days of the calendar", "生日是日历上存在的日期"),
        "birthday IS NOT NULL",
        "try_strptime('2000-' || birthday, '%Y-%m-%d') IS NOT NULL",
    ),
    ValueRule(
        "joining",
        "members",
        Text("Days of joining do not lie ahead", "入会日不晚于今天"),
        "joined_on IS NOT NULL",
        "joined_on <= $today",
    ),
    ValueRule(
        "leaving",
        "members",
        Text("Leaving lies between joining and today", "退会日在入会日与今天之间"),
        "left_on IS NOT NULL",
        "left_on <= $today AND left_on >= coalesce(joined_on, left_on)",
    ),
    ValueRule(
        "sale_day",
        "purchases",
        Text("Sales do not lie ahead", "消费时间不晚于今天"),
        "TRUE",
        "occurred_at < $after",
    ),
    ValueRule(
        "amount",
        "purchases",
        Text("No sale is below 0, and no refund above", "销售金额不为负，退款金额不为正"),
        "TRUE",
        f"CASE WHEN kind = '{SALE}' THEN amount >= 0 ELSE amount <= 0 END",
    ),
    ValueRule(
        "tier",
        "tier_changes",
        Text("Every tier is one that the programme knows", "等级都是会员制度中已有的等级"),
        "len($tiers) > 0",
        "list_contains($tiers, to_tier) AND list_contains($tiers, coalesce(from_tier, to_tier))",
    ),
    ValueRule(
        "answer",
        "activities",
        Text("Answers lie on 1 to 5, or NPS on 0 to 10", "满意度在 1 至 5 分，NPS 在 0 至 10 分"),
        f"kind IN ('{SURVEY}', '{NPS}')",
        f"coalesce(value BETWEEN CASE kind WHEN '{SURVEY}' THEN 1 ELSE 0 END "
        f"AND CASE kind WHEN '{SURVEY}' THEN 5 ELSE 10 END, FALSE)",
    ),
)
_ROWS = {"members": f"({PROFILES})"}  # a profile as last known, anything else as it is


@dataclass(frozen=True, slots=True)
class Kept:
    """Of the values to which a rule applies how many there are, and how many do not keep it."""

    rule: ValueRule
    values: int
    outside: int


def values_checked(facts: SnapshotFacts, today: date) -> tuple[Kept, ...]:
    """Every rule that any value is held against; each table is read once."""
    return _checked_on(facts, min(today, max(_nothing_ahead_on(facts), date(today.year, 1, 1))))


@kept
def _nothing_ahead_on(facts: SnapshotFacts) -> date:
    """The first day from which on no date lies ahead: until the year ends, what is found then holds, and
    nobody waits for it in the morning. Where days begin earlier, sales are of the day after."""
    latest = facts.snapshot.arrow(
        """SELECT max(day) AS day FROM (SELECT unnest([max(joined_on), max(left_on)]) AS day FROM members
        UNION ALL SELECT least(max(occurred_at)::DATE, DATE '9999-12-30') + 1 FROM purchases)"""
    ).to_pylist()[0]["day"]
    return date.min if latest is None else latest


@kept
def _checked_on(facts: SnapshotFacts, today: date) -> tuple[Kept, ...]:
    found: dict[str, int] = {}
    for table in dict.fromkeys(rule.table for rule in RULES):
        counts = ", ".join(
            f"count(*) FILTER ({rule.applies}) AS {rule.name}, "
            f"count(*) FILTER (({rule.applies}) AND NOT ({rule.holds})) AS {rule.name}_outside"
            for rule in RULES
            if rule.table == table
        )
        sql = f"SELECT {counts} FROM {_ROWS.get(table, table)}"
        found |= facts.snapshot.arrow(sql, _given(sql, facts, today)).to_pylist()[0]
    counted = (Kept(rule, found[rule.name], found[f"{rule.name}_outside"]) for rule in RULES)
    return tuple(one for one in counted if one.values)


def members_outside(facts: SnapshotFacts, day: int, today: date, name: str) -> pd.DataFrame:
    """Whose values do not keep the rule of that name, with how many: rows as of `members_behind`."""
    rule = next(one for one in RULES if one.name == name)
    sql = f"""SELECT member_id, count(*)::DOUBLE AS {TOP} FROM {_ROWS.get(rule.table, rule.table)}
        WHERE member_id IS NOT NULL AND ({rule.applies}) AND NOT ({rule.holds})
        GROUP BY member_id ORDER BY {TOP} DESC, member_id"""
    return described(facts, day, facts.snapshot.query(sql, _given(sql, facts, today)))


def _given(sql: str, facts: SnapshotFacts, today: date) -> dict[str, Any]:
    """What the rules of a question name: the day, the instant after it, and the tiers."""
    after = begin_of(to_day(today) + 1, facts.programme.zone)
    given = {"today": today, "after": after, "tiers": [tier.name for tier in facts.programme.known_tiers]}
    return {name: value for name, value in given.items() if f"${name}" in sql}


def quality_facts(valid: Sequence[Kept], alike: Sequence[Alike]) -> pd.DataFrame:
    """What the metrics of the data itself rest on, in one row."""
    values, outside = (sum(getattr(one, part) for one in valid) for part in ("values", "outside"))
    of_any = alike[-1] if alike else Alike("", 0, 0)
    row = {
        "values_checked": values,
        "values_valid": values - outside,
        "values_outside": outside,
        "members_identified": of_any.identified,
        "members_alike": of_any.alike,
    }
    return pd.DataFrame([row])
