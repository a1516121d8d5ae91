"""What a worker does: arms of one replication over some parts of the members, counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from loyalty_core.periods import periods
from simulation.arm import Arm
from simulation.counts import Counts
from simulation.desk_figures import desk_figures
from simulation.engine import clock_of, simulate_together
from simulation.figures import counts_of
from simulation.journal import Facts
from simulation.newcomers import busiest_first
from simulation.parcels import Parcel
from simulation.streams import Streams


class Simulated(NamedTuple):
    """For each part of the members what happened to it, by month, under each arm; the figures of each arm's
    desks, None where it has none."""

    counts: list[tuple[Counts, ...]]
    desks: list[pd.Series[float] | None]


def simulated_counts(
    group: Sequence[Parcel], arms: Sequence[Arm], days: tuple[int, int], seed: int, replication: int
) -> Simulated:
    """What happens to some parts of the members in one replication."""
    shards, months = [parcel.opened() for parcel in group], periods(*days, "month")
    by_arm, desks, streams = [], list["pd.Series[float] | None"](), Streams(seed, replication)
    people = [
        shard.population if shard.past is not None else busiest_first(shard.population, days[1], streams)
        for shard in shards
    ]
    for arm in arms:
        there = [(who, shard.standing(arm.programme)) for who, shard in zip(people, shards, strict=True)]
        facts = simulate_together(there, arm, days, streams)
        counts = [counts_of(*pair, arm, months) for pair in zip(shards, facts, strict=True)]
        by_arm.append(counts)
        desks.append(_desks_of(arm, facts, days, streams))
    return Simulated(list(zip(*by_arm, strict=True)), desks)


def _desks_of(
    arm: Arm, facts: Sequence[Facts], days: tuple[int, int], streams: Streams
) -> pd.Series[float] | None:
    """The figures of an arm's desks."""
    if not arm.plan.desks:
        return None
    clock = clock_of(arm, days, streams)
    return pd.concat([desk_figures(desk, facts, clock, streams, arm.plan.share) for desk in arm.plan.desks])
