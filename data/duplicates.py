"""Members who are likely one person: whoever shares what people have of their own."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from data.kept_answers import kept
from data.rollups.snapshot_facts import SnapshotFacts
from data.some_members import described
from data.sql import quoted
from data.standing import PROFILES
from loyalty_core.metrics.by_member import TOP
from loyalty_core.metrics.quality_metrics import IDENTIFYING, NAME

# Of members enrolled a row for each identifying value: as `merge.matching` compares them, without case,
# spaces, dashes and brackets. A name tells people apart with the whole date of birth alone.
_VALUES = f"""
    named AS (
        SELECT member_id, birth_year, birthday, lower(split_part(text, '=', 1)) AS name,
            regexp_replace(lower(substr(text, strpos(text, '=') + 1)), '[ \\t()（）-]', '', 'g') AS value
        FROM (SELECT *, unnest(attributes) AS text FROM ({PROFILES}) WHERE left_on IS NULL)
    ), identified AS (
        SELECT DISTINCT member_id, name, value
            || CASE WHEN name = '{NAME}' THEN concat(' ', birth_year, '-', birthday) ELSE '' END AS value
        FROM named WHERE value <> '' AND (name IN ({", ".join(map(quoted, IDENTIFYING))})
            OR (name = '{NAME}' AND birth_year IS NOT NULL AND birthday IS NOT NULL))
    ), shared AS (
        SELECT member_id, name, count(*) OVER (PARTITION BY name, value) AS members FROM identified
    )"""


@dataclass(frozen=True, slots=True)
class Alike:
    """Of the members with a value of an attribute (of any, where it has no name) those who share theirs."""

    name: str
    identified: int
    alike: int


@kept
def members_alike(facts: SnapshotFacts) -> tuple[Alike, ...]:
    """For each identifying attribute that anybody has, and last for all of them; nothing where nobody has."""
    rows = facts.snapshot.arrow(
        f"""WITH {_VALUES} SELECT coalesce(name, '') AS name, count(DISTINCT member_id) AS identified,
            count(DISTINCT member_id) FILTER (members > 1) AS alike
        FROM shared GROUP BY GROUPING SETS ((name), ()) ORDER BY name = '', name"""
    ).to_pylist()
    return tuple(Alike(**row) for row in rows) if len(rows) > 1 else ()


def members_with_a_double(facts: SnapshotFacts, day: int, name: str) -> pd.DataFrame:
    """Who shares the attribute of that name (any, where it is empty), who shares it with most first: with how
    many members have the same; rows as of `members_behind`."""
    found = facts.snapshot.query(
        f"""WITH {_VALUES} SELECT member_id, max(members)::DOUBLE AS {TOP} FROM shared
        WHERE members > 1 AND $name IN (name, '') GROUP BY member_id ORDER BY {TOP} DESC, member_id""",
        {"name": name},
    )
    return described(facts, day, found)
