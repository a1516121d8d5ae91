"""Effects that a programme's own history shows: hold-outs of campaigns, breakage; and what an estimate is.

An estimate replaces a default of the library only where it is the surer of the two; what could not be
seen says why.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Floats
from loyalty_core.counting.targets import Targets, responded, targets_of
from loyalty_core.finance.development import development, redemption_triangle
from loyalty_core.finance.redemption_error import redemption_error
from loyalty_core.history import History
from loyalty_core.points.lot_ledger import LotLedger
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import latest
from simulation.evidence import Z_90

FEWEST_HELD_OUT = 100
FEWEST_COHORTS = 6


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its standard error, and on how many cases it rests."""

    value: float
    error: float
    cases: int

    @property
    def ends(self) -> tuple[float, float]:
        """The 90 % range."""
        return self.value - Z_90 * self.error, self.value + Z_90 * self.error

    def surer_than(self, low: float, high: float) -> bool:
        """Whether its own 90 % range is narrower than that one."""
        return 2 * Z_90 * self.error < high - low

    def with_prior(self, value: float, low: float, high: float) -> Estimate:
        """Together with what was known before: each counts by its certainty."""
        before = max((high - low) / (2 * Z_90), 1e-9) ** -2
        own = self.error**-2
        return Estimate(
            (self.value * own + value * before) / (own + before), (own + before) ** -0.5, self.cases
        )


def uplifts(history: History, programme: Programme, first_day: int) -> dict[str, Estimate]:
    """`wake_up` and `win_back`: the share of members treated who responded, less that of those held out.

    Pooled over the campaigns that are over and held somebody out (Mantel and Haenszel's risk difference).
    """
    targets = targets_of(history)
    targets = targets.where(targets.until < first_day)
    if not len(targets):
        return {}
    done, since = responded(history, targets), _silent_for(history, targets)
    found = {}
    for key, low, high in _windows(programme):
        of_kind = np.zeros(len(targets), bool)
        for campaign in np.unique(targets.campaign):
            rows = targets.campaign == campaign
            usual = float(np.median(since[rows]))
            of_kind |= rows & (low < usual <= high)
        estimate = _difference(targets, done, of_kind)
        if estimate is not None:
            found[key] = estimate
    return found


def _windows(programme: Programme) -> tuple[tuple[str, float, float], ...]:
    cycle = programme.lifecycle
    return (
        ("wake_up", cycle.active_days, cycle.silent_days),
        ("win_back", cycle.silent_days, np.inf),
    )


def _silent_for(history: History, targets: Targets) -> Floats:
    """Days since the last sale of each target when it was chosen; nan for those who never bought."""
    bought = history.purchases
    sale = (bought.member >= 0) & ~bought.refund
    member, day = bought.member[sale], bought.day[sale]
    row = latest(member, day, targets.member, targets.day - 1)
    since: Floats = np.where(row >= 0, targets.day - day[np.maximum(row, 0)], 10_000.0)
    return since


def _difference(targets: Targets, done: Flags, rows: Flags) -> Estimate | None:
    top = bottom = variance = 0.0
    held_out = 0
    for campaign in np.unique(targets.campaign[rows]):
        mine = rows & (targets.campaign == campaign)
        treated, control = done[mine & targets.treated], done[mine & ~targets.treated]
        n, m = len(treated), len(control)
        if not n or not m:
            continue
        weight = n * m / (n + m)
        p, q = treated.mean(), control.mean()
        top, bottom = top + weight * (p - q), bottom + weight
        variance += weight**2 * ((p * (1 - p) + 1 / n) / n + (q * (1 - q) + 1 / m) / m)
        held_out += m
    if held_out < FEWEST_HELD_OUT:
        return None
    return Estimate(float(top / bottom), float(np.sqrt(variance) / bottom), held_out)


def breakage(ledger: LotLedger) -> Estimate | None:
    """The share of points never redeemed, by the programme's own months of earning; None if too few."""
    triangle = redemption_triangle(ledger)
    if len(triangle) < FEWEST_COHORTS or not triangle.redeemed.any():
        return None
    found = development(triangle)
    error = redemption_error(found)
    issued = float(triangle.issued.sum())
    if error is None or not np.isfinite(found.ultimate_redemption_rate) or not issued:
        return None
    whole = float(error.standard_error(np.ones(len(triangle)))) / issued
    return Estimate(float(1 - found.ultimate_redemption_rate), whole, len(triangle))
