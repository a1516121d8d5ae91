"""What arms of simulations came to, kept in the workspace beside the results."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dashboard.jobs.kept_results import FOLDER, KeptResults, input_hash
from simulation.counts import Counts

MOST = 4_000  # replications of an arm, some ten kilobytes each


class KeptArms:
    """The counts of arms that set out from the `start` of that name, as `simulation.kept_counts` asks for
    them. Of all starts together the latest `MOST` are there."""

    def __init__(self, workspace: Path, start: str) -> None:
        self._kept, self._start = KeptResults(workspace, f"{FOLDER}/arms"), start
        self._kept.forget_all_but(MOST)

    def get(self, name: str) -> Counts | None:
        """The counts under that name; None where there are none that can be read."""
        found = self._kept.find(self._named(name))
        return None if found is None else {column: np.array(rows, np.int64) for column, rows in found.items()}

    def __setitem__(self, name: str, counts: Counts) -> None:
        self._kept.keep(self._named(name), {column: rows.tolist() for column, rows in counts.items()})

    def _named(self, name: str) -> str:
        return input_hash(start=self._start, arm=name)
