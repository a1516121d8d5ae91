"""What a snapshot's past tells every simulation of it, found once and kept with the results."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from dashboard.jobs.kept_results import KeptResults
from dashboard.jobs.simulation_hash import simulation_hash
from data.by_shards import laid_down
from data.snapshots import Snapshot
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from simulation.behaviour import Behaviour
from simulation.calibration import Calibration, calibrate
from simulation.mapped import give_back, on_disk
from simulation.model_choice import chosen_model
from simulation.outset import Outset, day_after, outset
from simulation.scenario import Scenario
from simulation.uncertainty import MOST_JOINING

_TELLING = Lock()  # who asks while another one is told waits, and finds it known
_LAST: dict[str, History] = {}


def told_past(
    workspace: Workspace, snapshot: Snapshot, programme: Programme
) -> tuple[History, Calibration | None]:
    """The snapshot's past and its calibration; None where the past is too short for one."""
    with _TELLING:
        history = _history(workspace, snapshot, programme)
        return history, _calibration(workspace, snapshot, programme, history)


def is_calibrated(workspace: Workspace, snapshot: Snapshot, programme: Programme) -> bool:
    """Whether a run can set out at once, without the past being looked through first."""
    return KeptResults(workspace.folder).find(_named(snapshot, programme)) is not None


def set_out(
    workspace: Workspace,
    snapshot: Snapshot,
    programme: Programme,
    scenarios: Sequence[Scenario],
    members: int | None,
    *,
    drawn: bool = False,
) -> Outset:
    """Where runs of those scenarios begin, with as many who may join as any of them brings; the last one says
    how long they run. `drawn` where parameters and models are drawn anew."""
    for one in scenarios:
        one.check(programme)
    history, calibration = told_past(workspace, snapshot, programme)
    return outset(
        history,
        programme,
        scenarios[-1].months,
        scenarios[-1].seed,
        Behaviour(),
        members,
        most_joining=max(one.most_joining for one in scenarios) * (MOST_JOINING if drawn else 1),
        choice=chosen_model(history, day_after(history)) if drawn else None,
        earlier=workspace.registry.programmes_before(programme),
        calibration=calibration,
    )


def _history(workspace: Workspace, snapshot: Snapshot, programme: Programme) -> History:
    """The past that was asked for last is kept: it lies in a file, so that nobody holds it beside workers."""
    named = f"{workspace.folder}:{_named(snapshot, programme)}"
    if named not in _LAST:
        _LAST.clear()
        _LAST[named] = laid_down(snapshot, programme, on_disk)
        give_back()
    return _LAST[named]


def _calibration(
    workspace: Workspace, snapshot: Snapshot, programme: Programme, history: History
) -> Calibration | None:
    kept, named = KeptResults(workspace.folder), _named(snapshot, programme)
    known = kept.find(named)
    if known is None:
        try:
            found = calibrate(history, programme).model_dump(mode="json")
        except InputError:  # no member has bought yet: a run then keeps its suppositions and says so
            found = {}
        known = kept.keep(named, found)
    return Calibration.model_validate(known) if known else None


def _named(snapshot: Snapshot, programme: Programme) -> str:
    return simulation_hash("calibrate", snapshot, programme)
