"""When members buy and how readily they redeem, read off a history.

Where it tells too little the default stands, and says so.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from loyalty_core.facts import ENTRY_KINDS, POINTS_ACCOUNT, REDEEM
from loyalty_core.history import Flags, History, Ints
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import moment
from simulation.behaviour import Redeeming, Refunding, Season, reward_weights
from simulation.evidence import Status
from simulation.streams import Floats

A_YEAR = 365
FEWEST_SALES = 500
WEEKS_FOR_WEEKDAYS, MONTHS_FOR_SEASONS = 8, 24
FEWEST_REDEMPTIONS = 30


def season_of(history: History, first_day: int) -> Season:
    """Weekday and month patterns of members' sales before `first_day`; flat where the past is too short."""
    bought = history.purchases
    days = bought.day[(bought.member >= 0) & ~bought.refund & (bought.day < first_day)].astype(np.int64)
    if len(days) < FEWEST_SALES or first_day - days.min() < 7 * WEEKS_FOR_WEEKDAYS:
        return Season(source="flat: too few sales or weeks to see a pattern")
    begin = int(days.min())
    daily = np.bincount(days - begin, minlength=first_day - begin).astype(np.float64)
    weekdays = _weekdays(daily, begin)
    months = _months(daily, begin, first_day)
    span = "weekdays and months" if months else "weekdays; months flat, less than two years of sales"
    source = f"{len(days):,} sales: {span}"
    return Season(weekdays=weekdays, months=months or (1.0,) * 12, status=Status.CALIBRATED, source=source)


def redeeming_of(history: History, programme: Programme, first_day: int, default: Redeeming) -> Redeeming:
    """`default` with its appeal set so that last year's sales lead to as many redemptions as there were."""
    prices = np.array([programme.point_units(r.points) for r in programme.rewards], np.int64)
    taken = _redemptions(history, first_day)
    if not len(prices) or taken < FEWEST_REDEMPTIONS:
        return default.model_copy(update={"source": f"default: fewer than {FEWEST_REDEMPTIONS} redemptions"})
    balance = _balances_at_sales(history, first_day)
    unmoved = default.model_copy(update={"appeal": 0.0})
    weight = reward_weights(unmoved, balance[balance >= prices.min()], prices).sum(axis=1)

    def surplus(appeal: float) -> float:
        pulled = weight * np.exp(appeal)
        return float(((1 - default.never_share) * pulled / (1 + pulled)).sum()) - taken

    if surplus(8.0) <= 0 or surplus(-12.0) >= 0:
        return default.model_copy(update={"source": "default: redemptions do not follow sales here"})
    appeal = round(float(brentq(surplus, -12.0, 8.0)), 6)
    source = f"appeal from {taken:,} redemptions of the last year; its slopes are assumptions"
    return default.model_copy(update={"appeal": appeal, "status": Status.ASSUMPTION, "source": source})


def refunding_of(history: History, first_day: int, default: Refunding) -> Refunding:
    """The share of last year's sales that came back, whole sales being assumed."""
    bought = history.purchases
    recent = (bought.member >= 0) & (bought.day >= first_day - A_YEAR) & (bought.day < first_day)
    refunds, sales = int((recent & bought.refund).sum()), int((recent & ~bought.refund).sum())
    if sales < FEWEST_SALES:
        return default.model_copy(update={"source": f"default: fewer than {FEWEST_SALES} sales last year"})
    share = min(round(refunds / sales, 6), 1.0)
    source = f"{refunds:,} refunds of {sales:,} sales of the last year; their delay is an assumption"
    return default.model_copy(update={"share": share, "status": Status.ASSUMPTION, "source": source})


def _weekdays(daily: Floats, begin: int) -> tuple[float, ...]:
    whole = daily[len(daily) % 7 :]
    totals = np.bincount((np.arange(len(whole)) + begin + len(daily) % 7 + 3) % 7, whole, minlength=7)
    factors = np.maximum(totals / totals.mean(), 0.01)
    return tuple(float(factor) for factor in np.round(factors, 6))


def _months(daily: Floats, begin: int, first_day: int) -> tuple[float, ...] | None:
    """Sales per day of each month relative to the twelve months around it, which growth leaves alone."""
    month = np.arange(begin, first_day).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    numbers, where, length = np.unique(month, return_inverse=True, return_counts=True)
    sales = np.bincount(where, daily)
    whole = np.flatnonzero((length >= 28) & (sales > 0))
    if len(whole) < MONTHS_FOR_SEASONS:
        return None
    level, number = sales[whole] / length[whole], numbers[whole]
    around = np.convolve(level, [0.5, *[1.0] * 11, 0.5], mode="valid") / 12
    ratio, month_of_year = level[6:-6] / around, number[6:-6] % 12
    factors = np.bincount(month_of_year, ratio, 12) / np.bincount(month_of_year, minlength=12)
    return tuple(float(factor) for factor in np.round(factors / factors.mean(), 6))


def _redemptions(history: History, first_day: int) -> int:
    entries = history.entries
    recent = (entries.day >= first_day - A_YEAR) & (entries.day < first_day)
    return int((recent & (entries.kind == ENTRY_KINDS.index(REDEEM)) & _in_points(history)).sum())


def _balances_at_sales(history: History, first_day: int) -> Ints:
    """The points each of last year's sales left its member with, before that day's redemptions."""
    entries, bought = history.entries, history.purchases
    points = _in_points(history)
    member, day, amount = entries.member[points], entries.day[points], entries.amount[points]
    redeemed = np.where(entries.kind[points] == ENTRY_KINDS.index(REDEEM), amount, 0)
    recent = (bought.day >= first_day - A_YEAR) & (bought.day < first_day)
    sold = (bought.member >= 0) & ~bought.refund & recent
    who, when = bought.member[sold], moment(bought.member[sold], bought.day[sold])
    rows = moment(member, day)
    first, begin = np.searchsorted(member, who), np.searchsorted(rows, when)
    end = np.searchsorted(rows, when, side="right")
    upto, gone = np.append(0, np.cumsum(amount)), np.append(0, np.cumsum(redeemed))
    return np.asarray(upto[end] - upto[first] - (gone[end] - gone[begin]))


def _in_points(history: History) -> Flags:
    names = history.labels.get("entries.account", ())
    points: Flags = history.entries.codes["account"] == (
        names.index(POINTS_ACCOUNT) if POINTS_ACCOUNT in names else -2
    )
    return points
