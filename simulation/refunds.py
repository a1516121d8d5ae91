"""What comes back: the share of sales, after how many days, and how much of each sale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Floats, Ints
from loyalty_core.history import History
from simulation.evidence import Z_90
from simulation.habit_rates import Rate

A_YEAR = 365
FEWEST_SALES = 500
FEWEST_NAMED = 30  # refunds that name their sale, for their delay and for how many are partial
FEWEST_PARTS = 10  # partial ones, for the parts that they take
FEW_PARTS = 10  # that stand for all
LONGEST_DELAY = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """Refunds of last year's sales by number; of those that name their sale the delays in days, and the parts
    of its amount that they take, 1 where all of it or more."""

    sales: int
    refunds: int
    delays: Ints
    parts: Floats

    @property
    def share(self) -> float:
        return min(self.refunds / max(self.sales, 1), 1.0)

    @property
    def range(self) -> tuple[float, float]:
        """The 90 % range of the share (Jeffreys)."""
        from scipy.stats import beta

        back, kept = self.refunds + 0.5, max(self.sales - self.refunds, 0) + 0.5
        low, high = beta.ppf([0.05, 0.95], back, kept)
        return float(low), float(high)

    @property
    def mean_delay(self) -> tuple[float, float, float]:
        """Days, and their 90 % range."""
        return _mean(self.delays)

    @property
    def partial(self) -> Rate | None:
        """How many of those that name their sale take only a part of it; None where these are too few."""
        if len(self.parts) < FEWEST_NAMED:
            return None
        return Rate(int((self.parts < 1).sum()), len(self.parts))

    @property
    def mean_part(self) -> tuple[float, float, float]:
        """Of the sale that partial ones take, and its 90 % range."""
        mean, low, high = _mean(self.parts[self.parts < 1])
        return mean, low, min(high, 1.0)

    @property
    def enough(self) -> bool:
        return self.sales >= FEWEST_SALES

    def within_days(self) -> int | None:
        """The longest delay of one that is as likely every day, with the mean delay seen; None if unseen."""
        if len(self.delays) < FEWEST_NAMED:
            return None
        return int(np.clip(round(2 * float(self.delays.mean()) - 1), 1, LONGEST_DELAY))

    def usual_parts(self) -> tuple[float, ...] | None:
        """The few parts that stand for all, ascending and with the same mean: the means of as many equal
        shares of those seen. None where these are too few."""
        seen = np.sort(self.parts[self.parts < 1])
        if self.partial is None or len(seen) < FEWEST_PARTS:
            return None
        means = seen.repeat(FEW_PARTS).reshape(FEW_PARTS, -1).mean(axis=1)
        return tuple(np.clip(means.round(6), 1e-6, 1 - 1e-6).tolist())


def refunds_of_late(history: History, first_day: int) -> Refunded:
    """Of the sales of the last year before `first_day`."""
    bought = history.purchases
    recent = (bought.member >= 0) & (bought.day >= first_day - A_YEAR) & (bought.day < first_day)
    named = np.flatnonzero(recent & bought.refund & (bought.refund_of >= 0))
    sale = bought.refund_of[named]
    sold, back = bought.amount[sale], -bought.amount[named]
    told = (sold > 0) & (back > 0)
    return Refunded(
        sales=int((recent & ~bought.refund).sum()),
        refunds=int((recent & bought.refund).sum()),
        delays=(bought.day[named] - bought.day[sale]).astype(np.int64),
        parts=np.minimum(back[told] / sold[told], 1.0),
    )


def _mean(values: Floats | Ints) -> tuple[float, float, float]:
    mean, error = float(values.mean()), float(values.std() / np.sqrt(len(values)))
    return mean, max(mean - Z_90 * error, 0.0), mean + Z_90 * error
