"""Period facts: one row per period and slice combination, in whole numbers that add up over members.

Money in minor units, points in units of the programme's `point_decimals`. Rows are filtered and
grouped first and counted then. A family of columns is left out where the cut names an attribute
that its rows do not have: members at a close know no channel of sale.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from loyalty_core.arrays import Ints
from loyalty_core.counting.cuts import Cut, cut
from loyalty_core.counting.families import FactFamily, families_for
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.sales import sales_of
from loyalty_core.history import History
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

PERIOD = ["period_first", "period_end"]


def period_facts(
    history: History,
    programme: Programme,
    periods: Periods,
    by: Sequence[str] = (),
    where: Mapping[str, Sequence[str]] | None = None,
    columns: Collection[str] | None = None,
) -> pd.DataFrame:
    """The facts of each period and cell: `period_first`, `period_end`, the slices of `by`, int64 columns.

    With slices, cells that are empty in every period are left out; a label is missing where the
    attribute is unknown. `where` maps a slice to the labels kept ("" keeps the unknown). Where
    `columns` are named, only families that hold one of them are counted, which is faster.
    """
    grid = Grid(periods, cut(history, programme, by, where))
    return facts_frame(grid, counted(history, programme, grid, families_for(grid.cut, columns)))


def counted(
    history: History, programme: Programme, grid: Grid, families: Iterable[FactFamily]
) -> dict[str, Ints]:
    """The columns of those families, periods × cells."""
    sales, found = sales_of(history), dict[str, Ints]()
    for family in families:
        found |= family.count(history, programme, sales, grid)
    return found


def facts_frame(grid: Grid, columns: dict[str, Ints]) -> pd.DataFrame:
    """Columns counted on the grid as rows of periods and cells."""
    cells = _cells_with_facts(grid.cut, columns)
    rows = np.repeat(np.arange(len(grid.periods)), len(cells))
    days = {"period_first": grid.periods.first, "period_end": grid.periods.last}
    frame: dict[str, object] = {
        name: pd.to_datetime(day[rows].astype("datetime64[D]")) for name, day in days.items()
    }
    for name, texts in grid.cut.texts(np.tile(cells, len(grid.periods))).items():
        frame[name] = pd.array(texts, dtype="str")
    return pd.DataFrame(frame | {name: values[:, cells].ravel() for name, values in columns.items()})


def _cells_with_facts(cut: Cut, columns: dict[str, Ints]) -> Ints:
    if not cut.by:
        return np.array([0])
    filled = [np.any(values != 0, axis=0) for values in columns.values()]
    return np.flatnonzero(np.any(filled, axis=0)) if filled else np.zeros(0, np.int64)
