"""What a segment is worth: its size and figures, and what two segments share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

import numpy as np
import pandas as pd

from loyalty_core.arrays import Flags


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
    purchases = found["purchases"].to_numpy()[inside]
    return Tally(
        members=int(np.count_nonzero(inside)),
        buyers=int(np.count_nonzero(purchases > 0)),
        purchases=int(purchases.sum()),
        revenue=int(found["revenue"].to_numpy()[inside].sum()),
        balance=int(found["balance"].to_numpy()[inside].sum()),
        reachable=int(np.count_nonzero(found["consent"].to_numpy()[inside] == 1)),
    )


def together(parts: Iterable[Tally]) -> Tally:
    """The figures of all parts of a segment, added up."""
    columns = zip(*(astuple(one) for one in parts), strict=True)
    return Tally(*(sum(column) for column in columns))


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
