"""The course of members' lives as spells of days: in which state they were, and when they did something."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.counting.lifecycle import NO_PURCHASE, State, states
from loyalty_core.counting.sales import Sales
from loyalty_core.days import NEVER
from loyalty_core.facts import ENTRY_KINDS, REDEEM
from loyalty_core.history import History
from loyalty_core.rules.programme import Lifecycle
from loyalty_core.timeline import Spells, distinct, following, latest, moment, parts, value_at


def lives(history: History, windows: Lifecycle, sales: Sales) -> Spells:
    """The days of members in each state from joining on, by member and day; `what` is the `State`.

    A state can change on a purchase day, where a window of the lifecycle has passed since that or since
    joining, and on joining and leaving.
    """
    members, everyone = history.members, np.arange(len(history.members))
    joined_on, left_on = members.joined_on.astype(np.int64), members.left_on.astype(np.int64)
    turns = [(sales.member, sales.day), (everyone, joined_on), (everyone, left_on)]
    turns.append((everyone, joined_on + windows.new_days + 1))
    for window in (windows.active_days, windows.silent_days):
        passed = sales.following > sales.day + window + 1
        turns.append((sales.member[passed], sales.day[passed] + window + 1))
    member, day = parts(distinct(np.concatenate([moment(*turn)[turn[1] < NEVER] for turn in turns])))
    last_sale = latest(sales.member, sales.day, member, day)
    since = np.where(last_sale >= 0, day - value_at(last_sale, sales.day, 0), NO_PURCHASE)
    state = states(since, day - joined_on[member], windows)
    state[day < joined_on[member]] = State.NOT_JOINED
    state[day >= left_on[member]] = State.LEFT
    begins = np.flatnonzero(
        np.append(True, (state[1:] != state[:-1]) | (member[1:] != member[:-1]))[: len(day)]
    )
    member, day, state = member[begins], day[begins], state[begins]
    spells = Spells(member, day, following(member, day) - 1, state)
    return spells.where(state != State.NOT_JOINED)


def in_states(spells: Spells, *wanted: State) -> Spells:
    """Those of the lives that are in one of the states."""
    return spells.where(np.isin(spells.what, wanted))


def memberships(history: History) -> Spells:
    """The days on which each member is enrolled; `what` is the member."""
    members, everyone = history.members, np.arange(len(history.members))
    spells = Spells(
        everyone, members.joined_on.astype(np.int64), members.left_on.astype(np.int64) - 1, everyone
    )
    return spells.where(spells.start <= spells.end)


def while_enrolled(history: History, spells: Spells) -> Spells:
    """The parts of spells on which their members are enrolled."""
    members = history.members
    joined_on, left_on = members.joined_on[spells.member], members.left_on[spells.member]
    return spells.clipped(joined_on.astype(np.int64), left_on.astype(np.int64) - 1)


def days_after(history: History, member: Ints, day: Ints, days: int) -> Spells:
    """The days on which a member's latest of those events, sorted, is less than so many days ago, while
    enrolled; `what` is the event."""
    end = np.minimum(day + days, following(member, day)) - 1
    return while_enrolled(history, Spells(member, np.asarray(day, np.int64), end, np.arange(len(day))))


def acts(history: History, sales: Sales) -> tuple[Ints, Ints]:
    """Member and day of everything that counts as engagement: purchases, redemptions, activities; sorted."""
    entries, activities = history.entries, history.activities
    redeemed = (entries.kind == ENTRY_KINDS.index(REDEEM)) & (entries.member >= 0)
    did = activities.member >= 0
    return parts(
        distinct(
            np.concatenate(
                [
                    moment(sales.member, sales.day),
                    moment(entries.member[redeemed], entries.day[redeemed]),
                    moment(activities.member[did], activities.day[did]),
                ]
            )
        )
    )


def consents(history: History) -> Spells:
    """The days on which members are enrolled with a version of their profile; `what` is their consent."""
    versions = history.versions
    since = versions.valid_from.astype(np.int64)
    spells = Spells(versions.member, since, following(versions.member, since) - 1, versions.consent)
    return while_enrolled(history, spells)
