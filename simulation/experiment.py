"""Programmes compared on the same luck: paired replications, until their difference is known well enough.

Every replication supposes other members (drawn from what is known of each) and meets other luck; all
arms meet the same in it. So the differences within a replication are due to the scenarios alone, and
scenarios that are equal differ by exactly 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import replace

from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.behaviour import Behaviour
from simulation.calibration import Calibration
from simulation.comparison import Comparison
from simulation.contest import Contest
from simulation.desks import every_desk
from simulation.outset import Outset, outset
from simulation.replications import SHARD_SIZE, Design, Step, Stopped, replications
from simulation.scenario import Scenario
from simulation.stopping import Tolerance, enough
from simulation.unseen import unseen

# Raised by one whenever the same inputs come to give other figures, or runs are counted by other columns:
# what is kept is then not found again.
LAYOUT = 36

Progress = Callable[[float, Comparison | None], None]
ContestProgress = Callable[[float, Contest | None], None]


class Cancelled(Exception):  # noqa: N818 – a wish, no error
    """Somebody asked the experiment to stop; `partial` is what it had found by then."""

    def __init__(self, partial: Contest | None) -> None:
        super().__init__("cancelled")
        self.contest = partial

    @property
    def partial(self) -> Comparison | None:
        """The first scenario beside the baseline."""
        return None if self.contest is None else self.contest.beside(1)


def compare(
    history: History,
    programme: Programme,
    scenario: Scenario,
    against: Scenario | None = None,
    *,
    behaviour: Behaviour | None = None,
    calibration: Calibration | None = None,
    earlier: Sequence[Programme] = (),
    members: int | None = None,
    executor: Executor | None = None,
    shard_size: int = SHARD_SIZE,
    progress: Progress = lambda share, partial: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Comparison:
    """`scenario` beside `against` (the programme in force unless told otherwise), from today's members on.

    Months, replications, tolerance and seed are those of `scenario`. `earlier` are the documents that held
    before `programme`, in turn. `calibration` says how members behave and respond, so that it need not be
    found again. `members` limits how many are simulated; figures are then scaled up. Without an executor the
    work is done here. `progress` hears the share done and, with each replication, the comparison so far; the
    very first rests on a sample of the members. Raises `Cancelled` once `cancelled` says so.
    """
    found = contest(
        history,
        programme,
        (against or Scenario(), scenario),
        behaviour=behaviour,
        calibration=calibration,
        earlier=earlier,
        members=members,
        executor=executor,
        shard_size=shard_size,
        progress=lambda share, partial: progress(share, partial.beside(1) if partial else None),
        cancelled=cancelled,
    )
    return found.beside(1)


def contest(
    history: History,
    programme: Programme,
    scenarios: Sequence[Scenario],
    *,
    behaviour: Behaviour | None = None,
    calibration: Calibration | None = None,
    earlier: Sequence[Programme] = (),
    members: int | None = None,
    executor: Executor | None = None,
    shard_size: int = SHARD_SIZE,
    progress: ContestProgress = lambda share, partial: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Contest:
    """As `compare`, with any number of scenarios beside the first; the last one says how long they run.

    The history is held as long as the caller holds it: one that is `on_disk` takes no memory beside workers.
    """
    asked = scenarios[-1]
    most = max(one.most_joining for one in scenarios)
    start = outset(
        history,
        programme,
        asked.months,
        asked.seed,
        behaviour or Behaviour(),
        members,
        most_joining=most,
        earlier=earlier,
        calibration=calibration,
    )
    design, found = contest_of(start, programme, scenarios, shard_size)
    return run(design, found, asked, executor=executor, progress=progress, cancelled=cancelled)


def contest_of(
    start: Outset, programme: Programme, scenarios: Sequence[Scenario], shard_size: int = SHARD_SIZE
) -> tuple[Design, Contest]:
    """What is to be run from there, and the contest in which nothing has been run yet."""
    arms = _with_every_desk([start.arm(one, programme) for one in scenarios])
    design = Design(start=start, arms=arms, seed=scenarios[-1].seed, shard_size=shard_size)
    programmes = tuple(arm.programme for arm in arms)
    late = tuple(unseen(arms[0].programmes, arm.programmes, start.days) for arm in arms)
    return design, Contest(scenarios=tuple(scenarios), programmes=programmes, start=start, unseen=late)


def run(
    design: Design,
    found: Contest,
    asked: Scenario,
    *,
    executor: Executor | None = None,
    progress: ContestProgress = lambda share, partial: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Contest:
    """`found` with as many replications as `asked` wants. The result is that of the replications one after
    the other: what was done beyond the one at which the tolerance held is left out."""
    progress(0.0, None)
    partial: Contest | None = None
    numbers = range(1, asked.replications + 1)
    with closing(replications(design, numbers, executor, cancelled)) as steps:
        try:
            for step in steps:
                partial = partial if step.sides is None else _with(step, found, partial)
                known = partial if step.sides is not None else None
                if known is not None and (stop := _enough(found, asked)) is not None:
                    progress(1.0, found.first(stop))
                    return found.first(stop)
                progress(step.share, known)
        except Stopped:
            raise Cancelled(partial) from None
    return found


def _with(step: Step, found: Contest, partial: Contest | None) -> Contest:
    """What is known after a step that brought figures: a first sample only while there is nothing better."""
    assert step.sides is not None
    if step.of_members < 1:
        desks = {step.replication: step.desks} if step.desks else {}
        early = replace(found, runs={step.replication: step.sides}, desks=desks, of_members=step.of_members)
        return partial or early
    found.runs[step.replication] = step.sides
    if step.desks:
        found.desks[step.replication] = step.desks
    return found


def _enough(found: Contest, asked: Scenario) -> int | None:
    """After which replication every difference in money is known as closely as wanted."""
    if asked.tolerance is None:
        return None
    tolerance, unbroken = Tolerance.of(asked.tolerance), 0
    while unbroken + 1 in found.runs:
        unbroken += 1
    worth = found.first(unbroken).money
    stops = [
        enough((worth[:, other] - worth[:, 0]).tolist(), tolerance) for other in range(1, worth.shape[1])
    ]
    known = [stop for stop in stops if stop is not None]
    return max(known) if len(known) == len(stops) else None


def _with_every_desk(arms: Sequence[Arm]) -> tuple[Arm, ...]:
    """The arms, each with the desks of all."""
    several = [arm.plan.desks for arm in arms]
    return tuple(
        replace(arm, plan=replace(arm.plan, desks=every_desk(arm.plan.desks, several))) for arm in arms
    )
