"""What finished what-ifs and contests rest on, found unasked by runs of few members, when nobody waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack
from typing import Any, NamedTuple

from dashboard.jobs import contest_draws
from dashboard.jobs.questions import Answer, Asked, Asking, gain_of, grounds_known, grounds_of
from dashboard.jobs.workers import behind_all
from data.registry import DONE
from data.snapshots import Snapshot
from data.tables import Run
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.scenario import Scenario, scenario_from_dict
from simulation.stopping import Gain

KIND, CONTEST = "simulate", "contest"
MEMBERS, DRAWS = contest_draws.MEMBERS, contest_draws.DRAWS
LOOKED_THROUGH = 5  # of the latest of each kind


class _Look(NamedTuple):
    """What is known of a run, None while it is not; and the work that finds it."""

    known: Callable[[], Answer | None]
    find: Callable[[Asking], Answer]


def first_look(workspace: Workspace, run: Run) -> Answer | None:
    """What is known of a finished what-if, or of a contest (its joint draws); None while it is not, or where
    one replication told no chance."""
    look = _look_of(workspace, run)
    return look and look.known()


def is_looked_at(workspace: Workspace, run: Run) -> bool:
    """Whether that will be known: of those asked of late whose data and programme still hold."""
    return _look_of(workspace, run) is not None and run.id in {one.id for one in _latest(workspace)}


def newest(workspace: Workspace) -> int | None:
    """The number of the last what-if or contest that finished."""
    return max((run.id for run in _finished(workspace, 1)), default=None)


def look(workspace: Workspace, cancelled: Callable[[], bool]) -> None:
    """Find it out for the latest of which it is not known, the last one first."""
    for run in _latest(workspace):
        asked = _look_of(workspace, run)
        if asked is None or asked.known() is not None:
            continue
        with ExitStack() as stack:
            asked.find(Asking(executor=lambda to=stack: _behind(to), cancelled=cancelled))


def _behind(stack: ExitStack) -> Executor:
    return stack.enter_context(behind_all())


def _finished(workspace: Workspace, limit: int) -> list[Run]:
    kinds = (workspace.registry.runs(kind=kind, status=DONE, limit=limit) for kind in (KIND, CONTEST))
    return sorted((run for runs in kinds for run in runs), key=lambda run: -run.id)


def _latest(workspace: Workspace) -> list[Run]:
    """Finished ones of the latest snapshot under the programme in force."""
    snapshot, programme = workspace.latest(), workspace.programme
    return [one for one in _finished(workspace, LOOKED_THROUGH) if _is_of(one.payload, snapshot, programme)]


def _is_of(payload: Mapping[str, Any], snapshot: Snapshot | None, programme: Programme | None) -> bool:
    if snapshot is None or programme is None:
        return False
    return payload["snapshot"] == snapshot.id and programme_from_dict(payload["programme"]) == programme


def _look_of(workspace: Workspace, run: Run) -> _Look | None:
    """How a run is looked into; None where it has no chance in it, or its data are not kept any more."""
    return _of_contest(workspace, run) if run.kind == CONTEST else _of_what_if(workspace, run)


def _of_contest(workspace: Workspace, run: Run) -> _Look | None:
    asked = contest_draws.of_run(workspace, run.payload, run.result) if run.result else None
    if asked is None:
        return None
    return _Look(
        known=lambda: contest_draws.draws_known(asked, contest_draws.DRAWS),
        find=lambda working: contest_draws.draws_of(asked, contest_draws.DRAWS, working, keeping=False),
    )


def _of_what_if(workspace: Workspace, run: Run) -> _Look | None:
    asked = _asked(workspace, run)
    if asked is None:
        return None
    return _Look(
        known=lambda: grounds_known(asked[0], DRAWS, asked[1]),
        find=lambda working: grounds_of(asked[0], DRAWS, asked[1], working, keeping=False),
    )


def _asked(workspace: Workspace, run: Run) -> tuple[Asked, Gain] | None:
    """What is looked into, and the gain that the what-if told."""
    gain = gain_of(run.result) if run.result else None
    if gain is None or not gain.variance:
        return None
    try:
        snapshot = workspace.snapshot(run.payload["snapshot"])
    except InputError:
        return None
    scenario = scenario_from_dict(run.payload["scenario"])
    once = scenario.model_copy(update={"replications": 1, "tolerance": None})
    assert run.result is not None
    asked = Asked(
        workspace,
        snapshot,
        programme_from_dict(run.payload["programme"]),
        (Scenario(), once),
        min(MEMBERS, run.result["members"]),
    )
    return asked, gain
