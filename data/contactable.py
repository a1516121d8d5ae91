"""Who of a list may be contacted, and how often they lately were: every file of members says so alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pandas as pd

from data.rollups.snapshot_facts import SnapshotFacts
from data.standing import STANDING, asked
from loyalty_core.actions.listing import MOST_CONTACTS
from loyalty_core.days import begin_of, to_date
from loyalty_core.facts import TREATED
from loyalty_core.portraits import CONTACT_DAYS

CONSENTS = {1: "yes", 0: "no", -1: "unknown"}  # as portraits hold them, and as they leave
MAY_BE_CONTACTED, CONTACTS = "may_be_contacted", f"contacts_{CONTACT_DAYS}_days"


@dataclass(frozen=True, slots=True)
class Contactable:
    """How many members a list has, how many of them may not be contacted (no consent, or none known), and how
    many of the others have had as many contacts as the cap allows."""

    members: int
    silent: int
    enough: int


def leaving(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The rows with whether each member may be contacted (yes, no, unknown), and their contacts of the last
    30 days; `known` has consent and contacts as portraits do, in the order of the rows.

    Who is not enrolled has neither: they may not be contacted.
    """
    consent = known["consent"].fillna(0).astype("int64").map(CONSENTS)
    told = {MAY_BE_CONTACTED: consent, CONTACTS: known["contacts"].astype("Int64")}
    return rows.assign(**{name: values.to_numpy() for name, values in told.items()})


def counted(known: pd.DataFrame) -> Contactable:
    """The members of a list, by consent and contacts as portraits have them."""
    may = known["consent"] == 1
    enough = may & (known["contacts"] >= MOST_CONTACTS)
    return Contactable(len(known), int((~may).sum()), int(enough.sum()))


# Of rows with a `member_id`, their consent by the latest version of the profile, an unknown one included,
# and how often they were contacted lately: asked with `contact_days`.
OF_CONTACT = "coalesce(consent::BIGINT, -1) AS consent, coalesce(sent, 0) AS contacts"
WITH_CONTACT = f"""LEFT JOIN (
        SELECT member_id, arg_max_null(consent, valid_from) AS consent
        FROM members WHERE valid_from <= $day GROUP BY member_id
    ) AS known USING (member_id) LEFT JOIN (
        SELECT member_id, count(*) AS sent FROM contacts
        WHERE arm = '{TREATED}' AND planned_at >= $since GROUP BY member_id
    ) AS contacted USING (member_id)"""


def contact_days(facts: SnapshotFacts, day: int) -> dict[str, date | datetime]:
    """What `WITH_CONTACT` asks for: the day, and the instant since when contacts count."""
    since = begin_of(day + 1 - CONTACT_DAYS, ZoneInfo(facts.programme.time_zone))
    return {"day": to_date(day), "since": since}


def contactable_on(facts: SnapshotFacts, day: int) -> pd.DataFrame:
    """member_id, consent and contacts of everybody enrolled at the close of `day`, as `portraits` have them,
    without looking at all else that these tell."""
    question = f"SELECT member_id, {OF_CONTACT} FROM {STANDING} {WITH_CONTACT}"
    return asked(facts, day, {}, question, contact_days(facts, day))


def known_of(contactable: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Of `contactable_on` the members of the rows, in their order; missing of those who are not enrolled."""
    return contactable.set_index("member_id").reindex(rows["member_id"].astype(str))
