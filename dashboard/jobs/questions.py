"""What is asked further of a what-if, in the job process and on the command line; kept by its inputs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from dashboard.jobs.calibrated import set_out
from dashboard.jobs.kept_results import KeptResults
from dashboard.jobs.simulation_hash import simulation_hash, written
from data.snapshots import Snapshot
from data.workspace import Workspace
from loyalty_core.days import to_date
from loyalty_core.rules.programme import Programme
from simulation.breakeven import BreakEven, break_even
from simulation.levers import Lever
from simulation.outset import Outset
from simulation.scenario import Scenario

Answer = dict[str, Any]
EXPECTED_VALUES = 12  # that a break-even is looked for at


@dataclass(frozen=True, slots=True)
class Asked:
    """A what-if that is asked about: a scenario beside another one, from a snapshot's members on."""

    workspace: Workspace
    snapshot: Snapshot
    programme: Programme
    sides: tuple[Scenario, Scenario]
    members: int | None  # simulated; None for all

    def start(self, cancelled: Callable[[], bool], *, drawn: bool = False) -> Outset:
        """Where its runs begin."""
        given = self.workspace, self.snapshot, self.programme, self.sides, self.members
        return set_out(*given, drawn=drawn, cancelled=cancelled)

    def known(self, question: str, find: Callable[[], Answer], **about: Any) -> Answer:
        """The answer to a question `about` it, found now or when the very same was asked before."""
        kept = KeptResults(self.workspace.folder)
        named = simulation_hash(
            question,
            self.snapshot,
            self.programme,
            earlier=written(self.workspace.registry.programmes_before(self.programme)),
            scenarios=[one.model_dump(mode="json") for one in self.sides],
            members=self.members,
            **about,
        )
        sides = {"scenario": self.sides[1].name, "against": self.sides[0].name}
        return kept.find(named) or kept.keep(named, {"snapshot": self.snapshot.id} | sides | find())


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who works on a question, hears how far it is and what was found so far, and may no longer want it."""

    executor: Callable[[], Executor | None]
    progress: Callable[[float, Answer | None], None] = lambda share, partial: None
    cancelled: Callable[[], bool] = lambda: False


def resting_on(start: Outset) -> Answer:
    """Which members and days an answer rests on."""
    first, last = (to_date(day).isoformat() for day in start.days)
    about = {"from": first, "to": last, "data_to": to_date(start.days[0] - 1).isoformat()}
    return about | {"members": len(start.members), "scale": start.scale}


def break_even_of(asked: Asked, lever: Lever, asking: Asking) -> Answer:
    """The value of the lever at which the scenario just pays, and every gain that was tried."""

    def find() -> Answer:
        start = asked.start(asking.cancelled)

        def heard(so_far: BreakEven) -> None:
            share = min(len(so_far.gains) / EXPECTED_VALUES, 0.95)
            asking.progress(share, resting_on(start) | so_far.to_json())

        found = break_even(
            start,
            asked.programme,
            asked.sides,
            lever,
            executor=asking.executor(),
            progress=heard,
            cancelled=asking.cancelled,
        )
        return resting_on(start) | found.to_json()

    return asked.known("break-even", find, lever=[lever.path, lever.low, lever.high])
