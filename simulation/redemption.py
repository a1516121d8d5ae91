"""Redeeming as a choice: which of last year's purchases were followed by a redemption, and of what.

After a purchase a member who can afford a reward takes one of them or keeps saving (see `Redeeming`): a
logit over the rewards, in a mixture with members who never redeem at all. Points that expire soon may
raise the odds. Maximum likelihood over the purchases of members with enough points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.customers.fitting import inverse_information, least
from loyalty_core.days import NEVER
from loyalty_core.facts import ENTRY_KINDS, POINTS_ACCOUNT, REDEEM
from loyalty_core.history import History
from loyalty_core.points.lot_ledger import LotLedger
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import distinct, moment, parts
from simulation.evidence import Z_90

A_YEAR = 365
FEWEST_REDEMPTIONS = 30
FEWEST_FOR_SLOPES = 200
MOST_CHANCES = 60_000  # purchases looked at; more tell nothing new
LEAST_FOLLOWING = 0.5  # of redemptions on days of purchase, for the choice to follow purchases
WIDEST_SHARE = 0.5  # a 90 % range of a share that is wider tells nothing
NOBODY = -30.0  # the logit of a share of none
_BOUNDS = np.array([(-12.0, 8.0), (-5.0, 8.0), (-6.0, 6.0), (-8.0, 4.0), (-3.0, 5.0)])
_UNKNOWN = -1  # a redemption of no reward's price


Range = tuple[float, ...]  # a value, and the low and high end of its 90 % range


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """Purchases after which a member could afford a reward, by member: what was known, what was done."""

    member: Ints
    balance: Ints  # before the redemptions of the day
    taken: Flags
    reward: Ints  # the index of the price redeemed, _UNKNOWN where it was none of them
    expiring: Flags  # some of the points are gone within the window

    def __len__(self) -> int:
        return len(self.member)

    def where(self, keep: Flags) -> Chances:
        """Some of them."""
        return Chances(
            member=self.member[keep],
            balance=self.balance[keep],
            taken=self.taken[keep],
            reward=self.reward[keep],
            expiring=self.expiring[keep],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The choice as fitted: value, low and high end (90 %) of each; None where nothing tells it."""

    redemptions: int
    chances: int
    appeal: Range
    eagerness: Range
    ambition: Range | None
    never_share: Range | None
    expiry_odds: Range | None
    covariance: Floats  # of appeal, eagerness, ambition and the logit of never; 0 of what was not fitted


def redemptions_of_late(history: History, first_day: int) -> int:
    """Redemptions of points in the last year."""
    entries = history.entries
    recent = (entries.day >= first_day - A_YEAR) & (entries.day < first_day)
    return int((recent & (entries.kind == ENTRY_KINDS.index(REDEEM)) & in_points(history)).sum())


def chosen_of_late(
    history: History, programme: Programme, ledger: LotLedger | None, first_day: int, window_days: int
) -> Chosen | str:
    """The choice fitted to last year's purchases, or why there is none; without lots nothing of expiry."""
    prices = np.unique([programme.point_units(reward.points) for reward in programme.rewards]).astype(
        np.int64
    )
    if not len(prices):
        return "the programme has no reward"
    count = redemptions_of_late(history, first_day)
    if count < FEWEST_REDEMPTIONS:
        return f"fewer than {FEWEST_REDEMPTIONS} redemptions"
    chances, following = chances_of_late(history, prices, ledger, first_day, window_days)
    if following < LEAST_FOLLOWING or chances.taken.sum() < FEWEST_REDEMPTIONS:
        return "redemptions do not follow sales here"
    return _fitted(chances, prices) or "the redemptions do not tell the choice's parameters apart"


def chances_of_late(
    history: History, prices: Ints, ledger: LotLedger | None, first_day: int, window_days: int
) -> tuple[Chances, float]:
    """Last year's chances to redeem, and the share of all redemptions that they hold."""
    bought = history.purchases
    recent = (bought.day >= first_day - A_YEAR) & (bought.day < first_day)
    sold = (bought.member >= 0) & ~bought.refund & recent
    when = distinct(moment(bought.member[sold], bought.day[sold]))
    balance, taken = balances_at(history, when)
    redeemed_at, points = _redemptions(history, first_day)
    following = float(np.isin(redeemed_at, when).mean()) if len(redeemed_at) else 0.0
    able = balance >= prices.min()
    when, balance, taken = when[able], balance[able], taken[able]
    reward = _rewards(when, taken, balance, prices, redeemed_at, points)
    chances = Chances(
        member=parts(when)[0],
        balance=balance,
        taken=taken,
        reward=reward,
        expiring=np.zeros(len(when), bool) if ledger is None else expiring_at(ledger, when, window_days),
    )
    return _some(chances), following


def _rewards(when: Ints, taken: Flags, balance: Ints, prices: Ints, redeemed_at: Ints, points: Ints) -> Ints:
    """The reward whose price each redemption paid, by its points; _UNKNOWN where it is none that fits."""
    price = np.full(len(when), -1, np.int64)
    which = np.searchsorted(redeemed_at, when[taken])
    price[taken] = points[which]
    reward = np.minimum(np.searchsorted(prices, price), len(prices) - 1)
    return np.where((prices[reward] == price) & (balance >= price), reward, _UNKNOWN)


def balances_at(history: History, when: Ints) -> tuple[Ints, Flags]:
    """The points of each member and day before that day's redemptions, and whether there was one."""
    entries, points = history.entries, in_points(history)
    rows = moment(entries.member[points], entries.day[points])
    amount = entries.amount[points]
    redeemed = np.where(entries.kind[points] == ENTRY_KINDS.index(REDEEM), amount, 0)
    begin, end = np.searchsorted(rows, when), np.searchsorted(rows, when, side="right")
    first = np.searchsorted(entries.member[points], parts(when)[0])
    upto, gone = np.append(0, np.cumsum(amount)), np.append(0, np.cumsum(redeemed))
    today = gone[end] - gone[begin]
    return np.asarray(upto[end] - upto[first] - today), today < 0


def closing_balances(history: History, when: Ints) -> Ints:
    """The points of each member at the close of each day."""
    entries, points = history.entries, in_points(history)
    upto = np.append(0, np.cumsum(entries.amount[points]))
    end = np.searchsorted(moment(entries.member[points], entries.day[points]), when, side="right")
    first = np.searchsorted(entries.member[points], parts(when)[0])
    return np.asarray(upto[end] - upto[first])


def expiring_at(ledger: LotLedger, when: Ints, window_days: int) -> Flags:
    """Whether some points of each member and day expire within the window, and are still there."""
    used = np.bincount(ledger.use_lot, ledger.use_points, len(ledger.lot_day))
    last_use = np.zeros(len(ledger.lot_day), np.int64)
    np.maximum.at(last_use, ledger.use_lot, ledger.use_day)
    ends = ledger.lot_expires_on.astype(np.int64)
    gone = np.where(used >= ledger.lot_points, np.minimum(last_use, ends - 1), ends - 1)
    begin = np.maximum(ends - window_days, ledger.lot_day)
    some = (ledger.lot_expires_on != NEVER) & (begin <= gone) & (ledger.lot_points > 0)
    begun = np.sort(moment(ledger.lot_member[some], begin[some]))
    over = np.sort(moment(ledger.lot_member[some], gone[some]))
    # Of a member, those begun by the day less those over before it; others' cancel out.
    open_now: Ints = np.searchsorted(begun, when, side="right") - np.searchsorted(over, when)
    return open_now > 0


def in_points(history: History) -> Flags:
    """The entries of the points account."""
    names = history.labels.get("entries.account", ())
    points: Flags = history.entries.codes["account"] == (
        names.index(POINTS_ACCOUNT) if POINTS_ACCOUNT in names else -2
    )
    return points


def redemption_days(history: History, first_day: int) -> Ints:
    """Member and day of last year's redemptions, ascending."""
    return _redemptions(history, first_day)[0]


def _redemptions(history: History, first_day: int) -> tuple[Ints, Ints]:
    """Member and day of last year's redemptions, ascending, and the points of each."""
    entries = history.entries
    rows = (entries.kind == ENTRY_KINDS.index(REDEEM)) & in_points(history)
    rows &= (entries.day >= first_day - A_YEAR) & (entries.day < first_day)
    return moment(entries.member[rows], entries.day[rows]), -entries.amount[rows]


def _some(chances: Chances) -> Chances:
    """Whole members at even steps, where there are very many."""
    step = -(-len(chances) // MOST_CHANCES)
    return chances if step <= 1 else chances.where(chances.member % step == 0)


def _fitted(chances: Chances, prices: Ints) -> Chosen | None:
    """The most likely choice; where members who never redeem cannot be told from others, without them."""
    named = chances.reward[chances.taken] != _UNKNOWN
    several = len(prices) > 1 and named.mean() > 0.5 and named.sum() >= FEWEST_FOR_SLOPES
    soon = min(chances.expiring[chances.taken].sum(), (~chances.expiring[chances.taken]).sum())
    free = np.array([True, True, several, True, soon >= FEWEST_REDEMPTIONS])
    found = _searched(chances, prices, free)
    if (
        found is None
        or found.never_share is None
        or found.never_share[2] - found.never_share[1] > WIDEST_SHARE
    ):
        free[3] = False
        found = _searched(chances, prices, free)
    return found


def _searched(chances: Chances, prices: Ints, free: Flags) -> Chosen | None:
    """The maximum over the parameters that are free; None where it is no proper peak."""
    start = np.array([-1.5, 0.9, 0.6 if free[2] else 0.0, -1.7 if free[3] else NOBODY, 0.0])
    begins = np.flatnonzero(np.append(True, np.diff(chances.member) != 0))

    def loss(values: Floats) -> float:
        every = start.copy()
        every[free] = values
        return -float(_log_likelihood(every, chances, prices, begins).sum()) / len(chances)

    found = least(loss, start[free], _BOUNDS[free])
    spread = inverse_information(loss, found.x, float(len(chances)))
    if not np.isfinite(spread).all() or np.any(np.isclose(found.x, _BOUNDS[free].T)):
        return None
    every, covariance = start.copy(), np.zeros((len(start), len(start)))
    every[free], covariance[np.ix_(free, free)] = found.x, spread
    reach = Z_90 * np.sqrt(np.diag(covariance))
    ends = [tuple(map(float, three)) for three in zip(every, every - reach, every + reach, strict=True)]
    appeal, eagerness, ambition, never, soon = ends
    return Chosen(
        redemptions=int(chances.taken.sum()),
        chances=len(chances),
        appeal=appeal,
        eagerness=eagerness,
        ambition=ambition if free[2] else None,
        never_share=tuple(map(_share, never)) if free[3] else None,
        expiry_odds=tuple(float(np.exp(value)) for value in soon) if free[4] else None,
        covariance=covariance[:4, :4],
    )


def _share(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def _log_likelihood(every: Floats, chances: Chances, prices: Ints, begins: Ints) -> Floats:
    """Of all chances of each member together."""
    appeal, eagerness, ambition, never, soon = every
    utility = appeal + ambition * np.log(prices / prices[0]) + (soon * chances.expiring)[:, None]
    utility = utility + eagerness * np.log(np.maximum(chances.balance, 1)[:, None] / prices)
    pull = np.where(chances.balance[:, None] >= prices, np.exp(np.minimum(utility, 50.0)), 0.0)
    total = pull.sum(axis=1)
    known = chances.reward != _UNKNOWN
    took = np.where(known, pull[np.arange(len(chances)), np.maximum(chances.reward, 0)], total)
    each = np.where(chances.taken, np.log(took), 0.0) - np.log1p(total)
    together = np.add.reduceat(each, begins)
    some = np.add.reduceat(chances.taken.astype(np.int64), begins) > 0
    log_share, log_rest = -np.logaddexp(0, -never), -np.logaddexp(0, never)
    mixed: Floats = np.where(some, log_rest + together, np.logaddexp(log_share, log_rest + together))
    return mixed
