"""The run of a programme: SimPy holds its calendar, members move as arrays between the days of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass

import simpy

from loyalty_core.kernel.accounts import Accounts
from loyalty_core.tiers.tier_calendar import review_days
from simulation.arm import Arm
from simulation.campaigns import Campaign
from simulation.crowd import Crowd
from simulation.journal import Facts
from simulation.population import Population
from simulation.season import Clock
from simulation.streams import Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """What the programme does at the start of a day; of one day, the lower `place` comes first."""

    day: int
    place: int
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
    and enters the lowest tier on joining, which must not be before the first day.
    """
    first_day, last_day = days
    clock = Clock(arm.behaviour.season, arm.programme.zone, first_day, last_day)
    crowd = Crowd(population, arm, clock, streams, accounts)
    calendar = simpy.Environment(initial_time=first_day)
    for appointment in calendar_of(crowd, arm, days):
        calendar.process(_kept(calendar, appointment, crowd))
    calendar.run(until=last_day + 1)
    crowd.advance(last_day + 1)
    return crowd.closed()


def calendar_of(crowd: Crowd, arm: Arm, days: tuple[int, int]) -> list[Appointment]:
    """The programme's calendar in the order in which it is kept: first what ends, last what begins."""
    appointments = [
        Appointment(day=int(day), place=1, name="review", act=crowd.review)
        for day in review_days(arm.programme, *days)
    ]
    for number, campaign in enumerate(arm.plan.campaigns):
        appointments += _campaign_days(crowd, campaign, number)
    first_day, last_day = days
    kept = (one for one in appointments if first_day <= one.day <= last_day)
    return sorted(kept, key=lambda one: (one.day, one.place))


def _campaign_days(crowd: Crowd, campaign: Campaign, number: int) -> Iterable[Appointment]:
    name = f"{campaign.kind} {campaign.campaign_id}"
    yield Appointment(
        day=campaign.starts_on,
        place=2,
        name=name,
        act=lambda day: crowd.begin_campaign(campaign, number, day),
    )
    yield Appointment(
        day=campaign.ends_on + 1,
        place=0,
        name=f"end of {name}",
        act=lambda day: crowd.end_campaign(number, day),
    )


def _kept(
    calendar: simpy.Environment, appointment: Appointment, crowd: Crowd
) -> Generator[simpy.Event, None, None]:
    yield calendar.timeout(appointment.day - calendar.now)
    crowd.advance(appointment.day)
    appointment.act(appointment.day)
