"""The pull of near goals, and the momentum of a redemption, as a programme's own past shows them.

Asked is whether the same member comes sooner when nearer to a goal, and soon after a reward. Members differ
in how often they buy, and who no longer comes may have left: waits are those of BG/NBD (Fader, Hardie, Lee
2005), in a time that runs faster by both. Waits that go on when the data end count: without them long ones
are missing where the pull is weak, and a quarter of it is not found.
"""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Flags, Floats
from loyalty_core.customers.fitting import inverse_information, least, log_of_sum
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from simulation.behaviour import Season
from simulation.effects import Effects
from simulation.responses import HEAVY
from simulation.visible_effects import Estimate
from simulation.waits import Waits, waits_of

FEWEST_WAITS = 2_000
LEAST_SPREAD = 0.05  # of progress, or of momentum, for its effect to be seen
# By how much each was off on simulated programmes, however many waits they had (DECISIONS.md).
METHOD_ERROR = {"goal_gradient": 0.04, "redemption_momentum": 0.03}
_NEUTRAL = {"goal_gradient": 0.0, "redemption_momentum": 1.0}
_RATES = 4  # parameters of BG/NBD, searched by their logarithms
_VAGUE = 3.0  # how far from the start they may well be: where nobody leaves the past does not tell all apart
_BOUNDS = ((-8.0, 8.0),) * _RATES + ((-0.9, 4.0), (-0.7, 3.0))
_TINY = 1e-300


def pulls(
    history: History, programme: Programme, season: Season, effects: Effects, first_day: int
) -> dict[str, Estimate]:
    """`goal_gradient` and `redemption_momentum`, where there are enough waits that differ in them.

    They move heavy buyers and others in the shares of the library, and the momentum lasts as long as there.
    """
    waits = waits_of(history, programme, season, effects.momentum_cycles.size, first_day)
    if len(waits) < FEWEST_WAITS:
        return {}
    seen = [one.std() >= LEAST_SPREAD for one in (waits.progress, waits.elated)]
    names = [name for name, is_seen in zip(METHOD_ERROR, seen, strict=True) if is_seen]
    shares = effects.response_heavy.size, effects.response_others.size
    value, variance = _fitted(waits, shares, np.append(np.ones(_RATES, bool), seen))
    return {
        name: Estimate(_NEUTRAL[name] + more, (own + METHOD_ERROR[name] ** 2) ** 0.5, len(waits))
        for name, more, own in zip(names, value, variance, strict=True)
        if np.isfinite(own)
    }


def _fitted(waits: Waits, shares: tuple[float, float], free: Flags) -> tuple[list[float], list[float]]:
    """The effects that are free at their most likely, and their variances; nan where there is no peak."""
    start = np.array([0.0, np.log(max(waits.weeks.mean(), 0.1)), 0.0, 1.0, 0.0, 0.0])

    def loss(given: Floats) -> float:
        values = start.copy()
        values[free] = given
        away = (values - start)[:_RATES] / _VAGUE
        return -float(_log_likelihood(waits, shares, values) - away @ away / 2) / len(waits)

    found = least(loss, start[free], np.array(_BOUNDS)[free])
    spread = inverse_information(loss, found.x, float(len(waits)))
    return found.x[_RATES:].tolist(), np.diag(spread)[_RATES:].tolist()


def _log_likelihood(waits: Waits, shares: tuple[float, float], values: Floats) -> float:
    """Of all waits under log r, log α, log a, log b, the pull and what the momentum adds.

    The fifth of members with the highest rates is moved in the first of the shares, all others in the
    second: the rate is integrated above and below where that fifth begins.
    """
    from scipy.special import betaln, gammainc, gammaincc, gammaincinv, gammaln

    r, alpha, a, b = np.exp(values[:_RATES])
    heavy_from = gammaincinv(r, 1 - HEAVY) / alpha
    x = np.diff(np.append(waits.begins, len(waits))) - 1.0  # repeat purchases
    of_rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    of_leaving = betaln(a, b + x), betaln(a + 1, b + np.maximum(x, 1) - 1)
    total = np.full(len(x), -np.inf)
    for share, within in zip(shares, (gammaincc, gammainc), strict=True):
        pull, momentum = share * values[_RATES:]
        factor = (1 + pull * waits.progress) * (1 + momentum * waits.elated)
        spent = factor * waits.weeks
        of_purchases = np.add.reduceat(np.where(waits.last, 0.0, np.log(factor)), waits.begins)
        by_now = np.add.reduceat(spent, waits.begins)
        for until, chance, possible in (
            (by_now, of_leaving[0], True),
            (by_now - spent[waits.last], of_leaving[1], x > 0),
        ):
            observed = alpha + until
            of_group = np.log(np.maximum(within(r + x, heavy_from * observed), _TINY))
            told = of_rate + of_purchases + chance + of_group - (r + x) * np.log(observed)
            total = log_of_sum(total, np.where(possible, told, -np.inf))
    return float((total - betaln(a, b)).sum())
