"""Whether a source tells of something at all: a number that nobody records is unknown, not nought."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.counting.grid import Grid
from loyalty_core.timeline import Spells


def recorded(grid: Grid, day: Ints, cell: Ints) -> Ints:
    """Rows up to each close, those before the first period included, by their cells."""
    return grid.standing(Spells(cell, day, np.broadcast_to(grid.periods.last[-1], day.shape), cell))
