"""How likely each scenario of a contest is worth most, and what choosing it may cost, with all in it that is
not known: chance, what is drawn, and what forecasts of the past missed.

What the scenarios are worth in the world to come is taken for normal. Its mean is that of the contest's own
replications, of all members. Its covariance is a sum over layers, as these are drawn one by one:

* chance: the covariance of the worths over the contest's replications;
* each layer that is drawn: the covariance of the draws' means over their lucks, less a part of what neither
  draws nor lucks explain. With few runs under each draw its mean is itself off by chance, so that counting in
  how many draws a scenario comes out best would take luck for what is not known. This is the estimator of
  the variance of a conditional expectation by analysis of variance, unbiased with as few as two runs a draw
  (Sun, Apley, Staum 2011, Operations Research 59(4)), of several scenarios at once. Where it is below 0 in
  some direction, the nearest covariance stands in its place (Higham 1988, Linear Algebra and its
  Applications 103);
* model form (`answer_passport.with_form`): all gains are off by the same share.

Only what scenarios differ by counts, and every run has all of them on the same draw and the same luck. With
one what-if beside what is in force the chance is that of its layers (`Layers.to_json`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from loyalty_core.arrays import Floats, Ints
from simulation.forecast import drawn_too
from simulation.joint_draws import JointDraws
from simulation.likelihood import words_for
from simulation.ranking import ranking_json

_POINTS = 2**16  # so that a chance is known to a quarter of a percentage point


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """What scenarios are worth beside their mean, in currency units: normal, with that `mean` and
    `covariance`. Those that are `alike` by number came to the same in every run."""

    mean: Floats
    covariance: Floats
    alike: Ints

    @classmethod
    def of(cls, worths: Floats, joint: JointDraws, widening: float | None = None) -> Chances:
        """From the worth of each scenario (columns) in every replication, two or more, and what draws came
        to; `widening` is the factor of a backtest, None where none stands."""
        runs = [worths, *(rows.reshape(-1, worths.shape[1]) for rows in joint.worths.values())]
        *_, alike = np.unique(np.concatenate(runs), axis=1, return_inverse=True)
        mean = _beside_mean(worths.mean(axis=0))
        form = max((widening or 1.0) ** 2 - 1, 0.0) * joint.level**2 * np.outer(mean, mean)
        drawn = sum((covariance_between(rows) for rows in joint.worths.values()), np.zeros_like(form))
        chance = np.cov(_beside_mean(worths), rowvar=False)
        return cls(mean=mean, covariance=chance + drawn + form, alike=alike.ravel())

    def better(self, one: int, other: int) -> float:
        """How likely the one is worth more than the other; half where they came to the same."""
        if self.alike[one] == self.alike[other]:
            return 0.5
        above = float(self.mean[one] - self.mean[other])
        pair = self.covariance[np.ix_([one, other], [one, other])]
        spread = float(np.sqrt(max(pair[0, 0] + pair[1, 1] - 2 * pair[0, 1], 0.0)))
        return float(ndtr(above / spread)) if spread else float(np.sign(above)) / 2 + 0.5

    @property
    def samples(self) -> Floats:
        """Worlds (rows) and what each scenario is worth in them: points of the normal and their mirror
        images, always the same. Those that are alike come to the same to the last digit."""
        luck = np.random.default_rng(0).standard_normal((_POINTS, len(self.mean)))
        values, vectors = np.linalg.eigh(self.covariance)
        off = luck @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
        _, first = np.unique(self.alike, return_index=True)
        found: Floats = (self.mean + np.concatenate([off, -off]))[:, first[self.alike]]
        return found


def covariance_between(values: Floats) -> Floats:
    """What draws (first axis) bring to what scenarios (last axis) are worth beside their mean, as the means
    over the lucks (second axis) tell it beside what is left to chance."""
    draws, lucks, _ = values.shape
    values = _beside_mean(values)
    means = values.mean(axis=1)
    left = values - means[:, None] - values.mean(axis=0) + means.mean(axis=0)
    chance = np.einsum("dli,dlj->ij", left, left) / ((draws - 1) * (lucks - 1))
    found = np.cov(means, rowvar=False) - chance / lucks
    sizes, vectors = np.linalg.eigh(found)
    nearest: Floats = (vectors * np.maximum(sizes, 0.0)) @ vectors.T
    return nearest


def _beside_mean(worth: Floats) -> Floats:
    """Beside the mean of all scenarios, the last axis: no scenario is preferred to be held against."""
    found: Floats = worth - worth.mean(axis=-1, keepdims=True)
    return found


def ranked_too(
    document: Mapping[str, Any], joint: JointDraws, widening: float | None = None
) -> dict[str, Any]:
    """What a contest told, in which chances and regret hold what is not known as well; beside each stands
    what its replications say (`by_chance`), and `draws` says of which layers how many were drawn.

    A contest of one replication, or of which nothing is left open, stays as it is.
    """
    worths, draws = np.array(document["worths"], np.float64), sum(joint.draws.values())
    if len(worths) < 2 or not draws:
        return dict(document)
    chances = Chances.of(worths, joint, widening)
    names = [row["name"] for row in document["ranking"]]
    rows = ranking_json(names, worths.mean(axis=0), chances.samples, draws)
    return {
        **document,
        "draws": joint.draws,
        "ranking": [
            {**row, "by_chance": {name: known[name] for name in ("probability_best", "expected_regret")}}
            for row, known in zip(rows, document["ranking"], strict=True)
        ],
        "pairs": [_pair(row, chances, names, draws) for row in document["pairs"]],
        "comparisons": [
            drawn_too(one, _grounds(chances, joint, number), widening)
            for number, one in enumerate(document["comparisons"], start=1)
        ],
    }


def _pair(row: Mapping[str, Any], chances: Chances, names: list[str], draws: int) -> dict[str, Any]:
    better = chances.better(names.index(row["scenario"]), names.index(row["over"]))
    likely = asdict(words_for(better, draws))
    told = {"probability_better": better, "likely_better": likely, "by_chance": row["probability_better"]}
    return {**row, **told}


def _grounds(chances: Chances, joint: JointDraws, number: int) -> dict[str, Any]:
    """What one scenario beside the first rests on."""
    better = None if chances.alike[number] == chances.alike[0] else chances.better(number, 0)
    return {"draws": joint.draws, "probability_better": better, "targets": joint.targets[number - 1]}
