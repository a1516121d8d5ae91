"""What members are and like: their ages, and the categories that they buy from."""

from __future__ import annotations

import itertools

import pandas as pd

from data.rollups.snapshot_facts import SnapshotFacts
from data.standing import OF_CROWD, STANDING, Where, asked, by_crowd
from loyalty_core.days import begin_of, to_date

AGES = (18, 25, 35, 45, 55, 65)  # the first year of each group but the youngest


def age_groups(facts: SnapshotFacts, day: int, where: Where) -> pd.DataFrame:
    """Members by age in the year of `day`, the youngest first: group (missing where no year of birth is
    known), members and how many of them are active."""
    ages = by_crowd(facts, where, _ages, day)
    rows = ages.groupby("place", dropna=False, as_index=False)[["members", "active"]].sum()
    labels = age_labels()
    groups = [None if pd.isna(place) else labels[int(place)] for place in rows.pop("place")]
    return rows.assign(group=pd.array(groups, dtype="str"))


def _ages(facts: SnapshotFacts, day: int) -> pd.DataFrame:
    return asked(
        facts,
        day,
        {},
        f"""SELECT {OF_CROWD}, {_group(f"{to_date(day).year} - birth_year")} AS place, count(*) AS members,
            count(*) FILTER (state = 'active') AS active
        FROM {STANDING} LEFT JOIN (
            SELECT member_id, arg_max(birth_year, valid_from) AS birth_year FROM members
            WHERE valid_from <= DATE '{to_date(day)}' GROUP BY member_id
        ) USING (member_id) GROUP BY ALL""",
    )


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
    rows = by_crowd(facts, where, _bought, day, first)
    of_any = rows["category"].isna()
    buyers = rows[~of_any].groupby("category", as_index=False)["buyers"].sum()
    buyers["share"] = buyers["buyers"] / rows.loc[of_any, "buyers"].sum()
    return buyers.sort_values(["buyers", "category"], ascending=[False, True], ignore_index=True)


def _bought(facts: SnapshotFacts, day: int, first: int) -> pd.DataFrame:
    """Buyers by category, and of any: those without."""
    begin, after = (begin_of(one, facts.programme.zone) for one in (first, day + 1))
    return asked(
        facts,
        day,
        {},
        f""", bought AS (
            SELECT member_id, list_distinct(flatten(list(categories))) AS categories
            FROM purchases WHERE kind = 'sale' AND occurred_at >= $first AND occurred_at < $after
            GROUP BY member_id
        ), each AS (
            SELECT {OF_CROWD}, unnest(list_append(categories, NULL)) AS category
            FROM bought JOIN {STANDING} USING (member_id) WHERE len(categories) > 0
        ) SELECT {OF_CROWD}, category, count(*) AS buyers FROM each GROUP BY ALL""",
        {"first": begin, "after": after},
    )
