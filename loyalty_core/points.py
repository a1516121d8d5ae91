"""What a purchase earns and what leaves first: exact rules over integer point units."""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm

import numpy as np

from loyalty_core.history import Ints
from loyalty_core.programme import Programme

_LARGEST = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class EarningRates:
    """Point units per minor unit of money, per tier: `tops` over one common `bottom`, exactly."""

    tops: tuple[int, ...]
    bottom: int

    @classmethod
    def of(cls, programme: Programme) -> EarningRates:
        """The rates of a programme: its base rate times each tier's percentage."""
        base = programme.point_units_per_minor
        rates = [base * tier.earn_percent / 100 for tier in programme.tiers]
        bottom = lcm(*(rate.denominator for rate in rates))
        return cls(tuple(int(rate * bottom) for rate in rates), bottom)

    def earned(self, amount_minor: Ints, tier: Ints) -> Ints:
        """Point units (int64) earned by each amount at each tier, rounded down; 0 for a refund.

        OverflowError where the points themselves do not fit.
        """
        amount = np.maximum(np.asarray(amount_minor, np.int64), 0)
        largest = int(amount.max(initial=0)) * max(self.tops)
        # An absurd rate or amount goes through Python's unbounded integers instead of wrapping round.
        exact = np.int64 if max(largest, self.bottom) <= _LARGEST else object
        tops = np.array(self.tops, exact)[tier]
        points: Ints = (amount.astype(exact, copy=False) * tops // self.bottom).astype(np.int64, copy=False)
        return points


def earned(amount_minor: Ints, tier: Ints, programme: Programme) -> Ints:
    """Point units (int64) that purchases earn: floor(amount × rate × the tier's percentage ÷ 100)."""
    return EarningRates.of(programme).earned(amount_minor, tier)


def take_oldest_first(lots: Ints, wanted: Ints) -> Ints:
    """How much leaves each lot (members × lots, first to expire first) when `wanted` leaves each member.

    Never more than there is. `Lots` keeps the same rule as a running total per member.
    """
    before = np.cumsum(lots, axis=1) - lots
    taken: Ints = np.clip(wanted[:, None] - before, 0, lots)
    return taken
