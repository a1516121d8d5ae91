"""One replication of a scenario in full: the ledger it brings about, and how its desks keep up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.days import to_date
from loyalty_core.history import History
from loyalty_core.periods import periods
from loyalty_core.rules.programme import Programme
from simulation.behaviour import Behaviour
from simulation.desks import Desk, Served, requests, served
from simulation.effects import default_effects
from simulation.engine import clock_of, simulate_together
from simulation.full_ledger import full_ledger
from simulation.journal import Facts
from simulation.outset import outset
from simulation.scenario import Scenario
from simulation.season import Clock
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
) -> FullRun:
    """What happens to today's members and to those who join, from the day after the history's last one.

    The tables hold what is new: appended to the workspace's own they are its next months.
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
    )
    first_day, _ = start.days
    arm = scenario.arm(programme, start.behaviour, default_effects(), first_day, 1 / start.scale)
    later = [document for _, document in arm.changes]
    everybody = len(start.members) + len(start.joining) + 1
    shards = [part.prepared() for part in parts(start, [arm.programme], everybody, later=later)]
    streams = Streams(scenario.seed, replication)
    runs = simulate_together(
        [(shard.population, shard.accounts[0]) for shard in shards], arm, start.days, streams
    )
    ledgers = [full_ledger(facts, arm, start.days) for facts in runs]
    tables = {name: pd.concat([one[name] for one in ledgers], ignore_index=True) for name in ledgers[0]}
    tables["campaigns"] = _added_up([one["campaigns"] for one in ledgers])
    clock = clock_of(arm, start.days, streams)
    return FullRun(
        days=start.days,
        tables=tables,
        desks=[desk_figures(desk, runs, clock, streams) for desk in arm.plan.desks],
    )


def desk_figures(desk: Desk, runs: list[Facts], clock: Clock, streams: Streams) -> dict[str, Any]:
    """How a desk keeps up: requests, minutes until they are taken up, what is kept of the promise, and what
    is left undone at each month's end.

    Waiting times are those of requests that were taken up; the promise is looked at for all that were asked
    long enough before the end.
    """
    ends = np.array([int(day) + 1 for day in periods(clock.first_day, clock.last_day, "month").last])
    last_at = int(clock.midnight(clock.last_day + 1))
    found = served(desk, requests(desk, runs, streams, last_at), clock)
    taken = found.wait[np.isfinite(found.wait)]
    backlog = found.backlog(clock.midnight(ends)).tolist()
    return {
        "desk": desk.name,
        "requests": len(found.wait),
        "wait_minutes": _rounded(taken.mean()) if len(taken) else None,
        "wait_minutes_90": _rounded(np.quantile(taken, 0.9)) if len(taken) else None,
        "promised_minutes": desk.promised_minutes,
        "within_promise": _kept(desk, found, last_at),
        "backlog": [
            {"period_end": to_date(int(end) - 1).isoformat(), "requests": left}
            for end, left in zip(ends, backlog, strict=True)
        ],
    }


def _kept(desk: Desk, found: Served, last_at: int) -> float | None:
    early = found.asked_at + desk.promised_minutes * 60_000_000 <= last_at
    return _rounded((found.done[early] <= desk.promised_minutes).mean(), 4) if early.any() else None


def _rounded(value: float, digits: int = 1) -> float:
    return round(float(value), digits)


def _added_up(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """The campaigns, with what the contacts of all parts cost."""
    whole = frames[0].copy()
    whole["cost"] = sum(frame["cost"] for frame in frames)
    return whole
