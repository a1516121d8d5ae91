"""How members behave: every number with its source and status, so that a result can say what it rests on.

Purchases follow a customer-base model of the core, BG/NBD (Fader, Hardie, Lee 2005) unless the past says
otherwise: while alive a member buys at a rate of their own, and leaves for good with a probability of their
own. Amounts follow Gamma-Gamma (Fader, Hardie 2013). Rates are per week of average demand.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.customers.models import PURCHASE_MODELS, PurchaseModel
from loyalty_core.rules.document import Document
from simulation.effects import default_effects
from simulation.evidence import Sourced
from simulation.subscribing import Subscribing

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Factor = Annotated[float, Field(gt=0, le=1000)]  # of sales: each is simulated
Utility = Annotated[float, Field(ge=-100, le=100)]  # of which e to the power is taken
Share = Annotated[float, Field(ge=0, le=1)]
Part = Annotated[float, Field(gt=0, lt=1)]
Rate = Annotated[float, Field(ge=0, le=100)]
MOST_DAYS = 0.98  # of a week on which a member buys
NOTHING = -1  # the choice of a member who takes no reward


class Purchasing(Sourced):
    """Rates λ ~ Gamma(r, alpha) per week; leaving by the model's own parameters.

    After a repeat purchase (BG/NBD) or any (MBG/NBD) with a chance p ~ Beta(a, b); at any time (Pareto/NBD)
    with a hazard μ ~ Gamma(a, b) a week, whose a and b its literature calls s and β; never (NBD).
    """

    model: Literal["bg_nbd", "mbg_nbd", "pareto_nbd", "nbd"] = "bg_nbd"
    r: Positive = 0.8
    alpha: Positive = 3.2
    a: Positive = 0.8
    b: Positive = 5.5
    # Rates that were fitted to days on which members bought: sales come so many times as fast as chance
    # alone would crowd them on those days. None: rates are of sales.
    crowding: Factor | None = None
    # See `level`: rates of those who join beside the fitted ones, and of all beside what the model expects.
    newcomers: Factor = 1.0
    level: Factor = 1.0

    @property
    def fitted(self) -> PurchaseModel:
        """The model at these parameters."""
        model = PURCHASE_MODELS[self.model]
        return model(*(self.r, self.alpha, self.a, self.b)[: len(fields(model))])  # type: ignore[arg-type]

    def sales(self, rate: Floats) -> Floats:
        """How often sales come that fall on so many different days a week."""
        if self.crowding is None:
            return rate
        return -7 * self.crowding * np.log1p(-np.minimum(rate / 7, MOST_DAYS))


class Spending(Sourced):
    """Gamma-Gamma: an amount ~ Gamma(p, ν), ν ~ Gamma(q, v) for each member; mean p·v ÷ (q − 1)."""

    p: Positive = 4.0
    q: Positive = 3.8
    v: Positive = 130.0

    @property
    def mean(self) -> float:
        """The average amount over members, in currency units; infinite for q ≤ 1."""
        return self.p * self.v / (self.q - 1) if self.q > 1 else float("inf")


class Season(Sourced):
    """Demand of each month (January first) and weekday (Monday first) relative to an average of 1.

    `new_year` is that of the weeks around the lunar new year (three before it, two from it on), which moves
    through January and February, relative to the same months without it.
    """

    months: tuple[Positive, ...] = Field((1.0,) * 12, min_length=12, max_length=12)
    weekdays: tuple[Positive, ...] = Field((1.0,) * 7, min_length=7, max_length=7)
    new_year: tuple[Positive, ...] = Field((1.0,) * 5, min_length=5, max_length=5)


class Redeeming(Sourced):
    """A logit after each purchase: take one of the affordable rewards, or keep saving (utility 0).

    Utility of a reward = appeal + eagerness · ln(balance ÷ price) + ambition · ln(price ÷ cheapest).
    """

    appeal: Utility = -1.1
    eagerness: Utility = 0.9
    ambition: Utility = 0.6
    # Members who never redeem at all.
    never_share: Share = Field(default_factory=lambda: default_effects().never_redeem.value)


class Refunding(Sourced):
    """Purchases that come back, between one day and `within_days` later: whole, but for the share `partial`
    of them. Of these comes back one of `parts` of the amount, each as likely."""

    share: Share = 0.0
    within_days: int = Field(14, ge=1, le=365)
    partial: Share = 0.0
    parts: tuple[Part, ...] = Field((0.25, 0.5, 0.75), min_length=1)


class CommonShock(Sourced):
    """Luck that all members share in a week: the standard deviation of the logarithm of demand."""

    spread: float = Field(0.0, ge=0, le=2)


class Joining(Sourced):
    """New members: how many a day at the start, by how much that grows in a year, how many buy at once.

    A growth of 0.1 means a tenth more after a year. The seasons of joining are those of `months`, relative
    to an average of 1. Where those seem to join who are seen for the first time, fewer are left to be seen:
    they fall with the power `fading` of the time since records began, `begun_days` before the start.
    """

    a_day: float = Field(0.0, ge=0, allow_inf_nan=False)
    growth_a_year: float = Field(0.0, gt=-1, le=10)
    months: tuple[Positive, ...] = Field((1.0,) * 12, min_length=12, max_length=12)
    buying_at_once: Share = 1.0
    fading: float = Field(0.0, ge=0, le=10)
    begun_days: int = Field(0, ge=0)


class Referring(Sourced):
    """Friends whom a member brings in a year of being active."""

    a_year: float = Field(0.0, ge=0, le=50)


class Doing(Sourced):
    """What members do beside buying, as often as this a week while they are customers.

    The rates of single members are spread like a Gamma of shape `alike` about these: the larger it is, the
    more alike they are.
    """

    sign_in: Rate = 0.0
    task: Rate = 0.0
    review: Rate = 0.0
    alike: Positive = 1.0

    @property
    def nothing(self) -> bool:
        """Whether nobody does anything."""
        return self.sign_in + self.task + self.review == 0


class Paying(Sourced):
    """How members pay: the share of sales of those who ever redeem on which they pay with points, where the
    programme takes points as cash; then with as many as its rules allow."""

    with_points: Share = 0.0

    @property
    def nothing(self) -> bool:
        """Whether all is paid with money."""
        return self.with_points == 0


class Couponing(Sourced):
    """How often members think of a coupon that they hold, sale by sale and kind by kind."""

    uses: Share = 0.5


class Storing(Sourced):
    """Prepaid cards: the share of members who have one, beside those with money on it already.

    Before a sale for more than is on the card its holder puts one of the `amounts` (currency units, each as
    likely) on it with the chance `tops_up`; with money on it the card pays with the chance `pays`.
    """

    holders: Share = 0.0
    tops_up: Share = 0.3
    amounts: tuple[Positive, ...] = Field((100.0, 200.0, 300.0, 500.0, 1000.0), min_length=1)
    pays: Share = 0.85

    @property
    def nothing(self) -> bool:
        """Whether nobody uses a card."""
        return self.holders == 0


class Behaviour(Document):
    """Everything that the simulator supposes about members."""

    purchasing: Purchasing = Purchasing()
    spending: Spending = Spending()
    season: Season = Season()
    redeeming: Redeeming = Redeeming()
    refunding: Refunding = Refunding()
    common_shock: CommonShock = CommonShock()
    joining: Joining = Joining()
    referring: Referring = Referring()
    doing: Doing = Doing()
    paying: Paying = Paying()
    couponing: Couponing = Couponing()
    storing: Storing = Storing()
    subscribing: Subscribing = Subscribing()
    # Rates fitted to a running programme already contain the pull of its goals: the progress of the
    # average member at the start, at which the effect is neutral. 0 for a population without past.
    usual_progress: Share = 0.0
    # Likewise the share of purchases that are made in the momentum of a redemption.
    usual_momentum: Share = 0.0
    # And the share of those who join who are given a head start.
    usual_head_start: Share = 0.0

    def assumptions(self) -> list[dict[str, object]]:
        """Each group of numbers that counts, with status and source, for the reader of a result."""
        parts = {name: getattr(self, name) for name in type(self).model_fields}
        for name in ("doing", "paying", "storing"):
            if getattr(self, name).nothing:
                del parts[name]
        return [
            {"name": name, **part.model_dump(mode="json")}
            for name, part in parts.items()
            if isinstance(part, Sourced)
        ]


def progress_between(amount: Ints, goals: Ints) -> Floats:
    """How far each amount is on the way from the goal behind it to the next one: 0 … 1, and 0 past the last.

    `goals` ascend and are positive; nothing lies behind the first one but 0.
    """
    if not len(goals):
        return np.zeros(len(amount))
    steps = np.array([0.0, *goals.tolist(), np.inf])
    rooms = steps[1:] - steps[:-1]
    behind = np.zeros(len(amount), np.int64)
    for goal in goals:  # there are few
        behind += amount >= goal
    share: Floats = np.maximum(amount - steps[behind], 0.0) / rooms[behind]
    return share


def reward_weights(redeeming: Redeeming, balance: Ints, prices: Ints, may: Flags | None = None) -> Floats:
    """e to the utility of each reward for each balance, rewards × balances; 0 where it cannot be afforded.

    Keeping the points has weight 1. `prices` are the same for all, or those of each balance (rows); `may`
    says for each balance what can be had where that is not a matter of the price alone.
    """
    asked = prices[:, None] if prices.ndim == 1 else prices.T
    utility = redeeming.appeal + redeeming.ambition * np.log(asked / asked.min(axis=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = np.exp(utility + redeeming.eagerness * np.log(balance / asked))
    return np.where(balance >= asked if may is None else may.T, pull, 0.0)


def chosen_rewards(
    redeeming: Redeeming,
    balance: Ints,
    prices: Ints,
    luck: Floats,
    there: Flags | None = None,
    may: Flags | None = None,
    odds: Floats | None = None,
) -> Ints:
    """The reward (a column of `prices`) that each balance is exchanged for, NOTHING for most.

    `there` says for each balance (rows) which rewards (columns) are left, all without it; `prices` and
    `may` are those of `reward_weights`; `odds` multiply those of each balance to take anything.
    """
    weights = reward_weights(redeeming, balance, prices, may)
    if there is not None:
        weights = np.where(there.T, weights, 0.0)
    upto = np.cumsum(weights if odds is None else weights * odds, axis=0)
    # Keeping comes last, so a draw beyond all rewards takes nothing.
    choice = (luck * (1 + upto[-1]) >= upto).sum(axis=0)
    return np.where(choice < len(upto), choice, NOTHING)
