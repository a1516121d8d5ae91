"""What every what-if on the latest snapshot asks for first, found out before anybody asks."""

from __future__ import annotations

import logging
import time

from dashboard.jobs.calibrated import is_calibrated, told_past
from data.workspace import Workspace

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
                if not is_calibrated(workspace, snapshot, programme):
                    told_past(workspace, snapshot, programme)
        except Exception:  # whatever it is, the what-if says it to whoever asks
            _log.info("nothing could be calibrated ahead", exc_info=True)
        time.sleep(LOOK_SECONDS)
