"""Two programmes compared on the same luck: paired replications, their differences, and how sure these are.

Every replication supposes other members (drawn from what is known of each) and meets other luck; both
programmes meet the same in it. So the difference within a replication is due to the programme alone,
and programmes that are equal differ by exactly 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from itertools import islice

import numpy as np
import pandas as pd

from loyalty_core.counting.period_facts import PERIOD, period_facts
from loyalty_core.history import History
from loyalty_core.metrics.dictionary import METRICS, Kind, columns_of, evaluate
from loyalty_core.periods import periods
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.behaviour import Behaviour
from simulation.comparison import KEYS, Comparison
from simulation.continuation import continued
from simulation.engine import simulate
from simulation.outset import outset
from simulation.scenario import Scenario
from simulation.shard import Shard, shards
from simulation.streams import Streams

TIER = "member_tier"
# Each of these is counted by events or by members at a close, so that the tiers add up to the whole.
COMPARED = (
    "revenue",
    "reward_cost",
    "redemption_rate",
    "points_issued",
    "points_redeemed",
    "points_expired",
    "points_adjusted",
    "points_outstanding",
    "purchases",
    "members_enrolled",
    "members_active",
    "members_silent",
    "members_churned",
    "tier_upgrades",
    "tier_downgrades",
)
COMPARED_BY_TIER = ("tier_members", "tier_share")
NEEDED = columns_of((*COMPARED, *COMPARED_BY_TIER))
SHARD_SIZE = 25_000
POLL_SECONDS = 0.2
WINDOW = 16  # tasks handed to the executor at a time: each carries its members along

Facts = tuple[pd.DataFrame, ...]  # period facts by tier, for each arm
Task = tuple[Shard, tuple[Arm, ...], tuple[int, int], int, int]
Progress = Callable[[float, Comparison | None], None]


class Cancelled(Exception):  # noqa: N818 – a wish, no error
    """Somebody asked the experiment to stop; `partial` is what it had found by then."""

    def __init__(self, partial: Comparison | None) -> None:
        super().__init__("cancelled")
        self.partial = partial


def compare(
    history: History,
    programme: Programme,
    scenario: Scenario,
    against: Scenario | None = None,
    *,
    behaviour: Behaviour | None = None,
    members: int | None = None,
    executor: Executor | None = None,
    shard_size: int = SHARD_SIZE,
    progress: Progress = lambda share, partial: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Comparison:
    """`scenario` beside `against` (the programme in force unless told otherwise), from today's members on.

    Months, replications and seed are those of `scenario`. `members` limits how many are simulated;
    figures are then scaled up. Without an executor the work is done here. `progress` hears the share
    done and, with each replication, the comparison so far. Raises `Cancelled` once `cancelled` says so.
    """
    base = against or Scenario()
    start = outset(history, programme, scenario.months, scenario.seed, behaviour or Behaviour(), members)
    arms = tuple(
        Arm.of(side.programme(programme), side.behaviour_of(start.behaviour)) for side in (base, scenario)
    )
    parts = shards(start, [arm.programme for arm in arms], shard_size)
    tasks = [
        (part, arms, start.days, scenario.seed, replication)
        for replication in range(1, scenario.replications + 1)
        for part in parts
    ]
    found = Comparison(against=base, scenario=scenario, start=start)
    waiting: dict[int, list[Facts]] = {}
    progress(0.0, None)
    for done, (replication, facts) in enumerate(_done(tasks, executor, cancelled), start=1):
        if facts is None:
            raise Cancelled(found if found.pairs else None)
        parts_done = waiting.setdefault(replication, [])
        parts_done.append(facts)
        if len(parts_done) == len(parts):
            found.pairs[replication] = _pair(waiting.pop(replication), arms, start.scale)
        progress(done / len(tasks), found if replication in found.pairs else None)
    return found


def simulated_facts(
    part: Shard, arms: Sequence[Arm], days: tuple[int, int], seed: int, replication: int
) -> Facts:
    """The period facts of one part of the members in one replication, by month, under each arm."""
    months = periods(*days, "month")
    found = []
    for arm, accounts in zip(arms, part.accounts, strict=True):
        standing = None if accounts is None else accounts.copy()
        streams = Streams(seed, replication)
        facts = simulate(part.population, arm, days, streams, standing)
        history = continued(part.population, facts, arm.programme, part.past)
        found.append(period_facts(history, arm.programme, months, [TIER], columns=NEEDED))
    return tuple(found)


def _done(
    tasks: Sequence[Task], executor: Executor | None, cancelled: Callable[[], bool]
) -> Iterator[tuple[int, Facts | None]]:
    """Replication and facts of each task as they are ready; None for facts once it is to stop."""
    if executor is None:
        for task in tasks:
            yield task[-1], None if cancelled() else simulated_facts(*task)
        return
    to_come, running = iter(tasks), dict[Future[Facts], int]()
    try:
        while True:
            for task in islice(to_come, WINDOW - len(running)):
                running[executor.submit(simulated_facts, *task)] = task[-1]
            if not running:
                return
            ready, _ = wait(running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
            if cancelled():
                yield 0, None
            for future in ready:
                yield running.pop(future), future.result()
    finally:
        for future in running:
            future.cancel()


def _pair(
    parts: Sequence[Facts], arms: Sequence[Arm], scale: float
) -> tuple[pd.Series[float], pd.Series[float]]:
    """The figures of both arms in one replication, from the facts of all its parts."""
    sides = []
    for number, arm in enumerate(arms):
        together = pd.concat([part[number] for part in parts])
        whole = _summed(together.drop(columns=TIER), PERIOD)
        by_tier = _every_tier(_summed(together, [*PERIOD, TIER]), whole, arm.programme)
        sides.append(_figures(whole, by_tier, arm.programme, scale))
    return sides[0], sides[1]


def _summed(facts: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return facts.groupby(keys, dropna=False, sort=True).sum().reset_index()


def _every_tier(by_tier: pd.DataFrame, whole: pd.DataFrame, programme: Programme) -> pd.DataFrame:
    """A row for each period and tier: an empty tier has no facts, which here means noughts."""
    tiers = pd.DataFrame({TIER: [tier.name for tier in programme.tiers]})
    return whole[PERIOD].merge(tiers, how="cross").merge(by_tier, how="left").fillna(0)


def _figures(
    whole: pd.DataFrame, by_tier: pd.DataFrame, programme: Programme, scale: float
) -> pd.Series[float]:
    """All compared metrics as one series by `comparison.KEYS`."""
    values = [
        evaluate(whole, COMPARED, programme).assign(member_tier=""),
        evaluate(by_tier, COMPARED_BY_TIER, programme),
    ]
    ids = ["period_end", "member_tier"]
    long = pd.concat(
        table.drop(columns="period_first").melt(ids, var_name="metric", value_name="value")
        for table in values
    )
    long["period_end"] = long["period_end"].dt.strftime("%Y-%m-%d")
    figures = pd.Series(long["value"].to_numpy(np.float64), pd.MultiIndex.from_frame(long[KEYS]))
    additive = [METRICS[metric].kind is not Kind.RATIO for metric in figures.index.get_level_values("metric")]
    return figures.mul(np.where(additive, scale, 1.0))
