"""Those who may join in the course of a run, and those of them who do under an arm.

One list of candidates serves all arms: who joins under one of them joins under every other one in which as
many or more do on that day. So a difference between arms is never one of luck.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from loyalty_core.arrays import Flags, Floats
from loyalty_core.history import History
from simulation.behaviour import Joining
from simulation.evidence import Status
from simulation.joining import buying_at_once, faded, joined_of_late, recently_joined
from simulation.plan import Plan
from simulation.population import Population, newcomers
from simulation.shocks import joining_factors
from simulation.streams import Purpose, Streams, member_keys

_FROM_SEED_ALONE = 0  # the replication whose draws are the same in all
_DAYS_A_YEAR = 365.25


def who_join(population: Population, plan: Plan, days: tuple[int, int]) -> Flags:
    """Whether each candidate joins; members of the past are there in any case."""
    if not population.level.any() and plan.joining == 1 and not plan.shocks:
        return np.ones(len(population), bool)
    first_day, last_day = days
    factors = plan.joining * joining_factors(plan.shocks, days)
    place = np.clip(population.joined_on.astype(np.int64) - first_day, 0, last_day - first_day)
    past: Flags = population.joined_on < first_day
    return past | (population.level < factors[place])


def candidates(
    joining: Joining, days: tuple[int, int], seed: int, scale: float, most: float = 1.0
) -> Population:
    """Who may join where up to `most` times as many as usual do, in a programme 1 / `scale` as large.

    The first of them are those who join as usual.
    """
    first_day, last_day = days
    rate = daily(joining, days)
    upto = np.concatenate(([0.0], np.cumsum(rate)))
    usual = int(upto[-1] / scale + 0.5)
    ids = [f"joining-{number:07d}" for number in range(1, usual + 1)]
    for more in range(1, int(np.ceil(most))):
        ids += [f"joining-{number:07d}x{more + 1}" for number in range(1, usual + 1)]
    streams, keys = Streams(seed, _FROM_SEED_ALONE), member_keys(ids)
    when = streams.uniform(Purpose.JOINING, keys) * upto[-1]
    day = first_day + np.minimum(np.searchsorted(upto, when, side="right") - 1, last_day - first_day)
    at_once = streams.uniform(Purpose.JOINS_BUYING, keys) < joining.buying_at_once
    found = newcomers(ids, day.astype(np.int32), at_once)
    block = np.repeat(np.arange(max(int(np.ceil(most)), 1)), usual).astype(np.float64)
    return replace(found, level=block + streams.uniform(Purpose.JOINS_AT_LEVEL, keys))


def busiest_first(population: Population, last_day: int, streams: Streams) -> Population:
    """Members without past in another order: who may come to buy most in a replication comes first.

    The same draw tells how fast they buy. For the order see `shard.Part.busiest_first`.
    """
    pace = streams.exponential(Purpose.RATE, population.keys)
    return population.part(np.argsort(pace * (population.joined_on - last_day), kind="stable"))


def joining_of(history: History, first_day: int) -> Joining:
    """How many joined of late, by how much that grew, and how many of them bought at once."""
    seen = joined_of_late(history, first_day)
    recent, _ = recently_joined(history, first_day)
    source = f"{seen.count:,} members joined in the last {seen.days:,} days"
    if seen.fading:
        source += f"; first purchases stand for joining and fall with the power {seen.fading:.2f} of time"
    elif seen.growth is None:
        source += "; growth not told by so few weeks or members"
    return Joining(
        a_day=seen.a_day,
        growth_a_year=seen.growth or 0.0,
        fading=seen.fading,
        begun_days=seen.begun_days,
        buying_at_once=buying_at_once(history, recent) if recent.any() else 1.0,
        status=Status.CALIBRATED,
        source=source,
    )


def daily(joining: Joining, days: tuple[int, int]) -> Floats:
    """How many join on each day as usual: the level of the first day, growth and season."""
    first_day, last_day = days
    ahead = np.arange(last_day - first_day + 1)
    month = (ahead + first_day).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    growth: Floats = (1 + joining.growth_a_year) ** (ahead / _DAYS_A_YEAR)
    rate: Floats = joining.a_day * growth * np.asarray(joining.months)[month]
    return rate * faded(joining.fading, joining.begun_days, ahead) if joining.fading else rate
