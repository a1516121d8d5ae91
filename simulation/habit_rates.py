"""How often members bring friends, use the coupons they hold, and use prepaid cards: read off the last year.

What is looked at are days, as most sources tell no better: of several sales of a member on a day the first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import month_starts
from loyalty_core.facts import EARN, ENTRY_KINDS, STORED_VALUE_ACCOUNTS
from loyalty_core.history import History
from loyalty_core.offers import Coupons
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import distinct, latest, moment
from simulation.evidence import Z_90

A_YEAR = 365
FEWEST_CHANCES = 200  # for a share or a rate to be told
MOST_PAIRS = 5_000_000  # of coupons and sales looked at
FEW_AMOUNTS = 10


@dataclass(frozen=True, slots=True)
class Rate:
    """So many times in so many chances: of an event at most once in each, or in years."""

    times: int
    chances: float

    @property
    def value(self) -> float:
        return self.times / self.chances

    @property
    def share_range(self) -> tuple[float, float]:
        """The 90 % range of a share (Jeffreys), which holds the share where that is none or all, too."""
        from scipy.stats import beta

        low, high = beta.ppf([0.05, 0.95], self.times + 0.5, self.chances - self.times + 0.5)
        return min(float(low), self.value), max(float(high), self.value)

    @property
    def rate_range(self) -> tuple[float, float]:
        """The 90 % range of a rate, normal on the square root of the count."""
        root = np.sqrt(self.times + 0.375)
        ends = np.maximum(root + np.array([-1, 1]) * Z_90 / 2, 0.0) ** 2 - 0.375
        low, high = np.maximum(ends, 0.0) / self.chances
        return float(low), float(high)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardHabits:
    """Who has a card; of days on which less is on it than a sale asks, those with a top-up; of days on which
    a holder buys with money on it, those on which it pays; the amounts put on, in minor units."""

    holders: Rate
    tops_up: Rate
    pays: Rate
    amounts: tuple[int, ...]


def referrals_a_year(history: History, programme: Programme, first_day: int) -> Rate | None:
    """Friends brought in a year of being active; None where none was told of."""
    done, names = history.activities, history.labels.get("activities.kind", ())
    if "referral" not in names:
        return None
    of_late = (done.codes["kind"] == names.index("referral")) & (done.member >= 0)
    of_late &= (done.day >= first_day - A_YEAR) & (done.day < first_day)
    member, day = _sales(history)[:2]
    firsts = month_starts(first_day - A_YEAR, first_day - 1)
    everybody, years = np.arange(len(history.members)), 0.0
    for first in firsts.tolist():
        row = latest(member, day, everybody, np.full(len(everybody), first - 1))
        bought = (row >= 0) & (day[np.maximum(row, 0)] >= first - programme.lifecycle.active_days)
        years += float(bought.sum()) / max(len(firsts), 1)
    return Rate(int(of_late.sum()), years) if of_late.any() and years else None


def coupons_used(history: History, programme: Programme, first_day: int) -> Rate | None:
    """Of chances to use a coupon (a kind that a member holds, a sale that is large enough) those taken.

    From the day after it was given; None where fewer chances are told of than make a share.
    """
    rows, names = history.offers.coupons, history.labels.get("coupons.reference", ())
    if len(rows.rule) != len(rows.member):
        return None
    sales, taken, chances = _sales(history), 0, 0
    for rule in programme.coupons:
        if rule.name not in names:
            continue
        mine = np.flatnonzero(rows.rule == names.index(rule.name))
        coupon, sale = _held_at_sales(rows, mine, sales, first_day)
        used = rows.redeemed_on[coupon] == sales[1][sale]
        enough = sales[2][sale] >= programme.minor(rule.minimum_spend)
        chances += len(np.unique(sale[enough | used]))
        taken += len(np.unique(sale[used]))
    return Rate(taken, chances) if chances >= FEWEST_CHANCES else None


def _held_at_sales(
    rows: Coupons, mine: Ints, sales: tuple[Ints, Ints, Ints], first_day: int
) -> tuple[Ints, Ints]:
    """Pairs of a coupon and a sale of the last year at which its member held it."""
    since = np.maximum(rows.claimed_on[mine].astype(np.int64) + 1, first_day - A_YEAR)
    until = np.minimum(rows.expires_on[mine].astype(np.int64), rows.redeemed_on[mine] + np.int64(1))
    until = np.minimum(until, first_day)
    when = moment(*sales[:2])
    begin = np.searchsorted(when, moment(rows.member[mine], since))
    count = np.maximum(np.searchsorted(when, moment(rows.member[mine], until)) - begin, 0)
    some = slice(int(np.searchsorted(np.cumsum(count), MOST_PAIRS, side="right")))
    begin, count = begin[some], count[some]
    sale = np.repeat(begin - np.cumsum(count) + count, count) + np.arange(count.sum())
    return np.repeat(mine[some], count), sale


def card_habits(history: History, first_day: int) -> CardHabits | None:
    """What the last year tells of prepaid cards; None where fewer days are told of than make a share."""
    member, day, amount = _sales(history)
    first = np.append(True, (member[1:] != member[:-1]) | (day[1:] != day[:-1]))[: len(member)]
    recent = np.flatnonzero(first & (day >= first_day - A_YEAR) & (day < first_day))
    names, entries = history.labels.get("entries.account", ()), history.entries
    codes = [names.index(name) for name in STORED_VALUE_ACCOUNTS if name in names]
    lines = np.flatnonzero(np.isin(entries.codes["account"], codes) & (entries.member >= 0))
    if not len(lines) or not len(recent):
        return None
    put_on = _put_on(history, lines, first_day)
    holds = np.zeros(len(history.members), bool)
    holds[entries.member[lines[entries.day[lines] < first_day]]] = True
    recent = recent[holds[member[recent]]]
    who, on = member[recent], day[recent]
    before = _balance_before(entries.member[lines], entries.day[lines], entries.amount[lines], who, on)
    added = np.isin(moment(who, on), moment(entries.member[put_on], entries.day[put_on]))
    short, with_money = before < amount[recent], (before > 0) | added
    if not len(put_on) or short.sum() < FEWEST_CHANCES or with_money.sum() < FEWEST_CHANCES:
        return None
    pays = np.isin(moment(who, on), _paid_by_card(history))
    tops_up = Rate(int((added & short).sum()), int(short.sum()))
    sale_days = np.bincount(member[first & (day < first_day)], minlength=len(holds))
    return CardHabits(
        holders=_holders(holds, sale_days, tops_up.value),
        tops_up=tops_up,
        pays=Rate(int((pays & with_money).sum()), int(with_money.sum())),
        amounts=usual_amounts(entries.amount[put_on]),
    )


def _holders(seen: Flags, sale_days: Ints, tops_up: float) -> Rate:
    """Those with a card of as many as would have shown that they have one, on so many days of buying."""
    would_show = float((1 - (1 - tops_up) ** sale_days).sum())
    return Rate(int(seen.sum()), max(would_show, float(seen.sum())))


def _sales(history: History) -> tuple[Ints, Ints, Ints]:
    """Member, day and amount of members' sales, before coupons."""
    bought = history.purchases
    sale = (bought.member >= 0) & ~bought.refund
    return bought.member[sale], bought.day[sale], bought.amount[sale] + bought.discount[sale]


def _put_on(history: History, lines: Ints, first_day: int) -> Ints:
    """The lines of the last year by which principal was put on cards."""
    entries, names = history.entries, history.labels["entries.account"]
    name = STORED_VALUE_ACCOUNTS[0]
    mine: Flags = entries.codes["account"][lines] == (names.index(name) if name in names else -2)
    mine &= entries.kind[lines] == ENTRY_KINDS.index(EARN)
    return lines[mine & (entries.day[lines] >= first_day - A_YEAR) & (entries.day[lines] < first_day)]


def _balance_before(member: Ints, day: Ints, amount: Ints, who: Ints, on: Ints) -> Ints:
    """What was on each card at the close of the day before."""
    order = np.lexsort((day, member))
    upto = np.concatenate(([0], np.cumsum(amount[order])))
    when = moment(member[order], day[order])
    begin = np.searchsorted(when, moment(who, np.zeros_like(on)))
    found: Ints = upto[np.searchsorted(when, moment(who, on))] - upto[begin]
    return found


def _paid_by_card(history: History) -> Ints:
    """The moments (member and day) on which cards paid."""
    bought = history.purchases
    paid = (bought.member >= 0) & ~bought.refund & (bought.paid_stored_value > 0)
    return distinct(moment(bought.member[paid], bought.day[paid]))


def usual_amounts(amounts: Ints) -> tuple[int, ...]:
    """The few amounts that stand for all: the middles of as many equal parts."""
    middles = (np.arange(FEW_AMOUNTS) + 0.5) / FEW_AMOUNTS
    return tuple(int(one) for one in np.quantile(amounts, middles, method="inverted_cdf"))
