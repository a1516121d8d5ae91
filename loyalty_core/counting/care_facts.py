"""How members are cared for, from activities, contacts and the versions of their profiles."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting.cuts import Cut
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.lives import days_after, memberships, while_enrolled
from loyalty_core.counting.recording import recorded
from loyalty_core.counting.targets import Deeds
from loyalty_core.days import months_passed_on
from loyalty_core.history import History
from loyalty_core.timeline import Spells, distinct, following, moment, parts

SURVEY, NPS, COMPLAINT, REFERRAL, SIGN_IN = "survey", "nps", "complaint", "referral", "sign_in"
TASK_OFFERED, TASK, CONTACT, QUALITY_SAMPLE = "task_offered", "task", "contact", "quality_sample"
UNCONTACTED_DAYS = 30
STREAK_DAYS = 7
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
    again = np.append(False, versions.member[1:] == versions.member[:-1])[: len(versions.member)]
    changed = np.where(again, grid.cut.cells(versions.member, versions.valid_from), -1)
    enrolled, contacted, fresh = grid.once("care", lambda: _standing(history, grid.cut))
    return {
        **_signing_in(history, grid),
        "members_uncontacted": grid.standing(enrolled) - grid.standing(contacted),
        "profiles_fresh": grid.standing(fresh),
        "sign_ins_recorded": _recorded(history, grid, SIGN_IN, cell),
        "contacts_recorded": recorded(grid, day, grid.cut.cells(member, day)),
        "profile_changes_recorded": recorded(grid, versions.valid_from, changed),
    }


def _standing(history: History, cut: Cut) -> list[Spells]:
    """The days in cells of members enrolled, contacted not long ago, and with a profile confirmed lately."""
    versions = history.versions
    since = versions.valid_from.astype(np.int64)
    until = np.minimum(months_passed_on(since, FRESH_MONTHS), following(versions.member, since)) - 1
    contacted = days_after(history, *contact_days(history), UNCONTACTED_DAYS)
    fresh = while_enrolled(history, Spells(versions.member, since, until, since))
    return [cut.pieces(spells)[0] for spells in (memberships(history), contacted, fresh)]


def _signing_in(history: History, grid: Grid) -> dict[str, Ints]:
    """Members enrolled at the close who signed in within the period, by what they are at the close; on how
    many days they did; and who did on each of the last `STREAK_DAYS`."""
    activities, rows = history.activities, np.flatnonzero(is_kind(history, SIGN_IN))
    rows = rows[activities.member[rows] >= 0]
    member, day = parts(distinct(moment(activities.member[rows], activities.day[rows])))
    period, inside = grid.periods.index(day)
    close, members = grid.periods.last[period].astype(np.int64), history.members
    inside &= (members.joined_on[member] <= close) & (members.left_on[member] > close)
    place = np.where(inside, grid.place(close, grid.cut.cells(member, close)), -1)
    streaks = grid.cut.pieces(while_enrolled(history, _streaks(member, day)))[0]
    return {
        "members_signed_in": grid.members(grid.pairs(place, member)),
        "sign_in_days": grid.count(place),
        "members_on_streak": grid.standing(streaks),
    }


def _streaks(member: Ints, day: Ints) -> Spells:
    """The days up to which a member signed in on each of `STREAK_DAYS` days; of distinct days in order."""
    since = np.arange(STREAK_DAYS - 1, len(day))
    until = since - STREAK_DAYS + 1
    unbroken = (member[since] == member[until]) & (day[since] - day[until] == STREAK_DAYS - 1)
    rows = since[unbroken]
    return Spells(member[rows], day[rows], day[rows], rows)


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
