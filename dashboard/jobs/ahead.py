"""What every what-if on the latest snapshot asks for first, found out before anybody asks."""

from __future__ import annotations

import logging
import time

from dashboard.jobs.calibrated import give_up, is_calibrated, told_past
from data.snapshots import Snapshot
from data.workspace import Workspace
from loyalty_core.rules.programme import Programme

LOOK_SECONDS = 3.0

_log = logging.getLogger("loyalty.jobs")


def calibrate_ahead(workspace: Workspace) -> None:
    """Calibrate whatever is published or applied, as long as this process lives."""
    seen = None
    while True:
        try:
            snapshot, programme = workspace.latest(), workspace.programme
            if snapshot is not None and programme is not None and (snapshot.id, programme) != seen:
                seen = snapshot.id, programme
                _calibrate(workspace, snapshot, programme)
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
