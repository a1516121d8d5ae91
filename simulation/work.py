"""What a worker does: arms of one replication over some parts of the members, counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pandas as pd

from loyalty_core.periods import periods
from simulation.arm import Arm
from simulation.counts import Counts
from simulation.desk_figures import desk_figures
from simulation.desks import every_desk
from simulation.engine import clock_of, simulate_together
from simulation.figures import counts_of
from simulation.journal import Facts
from simulation.parcels import Parcel
from simulation.streams import Streams


class Simulated(NamedTuple):
    """For each part of the members what happened to it, by month, under each arm; the desks of each arm."""

    counts: list[tuple[Counts, ...]]
    desks: tuple[pd.Series[float], ...]


def simulated_counts(
    group: Sequence[Parcel], arms: Sequence[Arm], days: tuple[int, int], seed: int, replication: int
) -> Simulated:
    """What happens to some parts of the members in one replication."""
    shards, months = [parcel.opened() for parcel in group], periods(*days, "month")
    by_arm, desks, streams = [], list["pd.Series[float]"](), Streams(seed, replication)
    for number, arm in enumerate(arms):
        there = [(shard.population, shard.standing(arm.programme)) for shard in shards]
        facts = simulate_together(there, arm, days, streams)
        counts = [counts_of(*pair, arm.programme, months) for pair in zip(shards, facts, strict=True)]
        by_arm.append(counts)
        desks += _desks_of(number, arms, facts, days, streams)
    return Simulated(list(zip(*by_arm, strict=True)), tuple(desks))


def _desks_of(
    number: int, arms: Sequence[Arm], facts: Sequence[Facts], days: tuple[int, int], streams: Streams
) -> Iterator[pd.Series[float]]:
    """The figures of the desks of one of the arms, where any arm has desks."""
    plan = arms[number].plan
    clock = clock_of(arms[number], days, streams)
    desks = every_desk(plan.desks, [arm.plan.desks for arm in arms])
    if desks:
        yield pd.concat([desk_figures(desk, facts, clock, streams, plan.share) for desk in desks])
