"""What every what-if on the latest snapshot asks for first, found out before anybody asks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from dashboard.jobs.calibrated import give_up, is_calibrated, set_out, told_past
from dashboard.jobs.first_look import look, newest
from dashboard.jobs.kept_results import KeptResults
from dashboard.jobs.proposed_run import MOST_MEMBERS, USUAL
from dashboard.jobs.simulation_hash import simulation_hash, written
from dashboard.jobs.workers import behind_all
from data.elsewhere import nobody_waits
from data.snapshots import Snapshot
from data.workspace import Workspace
from loyalty_core.rules.programme import Programme
from simulation.experiment import Cancelled, contest_of, run
from simulation.scenario import Scenario

LOOK_SECONDS = 3.0

_log = logging.getLogger("loyalty.jobs")


@nobody_waits()
def work_ahead(workspace: Workspace, is_busy: Callable[[], bool]) -> None:
    """Calibrate whatever is published or applied, count what the programme in force comes to in the run that
    the Sandbox proposes, and look into what finished what-ifs rest on, as long as this process lives; only
    the first of that while there `is_busy`."""
    seen = counted = looked = None
    while True:
        try:
            snapshot, programme = workspace.latest(), workspace.programme
            if snapshot is not None and programme is not None:
                now = snapshot.id, programme
                if now != seen:
                    seen = now
                    _calibrate(workspace, snapshot, programme)
                if now != counted and _count(workspace, snapshot, programme, is_busy):
                    counted = now
                last = newest(workspace), now
                if last != looked and now == counted and _look(workspace, snapshot, programme, is_busy):
                    looked = last
        except Exception:  # the registry did not answer: it is asked again
            _log.info("the latest snapshot is not known", exc_info=True)
        time.sleep(LOOK_SECONDS)


def _calibrate(workspace: Workspace, snapshot: Snapshot, programme: Programme) -> None:
    if is_calibrated(workspace, snapshot, programme):
        return
    try:
        told_past(workspace, snapshot, programme)
    except Exception:  # whatever it is, the what-if says it to whoever asks
        _log.info("snapshot %s could not be calibrated ahead", snapshot.id, exc_info=True)
        give_up(workspace, snapshot, programme)


def _count(
    workspace: Workspace, snapshot: Snapshot, programme: Programme, is_busy: Callable[[], bool]
) -> bool:
    """Count the baseline of the usual what-if, for which nobody waits.

    False where that is to be tried again, because of work that somebody waits for; what was counted is kept.
    """
    earlier = written(workspace.registry.programmes_before(programme))
    asked = {"members": MOST_MEMBERS, **USUAL, "earlier": earlier}
    kept, named = KeptResults(workspace.folder), simulation_hash("counted", snapshot, programme, **asked)
    usual = Scenario.model_validate(USUAL)

    def is_unwanted() -> bool:
        return is_busy() or _is_past(workspace, snapshot, programme)

    if kept.find(named) is not None or not is_calibrated(workspace, snapshot, programme):
        return True
    if is_unwanted():
        return False
    try:
        start = set_out(workspace, snapshot, programme, (usual,), MOST_MEMBERS)
        with behind_all() as process:
            run(*contest_of(start, programme, (usual,)), usual, executor=process, cancelled=is_unwanted)
    except Cancelled:
        return False
    except Exception:  # whatever it is, the what-if says it to whoever asks
        _log.info("the baseline of snapshot %s could not be counted ahead", snapshot.id, exc_info=True)
    kept.keep(named, {})
    return True


def _look(
    workspace: Workspace, snapshot: Snapshot, programme: Programme, is_busy: Callable[[], bool]
) -> bool:
    """Look into the what-ifs of late; False where that is to be tried again, as something else was wanted."""
    try:
        look(workspace, lambda: is_busy() or _is_past(workspace, snapshot, programme))
    except Cancelled:
        return False
    except Exception:  # whatever it is, the question says it to whoever asks
        _log.info("a what-if could not be looked into", exc_info=True)
    return True


def _is_past(workspace: Workspace, snapshot: Snapshot, programme: Programme) -> bool:
    """Whether another snapshot or programme holds by now."""
    latest = workspace.latest()
    return latest is None or (latest.id, workspace.programme) != (snapshot.id, programme)
