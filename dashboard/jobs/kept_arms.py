"""What arms of simulations came to, kept in the workspace beside the results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dashboard.jobs.kept_results import FOLDER, KeptResults, input_hash
from simulation.desk_figures import KEYS
from simulation.kept_counts import Kept

MOST = 4_000  # replications of an arm, some ten kilobytes each


class KeptArms:
    """What arms came to that set out from the `start` of that name, as `simulation.kept_counts` asks for it.
    Of all starts together the latest `MOST` are there."""

    def __init__(self, workspace: Path, start: str) -> None:
        self._kept, self._start = KeptResults(workspace, f"{FOLDER}/arms"), start
        self._kept.forget_all_but(MOST)

    def get(self, name: str) -> Kept | None:
        """What is kept under that name; None where there is nothing that can be read."""
        found = self._kept.find(self._named(name))
        if found is None:
            return None
        counts = {column: np.array(rows, np.int64) for column, rows in found["counts"].items()}
        return Kept(counts, None if found["desks"] is None else _figures(found["desks"]))

    def __setitem__(self, name: str, kept: Kept) -> None:
        counts = {column: rows.tolist() for column, rows in kept.counts.items()}
        self._kept.keep(
            self._named(name), {"counts": counts, "desks": None if kept.desks is None else _rows(kept.desks)}
        )

    def _named(self, name: str) -> str:
        return input_hash(start=self._start, arm=name)


def _rows(figures: pd.Series[float]) -> list[list[str | float | None]]:
    """Figures of desks as plain values, None for what is unknown."""
    return [[*key, None if np.isnan(value) else value] for key, value in figures.items()]


def _figures(rows: list[list[Any]]) -> pd.Series[float]:
    index = pd.MultiIndex.from_tuples([tuple(row[:-1]) for row in rows], names=KEYS)
    return pd.Series([row[-1] for row in rows], index, dtype="float64")
