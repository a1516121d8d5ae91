"""The run of a programme: SimPy holds its calendar, members move as arrays between the days of it.

The order of a day, which both this engine and the plain one of the tests keep:

1. The day before closes: all that members do on it has happened.
2. At midnight of the programme's zone, one after the other (`Place`): members see that points of theirs
   will soon be gone, or no longer; shocks of some members begin and end; campaigns end whose last day is
   over; the rules change, once points and tiers are settled up to the day before; the calendar's review,
   under the rules of the new day; members see that a review comes near, each week also those on days of
   their own, and feel what came of these; rewards are replenished; on the
   first of a month members whose friends joined in the month before are thanked, and others bring theirs;
   campaigns begin, in the order of the plan.
3. Members act in the order of the instants, each on their own. What falls due for a member on a day (points
   that are gone or can be spent, reviews on dates of their own) happens before the member's first deed of it.
4. Rewards of which there is not enough go, until none is left, in the order (instant, member by id,
   ordinal of the sale); see `simulation.limits`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import partial

import numpy as np
import simpy

from loyalty_core.days import month_starts, to_date
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import looked_at_on_own_days
from loyalty_core.rules.versions import Versions
from simulation.arm import Arm
from simulation.campaigns import Campaign, Wave
from simulation.everybody import Everybody, Part
from simulation.journal import Facts
from simulation.newcomers import who_join
from simulation.own_reviews import A_WEEK, thursday_from
from simulation.population import Population
from simulation.responses import feels_own_reviews
from simulation.season import Clock
from simulation.shocks import common_factors, demand_factors
from simulation.streams import Streams


class Place(IntEnum):
    """The order in which the programme acts at the start of a day."""

    EXPIRY = 0  # comes near, only where members hurry before it
    WORLD = 1  # shocks that meet some members begin and end
    CAMPAIGN_ENDS = 2
    RULES_CHANGE = 3
    REVIEW = 4
    PUSH = 5  # when a review comes near
    OWN_REVIEWS = 6  # once a week, where tiers are looked at on days of members' own; see `own_reviews`
    REPLENISHMENT = 7
    FRIENDS = 8
    CAMPAIGN_BEGINS = 9
    DEEDS = 10  # only where something may run out: else members live on until the calendar's next day


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """What the programme does at the start of a day; of one day, the lower `place` comes first."""

    day: int
    place: Place
    name: str
    act: Callable[[int], None]


def simulate(
    population: Population,
    arm: Arm,
    days: tuple[int, int],
    streams: Streams,
    accounts: Accounts | None = None,
) -> Facts:
    """The facts of one replication, from the start of the first of `days` to the end of the last.

    `accounts` is where members stand at the start; the run uses it up. Without it everybody is new
    and enters the lowest tier on joining, which must not be before the first day. Where the rules
    change they must have been told to `remember`.
    """
    return simulate_together([(population, accounts)], arm, days, streams)[0]


def simulate_together(
    parts: Sequence[Part], arm: Arm, days: tuple[int, int], streams: Streams
) -> list[Facts]:
    """As `simulate`, of several parts of the members: who shares a limit must be simulated together.

    How the members are parted changes nothing.
    """
    first_day, last_day = days
    there = [_who_join(part, arm, days) for part in parts]
    everybody = Everybody(there, arm, days, clock_of(arm, days, streams), streams)
    calendar = simpy.Environment(initial_time=first_day)
    for appointment in calendar_of(everybody, arm, days):
        calendar.process(_kept(calendar, appointment, everybody))
    calendar.run(until=last_day + 1)
    everybody.advance(last_day + 1)
    return everybody.closed()


def _who_join(part: Part, arm: Arm, days: tuple[int, int]) -> Part:
    """A part without those who might join and do not under this arm."""
    population, accounts = part
    there = who_join(population, arm.plan, days)
    return part if there.all() else (population.part(there), accounts)


def clock_of(arm: Arm, days: tuple[int, int], streams: Streams) -> Clock:
    """The operational time of a run: season, what the world outside does, and the luck that all share."""
    factors = demand_factors(arm.plan.shocks, days)
    factors = factors * common_factors(arm.behaviour.common_shock.spread, days, streams)
    usual = bool(np.all(factors == 1))
    return Clock(arm.behaviour.season, arm.programme.zone, *days, None if usual else factors)


def calendar_of(everybody: Everybody, arm: Arm, days: tuple[int, int]) -> list[Appointment]:
    """The programme's calendar in the order in which it is kept: first what ends, last what begins."""
    appointments = [*_world(everybody, arm, days), *_rules(everybody, arm, days)]
    appointments += [*_pushes(everybody, arm, days), *_expiry(everybody, arm, days)]
    for number, campaign in enumerate(arm.plan.campaigns):
        for wave in campaign.waves:
            appointments += _campaign_days(everybody, campaign, number, wave)
    appointments += _shared(everybody, arm, days)
    appointments += _own_reviews(everybody, arm, days, {one.day for one in appointments})
    first_day, last_day = days
    kept = (one for one in appointments if first_day <= one.day <= last_day)
    return sorted(kept, key=lambda one: (one.day, one.place))


def _world(everybody: Everybody, arm: Arm, days: tuple[int, int]) -> Iterable[Appointment]:
    """Shocks that meet some members alone; those that meet all are in the clock."""
    for number, shock in enumerate(arm.plan.shocks):
        if shock.of_all or shock.last_day < days[0]:
            continue
        turns = ((max(shock.first_day, days[0]), shock.pace), (shock.last_day + 1, None))
        for day, factor in turns:
            act = partial(everybody.world_changes, number, factor)
            yield Appointment(day=day, place=Place.WORLD, name=shock.name, act=act)


def _rules(everybody: Everybody, arm: Arm, days: tuple[int, int]) -> Iterable[Appointment]:
    """Reviews, each under the rules of its day, and changes of rules; an equal document changes nothing."""
    dated = [arm.programme.model_copy(update={"effective_on": None})]
    dated += [one.model_copy(update={"effective_on": to_date(day)}) for day, one in arm.changes]
    held = arm.programme
    for mark in Versions.of(dated).calendar(*days):
        if mark.programme is None:
            yield Appointment(day=mark.day, place=Place.REVIEW, name="review", act=everybody.review)
            continue
        new = next(one for day, one in arm.changes if day == mark.day)
        if new != held:
            yield Appointment(
                day=mark.day,
                place=Place.RULES_CHANGE,
                name="change of rules",
                act=partial(everybody.change_rules, new),
            )
        held = new


def _pushes(everybody: Everybody, arm: Arm, days: tuple[int, int]) -> Iterable[Appointment]:
    """When members who are near see a review coming: in the last part of the time since the one before, by
    the rules of then; nobody knows of those to come. Other rules of tiers are seen from their first day."""
    if not arm.effects.review_push.active:
        return
    rules = [(days[0], arm.programme), *arm.changes]
    ends = [*(day for day, _ in arm.changes), days[1] + 1]
    former = None
    for (since, programme), until in zip(rules, ends, strict=True):
        asked = programme.tiers, programme.qualification
        for review_on in programme.qualification.review_days(since + 1, days[1] + 366).tolist():
            day = _comes_near_on(programme, review_on, arm.effects.review_push_window.size)
            seen_before = day < since and asked == former
            if not seen_before and max(day, since) < min(review_on, until):
                act = partial(everybody.push, review_on)
                name = "review comes near"
                yield Appointment(day=max(day, since), place=Place.PUSH, name=name, act=act)
        former = asked


def _own_reviews(
    everybody: Everybody, arm: Arm, days: tuple[int, int], of_all: set[int]
) -> Iterable[Appointment]:
    """Each week members see whether a review on a day of their own comes near, or has been. To each that is
    an event like a purchase; only on days `of_all` it has its place among what else the programme does."""
    if not feels_own_reviews(arm.effects):
        return
    rules = [(days[0], arm.programme), *arm.changes]
    ends = [*(day for day, _ in arm.changes), days[1] + 1]
    for (since, programme), until in zip(rules, ends, strict=True):
        if looked_at_on_own_days(programme.tiers, programme.qualification):
            for day in of_all.intersection(range(thursday_from(since + 1), until, A_WEEK)):
                act = everybody.see_own_reviews
                yield Appointment(day=day, place=Place.OWN_REVIEWS, name="own reviews", act=act)


def _expiry(everybody: Everybody, arm: Arm, days: tuple[int, int]) -> Iterable[Appointment]:
    """Lots have days of their own: on each day of the run some may come near their end."""
    if arm.effects.expiry_purchase.active:
        for day in range(days[0] + 1, days[1] + 1):
            yield Appointment(day=day, place=Place.EXPIRY, name="expiry", act=everybody.mind_expiry)


def _comes_near_on(programme: Programme, review_on: int, window: float) -> int:
    """The day from which members see a review coming."""
    earlier = programme.qualification.review_days(review_on - 400, review_on - 1)
    time_days = review_on - int(earlier[-1]) if len(earlier) else 365
    return review_on - int(time_days * window)


def _campaign_days(
    everybody: Everybody, campaign: Campaign, number: int, wave: Wave
) -> Iterable[Appointment]:
    name, (begun_on, last_day) = f"{campaign.kind} {campaign.campaign_id}", wave
    yield Appointment(
        day=begun_on,
        place=Place.CAMPAIGN_BEGINS,
        name=name,
        act=partial(everybody.begin_wave, campaign, number, wave),
    )
    yield Appointment(
        day=last_day + 1,
        place=Place.CAMPAIGN_ENDS,
        name=f"end of {name}",
        act=partial(everybody.end_wave, number, begun_on),
    )


def _shared(everybody: Everybody, arm: Arm, days: tuple[int, int]) -> Iterable[Appointment]:
    """What concerns the friends whom members bring, and what there is not enough of."""
    if everybody.brought:
        for day in month_starts(*days):
            act = everybody.meet_friends
            yield Appointment(day=int(day), place=Place.FRIENDS, name="friends", act=act)
    if everybody.limits is None:
        return
    for more in arm.plan.replenishments:
        yield Appointment(
            day=more.day,
            place=Place.REPLENISHMENT,
            name=f"more of {more.reward}",
            act=partial(everybody.replenish, more),
        )
    for day in range(days[0], days[1] + 1):
        yield Appointment(day=day, place=Place.DEEDS, name="the day", act=everybody.live_the_day)


def _kept(
    calendar: simpy.Environment, appointment: Appointment, everybody: Everybody
) -> Generator[simpy.Event, None, None]:
    yield calendar.timeout(appointment.day - calendar.now)
    everybody.advance(appointment.day)
    appointment.act(appointment.day)
