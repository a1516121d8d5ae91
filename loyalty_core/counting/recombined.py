"""Period facts of any cut from counts at the finest cut: sums of rows, and members each counted once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from loyalty_core.columns import Columns
from loyalty_core.counting.cuts import ACCOUNT, Cut
from loyalty_core.counting.finest import COLUMN, MEMBER, PERIOD_END, FinestFacts, Slices, slices_of
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.period_facts import FactFamily
from loyalty_core.history import Ints
from loyalty_core.timeline import distinct


def follows_from_finest(family: FactFamily, cut: Cut) -> bool:
    """Whether rows at the finest cut give the family's columns under that cut.

    Several accounts together make up one balance per member, which those of each alone do not give.
    """
    accounts = cut.accepted.get(ACCOUNT)
    one_balance = accounts is None or ACCOUNT in cut.by or np.count_nonzero(accounts) == 1
    return family.additive and (ACCOUNT not in family.slices or one_balance)


def account_meant(family: FactFamily, cut: Cut) -> str | None:
    """The account to which the family's rows are limited, though the cut says nothing of accounts."""
    return family.account if ACCOUNT in family.slices and ACCOUNT not in cut.slices else None


def recombined(finest: FinestFacts, grid: Grid, families: Sequence[FactFamily]) -> dict[str, Ints]:
    """The columns of the families on the grid, whose periods are among those counted.

    Rows may have been filtered or added up before, as far as the grid's cut allows.
    """
    alike: dict[tuple[Slices, str | None], set[str]] = {}
    for family in families:
        alike.setdefault((slices_of(family), account_meant(family, grid.cut)), set()).update(family.columns)
    found: dict[str, Ints] = {}
    for (slices, account), columns in alike.items():
        rows, kept = finest.rows[slices], finest.kept[slices]
        place = _places(rows, account, grid)
        for column in rows.columns.intersection(sorted(columns)):
            found[column] = grid.total(place, rows[column].to_numpy())
        if not len(kept):
            continue
        kept = kept[kept[COLUMN].isin(columns)]
        place = _places(kept, account, grid)
        for column in map(str, kept[COLUMN].unique()):
            only = (kept[COLUMN] == column).to_numpy()
            found[column] = found[column] + _distinct(place[only], kept[MEMBER].to_numpy()[only], grid)
    return found


def _places(rows: pd.DataFrame, account: str | None, grid: Grid) -> Ints:
    """The position of each row on the grid, -1 outside."""
    columns = Columns(rows, "rows")
    own = {name: columns.choices(name, grid.cut.labels[name]) for name in grid.cut.slices}
    place = grid.place(rows[PERIOD_END].to_numpy(np.int64), grid.cut.cells_of(len(rows), own))
    return place if account is None else np.where(columns.equal(ACCOUNT, account), place, -1)


def _distinct(place: Ints, members: Ints, grid: Grid) -> Ints:
    """Distinct members at each position."""
    names, member = np.unique(members, return_inverse=True)
    inside = place >= 0
    return grid.count(distinct(place[inside] * len(names) + member[inside]) // max(len(names), 1))
