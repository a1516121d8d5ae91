"""What a snapshot's past tells every simulation of it, found once and kept with the results.

A large one is looked through by another process: what that takes of memory, nobody holds afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from threading import Lock, Thread
from typing import TypeVar

from dashboard.jobs.kept_arms import KeptArms
from dashboard.jobs.kept_results import KeptResults
from dashboard.jobs.simulation_hash import simulation_hash, written
from data.by_shards import is_large, laid_down
from data.elsewhere import elsewhere
from data.snapshots import Snapshot
from data.workspace import Workspace
from loyalty_core.errors import InputError
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from simulation.behaviour import Behaviour
from simulation.calibration import Calibration, calibrate
from simulation.experiment import Cancelled
from simulation.last_day import day_after
from simulation.mapped import give_back, on_disk, write, written_by
from simulation.model_choice import chosen_model
from simulation.outset import Outset, outset
from simulation.scenario import Scenario
from simulation.uncertainty import MOST_JOINING

LOOK_SECONDS = 0.2

Told = tuple[History, Calibration | None]
T = TypeVar("T")

_TELLING = Lock()  # who asks while another one is told waits, and finds it known
_LAST: dict[str, History] = {}


def told_past(workspace: Workspace, snapshot: Snapshot, programme: Programme) -> Told:
    """The snapshot's past and its calibration; None where the past is too short for one."""
    with _TELLING:
        history = _history(workspace, snapshot, programme)
        return history, _calibration(workspace.folder, snapshot, programme, history)


def told_unless(
    cancelled: Callable[[], bool], workspace: Workspace, snapshot: Snapshot, programme: Programme
) -> Told:
    """As `told_past`; Cancelled as soon as that is wished. The past is then told to the end all the same,
    as whoever asks next needs it."""
    return unless(cancelled, lambda: told_past(workspace, snapshot, programme))


def unless(cancelled: Callable[[], bool], work: Callable[[], T]) -> T:
    """What work comes to that cannot be stopped; Cancelled as soon as nobody waits for it any more."""
    done = Future[T]()

    def worked() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # raised where it is waited for
            done.set_exception(error)

    Thread(target=copy_context().run, args=(worked,), daemon=True, name="work").start()
    while not done.done():
        if cancelled():
            raise Cancelled(None)
        wait([done], LOOK_SECONDS)
    return done.result()


def is_calibrated(workspace: Workspace, snapshot: Snapshot, programme: Programme) -> bool:
    """Whether a run can set out at once, without the past being looked through first."""
    return KeptResults(workspace.folder).find(_named(snapshot, programme)) is not None


def kept_calibration(workspace: Workspace, snapshot: Snapshot, programme: Programme) -> Calibration | None:
    """What is known of that past without looking through it; None where it was not told or is too short."""
    known = KeptResults(workspace.folder).find(_named(snapshot, programme))
    return Calibration.model_validate(known) if known else None


def give_up(workspace: Workspace, snapshot: Snapshot, programme: Programme) -> None:
    """Remember that this past could not be told ahead."""
    KeptResults(workspace.folder).keep(_in_vain(snapshot, programme), {})


def is_awaited(workspace: Workspace, snapshot: Snapshot, programme: Programme) -> bool:
    """Whether that past is to be told ahead and is not yet: only the latest is, and one that failed is left
    to whoever asks for it."""
    latest = workspace.latest()
    if latest is None or (latest.id, workspace.programme) != (snapshot.id, programme):
        return False
    kept = KeptResults(workspace.folder)
    return all(kept.find(named(snapshot, programme)) is None for named in (_named, _in_vain))


def set_out(
    workspace: Workspace,
    snapshot: Snapshot,
    programme: Programme,
    scenarios: Sequence[Scenario],
    members: int | None,
    *,
    drawn: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
) -> Outset:
    """Where runs of those scenarios begin, with as many who may join as any of them brings, and what arms
    came to from there; the last one says how long they run. `drawn` where parameters and models are drawn
    anew. Cancelled as soon as that is wished."""
    for one in scenarios:
        one.check(programme)
    months, seed = scenarios[-1].months, scenarios[-1].seed
    earlier = workspace.registry.programmes_before(programme)
    history, calibration = told_unless(cancelled, workspace, snapshot, programme)
    start = outset(
        history,
        programme,
        months,
        seed,
        Behaviour(),
        members,
        most_joining=max(one.most_joining for one in scenarios) * (MOST_JOINING if drawn else 1),
        choice=chosen_model(history, day_after(history)) if drawn else None,
        earlier=earlier,
        calibration=calibration,
    )
    # Neither how many more may join nor what else might be drawn changes anything for who is there.
    about = {"members": len(start.members), "months": months, "seed": seed, "earlier": written(earlier)}
    named = simulation_hash("arms", snapshot, programme, **about)
    return replace(start, kept=KeptArms(workspace.folder, named))


def _history(workspace: Workspace, snapshot: Snapshot, programme: Programme) -> History:
    """The past that was asked for last is kept: it lies in a file, so that nobody holds it beside workers."""
    named = f"{workspace.folder}:{_named(snapshot, programme)}"
    if named not in _LAST:
        _LAST.clear()
        asked = (workspace.folder, snapshot, programme)
        _LAST[named] = (
            written_by(lambda file: elsewhere(_look_through, file, *asked))
            if is_large(snapshot)
            else laid_down(snapshot, programme, on_disk)
        )
        give_back()
    return _LAST[named]


def _look_through(file: Path, folder: Path, snapshot: Snapshot, programme: Programme) -> None:
    """Lay the past down in the file, and keep what it tells with the results in the folder."""
    history = laid_down(snapshot, programme, on_disk)
    write(file, history)
    _calibration(folder, snapshot, programme, history)


def _calibration(
    folder: Path, snapshot: Snapshot, programme: Programme, history: History
) -> Calibration | None:
    kept, named = KeptResults(folder), _named(snapshot, programme)
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


def _in_vain(snapshot: Snapshot, programme: Programme) -> str:
    return simulation_hash("calibrated in vain", snapshot, programme)
