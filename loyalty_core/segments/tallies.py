"""What a segment is worth: its size and figures, and what two segments share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from loyalty_core.arrays import Flags, Ints


@dataclass(frozen=True, slots=True)
class Tally:
    """Members of a segment and what they did in 365 days, in integer units; ratios are None where unknown."""

    members: int
    buyers: int
    purchases: int
    revenue: int
    balance: int
    reachable: int

    @property
    def revenue_per_member(self) -> float | None:
        return self.revenue / self.members if self.members else None

    @property
    def average_order(self) -> float | None:
        """None, too, where more came back than was bought."""
        return self.revenue / self.purchases if self.purchases and self.revenue > 0 else None

    @property
    def reachable_share(self) -> float | None:
        return self.reachable / self.members if self.members else None


def tally(found: pd.DataFrame, inside: Flags) -> Tally:
    """The figures of those portraits."""
    return Tally(**{name: int(values[inside].sum()) for name, values in _figures(found).items()})


def tallies(found: pd.DataFrame, named: Mapping[str, Flags], by: Sequence[str]) -> dict[str, pd.DataFrame]:
    """By name the figures of those portraits, a row for all who are alike in those columns (of labels)."""
    crowd = found.groupby(list(by), observed=True, dropna=False).ngroup().to_numpy()
    _, first = np.unique(crowd, return_index=True)
    labels, figures = found[list(by)].iloc[first].astype("str"), _figures(found)
    told = {}
    for name, inside in named.items():
        sums = {one: _sums(crowd[inside], values[inside], len(labels)) for one, values in figures.items()}
        told[name] = labels.assign(**sums)[sums["members"] > 0]
    return told


def _sums(place: Ints, values: Ints, size: int) -> Ints:
    total = np.zeros(size, np.int64)
    np.add.at(total, place, values)
    return total


def together(parts: Iterable[pd.DataFrame], by: Sequence[str]) -> pd.DataFrame:
    """The `tallies` of all parts of a segment, added up."""
    rows = pd.concat(parts).groupby(list(by), observed=True, dropna=False, as_index=False).sum()
    return rows.astype(dict.fromkeys(by, "category"))


def added(rows: pd.DataFrame) -> Tally:
    """The figures of all who are in those `tallies`."""
    return Tally(**{one.name: int(rows[one.name].sum()) for one in fields(Tally)})


def _figures(found: pd.DataFrame) -> dict[str, Ints]:
    """What each portrait adds to the figures."""
    purchases = found["purchases"].to_numpy(np.int64)
    return {
        "members": np.ones(len(found), np.int64),
        "buyers": (purchases > 0).astype(np.int64),
        "purchases": purchases,
        "revenue": found["revenue"].to_numpy(np.int64),
        "balance": found["balance"].to_numpy(np.int64),
        "reachable": (found["consent"].to_numpy() == 1).astype(np.int64),
    }


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many members are in the one segment alone, in both, and in the other alone."""

    one: int
    both: int
    other: int


def overlap(one: Flags, other: Flags) -> Overlap:
    """What two segments of the same portraits share."""
    counts = (one & ~other, one & other, other & ~one)
    return Overlap(*(int(np.count_nonzero(each)) for each in counts))
