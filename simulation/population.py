"""The members of a simulation: what is known of each, and what a replication supposes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from loyalty_core.history import Flags, History, Ints
from simulation.behaviour import Behaviour
from simulation.streams import Floats, Keys, Purpose, Streams, member_keys

DAYS_A_WEEK = 7.0
LONG_AGO = np.int64(-(2**40))


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """n members in the order of their ids, with the sufficient statistics of BG/NBD and Gamma-Gamma.

    Times are in weeks since the member's clock started: the first purchase, or joining before one.
    A member without past has zeros, and the posterior is then the prior.
    """

    ids: npt.NDArray[np.object_]
    keys: Keys
    joined_on: Ints
    buys_on_joining: Flags  # the first purchase happens on the day of joining
    last_bought_on: Ints  # int64, LONG_AGO before the first purchase
    repeats: Floats  # x: purchase days after the first
    recency: Floats  # tx: age at the last of them
    age: Floats  # T: age at the start
    spent: Floats  # currency units on those x days

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, which: Ints | Flags) -> Population:
        """Some of the members; their draws stay the same."""
        return Population(**{field.name: getattr(self, field.name)[which] for field in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Temper:
    """What one replication supposes of each member: not known, drawn from what is known."""

    rate: Floats  # purchases per week of average demand
    dropout: Floats  # probability of leaving for good after a repeat purchase
    spend_scale: Floats  # currency units: an amount is this times a Gamma(p)
    alive: Flags
    redeems: Flags  # False for those who never redeem


def newcomers(ids: Sequence[str], joined_on: Ints, buys_on_joining: Flags | None = None) -> Population:
    """Members without past."""
    nothing = np.zeros(len(ids))
    named = np.asarray(ids, dtype=object)
    return Population(
        ids=named,
        keys=member_keys(named),
        joined_on=joined_on.astype(np.int32),
        buys_on_joining=np.zeros(len(ids), bool) if buys_on_joining is None else buys_on_joining,
        last_bought_on=np.full(len(ids), LONG_AGO),
        repeats=nothing,
        recency=nothing,
        age=nothing,
        spent=nothing,
    )


def todays_members(history: History, first_day: int, minor_per_unit: int) -> Population:
    """The members of a history as they stand at the start of `first_day`, with what their purchases tell.

    Purchases count by day: several on one day are one, the first day starts the clock (model.md section 1).
    """
    members, bought = history.members, history.purchases
    sale = (bought.member >= 0) & ~bought.refund & (bought.day < first_day)
    # Sorted by member and instant, so a purchase day begins where member or day changes.
    who, day, amount = bought.member[sale], bought.day[sale].astype(np.int64), bought.amount[sale]
    begins = np.flatnonzero(_changes(who) | _changes(day))
    day_who, day_on = who[begins], day[begins]
    day_spent = np.add.reduceat(amount.astype(np.float64), begins) if len(begins) else np.zeros(0)
    first = _changes(day_who)
    clock = members.joined_on.astype(np.int64)
    clock[day_who[first]] = day_on[first]
    last_bought_on = np.full(len(members), LONG_AGO)
    last_bought_on[day_who] = day_on  # ascending within a member: the last assignment stays
    n, repeat = len(members), ~first
    return Population(
        ids=members.ids,
        keys=member_keys(members.ids),
        joined_on=members.joined_on,
        buys_on_joining=np.zeros(n, bool),
        last_bought_on=last_bought_on,
        repeats=np.bincount(day_who[repeat], minlength=n).astype(np.float64),
        recency=np.maximum(last_bought_on - clock, 0) / DAYS_A_WEEK,
        age=np.maximum(first_day - 1 - clock, 0) / DAYS_A_WEEK,
        spent=np.bincount(day_who[repeat], day_spent[repeat], minlength=n) / minor_per_unit,
    )


def drawn(population: Population, behaviour: Behaviour, streams: Streams) -> Temper:
    """One draw from the exact posterior of every member (model.md section 1, no MCMC)."""
    bg, spending, keys = behaviour.purchasing, behaviour.spending, population.keys
    x, alive = population.repeats, is_alive(population, behaviour, streams)
    # Someone who has left did so right after the last purchase, so was observed only until then.
    observed = np.where(alive, population.age, population.recency)
    left = np.where(alive, 0.0, 1.0)
    level = streams.gamma(Purpose.SPEND_LEVEL, keys, spending.q + spending.p * x)
    return Temper(
        rate=streams.gamma(Purpose.RATE, keys, bg.r + x) / (bg.alpha + observed),
        dropout=streams.beta(Purpose.DROPOUT_RATE, keys, bg.a + left, bg.b + x - left),
        spend_scale=(spending.v + population.spent) / level,
        alive=alive,
        redeems=streams.uniform(Purpose.NEVER_REDEEMS, keys) >= behaviour.redeeming.never_share,
    )


def is_alive(population: Population, behaviour: Behaviour, streams: Streams) -> Flags:
    """Whether each member is still a customer, by a draw against P(alive)."""
    return streams.uniform(Purpose.ALIVE, population.keys) < probability_alive(population, behaviour)


def probability_alive(population: Population, behaviour: Behaviour) -> Floats:
    """BG/NBD's P(alive | x, tx, T); 1 before the first repeat purchase."""
    bg, x = behaviour.purchasing, population.repeats
    log_odds = np.log(bg.a / (bg.b + np.maximum(x, 1) - 1)) + (bg.r + x) * np.log(
        (bg.alpha + population.age) / (bg.alpha + population.recency)
    )
    gone = np.exp(-np.logaddexp(0.0, -log_odds))
    return np.where(x > 0, 1 - gone, 1.0)


def _changes(values: Ints) -> Flags:
    """Where a run of equal values begins."""
    starts: Flags = np.ones(len(values), bool)
    starts[1:] = values[1:] != values[:-1]
    return starts
