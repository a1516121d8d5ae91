"""One replication of a scenario in full: the ledger it brings about, and how its desks keep up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from loyalty_core.days import to_date
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from simulation.behaviour import Behaviour
from simulation.calibration import Calibration
from simulation.departed import departed
from simulation.desk_figures import desk_figures, whole_run
from simulation.engine import clock_of, simulate_together
from simulation.full_ledger import full_ledger
from simulation.outset import outset
from simulation.plan import Plan
from simulation.scenario import Scenario
from simulation.shard import parts
from simulation.streams import Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class FullRun:
    """`tables` are frames in the declared columns by name; `desks` has the figures of each desk.

    `programmes` are the documents that held, each from its `effective_on` on, and by which the tables are
    right: what was delivered of a reward is in its stock.
    """

    days: tuple[int, int]
    programmes: tuple[Programme, ...]
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
        programmes=tuple(_as_held(document, day, arm.plan, start.days) for day, document in arm.programmes),
        tables=tables,
        desks=[
            whole_run(desk, desk_figures(desk, runs, clock, streams, arm.plan.share))
            for desk in arm.plan.desks
        ],
    )


def _as_held(programme: Programme, first_day: int, plan: Plan, days: tuple[int, int]) -> Programme:
    """A document from its day on, with all in stock that is delivered in the run."""
    pieces = Counter[str]()
    for one in plan.replenishments:
        pieces[one.reward] += one.pieces if days[0] <= one.day <= days[1] else 0
    rewards = tuple(
        one if one.stock is None else one.model_copy(update={"stock": one.stock + pieces[one.name]})
        for one in programme.rewards
    )
    return programme.model_copy(update={"rewards": rewards, "effective_on": to_date(first_day)})


def _added_up(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """The campaigns, with what the contacts of all parts cost."""
    whole = frames[0].copy()
    whole["cost"] = sum(frame["cost"] for frame in frames)
    return whole
