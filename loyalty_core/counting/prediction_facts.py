"""What members will buy and spend, by the customer-base models fitted to all members at each close."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.counting.grid import Grid
from loyalty_core.customers.pasts import rhythm
from loyalty_core.customers.prospects import Prospects, prospects
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme

MILLI = 1000  # purchases are kept in thousandths


COLUMNS = (
    "predicted_purchases",
    "predicted_purchases_low",
    "predicted_purchases_high",
    "members_predicted",
    "lifetime_value",
    "lifetime_value_low",
    "lifetime_value_high",
    "members_valued",
)


def predictions(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Purchase days of the coming year, and spending of the three years ahead, of the members enrolled.

    Nothing is predicted while fewer than 50 members have bought again, or the past does not tell the
    models' parameters apart.
    """
    members, scale = history.members, 10**programme.currency_decimals

    def at(close: int) -> tuple[Prospects, Ints]:
        cells = grid.cut.cells_at(np.array([close]))[:, 0]
        there = (members.joined_on <= close) & ~(members.left_on <= close)
        return prospects(rhythm(history, close + 1, scale)), np.where(there, cells, -1)

    return predicted(at, scale, grid)


def predicted(at: Callable[[int], tuple[Prospects, Ints]], scale: int, grid: Grid) -> dict[str, Ints]:
    """The columns of `predictions`, given all members' prospects at a close and the cell of each, -1 outside;
    money in 1 ÷ scale."""
    facts: dict[str, Ints] = dict(zip(COLUMNS, np.zeros((len(COLUMNS), *grid.shape), np.int64), strict=True))
    for period, close in enumerate(grid.periods.last):
        found, cells = at(int(close))
        held, cell = found.held(cells)
        told = np.bincount(cell, held.members, grid.cut.size).astype(np.int64)
        for name, known, outlook, parts in (
            ("predicted_purchases", "members_predicted", found.purchases, MILLI),
            ("lifetime_value", "members_valued", found.spend, scale),
        ):
            if (of_rows := outlook(held)) is not None:
                sums = of_rows.total(cell, grid.cut.size, parts)
                for column, values in zip((name, f"{name}_low", f"{name}_high"), sums, strict=True):
                    facts[column][period] = values
                facts[known][period] = told
    return facts
