"""How demand moved beside what the customer-base model expects of its members: weekdays, months, luck.

Growth and decay of the membership are in the expectation, so what is left over is the season, and luck
that all members share. With little data the factors are drawn towards 1 (empirical Bayes).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from loyalty_core.arrays import Floats, Ints
from loyalty_core.customers.models import PurchaseModel
from loyalty_core.customers.pasts import DAYS_A_WEEK
from loyalty_core.history import History
from loyalty_core.timeline import distinct, moment, parts
from simulation.behaviour import Season
from simulation.evidence import MEDIAN_OF_NORMAL, Z_90, Status
from simulation.new_year import WEEKS, around_feasts, feasts_within, week_of_feast
from simulation.season import intensity

FEWEST_SALES = 200
FEWEST_WEEKS, FEWEST_DAYS_FOR_MONTHS = 3, 365
FEWEST_EXPECTED = 5.0  # purchase days of a week, for its luck to be seen at all
FEWEST_FEASTS = 2
ROUNDS = 6  # in which months and feast are told apart
LEAST_FACTOR = 0.01
FEWEST_WEEKS_TO_SEE_ODD_ONES, USUAL_REACH = 8, 3.0  # standard deviations
_MONDAY = 3  # 1970-01-01 was a Thursday


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Repeat purchase days of each day from `begin` on: what was, and what the model expected."""

    begin: int
    actual: Floats
    expected: Floats

    @property
    def days(self) -> Ints:
        return np.arange(self.begin, self.begin + len(self.actual))

    def beside(self, factor: Floats) -> Demand:
        """What is left over when so many times as much is expected of each day."""
        expected = self.expected * factor
        return replace(self, expected=expected * self.expected.sum() / expected.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """Factors around 1, and how far each may be off (90 %)."""

    value: Floats
    reach: Floats


@dataclass(frozen=True, slots=True)
class Seen:
    """A season, and what of it was seen: factors of weekdays, of months, and of the weeks around the lunar
    new year; None where too little was."""

    season: Season
    weekdays: Factors | None = None
    months: Factors | None = None
    new_year: Factors | None = None


def demand_of(history: History, model: PurchaseModel | None, first_day: int) -> Demand | None:
    """Daily repeat purchases before `first_day`; None where there was not one.

    Without a model everybody who had started is expected to buy alike.
    """
    clock, repeat_days = _purchase_days(history, first_day)
    if not len(repeat_days):
        return None
    begin = int(min(clock.min(), repeat_days.min()))
    length = first_day - begin
    actual = np.bincount(repeat_days - begin, minlength=length).astype(np.float64)
    started = np.bincount(clock - begin, minlength=length).astype(np.float64)
    age = np.arange(length + 1) / DAYS_A_WEEK
    each = np.diff(age if model is None else model.expected(age))
    # Somebody who starts on a day may buy again from the next one on.
    expected = np.append(0.0, _convolved(started, each)[: length - 1])
    return Demand(begin=begin, actual=actual, expected=expected * actual.sum() / max(expected.sum(), 1e-9))


def weekday_factors(days: Ints) -> Factors | None:
    """Sales of each weekday (Monday first) relative to their week's average, from the days of all sales."""
    begin, end = int(days.min()), int(days.max()) + 1
    weeks = (end - begin) // 7
    if len(days) < FEWEST_SALES or weeks < FEWEST_WEEKS:
        return None
    daily = np.bincount(days - begin, minlength=end - begin)[-7 * weeks :].reshape(weeks, 7)
    total = daily.sum(axis=1, keepdims=True)
    sold = total[:, 0] > 0
    if sold.sum() < FEWEST_WEEKS:
        return None
    relative = 7 * daily[sold] / total[sold]
    first_weekday = (end - 7 * weeks + _MONDAY) % 7
    mean, error = relative.mean(axis=0), relative.std(axis=0, ddof=1) / np.sqrt(len(relative))
    return _shrunk(np.roll(mean, first_weekday), np.roll(error, first_weekday))


def month_factors(demand: Demand) -> Factors | None:
    """Demand of each month of the year (January first) relative to expectation; from a year of data on."""
    if len(demand.actual) < FEWEST_DAYS_FOR_MONTHS:
        return None
    month = demand.days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    numbers, at = np.unique(month, return_inverse=True)
    actual, expected = np.bincount(at, demand.actual), np.bincount(at, demand.expected)
    seen = (expected > FEWEST_EXPECTED) & (np.bincount(at) >= 28)
    if len(np.unique(numbers[seen] % 12)) < 12:
        return None
    ratio, of_year = actual[seen] / expected[seen], numbers[seen] % 12
    weight = expected[seen]
    mean = np.bincount(of_year, ratio * weight, 12) / np.bincount(of_year, weight, 12)
    times = np.bincount(of_year, minlength=12)
    # What was seen in one year only may have been that year's alone: it is half believed.
    return _shrunk(mean, np.sqrt(_month_noise(demand, mean) / times), np.where(times > 1, 1.0, 0.5))


def months_and_new_year(demand: Demand) -> tuple[Factors | None, Factors | None]:
    """Factors of months and of the weeks around the lunar new year, each seen beside the other, so that the
    months do not keep a feast where it was; the feast's only where the past holds two or more."""
    months, feast = month_factors(demand), None
    if months is None or feasts_within(demand.days) < FEWEST_FEASTS:
        return months, None
    of_year = demand.days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    for _ in range(ROUNDS):
        feast = feast_factors(demand.beside(months.value[of_year]))
        if feast is None:
            break
        months = month_factors(demand.beside(around_feasts(feast.value, demand.days))) or months
    return months, feast


def feast_factors(demand: Demand) -> Factors | None:
    """Demand in the weeks around the lunar new year relative to expectation, drawn towards 1 by chance; None
    where too little is expected."""
    at, length = week_of_feast(demand.days), len(WEEKS) + 1
    actual, expected = (np.bincount(at, one, length)[:-1] for one in (demand.actual, demand.expected))
    if expected.min() < FEWEST_EXPECTED * FEWEST_FEASTS:
        return None
    mean = actual / expected
    was, due = _weekly(demand, demand.expected * around_feasts(mean, demand.days))
    if len(was) < FEWEST_WEEKS:
        return None
    square = float(np.average((was / due - 1) ** 2, weights=due)) / feasts_within(demand.days)
    signal = max(float(np.mean((mean - 1) ** 2)) - square, 0.0)
    value = 1 + signal / max(signal + square, 1e-300) * (mean - 1)
    return Factors(value=np.maximum(value, LEAST_FACTOR), reach=np.full(len(WEEKS), Z_90 * square**0.5))


def common_spread(demand: Demand, season: Season) -> tuple[float, float, float] | None:
    """Standard deviation of the logarithm of the luck that all members share in a week, and its 90 % range.

    Weekly demand varies around its expectation by chance, as a Poisson count does, and by this luck:
    what the weeks vary beyond chance is the luck's. What the model misses is counted as luck, too; weeks
    far from all others, in which records failed, count as no farther than luck goes.
    """
    from scipy.stats import chi2

    actual, expected = _weekly(demand, demand.expected * intensity(season, demand.days))
    actual = expected * _within_reach(actual / expected)
    free = len(actual) - 1
    if free < FEWEST_WEEKS:
        return None
    level = expected * actual.sum() / expected.sum()
    missed, chance, square = ((actual - level) ** 2).sum(), level.sum(), (level**2).sum()

    def spread(total: float) -> float:
        return float(np.sqrt(np.log1p(max(total - chance, 0.0) / square)))

    middle = missed * len(actual) / free
    low, high = (spread(missed * len(actual) / chi2.ppf(q, free)) for q in (0.95, 0.05))
    return spread(middle), low, high


def season_of(history: History, demand: Demand | None, first_day: int) -> Seen:
    """The season to simulate with, and its factors where they were seen."""
    bought = history.purchases
    days = bought.day[(bought.member >= 0) & ~bought.refund & (bought.day < first_day)].astype(np.int64)
    weekdays = weekday_factors(days) if len(days) else None
    if weekdays is None:
        return Seen(Season(source="flat: too few sales or weeks to see a pattern"))
    months, feast = months_and_new_year(demand) if demand is not None else (None, None)
    span = "weekdays and months" if months else "weekdays; months flat, less than a year of sales"
    if feast:
        span += "; the lunar new year"
    season = Season(
        weekdays=_tuple(weekdays.value),
        months=_tuple(months.value) if months else (1.0,) * 12,
        new_year=_tuple(feast.value) if feast else (1.0,) * len(WEEKS),
        status=Status.CALIBRATED,
        source=f"{len(days):,} sales: {span}",
    )
    return Seen(season, weekdays, months, feast)


def _purchase_days(history: History, first_day: int) -> tuple[Ints, Ints]:
    """The day on which each member's clock starts, and the days of all repeat purchases."""
    bought, joined = history.purchases, history.members.joined_on.astype(np.int64)
    sale = (bought.member >= 0) & ~bought.refund & (bought.day < first_day)
    who, day = parts(distinct(moment(bought.member[sale], bought.day[sale])))  # several on one day are one
    first = np.append(True, who[1:] != who[:-1])[: len(who)]
    clock = joined.copy()
    clock[who[first]] = day[first]
    return clock[clock < first_day], day[~first]


def _convolved(started: Floats, each: Floats) -> Floats:
    length = len(started) + len(each) - 1
    both = np.fft.irfft(np.fft.rfft(started, length) * np.fft.rfft(each, length), length)
    return np.maximum(both, 0.0)  # rounding can bring it below


def _weekly(demand: Demand, expected: Floats) -> tuple[Floats, Floats]:
    """Whole calendar weeks: what was and what was expected, where that is enough to see luck."""
    week = (demand.days + _MONDAY) // 7
    _, at, length = np.unique(week, return_inverse=True, return_counts=True)
    was, due = np.bincount(at, demand.actual), np.bincount(at, expected)
    enough = (length == 7) & (due >= FEWEST_EXPECTED)
    return was[enough], due[enough]


def _within_reach(ratio: Floats) -> Floats:
    """Ratios, those far from the middle one brought to the end of what is usual; few are left as they are."""
    if len(ratio) < FEWEST_WEEKS_TO_SEE_ODD_ONES:
        return ratio
    middle = np.median(ratio)
    reach = USUAL_REACH * float(np.median(np.abs(ratio - middle))) / MEDIAN_OF_NORMAL
    return np.clip(ratio, middle - reach, middle + reach) if reach else ratio  # most weeks are all alike


def _month_noise(demand: Demand, mean: Floats) -> float:
    """Variance of a month's ratio by chance and luck: what its weeks vary, over the weeks of a month."""
    of_year = demand.days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    was, due = _weekly(demand, demand.expected * mean[of_year])
    if len(was) < FEWEST_WEEKS:
        return float("inf")
    return float(np.average((was / due - 1) ** 2, weights=due)) * 7 / 30.4


def _shrunk(mean: Floats, error: Floats, belief: Floats | float = 1.0) -> Factors:
    """Factors drawn towards 1 by as much as their scatter is chance (empirical Bayes)."""
    square = error**2
    signal = max(float(np.var(mean) - square.mean()), 0.0)
    share = belief * signal / np.maximum(signal + square, 1e-300)
    value = np.maximum(1 + share * (mean - mean.mean()), LEAST_FACTOR)
    return Factors(value=value / value.mean(), reach=Z_90 * error)


def _tuple(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in np.round(values, 6))
