"""What members are and like: their ages, and the categories that they buy from."""

from __future__ import annotations

import itertools

import pandas as pd

from data.rollups import SnapshotFacts
from data.standing import STANDING, Where, asked
from loyalty_core.days import start_of, to_date

AGES = (18, 25, 35, 45, 55, 65)  # the first year of each group but the youngest


def age_groups(facts: SnapshotFacts, day: int, where: Where) -> pd.DataFrame:
    """Members by age in the year of `day`, the youngest first: group (missing where no year of birth is
    known), members and how many of them are active."""
    year = to_date(day).year
    rows = asked(
        facts,
        day,
        where,
        f"""SELECT {_group(f"{year} - birth_year")} AS place, count(*) AS members,
            count(*) FILTER (state = 'active') AS active
        FROM {STANDING} LEFT JOIN (
            SELECT member_id, arg_max(birth_year, valid_from) AS birth_year FROM members
            WHERE valid_from <= DATE '{to_date(day)}' GROUP BY member_id
        ) USING (member_id) GROUP BY ALL ORDER BY place NULLS LAST""",
    )
    labels = age_labels()
    groups = [None if pd.isna(place) else labels[int(place)] for place in rows.pop("place")]
    return rows.assign(group=pd.array(groups, dtype="str"))


def _group(age: str) -> str:
    """The number of the group of an age, in SQL; missing where the age is."""
    return " + ".join(f"({age} >= {first})::INT" for first in AGES)


def age_labels() -> tuple[str, ...]:
    """Each group of ages, the youngest first: <18, 18–24 …"""
    return (
        f"<{AGES[0]}",
        *(f"{first}–{after - 1}" for first, after in itertools.pairwise(AGES)),
        f"{AGES[-1]}+",
    )


def categories_bought(facts: SnapshotFacts, day: int, where: Where, first: int) -> pd.DataFrame:
    """What members bought from day `first` to `day`, the most bought first: category, buyers, and share, the
    part of all buyers of something that has a category."""
    begin, after = (int(start_of([one], facts.programme.zone)[0]) for one in (first, day + 1))
    return asked(
        facts,
        day,
        where,
        f""", bought AS (
            SELECT DISTINCT member_id, unnest(categories) AS category
            FROM purchases SEMI JOIN {STANDING} USING (member_id)
            WHERE kind = 'sale' AND epoch_us(occurred_at) >= $first AND epoch_us(occurred_at) < $after
        ) SELECT category, count(*) AS buyers,
            count(*) / (SELECT count(DISTINCT member_id) FROM bought) AS share
        FROM bought GROUP BY category ORDER BY buyers DESC, category""",
        {"first": begin, "after": after},
    )
