"""Members who bring friends: everybody who may ever be brought in a run, known before it begins.

Whether a friend really joins shows in the run: on the first of a month those members who are active (they
bought within the programme's `active_days`) bring the friends whose turn it is. Each joins on a day of that
month, and the one who brought them is thanked on the first of the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import month_starts
from simulation.behaviour import Behaviour
from simulation.population import Population, newcomers, together
from simulation.streams import Purpose, Streams

MOST_OF_A_MEMBER = 100  # friends in one run
_MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Friends:
    """Those who may be brought, by id; `by` is the place of who brings them, first among the members given
    and, from their number on, among the friends; they are brought on the first of a month."""

    population: Population
    by: Ints
    brought_on: Ints
    thanked_on: Ints


def friends_of(
    members: Population, behaviour: Behaviour, days: tuple[int, int], streams: Streams
) -> Friends | None:
    """All who may be brought by members, by their friends and so on; None where nobody brings anybody.

    A friend's id, and so every draw, follows from the id of who brings them and how many came before: what
    stands behind the last + tells the way from somebody who was there, as that may be a friend of an earlier
    run, whose id has a + of its own.
    """
    first_day, last_day = days
    begins = month_starts(first_day, last_day + 31)
    begins = begins[: int(np.searchsorted(begins, last_day, side="right")) + 1]  # with the end of the last
    if not behaviour.referring.a_year or len(begins) < 2 or not len(members):
        return None
    found: list[tuple[Population, Ints, Ints, Ints]] = []
    who, offset, sign = members, 0, "+"
    while len(who):
        place, month, nth = _turns(who, behaviour.referring.a_year, begins, streams)
        by = who.ids[place].tolist()
        ids = [f"{one}{sign}{number}" for one, number in zip(by, nth.tolist(), strict=True)]
        came = _brought(ids, who, place, month, begins, behaviour, streams)
        found.append((came, place + offset, begins[month], begins[month + 1]))
        who, offset, sign = came, offset + len(who), "."
    return _in_order(found, len(members)) if sum(len(one[0]) for one in found) else None


def _turns(who: Population, a_year: float, begins: Ints, streams: Streams) -> tuple[Ints, Ints, Ints]:
    """Who brings somebody in which month, and how many before: a Poisson process of each member's months.

    Months are counted from the first one that begins after joining.
    """
    since = np.searchsorted(begins, who.joined_on, side="right").astype(np.float64)
    members, months, numbers = [], [], []
    left = np.arange(len(who))
    for nth in range(MOST_OF_A_MEMBER):
        since[left] += streams.exponential(Purpose.REFERRAL, who.keys[left], nth) * (_MONTHS_A_YEAR / a_year)
        left = left[since[left] < len(begins) - 1]
        if not len(left):
            break
        members.append(left)
        months.append(since[left].astype(np.int64))
        numbers.append(np.full(len(left), nth + 1))
    nothing = np.zeros(0, np.int64)
    place, month, number = (np.concatenate([nothing, *parts]) for parts in (members, months, numbers))
    return place, month, number


def _brought(
    ids: list[str],
    who: Population,
    place: Ints,
    month: Ints,
    begins: Ints,
    behaviour: Behaviour,
    streams: Streams,
) -> Population:
    friends = _like(newcomers(ids, begins[month]), who, place)
    length = (begins[month + 1] - begins[month]).astype(np.float64)
    joined_on = begins[month] + (streams.uniform(Purpose.JOINING, friends.keys) * length).astype(np.int32)
    at_once = streams.uniform(Purpose.JOINS_BUYING, friends.keys) < behaviour.joining.buying_at_once
    return replace(friends, joined_on=joined_on, buys_on_joining=at_once)


def _like(friends: Population, who: Population, place: Ints) -> Population:
    """Friends live and buy where those do who bring them."""
    return replace(friends, lives_in=who.lives_in[place], buys_through=who.buys_through[place])


def _in_order(found: list[tuple[Population, Ints, Ints, Ints]], members: int) -> Friends:
    """All generations by id; whoever brings somebody is found again."""
    ids = np.concatenate([one.ids for one, *_ in found])
    order = np.argsort(ids)
    place = np.empty(len(ids), np.int64)
    place[order] = np.arange(len(ids))
    by = np.concatenate([by for _, by, _, _ in found])[order]
    by = np.where(by < members, by, members + place[np.maximum(by - members, 0)])
    return Friends(
        population=together([one for one, *_ in found]).part(order),
        by=by,
        brought_on=np.concatenate([on for *_, on, _ in found])[order],
        thanked_on=np.concatenate([on for *_, on in found])[order],
    )
