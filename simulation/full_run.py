"""One replication of a scenario in full: the ledger it brings about, and how its desks keep up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from simulation.behaviour import Behaviour
from simulation.calibration import Calibration
from simulation.departed import departed
from simulation.desk_figures import desk_figures, whole_run
from simulation.engine import clock_of, simulate_together
from simulation.full_ledger import full_ledger
from simulation.outset import outset
from simulation.scenario import Scenario
from simulation.shard import parts
from simulation.streams import Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class FullRun:
    """`tables` are frames in the declared columns by name; `desks` has the figures of each desk."""

    days: tuple[int, int]
    tables: dict[str, pd.DataFrame]
    desks: list[dict[str, Any]]


def full_run(
    history: History,
    programme: Programme,
    scenario: Scenario,
    behaviour: Behaviour | None = None,
    members: int | None = None,
    replication: int = 1,
    earlier: Sequence[Programme] = (),
    calibration: Calibration | None = None,
    open_coupons: pd.DataFrame | None = None,
) -> FullRun:
    """What happens to today's members and to those who join, from the day after the history's last one.

    The tables hold what is new: appended to the workspace's own they are its next months; so what those have
    who had left before falls due in them, too, unless only so many members are asked for. `open_coupons` are
    those of the workspace that were claimed and not used, in the declared columns.
    """
    start = outset(
        history,
        programme,
        scenario.months,
        scenario.seed,
        behaviour or Behaviour(),
        members,
        most_joining=scenario.most_joining,
        earlier=earlier,
        calibration=calibration,
    )
    arm = start.arm(scenario, programme)
    later = [document for _, document in arm.changes]
    everybody = len(start.members) + len(start.joining) + 1
    shards = [part.prepared() for part in parts(start, [arm.programme], everybody, later=later)]
    streams = Streams(scenario.seed, replication)
    runs = simulate_together(
        [(shard.population, shard.accounts[0]) for shard in shards], arm, start.days, streams
    )
    clock = clock_of(arm, start.days, streams)
    ledgers = [full_ledger(facts, arm, start.days, open_coupons) for facts in runs]
    if members is None and (gone := departed(history, arm, clock, earlier)) is not None:
        ledgers.append(full_ledger(gone, arm, start.days))
    tables = {name: pd.concat([one[name] for one in ledgers], ignore_index=True) for name in ledgers[0]}
    tables["campaigns"] = _added_up([one["campaigns"] for one in ledgers])
    return FullRun(
        days=start.days,
        tables=tables,
        desks=[
            whole_run(desk, desk_figures(desk, runs, clock, streams, arm.plan.share))
            for desk in arm.plan.desks
        ],
    )


def _added_up(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """The campaigns, with what the contacts of all parts cost."""
    whole = frames[0].copy()
    whole["cost"] = sum(frame["cost"] for frame in frames)
    return whole
