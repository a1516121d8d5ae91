"""How members are cared for, from activities, contacts and the versions of their profiles."""

from __future__ import annotations

import numpy as np

from loyalty_core.counting.grid import Grid
from loyalty_core.counting.recording import recorded
from loyalty_core.counting.targets import Deeds
from loyalty_core.days import add_months
from loyalty_core.history import Flags, History, Ints
from loyalty_core.timeline import LONG_AGO, distinct, latest_at, moment, parts, value_at

SURVEY, NPS, COMPLAINT, REFERRAL, SIGN_IN = "survey", "nps", "complaint", "referral", "sign_in"
TASK_OFFERED, TASK, CONTACT, QUALITY_SAMPLE = "task_offered", "task", "contact", "quality_sample"
UNCONTACTED_DAYS = 30
FRESH_MONTHS = 3
Days = tuple[Ints, Ints]  # members and days, sorted


def care_flows(history: History, grid: Grid) -> dict[str, Ints]:
    """Answers, complaints, referrals, tasks and sampled fields, by what the member was on that day."""
    activities = history.activities
    cell = grid.cut.cells(activities.member, activities.day)
    place, value = grid.place(activities.day, cell), activities.value

    def those(kind: str, keep: Flags | bool = True) -> Ints:
        return np.where(is_kind(history, kind) & keep, place, -1)

    survey = those(SURVEY, (value >= 1) & (value <= 5))
    nps = those(NPS, (value >= 0) & (value <= 10))
    sample = those(QUALITY_SAMPLE, (value == 0) | (value == 1))
    promotes = (value >= 9).astype(np.int64) - (value <= 6)
    offered = those(TASK_OFFERED)
    return {
        "survey_answers": grid.count(survey),
        "survey_satisfied": grid.count(np.where(value >= 4, survey, -1)),
        "nps_answers": grid.count(nps),
        "nps_net": grid.total(nps, promotes),
        "complaints": grid.count(those(COMPLAINT)),
        "complaints_recorded": _recorded(history, grid, COMPLAINT, cell),
        "referrals": grid.count(those(REFERRAL)),
        "referrals_recorded": _recorded(history, grid, REFERRAL, cell),
        "tasks_offered": grid.count(offered),
        "tasks_completed": grid.count(np.where(_completed(history, grid), offered, -1)),
        "fields_sampled": grid.count(sample),
        "fields_right": grid.count(np.where(value == 1, sample, -1)),
    }


def is_kind(history: History, kind: str) -> Flags:
    """Activities of that kind."""
    labels = history.labels.get("activities.kind", ())
    code = labels.index(kind) if kind in labels else -2
    found: Flags = history.activities.codes["kind"] == code
    return found


def _recorded(history: History, grid: Grid, kind: str, cell: Ints) -> Ints:
    return recorded(grid, history.activities.day, np.where(is_kind(history, kind), cell, -1))


def _completed(history: History, grid: Grid) -> Flags:
    """Offers of a task that the same member then did by the close of the period of the offer."""
    activities = history.activities
    labels = len(history.labels.get("activities.reference", ())) + 1
    owner = activities.member * labels + activities.codes["reference"] + 1
    done = np.flatnonzero(is_kind(history, TASK))
    done = done[np.lexsort((activities.at[done], owner[done]))]
    period, _ = grid.periods.index(activities.day)
    deeds = Deeds(owner[done], activities.at[done], activities.day[done])
    found: Flags = deeds.first_from(owner, activities.at) < deeds.first_after(
        owner, grid.periods.last[period]
    )
    return found


def care_stocks(history: History, grid: Grid) -> dict[str, Ints]:
    """Members enrolled at each close who signed in, were not contacted, or whose profile is fresh."""
    activities, versions = history.activities, history.versions
    cell = grid.cut.cells(activities.member, activities.day)
    member, day = contact_days(history)
    signs_in = is_kind(history, SIGN_IN)
    sign_ins = activities.member[signs_in], activities.day[signs_in]
    again = np.append(False, versions.member[1:] == versions.member[:-1])[: len(versions.member)]
    changed = np.where(again, grid.cut.cells(versions.member, versions.valid_from), -1)
    return grid.in_blocks(lambda block: _standing(history, block, sign_ins, (member, day))) | {
        "sign_ins_recorded": _recorded(history, grid, SIGN_IN, cell),
        "contacts_recorded": recorded(grid, day, grid.cut.cells(member, day)),
        "profile_changes_recorded": recorded(grid, versions.valid_from, changed),
    }


def _standing(history: History, grid: Grid, sign_ins: Days, contacts: Days) -> dict[str, Ints]:
    days, versions, n = grid.periods.last, history.versions, len(history.members)
    enrolled, cells = enrolled_at(history, days), grid.cut.cells_at(days)
    signed_in, contacted = _last(n, *sign_ins, days), _last(n, *contacts, days)
    confirmed = _last(n, versions.member, versions.valid_from, days)
    return {
        "members_signed_in": grid.stock(enrolled & (signed_in >= grid.periods.first), cells),
        "members_uncontacted": grid.stock(enrolled & (days - contacted >= UNCONTACTED_DAYS), cells),
        "profiles_fresh": grid.stock(enrolled & (confirmed > add_months(days, -FRESH_MONTHS)), cells),
    }


def enrolled_at(history: History, days: Ints) -> Flags:
    """Whether each member is enrolled at the close of each day, members × days."""
    members = history.members
    found: Flags = (members.joined_on[:, None] <= days) & ~(members.left_on[:, None] <= days)
    return found


def contact_days(history: History) -> Days:
    """Member and day of every contact made, by a campaign or told as an activity, sorted."""
    contacts, activities = history.offers.contacts, history.activities
    made, told = contacts.treated, is_kind(history, CONTACT)
    return parts(
        distinct(
            np.concatenate(
                [
                    moment(contacts.member[made], contacts.day[made]),
                    moment(activities.member[told], activities.day[told]),
                ]
            )
        )
    )


def _last(n: int, member: Ints, day: Ints, days: Ints) -> Ints:
    """Each member's last such day up to each of the days, members × days; LONG_AGO where there is none."""
    return value_at(latest_at(member, day, n, days), day.astype(np.int64), LONG_AGO)
