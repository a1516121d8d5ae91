"""A programme's own past turned into what a simulation starts from: `calibrate`.

Every figure has a 90 % range, a source and a status; what the past does not tell keeps its default, and
the calibration says why.
"""

from __future__ import annotations

from datetime import date

from loyalty_core.customers.fitting import Fit
from loyalty_core.customers.gamma_gamma import GammaGamma
from loyalty_core.customers.pasts import rhythm
from loyalty_core.days import to_date
from loyalty_core.errors import InputError
from loyalty_core.history import History
from loyalty_core.rules.document import Document
from loyalty_core.rules.programme import Programme
from simulation.behaviour import Behaviour
from simulation.buying import Past, calibrated, mean_amount_of, say_purchases, say_spending
from simulation.calibrated_habits import couponing_of, say_habits
from simulation.calibrated_memberships import memberships_seen, say_memberships, subscribing_of
from simulation.calibrated_points import redeeming_of, say_points
from simulation.calibrated_refunds import refunding_of, say_refunds
from simulation.calibrated_rhythm import say_campaigns, say_demand, say_joining, season_and_luck
from simulation.calibration_findings import Findings
from simulation.effects import Effects, default_effects
from simulation.evidence import Z_90, Quantity, Status, Words
from simulation.habit_rates import coupons_used
from simulation.last_day import day_after
from simulation.level import say_level
from simulation.model_choice import Choice, chosen_model
from simulation.paid_at_till import paid_at_till
from simulation.refunds import refunds_of_late
from simulation.untold import say_untold

__all__ = ["Calibration", "FittedModel", "Parameter", "behaviour_of", "calibrate", "calibrated"]


class Parameter(Document):
    """One parameter of a fitted model and its 90 % range; without one the past does not tell it."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


class FittedModel(Document):
    """A customer-base model at its most likely parameters."""

    key: str
    name: str
    parameters: tuple[Parameter, ...]
    log_likelihood: float
    told: bool  # the past tells all parameters apart
    missed: float | None = None  # WAPE by week of the weeks held out


class Calibration(Document):
    """What a programme's past tells, up to and including `until`."""

    until: date
    since: date
    members: int
    purchases: int
    models: tuple[FittedModel, ...]
    chosen: str | None  # key of the purchase model that forecast the weeks held out best
    weeks_held_out: int
    quantities: tuple[Quantity, ...]
    refused: tuple[Words, ...]
    behaviour: Behaviour
    effects: Effects
    # Of the choice to redeem as fitted: of appeal, eagerness, ambition and the logit of who never does.
    choice_covariance: tuple[tuple[float, ...], ...] = ()

    def quantity(self, key: str) -> Quantity:
        """The one of that key."""
        return next(one for one in self.quantities if one.key == key)


def calibrate(
    history: History,
    programme: Programme,
    first_day: int | None = None,
    default: Behaviour | None = None,
    library: Effects | None = None,
    choice: Choice | None = None,
) -> Calibration:
    """What the history tells before `first_day`, the day after its last event unless told otherwise.

    `choice` is that of the customer-base model on the same past, where it has been made already.
    InputError where no member had bought anything by then.
    """
    begin = day_after(history) if first_day is None else first_day
    since, purchases = _extent(history, begin)
    found = Findings(default or Behaviour(), library or default_effects())
    choice = choice or chosen_model(history, begin)
    past = rhythm(history, begin, 10**programme.currency_decimals)
    say_purchases(found, choice, past)
    spending = say_spending(found, past, mean_amount_of(history, programme, begin))
    say_demand(found, history, choice.chosen.fitted() if choice.chosen else None, begin)
    say_joining(found, history, begin)
    say_level(found, history, past, begin)
    say_refunds(found, history, begin)
    say_points(found, history, programme, begin)
    say_campaigns(found, history, programme, begin)
    say_habits(found, history, programme, begin)
    say_memberships(found, history, programme, begin)
    say_untold(found)
    return Calibration(
        until=to_date(begin - 1),
        since=to_date(since),
        members=int((history.members.joined_on < begin).sum()),
        purchases=purchases,
        models=_models(choice, spending),
        chosen=choice.chosen.model.KEY if choice.chosen else None,
        weeks_held_out=choice.weeks_held_out,
        quantities=tuple(found.quantities),
        refused=tuple(found.refused),
        behaviour=found.behaviour,
        effects=found.effects,
        choice_covariance=found.choice_covariance,
    )


def behaviour_of(
    history: History,
    programme: Programme,
    past: Past,
    first_day: int,
    default: Behaviour,
) -> Behaviour:
    """The behaviour that a simulation without a calibration sets out with, `past` being that of its members.

    As `calibrate`, without what takes long: ranges, effects, and the choice of a model. Where the past tells
    too little the default stands, and says so.
    """
    fitted = calibrated(past, default, mean_amount_of(history, programme, first_day))
    model = fitted.purchasing.fitted if fitted.purchasing.status is Status.CALIBRATED else None
    season, shock = season_and_luck(history, model, first_day)
    found = fitted.model_copy(
        update={
            "season": season,
            "common_shock": shock,
            "redeeming": redeeming_of(history, programme, first_day, default.redeeming),
            "couponing": couponing_of(coupons_used(history, programme, first_day), default.couponing),
            "refunding": refunding_of(refunds_of_late(history, first_day), default.refunding),
        }
    )
    fees = memberships_seen(history, programme, first_day)
    found = found.model_copy(update={"subscribing": subscribing_of(fees, programme, default.subscribing)})
    at_till = paid_at_till(history, programme, first_day)
    return found if at_till is None else at_till.behaviour(found)


def _extent(history: History, first_day: int) -> tuple[int, int]:
    """The first day of members' sales before the day, and their number; InputError where there is none."""
    bought = history.purchases
    sold = bought.day[(bought.member >= 0) & ~bought.refund]
    if not len(sold):
        raise InputError(
            f"no sale to a member in the data up to {to_date(first_day - 1)}: import purchases that name "
            "their members, or calibrate until a later day"
        )
    before = sold[sold < first_day]
    if not len(before):
        raise InputError(
            f"no member had bought anything by {to_date(first_day - 1)}: calibrate until "
            f"{to_date(int(sold.min()))}, the day of the first sale to a member, or later"
        )
    return int(before.min()), len(before)


def _models(choice: Choice, spending: Fit | None) -> tuple[FittedModel, ...]:
    models = [
        _model(one.model.KEY, one.model.NAME, one.names, one.fit, one.error) for one in choice.candidates
    ]
    if spending is not None:
        models.append(_model(GammaGamma.KEY, GammaGamma.NAME, ("p", "q", "v"), spending, None))
    return tuple(models)


def _model(key: str, name: str, names: tuple[str, ...], fit: Fit, missed: float | None) -> FittedModel:
    ranges: list[tuple[float | None, float | None]] = [(None, None)] * len(names)
    if fit.told:
        ranges = list(fit.ranges(Z_90))
    return FittedModel(
        key=key,
        name=name,
        parameters=tuple(
            Parameter(name=one, value=value, low=low, high=high)
            for one, value, (low, high) in zip(names, fit.parameters, ranges, strict=True)
        ),
        log_likelihood=fit.log_likelihood,
        told=fit.told,
        missed=missed,
    )
