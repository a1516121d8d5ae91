"""Period facts: one row per period and slice combination, in whole numbers that add up over members.

Money in minor units, points in units of the programme's `point_decimals`. Rows are filtered and
grouped first and counted then. A family of columns is left out where the cut names an attribute
that its rows do not have: members at a close know no channel of sale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from loyalty_core.cuts import ACCOUNT, MEMBER_SLICES, PURCHASE_SLICES, Cut, cut
from loyalty_core.grid import Grid
from loyalty_core.history import History, Ints
from loyalty_core.member_facts import member_days, member_flows, member_stocks
from loyalty_core.periods import Periods
from loyalty_core.point_facts import point_flows, point_stocks
from loyalty_core.programme import Programme
from loyalty_core.purchase_facts import buying_again, guest_flows, purchase_flows
from loyalty_core.sales import Sales, sales_of
from loyalty_core.tier_facts import tier_flows, tier_stocks

PERIOD = ["period_first", "period_end"]
Family = Callable[[History, Programme, Sales, Grid], dict[str, Ints]]

# What each family of columns can be cut by, and how it is counted.
FAMILIES: tuple[tuple[frozenset[str], Family], ...] = (
    (MEMBER_SLICES, member_stocks),
    (MEMBER_SLICES, member_flows),
    (MEMBER_SLICES, member_days),
    (MEMBER_SLICES, lambda history, programme, _, grid: tier_stocks(history, programme, grid)),
    (MEMBER_SLICES, lambda history, _, __, grid: tier_flows(history, grid)),
    (MEMBER_SLICES | PURCHASE_SLICES, lambda history, _, sales, grid: purchase_flows(history, sales, grid)),
    (MEMBER_SLICES | PURCHASE_SLICES, lambda history, _, sales, grid: buying_again(history, sales, grid)),
    (PURCHASE_SLICES, lambda history, _, __, grid: guest_flows(history, grid)),
    (MEMBER_SLICES | {ACCOUNT}, lambda history, programme, _, grid: point_flows(history, programme, grid)),
    (MEMBER_SLICES | {ACCOUNT}, lambda history, programme, _, grid: point_stocks(history, programme, grid)),
)


def period_facts(
    history: History,
    programme: Programme,
    periods: Periods,
    by: Sequence[str] = (),
    where: Mapping[str, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """The facts of each period and cell: `period_first`, `period_end`, the slices of `by`, int64 columns.

    With slices, cells that are empty in every period are left out; a label is missing where the
    attribute is unknown. `where` maps a slice to the labels kept ("" keeps the unknown).
    """
    grid = Grid(periods, cut(history, programme, by, where))
    sales = sales_of(history)
    columns: dict[str, Ints] = {}
    for slices, family in FAMILIES:
        if grid.cut.slices <= slices:
            columns |= family(history, programme, sales, grid)
    return _frame(grid, columns)


def _frame(grid: Grid, columns: dict[str, Ints]) -> pd.DataFrame:
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
