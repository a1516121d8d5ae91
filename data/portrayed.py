"""The members of a snapshot as known at the close of a day, and what their past promises of them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from data.live import live_history
from data.snapshots import Snapshot
from loyalty_core.customers.one_prospect import Fits
from loyalty_core.customers.pasts import rhythm
from loyalty_core.customers.prospects import fitted_purchasing, fitted_spending
from loyalty_core.portraits import portraits
from loyalty_core.rules.programme import Programme


@dataclass(frozen=True, slots=True)
class Portrayed:
    """The `portraits` of everybody enrolled, and the customer-base models as fitted to all members."""

    portraits: pd.DataFrame
    fits: Fits


def portrayed(snapshot: Snapshot, programme: Programme, day: int) -> Portrayed:
    """As known at the close of that day; contacts that are planned later count as planned."""
    history = live_history(snapshot, programme)
    past = rhythm(history, day + 1, 10**programme.currency_decimals)
    fits = Fits(fitted_purchasing(past), fitted_spending(past))
    return Portrayed(portraits(history, programme, day), fits)
