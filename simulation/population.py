"""The members of a simulation: what is known of each, and what a replication supposes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.customers.pasts import rhythm
from loyalty_core.facts import ENTRY_KINDS, REDEEM
from loyalty_core.history import History
from loyalty_core.timeline import LONG_AGO, latest
from simulation.behaviour import Behaviour
from simulation.seeding import seeds
from simulation.streams import Keys, Purpose, Streams, member_keys

HABITS = ("store", "channel", "categories")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Population:
    """n members with the sufficient statistics of BG/NBD and Gamma-Gamma; no result hangs on their order.

    Times are in weeks since the member's clock started: the first purchase, or joining before one.
    A member without past has zeros, and the posterior is then the prior.
    """

    ids: npt.NDArray[np.object_]
    keys: Keys
    joined_on: Ints
    buys_on_joining: Flags  # the first purchase happens on the day of joining
    last_bought_on: Ints  # int64, LONG_AGO before the first purchase
    redeemed_on: Ints  # int64, when points were last redeemed, LONG_AGO before the first time
    repeats: Floats  # x: purchase days after the first
    recency: Floats  # tx: age at the last of them
    age: Floats  # T: age at the start
    spent: Floats  # currency units on those x days
    # Where and what they usually buy: codes of the history's labels, -1 unknown.
    store: Ints
    channel: Ints
    categories: Ints
    # Keys of the names of where they live and through which channel they usually buy, 0 unknown.
    lives_in: Keys
    buys_through: Keys
    # Who is to come joins where so many times as many as usual join on that day as are more than this.
    level: Floats

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
    leaves_after: Floats | None = None  # weeks until leaving whatever happens; None where nobody does


def newcomers(
    ids: Sequence[str] | npt.NDArray[np.object_], joined_on: Ints, buys_on_joining: Flags | None = None
) -> Population:
    """Members without past."""
    nothing, unknown = np.zeros(len(ids)), np.full(len(ids), -1, np.int32)
    named = np.asarray(ids, dtype=object)
    return Population(
        ids=named,
        keys=member_keys(named),
        joined_on=joined_on.astype(np.int32),
        buys_on_joining=np.zeros(len(ids), bool) if buys_on_joining is None else buys_on_joining,
        last_bought_on=np.full(len(ids), LONG_AGO),
        redeemed_on=np.full(len(ids), LONG_AGO),
        repeats=nothing,
        recency=nothing,
        age=nothing,
        spent=nothing,
        store=unknown,
        channel=unknown,
        categories=unknown,
        lives_in=np.zeros(len(ids), np.uint64),
        buys_through=np.zeros(len(ids), np.uint64),
        level=nothing,
    )


def together(several: Sequence[Population]) -> Population:
    """All of them, one after the other."""
    whole = {
        field.name: np.concatenate([getattr(one, field.name) for one in several])
        for field in fields(Population)
    }
    return Population(**whole)


def todays_members(history: History, first_day: int, minor_per_unit: int) -> Population:
    """The members of a history as they stand at the start of `first_day`, with what their purchases tell.

    Purchases count by day: several on one day are one, the first day starts the clock (model.md section 1).
    """
    found = rhythm(history, first_day, minor_per_unit)
    return Population(
        ids=history.members.ids,
        keys=member_keys(history.members.ids),
        joined_on=history.members.joined_on,
        buys_on_joining=np.zeros(len(history.members), bool),
        last_bought_on=found.last_bought_on,
        redeemed_on=_redeemed_on(history, first_day),
        repeats=found.repeats,
        recency=found.recency,
        age=found.age,
        spent=found.spent,
        **(habits := _habits(history, first_day)),
        lives_in=_named(history, "members.region", _regions(history, first_day)),
        buys_through=_named(history, "purchases.channel", habits["channel"]),
        level=np.zeros(len(history.members)),
    )


def settled(joining: Population, known: Population, seed: int) -> Population:
    """Those who may join, spread over regions and channels like the members of today; the same for a seed."""
    if not len(known):
        return joining
    like = (Streams(seed).uniform(Purpose.SETTLES, joining.keys) * len(known)).astype(np.int64)
    return replace(joining, lives_in=known.lives_in[like], buys_through=known.buys_through[like])


def _regions(history: History, first_day: int) -> Ints:
    """The home region of each member before a day, as a code."""
    versions, everybody = history.versions, np.arange(len(history.members))
    row = latest(versions.member, versions.valid_from, everybody, np.full(len(everybody), first_day - 1))
    return np.append(versions.codes["region"], -1)[row]  # the last one for those of whom nothing is known


def _named(history: History, labels: str, codes: Ints) -> Keys:
    """The key of the name of each code, 0 for none."""
    keys = np.append(member_keys(history.labels.get(labels, ())), np.uint64(0))
    return keys[codes]


def _redeemed_on(history: History, first_day: int) -> Ints:
    """The last day before a day on which each member redeemed points."""
    last, entries = np.full(len(history.members), LONG_AGO), history.entries
    redeemed = (entries.kind == ENTRY_KINDS.index(REDEEM)) & (entries.day < first_day) & (entries.member >= 0)
    np.maximum.at(last, entries.member[redeemed], entries.day[redeemed])
    return last


def _habits(history: History, first_day: int) -> dict[str, Ints]:
    """The store, channel and categories of each member's last sale before a day, as far as they are known."""
    bought, habits = history.purchases, dict[str, Ints]()
    sales = np.flatnonzero((bought.member >= 0) & ~bought.refund & (bought.day < first_day))
    for name in HABITS:
        codes = bought.codes.get(name, np.full(len(bought.member), -1, np.int32))
        known = sales[codes[sales] >= 0]
        habits[name] = np.full(len(history.members), -1, np.int32)
        habits[name][bought.member[known]] = codes[known]  # sorted: the last one stays
    return habits


@lru_cache(maxsize=2)  # the arms of a replication ask alike, one after the other
def drawn(population: Population, behaviour: Behaviour, streams: Streams) -> Temper:
    """One draw from the exact posterior of every member (model.md section 1, no MCMC)."""
    buying, spending, keys = behaviour.purchasing, behaviour.spending, population.keys
    x = population.repeats
    found = seeds(buying.fitted, x, population.recency, population.age, keys, streams)
    level = streams.gamma(Purpose.SPEND_LEVEL, keys, spending.q + spending.p * x, usual=spending.q)
    dropout, spend_scale = found.dropout, (spending.v + population.spent) / level
    rate = buying.sales(found.rate)
    if rate is not found.rate:
        # A day is one chance to leave and one amount, however many sales share it.
        dropout, spend_scale = dropout * (found.rate / rate), spend_scale * (found.rate / rate)
    return Temper(
        rate=rate * (buying.level * np.where(population.age > 0, 1.0, buying.newcomers)),
        dropout=dropout,
        spend_scale=spend_scale,
        alive=found.alive,
        redeems=streams.uniform(Purpose.NEVER_REDEEMS, keys) >= behaviour.redeeming.never_share,
        leaves_after=found.leaves_after if np.isfinite(found.leaves_after).any() else None,
    )


def probability_alive(population: Population, behaviour: Behaviour) -> Floats:
    """P(alive | x, tx, T) under the model that members follow."""
    model = behaviour.purchasing.fitted
    return model.alive(population.repeats, population.recency, population.age)
