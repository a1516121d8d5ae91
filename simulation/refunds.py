"""What comes back: the share of sales, and after how many days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.history import History
from simulation.evidence import Z_90

A_YEAR = 365
FEWEST_SALES = 500
FEWEST_DELAYS = 30
LONGEST_DELAY = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunded:
    """Refunds of last year's sales by number, and the delays in days of those that name their sale."""

    sales: int
    refunds: int
    delays: Ints

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
        mean, error = float(self.delays.mean()), float(self.delays.std() / np.sqrt(len(self.delays)))
        return mean, max(mean - Z_90 * error, 0.0), mean + Z_90 * error

    @property
    def enough(self) -> bool:
        return self.sales >= FEWEST_SALES

    def within_days(self) -> int | None:
        """The longest delay of one that is as likely every day, with the mean delay seen; None if unseen."""
        if len(self.delays) < FEWEST_DELAYS:
            return None
        return int(np.clip(round(2 * float(self.delays.mean()) - 1), 1, LONGEST_DELAY))


def refunds_of_late(history: History, first_day: int) -> Refunded:
    """Of the sales of the last year before `first_day`."""
    bought = history.purchases
    recent = (bought.member >= 0) & (bought.day >= first_day - A_YEAR) & (bought.day < first_day)
    named = recent & bought.refund & (bought.refund_of >= 0)
    sold_on = bought.day[bought.refund_of[named]]
    return Refunded(
        sales=int((recent & ~bought.refund).sum()),
        refunds=int((recent & bought.refund).sum()),
        delays=(bought.day[named] - sold_on).astype(np.int64),
    )
