"""Members grouped by what they do, without rules: k-means (Lloyd 1982) on standardised habits.

How many groups there are is what the silhouette (Rousseeuw 1987) of a sample says; everything is drawn with
one fixed seed, so that the same portraits give the same groups. A group is described by what sets it apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from loyalty_core.arrays import Floats, Ints
from loyalty_core.segments.division import Division, Segment
from loyalty_core.text import Text

FEWEST, LEAST_GROUPS, MOST_GROUPS = 100, 3, 7  # members; groups
LEARNT_FROM, JUDGED_BY = 20_000, 2_000  # members of the samples
SEED = 20260101
TELLING = 0.5  # standard deviations from everybody's mean that are worth a word
_WORDS = 2  # what a group is called by


@dataclass(frozen=True, slots=True)
class Habit:
    """One thing that sets members apart; more of it and less of it in words."""

    name: str
    of: Callable[[pd.DataFrame], Floats]
    more: Text
    less: Text


def _log(column: str) -> Callable[[pd.DataFrame], Floats]:
    return lambda found: _logarithm(found[column].to_numpy(np.float64))


def _logarithm(values: Floats) -> Floats:
    """ln(1 + value), of what is below 0 as of 0."""
    found: Floats = np.log1p(np.maximum(values, 0))
    return found


def _recency(found: pd.DataFrame) -> Floats:
    """Who never bought is as silent as they are long a member."""
    since = found["days_since_purchase"].to_numpy(np.float64, na_value=np.nan)
    return _logarithm(np.where(np.isnan(since), found["days_since_joining"].to_numpy(), since))


def _order(found: pd.DataFrame) -> Floats:
    purchases = np.maximum(found["purchases"].to_numpy(np.float64), 1)
    return _logarithm(found["revenue"].to_numpy(np.float64) / purchases)


HABITS = (
    Habit("recency", _recency, Text("long silent", "久未消费"), Text("bought lately", "近期消费")),
    Habit("purchases", _log("purchases"), Text("buy often", "消费频繁"), Text("buy seldom", "消费稀少")),
    Habit("order", _order, Text("large purchases", "笔单价高"), Text("small purchases", "笔单价低")),
    Habit("redeemed", _log("redeemed"), Text("redeem much", "积极兑换"), Text("hardly redeem", "很少兑换")),
    Habit(
        "activities", _log("activities"), Text("much engaged", "互动频繁"), Text("hardly engaged", "很少互动")
    ),
    Habit(
        "membership",
        _log("days_since_joining"),
        Text("long-standing", "入会已久"),
        Text("new members", "新近入会"),
    ),
)


@dataclass(frozen=True)
class Clusters:
    """The groups as they were learnt: `middle` and `spread` of each habit, a centre per group, largest first,
    and what each is called."""

    middle: Floats
    spread: Floats
    centres: Floats
    segments: tuple[Segment, ...]

    def divide(self, found: pd.DataFrame) -> Division:
        """Each member in the group whose centre is nearest; also of another day than they were learnt of."""
        place = np.empty(len(found), np.int64)
        habits = (habits_of(found) - self.middle) / self.spread
        for start in range(0, len(found), 100_000):
            block = habits[start : start + 100_000]
            apart = ((block[:, None, :] - self.centres[None]) ** 2).sum(axis=2)
            place[start : start + 100_000] = apart.argmin(axis=1)
        return Division(self.segments, place)


def habits_of(found: pd.DataFrame) -> Floats:
    """A column per habit."""
    return np.column_stack([one.of(found) for one in HABITS])


def clusters(found: pd.DataFrame) -> Clusters | None:
    """The groups that the portraits of a day fall into; None for fewer than 100 members, or where all of them
    have the same habits."""
    if len(found) < FEWEST:
        return None
    habits = habits_of(found)
    middle, spread = habits.mean(axis=0), habits.std(axis=0)
    if not (spread > 0).any():
        return None
    spread = np.where(spread > 0, spread, 1.0)
    sample = ((habits - middle) / spread)[_spread_out(len(found), LEARNT_FROM)]
    centres, place = _best(sample)
    order = np.argsort(-np.bincount(place, minlength=len(centres)), kind="stable")
    return Clusters(middle, spread, centres[order], _named(centres[order]))


def _best(sample: Floats) -> tuple[Floats, Ints]:
    """The centres with the best silhouette, and the group of each of the sample."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from threadpoolctl import threadpool_limits

    judged = _spread_out(len(sample), JUDGED_BY)
    best: tuple[float, Floats, Ints] | None = None
    for number in range(LEAST_GROUPS, MOST_GROUPS + 1):
        with threadpool_limits(1):  # so little work takes longer in several threads
            model = KMeans(number, n_init=4, random_state=SEED).fit(sample)
        place = model.labels_.astype(np.int64)
        if len(np.unique(place[judged])) < number:
            continue
        score = float(silhouette_score(sample[judged], place[judged]))
        if best is None or score > best[0]:
            best = score, model.cluster_centers_, place
    if best is None:  # fewer different members than groups
        return sample.mean(axis=0, keepdims=True), np.zeros(len(sample), np.int64)
    return best[1], best[2]


def _spread_out(n: int, most: int) -> Ints:
    """At most so many of n places, evenly apart: ids tell nothing of habits."""
    return np.arange(n) if n <= most else np.linspace(0, n - 1, most).astype(np.int64)


def _named(centres: Floats) -> tuple[Segment, ...]:
    """Each group by the habits that set it most apart from the mean of all, in standard deviations."""
    segments = []
    for number, centre in enumerate(centres, 1):
        telling = [at for at in np.argsort(-np.abs(centre)) if abs(centre[at]) >= TELLING]
        said = [HABITS[at].more if centre[at] > 0 else HABITS[at].less for at in telling]
        short = said[:_WORDS] or [Text("like everybody", "与整体相近")]
        label = Text(_sentence(", ".join(one.en for one in short)), "、".join(one.zh for one in short))
        meaning = Text(
            _sentence(", ".join(one.en for one in said or short)) + ".",
            "、".join(one.zh for one in said or short) + "。",
        )
        segments.append(Segment(str(number), label, meaning))
    return tuple(segments)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
