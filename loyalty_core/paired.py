"""What the same members did before a day and after it: means, and what their difference can be told from."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from loyalty_core.intervals import Z_95

FEWEST = 30  # members of whom a normal interval can be told


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """The mean of each member before and after, and the 95 % interval of its change."""

    before: float
    after: float
    low: float
    high: float

    @property
    def change(self) -> float:
        """After less before."""
        return self.after - self.before

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out that nothing changed."""
        return self.low > 0 or self.high < 0


def paired(before: float, after: float, squares: float, members: int) -> Paired | None:
    """From the sums over so many members of what each did before and after, and of the squares of the
    differences; None for fewer than 30 members.

    The interval is that of a mean of differences of pairs (Student 1908), normal for that many.
    """
    if members < FEWEST:
        return None
    change = (after - before) / members
    reach = Z_95 * sqrt(max(squares / members - change**2, 0.0) / (members - 1))
    return Paired(before=before / members, after=after / members, low=change - reach, high=change + reach)
