"""Which customer-base model suits a past: each fitted to all of it, chosen on its last part alone.

The choice never sees what comes after the origin: the models are fitted to the past without its last
weeks, forecast these, and the one whose weekly forecasts miss least is taken (WAPE).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from loyalty_core.arrays import Flags, Floats
from loyalty_core.customers.fitting import FEWEST_REPEATERS, Fit
from loyalty_core.customers.models import PURCHASE_MODELS, PurchaseModel, purchases_fitted
from loyalty_core.customers.pasts import DAYS_A_WEEK, Pasts, Rhythm, alike, rhythm
from loyalty_core.history import History
from loyalty_core.timeline import distinct, moment, parts
from simulation.behaviour import MOST_DAYS

PLAIN = "nbd"
CLEARLY = 1.01
SHARE_HELD_OUT, FEWEST_WEEKS, MOST_WEEKS = 0.25, 4, 26
FEWEST_DAYS, CROWDING = 28, (0.5, 5.0)
FEWEST_HELD_OUT = 30  # purchase days in the weeks held out


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model's fit to the whole past, and how far its forecasts missed in the weeks held out."""

    model: type[PurchaseModel]
    fit: Fit
    error: float | None  # WAPE by week; None where nothing could be held out

    def fitted(self) -> PurchaseModel:
        return self.model(*self.fit.parameters)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the parameters, in their order."""
        return tuple(field.name for field in fields(self.model))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Choice:
    """All models, the chosen one, and on how many weeks it was chosen (0: by likelihood alone)."""

    candidates: tuple[Candidate, ...]
    chosen: Candidate | None  # None where the past tells too little for any
    weeks_held_out: int
    crowding: float | None = None  # see `crowding`

    def not_ruled_out(self, beyond: float) -> tuple[Candidate, ...]:
        """The models that missed at most so many times as much as the best one in the weeks held out."""
        judged = [one for one in self.candidates if one.error is not None]
        best = min((_missed(one) for one in judged), default=0.0)
        return tuple(one for one in judged if _missed(one) <= beyond * best)


def chosen_model(history: History, first_day: int) -> Choice:
    """The models fitted to the purchases before `first_day`, and the one to simulate with."""
    found = rhythm(history, first_day, 1)
    past, _ = _pasts(history, found, first_day)
    if past is None:
        return Choice((), None, 0)
    crowded = crowding(found)
    fits = {key: purchases_fitted(model, past) for key, model in PURCHASE_MODELS.items()}
    worth = [key for key, fit in fits.items() if fit.told and past.repeaters >= FEWEST_REPEATERS]
    held_out = _weeks_held_out(history, first_day)
    errors = _errors(history, first_day, held_out, worth) if held_out and worth else {}
    every = tuple(Candidate(PURCHASE_MODELS[key], fit, errors.get(key)) for key, fit in fits.items())
    told = [one for one in every if one.model.KEY in worth]
    if not told:
        return Choice(every, None, 0)
    if not errors:
        return Choice(every, min(told, key=_akaike), 0, crowded)
    best = min(told, key=_missed)
    plain = next((one for one in told if one.model.KEY == PLAIN), best)
    # That somebody leaves at all has to be seen: the plain model stands unless it misses clearly more.
    chosen = plain if _missed(plain) <= CLEARLY * _missed(best) else best
    return Choice(every, chosen, held_out, crowded)


def crowding(found: Rhythm) -> float | None:
    """How many sales fell on the days of repeat purchases, over as many as chance alone would crowd on them.

    A day is one purchase to the models; members who buy often have more than one on some. None where no
    member of some weeks bought again.
    """
    days = found.age * DAYS_A_WEEK
    seen = (days >= FEWEST_DAYS) & (found.repeats > 0)
    if not seen.any():
        return None
    share = np.minimum(found.repeats[seen] / days[seen], MOST_DAYS)
    due = float((-days[seen] * np.log1p(-share)).sum())
    return float(np.clip(found.sales[seen].sum() / due, *CROWDING))


def _missed(one: Candidate) -> float:
    return float("inf") if one.error is None else one.error


def _akaike(one: Candidate) -> float:
    return 2 * len(one.fit.parameters) - 2 * one.fit.log_likelihood


def _pasts(history: History, found: Rhythm, first_day: int) -> tuple[Pasts | None, Flags]:
    """What the members whose clock runs have done before the day, and who they are."""
    seen = (found.age > 0) & (history.members.joined_on < first_day)
    if not found.repeats[seen].any():
        return None, seen
    return alike(found.repeats[seen], found.recency[seen], found.age[seen])[0], seen


def _weeks_held_out(history: History, first_day: int) -> int:
    """A quarter of the past, four to 26 weeks; 0 where that would leave too little to fit."""
    bought = history.purchases
    days = bought.day[(bought.member >= 0) & ~bought.refund & (bought.day < first_day)]
    weeks = (first_day - int(days.min(initial=first_day))) / DAYS_A_WEEK
    held_out = int(min(weeks * SHARE_HELD_OUT, MOST_WEEKS))
    return held_out if held_out >= FEWEST_WEEKS else 0


def _errors(history: History, first_day: int, weeks: int, keys: Sequence[str]) -> dict[str, float]:
    """By model the WAPE of weekly purchase days, of members known when the weeks held out begin."""
    origin = first_day - 7 * weeks
    past, seen = _pasts(history, rhythm(history, origin, 1), origin)
    if past is None or past.repeaters < FEWEST_REPEATERS:
        return {}
    actual = _weekly(history, seen, origin, weeks)
    if actual.sum() < FEWEST_HELD_OUT:
        return {}
    found = {}
    for key in keys:
        model = PURCHASE_MODELS[key]
        one = model(*purchases_fitted(model, past).parameters)
        upto = [past.weight @ one.coming(past.x, past.tx, past.age, float(t + 1)) for t in range(weeks)]
        missed = np.abs(np.diff(upto, prepend=0.0) - actual).sum() / actual.sum()
        if np.isfinite(missed):
            found[key] = float(missed)
    return found


def _weekly(history: History, members: Flags, origin: int, weeks: int) -> Floats:
    """Purchase days of those members in each week from the origin on."""
    bought = history.purchases
    sale = (bought.member >= 0) & ~bought.refund & (bought.day >= origin)
    sale &= bought.day < origin + 7 * weeks
    sale[sale] = members[bought.member[sale]]
    _, day = parts(distinct(moment(bought.member[sale], bought.day[sale])))  # several on one day are one
    return np.bincount((day - origin) // 7, minlength=weeks).astype(np.float64)
