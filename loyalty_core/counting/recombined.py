"""Period facts of any cut from counts at the finest cut: sums of rows, and members each counted once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.counting.cuts import ACCOUNT, Cut
from loyalty_core.counting.families import FactFamily
from loyalty_core.counting.finest import MEMBER, Slices, slices_of
from loyalty_core.counting.grid import Grid
from loyalty_core.timeline import distinct

Labels = Mapping[str, Sequence[str]]
MEMBERS = "members"  # how many are alike where a row stands for several


@dataclass(frozen=True, slots=True)
class CodedRows:
    """Rows at the finest cut as arrays: the last day of the period, the code of each slice in its labels
    (-1 where unknown), and columns of numbers."""

    end: Ints
    codes: Mapping[str, Ints]
    numbers: Mapping[str, Ints]


@dataclass(frozen=True, slots=True)
class CodedFacts:
    """`FinestFacts` whose texts are codes of labels: the members kept by column of each set of slices."""

    labels: Labels
    rows: dict[Slices, CodedRows] = field(default_factory=dict)
    kept: dict[Slices, dict[str, CodedRows]] = field(default_factory=dict)

    def code(self, name: str, label: str) -> int:
        """The code of a label; one that no row has where there is no such label."""
        labels = list(self.labels[name])
        return labels.index(label) if label in labels else len(labels)


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


def recombined(facts: CodedFacts, grid: Grid, families: Sequence[FactFamily]) -> dict[str, Ints]:
    """The columns of the families on the grid, whose periods are among those counted.

    Rows may have been filtered or added up before, as far as the grid's cut allows.
    """
    alike: dict[tuple[Slices, str | None], set[str]] = {}
    for family in families:
        alike.setdefault((slices_of(family), account_meant(family, grid.cut)), set()).update(family.columns)
    found: dict[str, Ints] = {}
    for (slices, account), columns in alike.items():
        rows, meant = facts.rows[slices], None if account is None else facts.code(ACCOUNT, account)
        place = _places(rows, meant, grid)
        for column in sorted(columns & rows.numbers.keys()):
            found[column] = grid.total(place, rows.numbers[column])
        for column in sorted(columns & facts.kept[slices].keys()):
            kept = facts.kept[slices][column]
            found[column] = found[column] + _distinct(_places(kept, meant, grid), kept, grid)
    return found


def _places(rows: CodedRows, account: int | None, grid: Grid) -> Ints:
    """The position of each row on the grid, -1 outside and of other accounts than the one that is meant."""
    own = {name: rows.codes[name] for name in grid.cut.slices}
    place = grid.place(rows.end, grid.cut.cells_of(len(rows.end), own))
    return place if account is None else np.where(rows.codes[ACCOUNT] == account, place, -1)


def _distinct(place: Ints, kept: CodedRows, grid: Grid) -> Ints:
    """Distinct members at each position."""
    names, member = np.unique(kept.numbers[MEMBER], return_inverse=True)
    inside = np.flatnonzero(place >= 0)
    pairs = place[inside] * len(names) + member[inside]
    if MEMBERS not in kept.numbers:
        return grid.count(distinct(pairs) // max(len(names), 1))
    once = inside[np.unique(pairs, return_index=True)[1]]
    return grid.total(place[once], kept.numbers[MEMBERS][once])
