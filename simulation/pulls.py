"""The pull of near goals, and the momentum of a redemption, as a programme's own past shows them.

Asked is whether the same member comes sooner when nearer to a goal, and soon after a reward. Members differ
in how often they buy, and who no longer comes may have left: waits are those of customer-base models, in a
time that runs faster by both. Waits that go on when the data end count: without them long ones are missing
where the pull is weak, and a quarter of it is not found.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from loyalty_core.arrays import Flags, Floats
from loyalty_core.customers.fitting import inverse_information, least, log_of_sum
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from simulation.behaviour import Season
from simulation.effects import Effects
from simulation.last_waits import WAYS_TO_LEAVE, Ends
from simulation.responses import HEAVY
from simulation.visible_effects import Estimate
from simulation.waits import Waits, waits_of

FEWEST_WAITS = 2_000
LEAST_SPREAD = 0.05  # of progress, or of momentum, for its effect to be seen
# By how much each was off on simulated programmes, however many waits they had (DECISIONS.md).
METHOD_ERROR = {"goal_gradient": 0.04, "redemption_momentum": 0.05}
_NEUTRAL = {"goal_gradient": 0.0, "redemption_momentum": 1.0}
_RATES = 4  # parameters of a customer-base model, searched by their logarithms
_VAGUE = 3.0  # how far from the start they may well be: where nobody leaves the past does not tell all apart
_BOUNDS = ((-8.0, 8.0),) * _RATES + ((-0.9, 4.0), (-0.7, 3.0))
_TINY, _UNLIKELY = 1e-300, 1e-3


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
    value, variance = _most_likely(waits, shares, np.append(np.ones(_RATES, bool), seen))
    return {
        name: Estimate(_NEUTRAL[name] + more, (own + METHOD_ERROR[name] ** 2) ** 0.5, len(waits))
        for name, more, own in zip(names, value.tolist(), variance.tolist(), strict=True)
        if np.isfinite(own)
    }


def _most_likely(waits: Waits, shares: tuple[float, float], free: Flags) -> tuple[Floats, Floats]:
    """The effects that are free, and the variance of each: over the ways to leave, each by its likelihood.

    Who is taken to have left while still waiting looks slow, the more so the weaker the pull: on simulated
    programmes another way to leave than the true one moved it by 0.1 to 0.3. nan where there is no peak.
    """
    usual = np.array([0.0, np.log(max(waits.weeks.mean(), 0.1)), 0.0, 1.0, 0.0, 0.0])
    bounds, start, found = np.array(_BOUNDS)[free], usual[free], []
    for ends in WAYS_TO_LEAVE:
        loss = _loss(waits, ends, shares, usual, free)
        one = least(loss, start, bounds)
        found.append((float(one.fun), one.x, loss))
        start = np.append(one.x[:2], [*usual[2:_RATES], *one.x[_RATES:]])
    lowest = min(lost for lost, _, _ in found)
    weights, values, variances = [], [], []
    for lost, at, loss in found:
        weight = np.exp(len(waits) * (lowest - lost))
        if weight > _UNLIKELY:
            weights.append(weight)
            values.append(at[_RATES:])
            variances.append(np.diag(inverse_information(loss, at, float(len(waits))))[_RATES:])
    return _mixed(np.array(weights), np.array(values), np.array(variances))


def _mixed(weights: Floats, values: Floats, variances: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of effects (columns) under several models (rows), those with a peak."""
    told = np.isfinite(variances).all(axis=1)
    if not told.any():
        return values[0], variances[0]
    share = weights[told] / weights[told].sum()
    mean: Floats = share @ values[told]
    return mean, share @ (variances[told] + (values[told] - mean) ** 2)


def _loss(
    waits: Waits, ends: Ends, shares: tuple[float, float], usual: Floats, free: Flags
) -> Callable[[Floats], float]:
    """What is smallest where the waits are likeliest, of the free values; the others stay as usual."""

    def loss(given: Floats) -> float:
        values = usual.copy()
        values[free] = given
        away = (values - usual)[:_RATES] / _VAGUE
        return -float(_log_likelihood(waits, ends, shares, values) - away @ away / 2) / len(waits)

    return loss


def _log_likelihood(waits: Waits, ends: Ends, shares: tuple[float, float], values: Floats) -> float:
    """Of all waits under log r, log α, the logs of what leaving has, the pull and what the momentum adds.

    The fifth of members with the highest rates is moved in the first of the shares, all others in the
    second: the rate is integrated above and below where that fifth begins.
    """
    from scipy.special import gammainc, gammaincc, gammaincinv, gammaln

    r, alpha, *leaving = np.exp(values[:_RATES])
    heavy_from = gammaincinv(r, 1 - HEAVY) / alpha
    x = waits.repeats
    total = np.full(len(x), -np.inf)
    for share, within in zip(shares, (gammaincc, gammainc), strict=True):
        pull, momentum = share * values[_RATES:]
        factor = (1 + pull * waits.progress) * (1 + momentum * waits.elated)
        bought = np.add.reduceat(np.where(waits.last, 0.0, np.log(factor)), waits.begins)
        by_last = alpha + np.add.reduceat(np.where(waits.last, 0.0, factor * waits.weeks), waits.begins)
        for weeks, chance in ends(waits, by_last / (r + x), *leaving):
            observed = by_last + factor[waits.last] * weeks
            of_group = np.log(np.maximum(within(r + x, heavy_from * observed), _TINY))
            total = log_of_sum(total, bought + chance + of_group - (r + x) * np.log(observed))
    return float((total + gammaln(r + x) - gammaln(r) + r * np.log(alpha)).sum())
