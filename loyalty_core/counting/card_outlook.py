"""What prepaid cards owe: of the principal that stands on them what will be used, and what never will.

As for points, with months of topping up in the place of months of earning: the first money in is the first
out, and how each month's money was used up by and by tells how that of later months will be.
"""

from __future__ import annotations

import pandas as pd

from loyalty_core.counting.finance_facts import outlook
from loyalty_core.facts import STORED_VALUE_ACCOUNT
from loyalty_core.history import History
from loyalty_core.points.lot_ledger import lot_ledger


def card_outlook(history: History, day: int) -> pd.DataFrame:
    """One row with the columns of the metrics of `stored_value_metrics` at the close of `day`, minor units.

    `stored_value_in_interval` is the principal put in of which the ends of the interval are known: all, or
    none where the months tell no scatter.
    """
    told = outlook(lot_ledger(history, day, STORED_VALUE_ACCOUNT))
    triangle = told.found.triangle
    left = triangle.open.astype(float)
    low, high, known = told.interval(left[None, :], triangle.issued.sum(keepdims=True).astype(float)).values()
    row = {
        "stored_value_left": [left.sum()],
        "stored_value_expected": [(left * told.share).sum()],
        "stored_value_expected_low": low,
        "stored_value_expected_high": high,
        "stored_value_in_interval": known,
    }
    return pd.DataFrame(row)
