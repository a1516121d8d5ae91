"""Revenue that a sale owes to points: what is deferred, and when it is recognised.

IFRS 15 B39–B43 and ASC 606-10-55-41 to 45: points that give a material right are a promise of their
own. Part of the price belongs to them, and is revenue when they are redeemed or lapse. The share is
set once, with the redemption expected then; later estimates only change how fast it is recognised
(IFRS 15 Example 52, ASC 606-10-55-353 to 356). Amounts are in minor units of money and not rounded:
rounding what has been recognised in total, not each step, keeps the sum of the steps exact.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from loyalty_core.arrays import Floats


def points_value(points: npt.ArrayLike, value_per_point: npt.ArrayLike, rate: npt.ArrayLike) -> Floats:
    """Stand-alone selling price of points: their value times the share expected to be redeemed (B42)."""
    value: Floats = np.asarray(points, float) * np.asarray(value_per_point) * np.asarray(rate)
    return value


def deferred(price: npt.ArrayLike, goods_value: npt.ArrayLike, points_value: npt.ArrayLike) -> Floats:
    """What of each price belongs to the points: by stand-alone selling prices of goods and points.

    The rest belongs to the goods. 0 where neither has a value.
    """
    points = np.asarray(points_value, float)
    both = points + np.asarray(goods_value, float)
    share = np.divide(points, both, out=np.zeros_like(both), where=both > 0)
    return np.asarray(np.asarray(price, float) * share)


def recognised(deferred: npt.ArrayLike, redeemed: npt.ArrayLike, expected_total: npt.ArrayLike) -> Floats:
    """What of each allocation is revenue in total once so many points are redeemed, of so many ever expected
    to be; a period's revenue is what this total grew by, and less than nothing where an estimate rises.

    All of it where no more is expected than is redeemed: the rest has lapsed.
    """
    redeemed, expected = np.asarray(redeemed, float), np.asarray(expected_total, float)
    share = np.divide(redeemed, expected, out=np.ones_like(redeemed), where=expected > redeemed)
    return np.asarray(np.asarray(deferred, float) * share)
