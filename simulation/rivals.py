"""Plain forecasts that need no model: what a forecast by simulation has to be better than."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from loyalty_core.arrays import Floats
from loyalty_core.history import History

WEEKS_A_YEAR = 52
STOCKS = ("members_active", "members_silent", "members_churned", "points_outstanding")
Weekly = Mapping[str, Floats]  # a value for each week


def naive(past: Weekly, weeks: int) -> dict[str, Floats]:
    """As much a week as on average of late, in as many weeks as lie ahead; stocks stay as they are."""
    return {
        name: np.full(weeks, values[-1] if name in STOCKS else values[-weeks:].mean())
        for name, values in past.items()
    }


def last_year(past: Weekly, weeks: int) -> dict[str, Floats] | None:
    """The same weeks a year ago; None where the past does not reach back so far."""
    ago = next(len(values) for values in past.values()) - WEEKS_A_YEAR
    if ago < 0:
        return None
    ahead = ago + np.arange(weeks) % WEEKS_A_YEAR
    return {name: values[ahead] for name, values in past.items()}


def hiatus(past: Weekly, history: History, first_day: int, weeks: int, active_days: int) -> dict[str, Floats]:
    """Who has not bought for so many days never will; the others go on at their own rate (Wübben, von
    Wangenheim 2008). Points follow purchases; stocks stay, but for what flows in and out of them."""
    rate = _rates(history, first_day, active_days)
    found = naive(past, weeks)
    purchases, before = float(rate.sum()), float(past["purchases"][-weeks:].mean())
    found["purchases"] = np.full(weeks, purchases)
    found["buyers"] = np.full(weeks, float(-np.expm1(-rate).sum()))
    share = purchases / before if before else 1.0
    for name in ("points_issued", "points_redeemed"):
        found[name] = found[name] * share
    change = found["points_issued"] - found["points_redeemed"]
    found["points_outstanding"] = past["points_outstanding"][-1] + np.cumsum(change)
    return found


def _rates(history: History, first_day: int, active_days: int) -> Floats:
    """Sales a week, over their own time with the programme, of members who bought within those days."""
    bought, n = history.purchases, len(history.members)
    sale = (bought.member >= 0) & ~bought.refund & (bought.day < first_day)
    who, day = bought.member[sale], bought.day[sale].astype(np.int64)
    count, last = np.bincount(who, minlength=n), np.full(n, -(10**9))
    np.maximum.at(last, who, day)
    weeks = np.maximum(first_day - history.members.joined_on.astype(np.int64), 7) / 7
    rate: Floats = np.where(first_day - last <= active_days, count / weeks, 0.0)
    return rate
