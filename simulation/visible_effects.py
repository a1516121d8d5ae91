"""Effects that a programme's own history shows: the pull of near goals, hold-outs of campaigns, breakage.

An estimate replaces a default of the library only where it is the surer of the two; what could not be
seen says why.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.counting.targets import Targets, responded, targets_of
from loyalty_core.customers.fitting import inverse_information, least
from loyalty_core.days import add_months
from loyalty_core.finance.development import development, redemption_triangle
from loyalty_core.finance.redemption_error import redemption_error
from loyalty_core.history import History
from loyalty_core.points.lot_ledger import LotLedger
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import distinct, latest, moment, parts
from simulation.behaviour import progress_between
from simulation.evidence import Z_90
from simulation.redemption import closing_balances

FEWEST_GAPS, MOST_GAPS = 2_000, 200_000
METHOD_ERROR = 0.08  # by which the pull was off on simulated programmes, however many gaps
LEAST_SPREAD = 0.05  # of progress, for a pull to be seen
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

    def with_prior(self, value: float, low: float, high: float) -> Estimate:
        """Together with what was known before: each counts by its certainty."""
        before = max((high - low) / (2 * Z_90), 1e-9) ** -2
        own = self.error**-2
        return Estimate(
            (self.value * own + value * before) / (own + before), (own + before) ** -0.5, self.cases
        )


def pull_of_goals(history: History, programme: Programme, first_day: int) -> Estimate | None:
    """g of rate × (1 + g · progress to the nearer of reward and tier), from gaps between purchase days.

    Each member has a rate of their own, Gamma over members, which is integrated out: what counts is
    whether the same member buys sooner when nearer to a goal. None where there are too few gaps.
    """
    from scipy.special import gammaln

    member, gap, progress = _gaps(history, programme, first_day)
    if len(gap) < FEWEST_GAPS or progress.std() < LEAST_SPREAD:
        return None
    begins = np.flatnonzero(np.append(True, np.diff(member) != 0))
    count = np.diff(np.append(begins, len(gap))).astype(np.float64)

    def loss(values: Floats) -> float:
        r, alpha, g = np.exp(values[0]), np.exp(values[1]), values[2]
        factor = 1 + g * progress
        used = np.add.reduceat(factor * gap, begins)
        each = gammaln(r + count) - gammaln(r) + r * np.log(alpha) - (r + count) * np.log(alpha + used)
        return -float(each.sum() + np.log(factor).sum()) / len(gap)

    start = np.array([0.0, np.log(gap.mean()), 0.0])
    found = least(loss, start, np.array([(-6, 8), (-8, 8), (-0.9, 4.0)]))
    variance = inverse_information(loss, found.x, float(len(gap)))[2, 2] + METHOD_ERROR**2
    return Estimate(float(found.x[2]), float(variance**0.5), len(gap)) if np.isfinite(variance) else None


def _gaps(history: History, programme: Programme, first_day: int) -> tuple[Ints, Floats, Floats]:
    """Member, weeks to the next purchase day, and progress to the nearer goal meanwhile, by member."""
    bought = history.purchases
    sale = (bought.member >= 0) & ~bought.refund & (bought.day < first_day)
    when = distinct(moment(bought.member[sale], bought.day[sale]))
    who, day = parts(when)
    same = who[1:] == who[:-1]
    step = -(-int(same.sum()) // MOST_GAPS)  # whole members at even steps, where there are very many
    same &= who[1:] % max(step, 1) == 0
    before, weeks = when[:-1][same], (day[1:] - day[:-1])[same] / 7.0
    prices = np.unique([programme.point_units(one.points) for one in programme.rewards]).astype(np.int64)
    to_reward = progress_between(closing_balances(history, before), prices)
    to_tier = progress_between(_lately_spent(history, programme, before), _tier_goals(programme))
    return who[:-1][same], weeks, np.maximum(to_reward, to_tier)


def _tier_goals(programme: Programme) -> Ints:
    """The thresholds of spend, where a rolling window of it is what tiers ask for."""
    if programme.qualification.window != "rolling":
        return np.zeros(0, np.int64)
    goals = np.array(programme.thresholds_minor[1:], np.int64)
    return np.unique(goals[goals > 0])


def _lately_spent(history: History, programme: Programme, when: Ints) -> Ints:
    """What each member had spent inside the qualification window at the close of each day."""
    bought = history.purchases
    mine = bought.member >= 0
    rows, upto = moment(bought.member[mine], bought.day[mine]), np.append(0, np.cumsum(bought.amount[mine]))
    who, day = parts(when)
    begin = add_months(day.astype(np.int32), -programme.qualification.months).astype(np.int64)
    end = np.searchsorted(rows, when, side="right")
    return np.asarray(upto[end] - upto[np.searchsorted(rows, moment(who, begin), side="right")])


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
