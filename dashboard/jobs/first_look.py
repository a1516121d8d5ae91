"""What a finished what-if rests on, found out unasked: by runs of few members, when nobody waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack
from typing import Any

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

KIND = "simulate"
MEMBERS, DRAWS = 2_000, 6
LOOKED_THROUGH = 5  # of the latest what-ifs


def first_look(workspace: Workspace, run: Run) -> Answer | None:
    """What is known of a finished what-if; None while it is not, or where one replication told no chance."""
    asked = _asked(workspace, run)
    return asked and grounds_known(asked[0], DRAWS, asked[1])


def is_looked_at(workspace: Workspace, run: Run) -> bool:
    """Whether that will be known: of the what-ifs asked of late whose data and programme still hold."""
    return _asked(workspace, run) is not None and run.id in {one.id for one in _latest(workspace)}


def newest(workspace: Workspace) -> int | None:
    """The number of the last what-if that finished."""
    runs = workspace.registry.runs(kind=KIND, status=DONE, limit=1)
    return runs[0].id if runs else None


def look(workspace: Workspace, cancelled: Callable[[], bool]) -> None:
    """Find it out for the latest what-ifs of which it is not known, the last one first."""
    for run in _latest(workspace):
        asked = _asked(workspace, run)
        if asked is None or grounds_known(asked[0], DRAWS, asked[1]) is not None:
            continue
        with ExitStack() as stack:
            working = Asking(executor=lambda to=stack: _behind(to), cancelled=cancelled)
            grounds_of(asked[0], DRAWS, asked[1], working, keeping=False)


def _behind(stack: ExitStack) -> Executor:
    return stack.enter_context(behind_all())


def _latest(workspace: Workspace) -> list[Run]:
    """Finished what-ifs of the latest snapshot under the programme in force."""
    snapshot, programme = workspace.latest(), workspace.programme
    runs = workspace.registry.runs(kind=KIND, status=DONE, limit=LOOKED_THROUGH)
    return [one for one in runs if _is_of(one.payload, snapshot, programme)]


def _is_of(payload: Mapping[str, Any], snapshot: Snapshot | None, programme: Programme | None) -> bool:
    if snapshot is None or programme is None:
        return False
    return payload["snapshot"] == snapshot.id and programme_from_dict(payload["programme"]) == programme


def _asked(workspace: Workspace, run: Run) -> tuple[Asked, Gain] | None:
    """What is looked into, and the gain that the what-if told; None where that has no chance in it, or its
    data are not kept any more."""
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
