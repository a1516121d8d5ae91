"""What members do, as one draw supposes it: every number of it of which a calibration gives a range.

The choice to redeem is drawn from the covariance of its fit, as its parameters are hardly known one without
the others; shares, rates and the common luck each from their own range, seasons factor by factor, and what is
spent by its mean. What is not drawn stays: how long refunds take and how much of their sale, the sums topped
up, the shape of what is spent beside its mean, and, where the past holds too few redemptions, the choice to
redeem.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from scipy.special import expit, logit

from simulation.behaviour import Behaviour, Redeeming, Season
from simulation.calibration import Calibration
from simulation.evidence import Quantity, Status, off
from simulation.levers import OF_PAST

_OF_CHOICE = ("redeem_appeal", "redeem_eagerness", "redeem_ambition", "never_redeem")  # as in its covariance
_SEASON = {"months": ("month", 12), "weekdays": ("weekday", 7), "new_year": ("new_year", 5)}
_LEAST = 0.01  # of a factor of the season, and of a share whose logit is taken
_ELSEWHERE = ("level",)  # drawn with purchasing
_LUCK = 5  # a stream of its own


def drawn_behaviour(
    behaviour: Behaviour,
    told: Calibration,
    seed: int,
    draw: int,
    *,
    calibrated: bool,
    given: Collection[str] = (),
) -> Behaviour:
    """The behaviour with all that the past tells (`calibrated`), or all that has a range without it, at
    values within that range; `given` are paths that somebody has set. Equal seeds and draws give equal
    values."""
    known = {one.key: one for one in told.quantities if one.low is not None and one.high is not None}
    known = {key: one for key, one in known.items() if (one.status is Status.CALIBRATED) == calibrated}
    together = _OF_CHOICE if calibrated and told.choice_covariance else ()
    luck = np.random.default_rng([seed, draw, _LUCK])
    steps = dict(zip(OF_PAST, luck.standard_normal(len(OF_PAST)).tolist(), strict=True))
    values = {
        path: _within(known[key], steps[key])
        for key, path in OF_PAST.items()
        if key in known and key not in (*together, *_ELSEWHERE)
    }
    if together:
        values |= _choice(behaviour.redeeming, told.choice_covariance, luck)
    if "mean_amount" in known:
        values["spending.v"] = behaviour.spending.v * _times(known["mean_amount"], luck.standard_normal())
    found = _with(behaviour, {path: value for path, value in values.items() if path not in given})
    return found.model_copy(update={"season": _season(found.season, known, luck)})


def _within(one: Quantity, steps: float) -> float:
    assert one.value is not None and one.low is not None and one.high is not None
    value = off(one.value, one.low, one.high, steps)
    if one.unit == "utility":
        return value
    return min(max(value, 0.0), 1.0) if one.unit == "share" else max(value, 0.0)


def _times(one: Quantity, steps: float) -> float:
    """How many times its value a positive quantity is, whose range is one of logarithms."""
    assert one.value and one.low and one.high
    return float(np.exp(off(0.0, np.log(one.low / one.value), np.log(one.high / one.value), steps)))


def _choice(
    now: Redeeming, covariance: tuple[tuple[float, ...], ...], luck: np.random.Generator
) -> dict[str, float]:
    """The choice to redeem, all its parameters together."""
    never = float(np.clip(now.never_share, _LEAST**3, 1 - _LEAST**3))
    middle = [now.appeal, now.eagerness, now.ambition, float(logit(never))]
    appeal, eagerness, ambition, drawn = luck.multivariate_normal(middle, np.array(covariance)).tolist()
    surely = covariance[-1][-1] == 0  # nobody was seen never to redeem, which has no range
    share = now.never_share if surely else float(expit(drawn))
    return dict(zip((OF_PAST[key] for key in _OF_CHOICE), (appeal, eagerness, ambition, share), strict=True))


def _season(season: Season, known: Mapping[str, Quantity], luck: np.random.Generator) -> Season:
    """Every factor by itself; those of months and of weekdays average 1 again."""
    drawn = dict[str, tuple[float, ...]]()
    for name, (key, count) in _SEASON.items():
        factors = np.array(getattr(season, name))
        if f"{key}_1" in known:
            each = [known[f"{key}_{number}"] for number in range(1, count + 1)]
            reach = [
                _within(one, steps) for one, steps in zip(each, luck.standard_normal(count), strict=True)
            ]
            factors = np.maximum(factors + np.array(reach) - [one.value for one in each], _LEAST)
            factors = factors if name == "new_year" else factors / factors.mean()
        drawn[name] = tuple(factors.tolist())
    return season.model_copy(update=drawn)


def _with(behaviour: Behaviour, values: Mapping[str, float]) -> Behaviour:
    groups = dict[str, dict[str, float]]()
    for path, value in values.items():
        group, _, name = path.partition(".")
        groups.setdefault(group, {})[name] = value
    return behaviour.model_copy(
        update={group: getattr(behaviour, group).model_copy(update=part) for group, part in groups.items()}
    )
