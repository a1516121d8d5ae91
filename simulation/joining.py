"""How many members join, and whether that grows: read off who joined of late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.history import History
from simulation.evidence import Z_90

A_YEAR, A_WEEK = 365, 7
FEWEST_WEEKS_FOR_TREND, FEWEST_JOINED_FOR_TREND = 26, 100
FEWEST_WEEKS_FOR_FADING, MOST_FADING = 5, 4.0
LEAST_GROWTH, MOST_GROWTH = -0.8, 2.0  # a year; what goes faster does not go on for years
_ROUNDS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """New members a day at the origin, what that changes by in a year, and their 90 % ranges."""

    count: int
    days: int
    a_day: float
    a_day_range: tuple[float, float]
    growth: float | None  # None where the past tells none
    growth_range: tuple[float, float]
    by_purchase: bool  # the first purchase stands for joining
    fading: float = 0.0  # then the power of time with which they fall
    begun_days: int = 0  # since the first of them


def joined_of_late(history: History, first_day: int) -> Joined:
    """Of the last year, or the later half of a shorter past.

    Where the first purchase stands for joining, everybody seems to join when the records begin.
    """
    recent, days = recently_joined(history, first_day)
    by_purchase = _by_purchase(history, first_day)
    if by_purchase:
        fading = _fading(history, first_day)
        if fading is not None:
            return _seen_first(history, first_day, fading)
    weeks = days // 7
    since = (first_day - 1 - history.members.joined_on[recent]) // 7
    counts = np.bincount(since, minlength=weeks)[:weeks][::-1].astype(np.float64)
    count = int(recent.sum())
    exposed = max(days, A_WEEK)  # those of a first day do not come every day
    rate, spread = count / exposed, _overdispersion(counts)
    reach = Z_90 * np.sqrt(max(count, 1) * spread) / exposed
    found = _trend(counts) if weeks >= FEWEST_WEEKS_FOR_TREND and count >= FEWEST_JOINED_FOR_TREND else None
    at_origin, growth, ends = 1.0, None, (LEAST_GROWTH, MOST_GROWTH)
    if found is not None:
        slope, error = found
        # Drawn towards no growth by as much as the slope may be chance.
        slope *= max(0.0, 1 - (error / slope) ** 2) if slope else 0.0
        at_origin = float(np.exp(slope * weeks / 2))
        growth = _a_year(slope)
        ends = (_a_year(slope - Z_90 * error), _a_year(slope + Z_90 * error))
    return Joined(
        count=count,
        days=days,
        a_day=rate * at_origin,
        a_day_range=(max(rate - reach, 0.0) * at_origin, (rate + reach) * at_origin),
        growth=growth,
        growth_range=ends,
        by_purchase=by_purchase,
    )


def faded(power: float, begun_days: int, ahead: Floats | Ints) -> Floats:
    """How many join so many days ahead, relative to the start, where they fall with a power of time."""
    left: Floats = (1 + np.asarray(ahead, np.float64) / max(begun_days, 1)) ** -power
    return left


def _seen_first(history: History, first_day: int, fading: float) -> Joined:
    """Of the later half of the past, as it falls."""
    joined = history.members.joined_on
    begun = first_day - int(joined[joined < first_day].min())
    days = max(1, min(A_YEAR, begun // 2))
    recent = (joined < first_day) & (joined >= first_day - days)
    count, exposure = int(recent.sum()), float(faded(fading, begun, -np.arange(1, days + 1)).sum())
    reach = Z_90 * np.sqrt(max(count, 1)) / exposure
    return Joined(
        count=count,
        days=days,
        a_day=count / exposure,
        a_day_range=(max(count / exposure - reach, 0.0), count / exposure + reach),
        growth=None,
        growth_range=(LEAST_GROWTH, MOST_GROWTH),
        by_purchase=True,
        fading=fading,
        begun_days=begun,
    )


def _fading(history: History, first_day: int) -> float | None:
    """The power of time with which first purchases fall, off the last three quarters of the past: who is
    new to the records only crowds its first weeks. None where too little is seen, or nothing falls."""
    joined = history.members.joined_on[history.members.joined_on < first_day].astype(np.int64)
    weeks = (first_day - int(joined.min())) // 7
    counts = np.bincount((first_day - 1 - joined) // 7, minlength=weeks)[:weeks][::-1].astype(np.float64)
    late = slice(weeks // 4, None)
    if len(counts[late]) < FEWEST_WEEKS_FOR_FADING or counts[late].sum() < FEWEST_JOINED_FOR_TREND:
        return None
    found = _trend(counts[late], np.log(np.arange(weeks) + 0.5)[late])
    if found is None or -found[0] < 2 * found[1]:
        return None
    return round(min(-found[0], MOST_FADING), 4)


def recently_joined(history: History, first_day: int) -> tuple[Flags, int]:
    """Who joined of late, and in how many days."""
    joined = history.members.joined_on
    days = max(1, min(A_YEAR, (first_day - int(joined.min(initial=first_day - 1))) // 2))
    return (joined < first_day) & (joined >= first_day - days), days


def buying_at_once(history: History, members: Flags) -> float:
    """The share of those members who bought on the day of joining."""
    bought, joined = history.purchases, history.members.joined_on
    sale = (bought.member >= 0) & ~bought.refund
    at_once = np.unique(bought.member[sale][bought.day[sale] == joined[bought.member[sale]]])
    return float(members[at_once].sum() / max(members.sum(), 1))


def _by_purchase(history: History, first_day: int) -> bool:
    there = history.members.joined_on < first_day
    return bool(there.any()) and buying_at_once(history, there) >= 1.0


def _overdispersion(counts: Floats) -> float:
    """How much more weekly counts vary than chance lets them; at least 1."""
    if len(counts) < 2 or not counts.any():
        return 1.0
    return max(float(counts.var(ddof=1) / counts.mean()), 1.0)


def _trend(counts: Floats, over: Floats | None = None) -> tuple[float, float] | None:
    """Growth of the logarithm and its standard error: quasi-Poisson regression on the week, or on what is
    given for each."""
    time = np.arange(len(counts), dtype=np.float64) if over is None else over
    design = np.column_stack([np.ones(len(counts)), time - time.mean()])
    beta = np.array([np.log(counts.mean()), 0.0])
    for _ in range(_ROUNDS):
        mean = np.exp(np.clip(design @ beta, -30, 30))
        information = design.T @ (design * mean[:, None])
        step = np.linalg.solve(information, design.T @ (counts - mean))
        beta = beta + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-10:
            break
    dispersion = max(float(((counts - mean) ** 2 / mean).sum() / (len(counts) - 2)), 1.0)
    error = float(np.sqrt(dispersion * np.linalg.inv(information)[1, 1]))
    return (float(beta[1]), error) if np.isfinite(error) else None


def _a_year(slope: float) -> float:
    return float(np.clip(np.expm1(np.clip(52.18 * slope, -10, 10)), LEAST_GROWTH, MOST_GROWTH))
