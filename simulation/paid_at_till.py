"""Redeeming at the till: who pays with points, and on which share of sales, read off the last year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import distinct, moment
from simulation.behaviour import Behaviour, Paying
from simulation.evidence import Status
from simulation.habit_rates import A_YEAR, Rate
from simulation.redemption import FEWEST_REDEMPTIONS, NOBODY, balances_at, redemption_days

NEARLY_ALL = 0.9  # of redemptions, for points to be redeemed at the till and nowhere else


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidAtTill:
    """Of the members with points those who ever pay with them; of the sales of these at which they had some,
    those that they paid so."""

    payers: Rate
    pays: Rate

    def behaviour(self, default: Behaviour) -> Behaviour:
        """As a simulation sets out with it: nothing is redeemed beside."""
        source = f"{self.pays.times:,} sales of {self.payers.times:,} members paid with points last year"
        told = {"status": Status.CALIBRATED, "source": source}
        never = max(1 - self.payers.value, 0.0)
        redeeming = {"appeal": NOBODY, "eagerness": 0.0, "ambition": 0.0, "never_share": round(never, 6)}
        return default.model_copy(
            update={
                "paying": Paying(with_points=round(self.pays.value, 6), **told),
                "redeeming": default.redeeming.model_copy(update=redeeming | told),
            }
        )


def paid_at_till(history: History, programme: Programme, first_day: int) -> PaidAtTill | None:
    """What the last year tells; None where points are no cash, pay too seldom, or are redeemed otherwise."""
    bought = history.purchases
    sold = (bought.member >= 0) & ~bought.refund
    sold &= (bought.day >= first_day - A_YEAR) & (bought.day < first_day)
    when, paid = moment(bought.member[sold], bought.day[sold]), bought.paid_points[sold] > 0
    if programme.points_as_cash is None or paid.sum() < FEWEST_REDEMPTIONS:
        return None
    redeemed_at = redemption_days(history, first_day)
    if not len(redeemed_at) or np.isin(redeemed_at, distinct(when[paid])).mean() < NEARLY_ALL:
        return None
    able = paid | (balances_at(history, when)[0] > 0)
    return _told(bought.member[sold][able], paid[able])


def _told(member: Ints, paid: Flags) -> PaidAtTill:
    """Who pays now and then shows it the sooner the more often they could: the share of sales is the one at
    which so many of those seen to pay are seen so often."""
    from scipy.optimize import brentq

    chances = np.bincount(member)
    times = np.bincount(member[paid], minlength=len(chances))
    seen = chances[times > 0]

    def too_many(share: float) -> float:
        return float((seen * share / (1 - (1 - share) ** seen)).sum() - times.sum())

    share = brentq(too_many, 1e-6, 1.0) if too_many(1e-6) < 0 else float(times.sum() / seen.sum())
    would_show = float((1 - (1 - share) ** chances).sum())
    return PaidAtTill(
        payers=Rate(len(seen), max(would_show, len(seen))),
        pays=Rate(int(times.sum()), float(times.sum()) / share),
    )
