"""Today's members as a simulation begins: one draw from each member's exact posterior, no MCMC.

The model is any of the core's; it gives the distributions, the keyed streams give the luck (model.md
section 1). A member without past is drawn from the prior by the same formulas.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Floats
from loyalty_core.customers.bg_nbd import BgNbd
from loyalty_core.customers.models import PurchaseModel
from loyalty_core.customers.nbd import Nbd
from loyalty_core.customers.pareto_nbd import ParetoNbd
from simulation.streams import Keys, Purpose, Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """What one replication supposes of the buying of n members, from the start of the simulation on."""

    alive: Flags
    rate: Floats  # purchases a week of average demand
    dropout: Floats  # chance to leave for good after a repeat purchase
    leaves_after: Floats  # weeks until leaving for good whatever happens; infinite in most models


def seeds(model: PurchaseModel, x: Floats, tx: Floats, age: Floats, keys: Keys, streams: Streams) -> Seeds:
    """One draw for each member of x repeats, the last at age tx, seen until age T."""
    alive = streams.uniform(Purpose.ALIVE, keys) < model.alive(x, tx, age)
    if isinstance(model, ParetoNbd):
        return _leaving_any_time(model, x, tx, age, alive, keys, streams)
    if isinstance(model, BgNbd):
        return _leaving_on_purchase(model, x, tx, age, alive, keys, streams)
    if isinstance(model, Nbd):
        rate = streams.gamma(Purpose.RATE, keys, model.r + x, usual=model.r) / (model.alpha + age)
        return Seeds(alive=alive, rate=rate, dropout=np.zeros(len(x)), leaves_after=_never(x))
    raise TypeError(f"{model}: no way to seed members is known")


def _leaving_on_purchase(
    model: BgNbd, x: Floats, tx: Floats, age: Floats, alive: Flags, keys: Keys, streams: Streams
) -> Seeds:
    # Someone who has left did so right after the last purchase, so was observed only until then.
    observed = np.where(alive, age, tx)
    left, chances = np.where(alive, 0.0, 1.0), x + model.CHANCES_AT_START
    usual = model.a, model.b + model.CHANCES_AT_START
    return Seeds(
        alive=alive,
        rate=streams.gamma(Purpose.RATE, keys, model.r + x, usual=model.r) / (model.alpha + observed),
        dropout=streams.beta(Purpose.DROPOUT_RATE, keys, model.a + left, model.b + chances - left, usual),
        leaves_after=_never(x),
    )


def _leaving_any_time(
    model: ParetoNbd, x: Floats, tx: Floats, age: Floats, alive: Flags, keys: Keys, streams: Streams
) -> Seeds:
    observed, gone = age.copy(), np.flatnonzero(~alive)
    luck = streams.uniform(Purpose.LEFT_AT, keys[gone])
    observed[gone] = model.left_at(x[gone], tx[gone], age[gone], luck)
    hazard = streams.gamma(Purpose.DROPOUT_RATE, keys, model.s + np.where(alive, 0.0, 1.0))
    with np.errstate(divide="ignore", over="ignore"):  # hardly any hazard: nobody sees the end
        lifetime = streams.exponential(Purpose.LIFETIME, keys) / (hazard / (model.beta + observed))
    return Seeds(
        alive=alive,
        rate=streams.gamma(Purpose.RATE, keys, model.r + x, usual=model.r) / (model.alpha + observed),
        dropout=np.zeros(len(x)),
        leaves_after=lifetime,
    )


def _never(x: Floats) -> Floats:
    return np.full(len(x), np.inf)
