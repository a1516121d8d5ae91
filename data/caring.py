"""Members to be cared for: whose birthday comes, and why others left."""

from __future__ import annotations

from functools import cache

import pandas as pd

from data.contactable import OF_CONTACT, WITH_CONTACT, contact_days
from data.rollups.snapshot_facts import SnapshotFacts
from data.standing import LAST_KNOWN, OF_CROWD, STANDING, Where, asked, by_crowd
from loyalty_core.days import days_in_each_year, to_date

COMING_DAYS = 30
_MONTH_DAYS = tuple(f"{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 32))


def birthdays_coming(facts: SnapshotFacts, day: int, where: Where) -> pd.DataFrame:
    """The members whose birthday is in the 30 days after `day`, the next first: on (date), member_id, tier,
    and consent and contacts as portraits have them."""
    coming = {birthday: to_date(on) for birthday, on in _coming(day).items()}
    rows = by_crowd(facts, where, _celebrating, day)
    found = rows.assign(on=rows["birthday"].map(coming).astype(object))[
        ["on", "member_id", "tier", "consent", "contacts"]
    ]
    return found.sort_values(["on", "member_id"], ignore_index=True)


def birthdays_by_day(coming: pd.DataFrame, day: int) -> pd.Series:
    """How many of those have their birthday on each of the 30 days after `day`, by date."""
    ahead = [to_date(day + number) for number in range(1, COMING_DAYS + 1)]
    return coming["on"].value_counts().reindex(ahead, fill_value=0)


def _celebrating(facts: SnapshotFacts, day: int) -> pd.DataFrame:
    return asked(
        facts,
        day,
        {},
        f""", celebrating AS (
            FROM {STANDING} JOIN (
                SELECT member_id, arg_max(birthday, valid_from) AS birthday FROM members GROUP BY member_id
            ) USING (member_id) WHERE list_contains($coming, birthday)
        ) SELECT birthday, member_id, {OF_CROWD}, {OF_CONTACT} FROM celebrating {WITH_CONTACT}""",
        {"coming": list(_coming(day)), **contact_days(facts, day)},
    )


@cache
def _coming(day: int) -> dict[str, int]:
    """The days on which birthdays (MM-DD) of the coming days fall."""
    found = {birthday: days_in_each_year([birthday], day + 1, day + COMING_DAYS) for birthday in _MONTH_DAYS}
    return {birthday: int(days[0]) for birthday, days in found.items() if len(days)}


def reasons_for_leaving(facts: SnapshotFacts, day: int, where: Where, first: int) -> pd.DataFrame:
    """How many members left from `first` to `day` for each reason, the most frequent first: reason (empty
    where none is known), members. By what they were when they left."""
    rows = by_crowd(facts, where, _left, first, day).groupby("reason", as_index=False)["members"].sum()
    return rows.sort_values(["members", "reason"], ascending=[False, True], ignore_index=True)


def _left(facts: SnapshotFacts, first: int, day: int) -> pd.DataFrame:
    return facts.snapshot.query(
        f"""SELECT coalesce(left_reason, '') AS reason, {OF_CROWD}, count(*) AS members FROM ({LAST_KNOWN})
        WHERE left_on BETWEEN DATE '{to_date(first)}' AND DATE '{to_date(day)}' GROUP BY ALL"""
    )
