"""How long members waited for their next day of purchase, how near to a goal, and how soon after a reward."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.days import add_months, year_start
from loyalty_core.facts import ENTRY_KINDS, REDEEM
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import distinct, latest, moment, parts
from simulation.behaviour import Season, progress_between
from simulation.redemption import closing_balances, in_points
from simulation.season import intensity

MOST_DAYS = 40_000  # of purchase that are looked at
_EVER = np.iinfo(np.int32).min


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """The waits of members who ever bought, by member; the last of each goes on when the data end."""

    begins: Ints  # the first wait of each member
    last: Flags
    weeks: Floats  # of average demand
    progress: Floats  # to the nearer of reward and tier when it begins: 0 … 1
    elated: Floats  # the chance that it begins within the momentum of a redemption

    @property
    def repeats(self) -> Floats:
        """How often each member bought again."""
        return np.diff(np.append(self.begins, len(self))) - 1.0

    @property
    def open_weeks(self) -> Floats:
        """How long each member's last wait has been when the data end."""
        return self.weeks[self.last]

    @property
    def weeks_until_last(self) -> Floats:
        """How long after the first purchase each member's last one came."""
        return np.add.reduceat(self.weeks, self.begins) - self.open_weeks

    def __len__(self) -> int:
        return len(self.weeks)


def waits_of(history: History, programme: Programme, season: Season, cycles: float, first_day: int) -> Waits:
    """The waits before a day, of whole members at even steps where there are many; a momentum lasts `cycles`
    of a member's usual gaps."""
    bought = history.purchases
    sale = (bought.member >= 0) & ~bought.refund & (bought.day < first_day)
    member, day = bought.member[sale], bought.day[sale]
    some = member % max(-(-len(member) // MOST_DAYS), 1) == 0
    when = distinct(moment(member[some], day[some]))
    who, _ = parts(when)
    changes = np.diff(who) != 0
    to_reward = progress_between(closing_balances(history, when), _prices(programme))
    to_tier = progress_between(_lately_spent(history, programme, when), _tier_goals(programme))
    last = np.append(changes, True)[: len(who)]
    return Waits(
        begins=np.flatnonzero(np.append(True, changes)[: len(who)]),
        last=last,
        weeks=_weeks(when, last, season, first_day),
        progress=np.maximum(to_reward, to_tier),
        elated=_elated(history, when, cycles),
    )


def _weeks(when: Ints, last: Flags, season: Season, first_day: int) -> Floats:
    """How long each wait is, or has been when the data end.

    Several purchases on one day are one, so that a wait begins when its day is over. It ends in the middle of
    another: the chance to buy on a day, 1 − exp(−u), is u · exp(−u ÷ 2) but for a part of u² ÷ 24.
    """
    if not len(when):
        return np.zeros(0)
    _, day = parts(when)
    first = int(day.min())
    upto = np.append(0.0, np.cumsum(intensity(season, np.arange(first, first_day)) / 7))
    day = day - first
    ended = np.append(day[1:], 0)
    until = np.where(last, upto[-1], (upto[ended] + upto[ended + 1]) / 2)
    return np.asarray(until - upto[day + 1])


def _prices(programme: Programme) -> Ints:
    return np.unique([programme.point_units(one.points) for one in programme.rewards]).astype(np.int64)


def _tier_goals(programme: Programme) -> Ints:
    """The thresholds of spend, where the window of it begins on the same day for all."""
    if programme.qualification.window not in ("rolling", "calendar", "since_joining"):
        return np.zeros(0, np.int64)
    goals = np.array(programme.thresholds_minor[1:], np.int64)
    return np.unique(goals[goals > 0])


def _lately_spent(history: History, programme: Programme, when: Ints) -> Ints:
    """What each member had spent inside the qualification's window at the close of each day, minor units."""
    bought = history.purchases
    mine = bought.member >= 0
    rows, upto = moment(bought.member[mine], bought.day[mine]), np.append(0, np.cumsum(bought.amount[mine]))
    who, day = parts(when)
    before = _before_window(programme, day.astype(np.int32))
    end = np.searchsorted(rows, when, side="right")
    return np.asarray(upto[end] - upto[np.searchsorted(rows, moment(who, before), side="right")])


def _before_window(programme: Programme, day: Ints) -> Ints:
    """The last day before the window of the qualification that ends with each day."""
    rule = programme.qualification
    if rule.window == "rolling":
        return add_months(day, -rule.months)
    return year_start(day) - 1 if rule.window == "calendar" else np.full(len(day), _EVER)


def _elated(history: History, when: Ints, cycles: float) -> Floats:
    """The chance that a wait begins within so many of the member's usual gaps after a redemption.

    The k-th purchase after it comes within them with the chance that a Gamma of shape k is less; the
    member's own gaps would tell the rate that is looked for.
    """
    from scipy.special import gammainc

    entries = history.entries
    redeemed = (entries.kind == ENTRY_KINDS.index(REDEEM)) & in_points(history)
    by, on = parts(distinct(moment(entries.member[redeemed], entries.day[redeemed])))
    row = latest(by, on, *parts(when))
    ever = row >= 0
    following = np.searchsorted(when, moment(by[row[ever]], on[row[ever]]), side="right")
    kth = np.flatnonzero(ever) + 1 - following
    chance = np.zeros(len(when))
    chance[ever] = np.where(kth == 0, 1.0, gammainc(np.maximum(kth, 1), cycles))
    return chance
