"""How often members buy and how much they spend, as a simulation is seeded with it.

Where the past tells too little the default stands at the data's own level, and says so.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from loyalty_core.arrays import Flags, Floats
from loyalty_core.customers.bg_nbd import BgNbd
from loyalty_core.customers.fitting import FEWEST_REPEATERS, Fit
from loyalty_core.customers.models import purchases_fitted, spending_fitted
from loyalty_core.customers.nbd import Nbd
from loyalty_core.customers.pasts import pasts, spends
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import distinct, moment
from simulation.behaviour import Behaviour, Purchasing, Spending
from simulation.calibration_findings import Findings
from simulation.evidence import Z_90, Status, Words, words
from simulation.model_choice import Candidate, Choice

QUARTER_WEEKS = 13.0
HALF_A_REPEAT = 0.5  # none in many weeks: as if there had been half of one (Jeffreys)
_STAYING = (1.0, 1e6)  # a and b with which nobody leaves


class Past(Protocol):
    """What n members did, in weeks and currency units (see `Rhythm`)."""

    @property
    def repeats(self) -> Floats: ...
    @property
    def recency(self) -> Floats: ...
    @property
    def age(self) -> Floats: ...
    @property
    def spent(self) -> Floats: ...


def calibrated(past: Past, default: Behaviour, mean_amount: float | None = None) -> Behaviour:
    """`default` with purchasing and spending fitted to the members' past where it tells enough.

    What cannot be fitted is scaled to the data's own level where there is one, and stays an assumption;
    `mean_amount` is that of their purchase days, as `mean_amount_of` tells it.
    """
    seen = past.age > 0
    fit = plain = None
    if (past.repeats[seen] > 0).sum() >= FEWEST_REPEATERS:
        alike = pasts(past.repeats[seen], past.recency[seen], past.age[seen])
        fit = purchases_fitted(BgNbd, alike)
        plain = None if fit.told else purchases_fitted(Nbd, alike)
    spending = spending_of(past, fitted_spending(past), default.spending, mean_amount)
    return default.model_copy(
        update={"purchasing": purchasing_of(past, fit, plain, default.purchasing), "spending": spending}
    )


def say_purchases(found: Findings, choice: Choice, past: Past) -> None:
    """The chosen model's figures, and the parameters to simulate with."""
    if choice.chosen is None:
        why = _too_little(past)
        found.refuse(
            f"Purchasing keeps the default's spread and drop-out: {why.en}.",
            f"购买的离散度和流失率沿用默认值：{why.zh}。",
        )
    else:
        _say_chosen(found, choice.chosen, past)
    found.behave(purchasing=purchasing_by(choice, past, found.behaviour.purchasing))


def _say_chosen(found: Findings, one: Candidate, past: Past) -> None:
    model, fit = one.fitted(), one.fit
    (r, alpha), spread = fit.parameters[:2], fit.covariance
    reach = float(np.exp(Z_90 * np.sqrt(spread[0, 0] + spread[1, 1] - 2 * spread[0, 1])))
    people = int((past.age > 0).sum())
    source = words(
        f"{one.model.NAME} by maximum likelihood on {people:,} members",
        f"{one.model.NAME} 极大似然，{people:,} 名会员",
    )
    seen = past.age > 0
    known = past.repeats[seen], past.recency[seen], past.age[seen]
    alive = model.alive(*known)
    there, luck = float(alive.sum()), Z_90 * float(np.sqrt((alive * (1 - alive)).sum()))
    coming = float(model.coming(*known, QUARTER_WEEKS).sum())
    rate = words("Purchase days a week while a customer", "在购期间每周购买天数")
    staying = words("Members who are still customers", "仍在购的会员")
    next_days = words("Purchase days of these members in the next 13 weeks", "这些会员未来 13 周的购买天数")
    rows = (
        ("purchase_rate", rate, "a week", (r / alpha, r / alpha / reach, r / alpha * reach)),
        ("still_customers", staying, "members", (there, there - luck, there + luck)),
        ("coming_quarter", next_days, "purchase days", (coming, None, None)),
    )
    for key, name, unit, figure in rows:
        found.tell(key, name, unit, figure, Status.CALIBRATED, source)


def say_spending(found: Findings, past: Past, mean_amount: float | None) -> Fit | None:
    """The mean amount of a purchase day; gives back the fit, None where the past is too short for one."""
    fit = fitted_spending(past)
    spending = spending_of(past, fit, found.behaviour.spending, mean_amount)
    paid = int(_paid(past).sum())
    source = words(
        spending.source, _SOURCES_ZH.get(spending.source, f"Gamma-Gamma 极大似然，{paid:,} 名会员")
    )
    low = high = None
    if spending.status is Status.CALIBRATED and fit is not None and np.isfinite(fit.covariance).all():
        q = fit.parameters[1]
        slope = np.array([1.0, -q / (q - 1), 1.0])  # of ln(p·v ÷ (q − 1)) by the logarithms of p, q, v
        reach = float(np.exp(Z_90 * np.sqrt(slope @ fit.covariance @ slope)))
        low, high = spending.mean / reach, spending.mean * reach
    else:
        found.refuse(f"Spending is not fitted: {source.en}.", f"未拟合消费金额：{source.zh}。")
    name = words("Mean amount of a purchase day", "购买日平均消费")
    mean = spending.mean if np.isfinite(spending.mean) else None
    found.tell("mean_amount", name, "currency", (mean, low, high), spending.status, source)
    found.behave(spending=spending)
    return fit


def fitted_spending(past: Past) -> Fit | None:
    """Gamma-Gamma of those with paid repeats; None where these are too few."""
    paid = _paid(past)
    if paid.sum() < FEWEST_REPEATERS:
        return None
    return spending_fitted(spends(past.repeats[paid], past.spent[paid] / past.repeats[paid]))


def purchasing_of(past: Past, fit: Fit | None, plain: Fit | None, default: Purchasing) -> Purchasing:
    """BG/NBD as fitted; else NBD, in which nobody leaves; else the default at the data's mean rate."""
    members = f"{int((past.age > 0).sum()):,} members"
    if fit is not None and fit.told:
        r, alpha, a, b = fit.parameters
        source = f"BG/NBD by maximum likelihood on {members}"
        return Purchasing(r=r, alpha=alpha, a=a, b=b, status=Status.CALIBRATED, source=source)
    if plain is not None and plain.told:
        (r, alpha), (a, b) = plain.parameters, _STAYING
        source = f"NBD by maximum likelihood on {members}: nobody is seen to leave"
        return Purchasing(r=r, alpha=alpha, a=a, b=b, status=Status.CALIBRATED, source=source)
    return _at_the_level_of(past, default, _too_little(past).en)


def purchasing_by(choice: Choice, past: Past, default: Purchasing) -> Purchasing:
    """The model that forecast the weeks held out best; the default at the data's mean rate without one."""
    if choice.chosen is None:
        return _at_the_level_of(past, default, _too_little(past).en)
    model = choice.chosen.model
    source = f"{model.NAME} by maximum likelihood on {int((past.age > 0).sum()):,} members"
    if model is Nbd:
        source += ": nobody is seen to leave"
    return Purchasing(
        **supposed(choice.chosen),
        crowding=choice.crowding,
        status=Status.CALIBRATED,
        source=source,
    )


def supposed(one: Candidate) -> dict[str, Any]:
    """A model at its most likely parameters, as fields of `Purchasing`."""
    r, alpha, a, b = (*one.fit.parameters, *_STAYING)[:4]
    return {"model": one.model.KEY, "r": r, "alpha": alpha, "a": a, "b": b}


def mean_amount_of(history: History, programme: Programme, first_day: int) -> float | None:
    """The mean amount of members' purchase days before `first_day`, first ones too, in currency units; None
    where none has an amount."""
    bought = history.purchases
    sale = (bought.member >= 0) & ~bought.refund & (bought.day < first_day)
    days = len(distinct(moment(bought.member[sale], bought.day[sale])))
    total = float(bought.amount[sale].sum()) / 10**programme.currency_decimals
    return total / days if total > 0 else None


def spending_of(past: Past, fit: Fit | None, default: Spending, mean_amount: float | None) -> Spending:
    """Gamma-Gamma as fitted, else the default's spread at the data's own level."""
    if fit is not None and fit.converged and fit.parameters[1] > 1:
        p, q, v = fit.parameters
        source = f"Gamma-Gamma by maximum likelihood on {_paid(past).sum():,} members"
        return Spending(p=p, q=q, v=v, status=Status.CALIBRATED, source=source)
    if mean_amount is None:
        return default.model_copy(update={"source": NOTHING_PAID})
    return default.model_copy(update={"v": mean_amount * (default.q - 1) / default.p, "source": OWN_MEAN})


NOTHING_PAID = "default: no purchase has an amount"
OWN_MEAN = "the data's mean amount, the default's spread"
_SOURCES_ZH = {NOTHING_PAID: "默认值：没有带金额的购买", OWN_MEAN: "数据的平均金额，默认的离散度"}


def _at_the_level_of(past: Past, default: Purchasing, why: str) -> Purchasing:
    """The default's spread and drop-out with the mean rate that the past shows.

    Where nobody bought again it is lower than the default's if the weeks that members were seen say so.
    """
    repeats, weeks = float(past.repeats.sum()), float(past.age.sum())
    alpha = default.r * weeks / (repeats or HALF_A_REPEAT)
    if not repeats and alpha <= default.alpha:
        return default.model_copy(update={"source": f"default: {why}"})
    source = f"the data's mean rate, the default's spread and drop-out: {why}"
    return default.model_copy(update={"alpha": alpha, "source": source})


def _paid(past: Past) -> Flags:
    return (past.repeats > 0) & (past.spent > 0)


def _too_little(past: Past) -> Words:
    if (past.repeats[past.age > 0] > 0).sum() < FEWEST_REPEATERS:
        return words(
            f"fewer than {FEWEST_REPEATERS} members have bought again",
            f"再次购买的会员不足 {FEWEST_REPEATERS} 名",
        )
    return words("the past does not tell the model's parameters apart", "历史数据不足以区分模型的参数")
