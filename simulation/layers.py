"""What an answer's uncertainty rests on: chance, how members are supposed to respond, how surely the past
tells the parameters of what they do, and which model of purchases is supposed.

For each layer what it leaves open is drawn anew, all else being as it is known. Both sides of a comparison
are run under the same draw, and all draws on the same few lucks: their gains differ by what was drawn. Layers
are taken to add up: what they do only together is not seen. What forecasts of the past missed beside all that
is drawn (model form) is no draw: a backtest tells it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from loyalty_core.arrays import Floats
from loyalty_core.text import Text
from simulation.arm import Arm
from simulation.campaigns import Campaign
from simulation.contest import Contest
from simulation.drawn_behaviour import drawn_behaviour
from simulation.effects import Effect, Effects, Unit
from simulation.evidence import Z_90, Status, off
from simulation.plan import Plan
from simulation.replications import Design
from simulation.scenario import Scenario
from simulation.scenario_campaigns import CampaignLine
from simulation.stopping import Gain
from simulation.streams import member_keys

OUTER = 12
MOST_SUPPOSED = 0.30  # of the variance that is no more than supposed, for a decision (model.md, section 4)
MORE_DRAWS = (12, 25, 50, 100)
ASSUMPTIONS, MODEL = "assumptions", "model"  # layers
PARTS = {  # of the variance, by what `Layers.to_json` calls them
    "process_share": Text("chance", "偶然因素"),
    "assumptions_share": Text("how members respond", "会员响应方式"),
    "parameters_share": Text("what the past leaves open", "历史数据未能确定的参数"),
    "model_share": Text("which model of purchases holds", "购买模型的选择"),
    "form_share": Text("what forecasts of the past missed", "历史预测的偏差"),
}
Pair = tuple[Arm, ...]  # both sides
_TRIES = 4_000  # of what the shares may be


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """By layer the gains in money of each draw (rows) on the same lucks (columns); the gain where nothing is
    drawn, whose replications tell chance; and the variance that a backtest says is `missed` beside all that
    is drawn, None where none stands."""

    gains: Mapping[str, Floats]
    gain: Gain
    missed: float | None = None

    @classmethod
    def told(cls, document: Mapping[str, Any]) -> Layers:
        """From what `to_json` says, but for what a backtest does."""
        gains = {layer: np.array(rows) for layer, rows in document["gains"].items()}
        return cls(gains=gains, gain=Gain(**document["answer"]))

    def to_json(self) -> dict[str, Any]:
        """Shares of the variance of one run, None where there is none, each with the 90 % interval that so
        few draws and runs leave; the range that nine of ten runs lie in, were they normal, and how likely one
        is worth more (`probability_better`); whether chance alone leaves open whether there is a gain or a
        loss (`by_chance`); and how many draws would tell whether more than `MOST_SUPPOSED` is supposed."""
        total, mean = sum(self._variances.values()), self.gain.mean
        spread = float(np.sqrt(total))
        shares = {f"{name}_share": one / total if total else None for name, one in self._variances.items()}
        return {
            "draws": {layer: len(gains) for layer, gains in self.gains.items()},
            "gains": {layer: gains.tolist() for layer, gains in self.gains.items()},
            "answer": asdict(self.gain),
            "gain": mean,
            "runs": self.gain.runs,
            **shares,
            "intervals": self.intervals() if total else {},
            "low": mean - Z_90 * spread,
            "high": mean + Z_90 * spread,
            "probability_better": float(ndtr(mean / spread)) if spread else None,
            "by_chance": abs(mean) <= self.gain.half_width != 0,
            "draws_to_tell": self._draws_to_tell(),
        }

    @property
    def _variances(self) -> dict[str, float]:
        drawn = {layer: float(between(gains)) for layer, gains in self.gains.items()}
        missed = {} if self.missed is None else {"form": self.missed}
        return {"process": self.gain.variance} | drawn | missed

    def intervals(self, draws: int | None = None) -> dict[str, list[float]]:
        """Between which ends each share lies, by generalised confidence intervals of variance components
        (Weerahandi 1993): sums of squares are divided by draws of their chi-square. With `draws`, if so many
        told the same; of models there are no more than those that were drawn."""
        luck = np.random.default_rng(0)
        freedom = self.gain.runs - 1
        parts = {"process": self.gain.variance * freedom / luck.chisquare(freedom, _TRIES)}
        for layer, gains in self.gains.items():
            parts[layer] = _perhaps(gains, luck, len(gains) if draws is None or layer == MODEL else draws)
        if self.missed is not None:
            parts["form"] = np.full(_TRIES, self.missed)
        total = np.maximum(sum(parts.values()), np.finfo(float).tiny)
        return {
            f"{name}_share": np.quantile(one / total, [0.05, 0.95]).tolist() for name, one in parts.items()
        }

    def _draws_to_tell(self) -> int | None:
        """How many draws of each layer would be expected to tell whether more than `MOST_SUPPOSED` of the
        variance is supposed; None where these do, or not even many would."""
        made = len(self.gains.get(ASSUMPTIONS, ()))
        if not made or is_told(self.intervals()):
            return None
        return next((more for more in MORE_DRAWS if more > made and is_told(self.intervals(more))), None)


def is_told(intervals: Mapping[str, Sequence[float]]) -> bool:
    """Whether it is known on which side of `MOST_SUPPOSED` the share lies that is no more than supposed."""
    low, high = intervals.get(f"{ASSUMPTIONS}_share", (0.0, 0.0))
    return high < MOST_SUPPOSED or low >= MOST_SUPPOSED


def between(values: Floats) -> Floats:
    """The variance that draws (first axis) bring, as their means over the lucks (second axis) tell it beside
    what is left to chance when a draw meets another luck; at least 0."""
    found: Floats = np.maximum(values.mean(axis=1).var(axis=0, ddof=1) - _left(values) / values.shape[1], 0.0)
    return found


def _left(values: Floats) -> Floats:
    """The mean square that neither draws nor lucks explain."""
    draws, lucks = values.shape[:2]
    left = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean(axis=(0, 1))
    found: Floats = (left**2).sum(axis=(0, 1)) / ((draws - 1) * (lucks - 1))
    return found


def _perhaps(gains: Floats, luck: np.random.Generator, draws: int) -> Floats:
    """What the variance that draws bring may be, as often as wanted, if so many draws told the same."""
    lucks = gains.shape[1]
    free, free_left = draws - 1, (draws - 1) * (lucks - 1)
    seen = gains.mean(axis=1).var(ddof=1) * free / luck.chisquare(free, _TRIES)
    unexplained = _left(gains) * free_left / luck.chisquare(free_left, _TRIES)
    found: Floats = np.maximum(seen - unexplained / lucks, 0.0)
    return found


def draws_of(design: Design, found: Contest, outer: int = OUTER) -> dict[str, list[Pair]]:
    """Of each layer of which anything is left open so many draws; of models each that is not ruled out."""
    kinds = {ASSUMPTIONS: _assumptions, "parameters": _parameters}
    drawn = {layer: [draw(design, found, one) for one in range(outer)] for layer, draw in kinds.items()}
    models = range(len(design.start.unsure.models))
    drawn[MODEL] = [_model(design, one) for one in models]
    # What is left open there moves nothing where all draws are alike.
    return {layer: pairs for layer, pairs in drawn.items() if any(one != pairs[0] for one in pairs[1:])}


def _assumptions(design: Design, found: Contest, draw: int) -> Pair:
    """Every response to a campaign, every effect that the past does not tell and what else is supposed with
    a range, anew from the range of what is known of it."""
    drawn = []
    for arm, scenario in zip(design.arms, found.scenarios, strict=True):
        effects = drawn_effects(arm.effects, design.seed, draw)
        plan = drawn_plan(arm.plan, scenario, design.seed, draw)
        supposed = replace(arm, effects=effects, plan=plan)
        drawn.append(_behaving(supposed, design, scenario, draw, calibrated=False))
    return tuple(drawn)


def _parameters(design: Design, found: Contest, draw: int) -> Pair:
    """What the past leaves open of purchases, their level and joining, of what else members do, and of the
    effects that it tells."""
    start, seed = design.start, design.seed
    drawn = []
    for arm, scenario in zip(design.arms, found.scenarios, strict=True):
        bought = start.unsure.arm(arm, start.days, seed, draw)
        told = replace(bought, effects=drawn_effects(bought.effects, seed, draw, calibrated=True))
        drawn.append(_behaving(told, design, scenario, draw, calibrated=True))
    return tuple(drawn)


def _behaving(arm: Arm, design: Design, scenario: Scenario, draw: int, *, calibrated: bool) -> Arm:
    """The arm with what members do drawn from the ranges of the calibration, but for what a scenario sets."""
    told = design.start.calibration
    if told is None:
        return arm
    given = [*scenario.behaviour]
    drawn = drawn_behaviour(arm.behaviour, told, design.seed, draw, calibrated=calibrated, given=given)
    return replace(arm, behaviour=drawn)


def _model(design: Design, draw: int) -> Pair:
    """Another of the models that the weeks held out do not rule out, one after the other."""
    return tuple(design.start.unsure.of_a_model(arm, draw) for arm in design.arms)


def drawn_effects(effects: Effects, seed: int, draw: int, *, calibrated: bool = False) -> Effects:
    """Every effect that is on and no more than supposed, or else every `calibrated` one, at a value within
    what is known: normal on either side of its value, a twentieth of the draws beyond either end of the
    range. Equal seeds and draws give equal values."""
    luck = np.random.default_rng([seed, draw]).random(len(effects.items()))
    values = {
        key: _between(effect, float(ndtri(share)))
        for (key, effect), share in zip(effects.items(), luck, strict=True)
        if _is_drawn(effect, calibrated)
    }
    return effects.with_values(**values)


def _is_drawn(effect: Effect, calibrated: bool) -> bool:
    told = effect.status is Status.CALIBRATED
    return effect.on and effect.low < effect.high and told == calibrated


def drawn_plan(plan: Plan, scenario: Scenario, seed: int, draw: int) -> Plan:
    """The scenario's calendar with every response of a campaign, of which a range is known, drawn from it.
    A campaign has the same luck in all scenarios that name it."""
    campaigns = [
        _drawn_response(campaign, line, seed, draw)
        for campaign, line in zip(plan.campaigns, scenario.campaigns, strict=True)
    ]
    return replace(plan, campaigns=tuple(campaigns))


def _drawn_response(campaign: Campaign, line: CampaignLine, seed: int, draw: int) -> Campaign:
    told, lift, returns = line.response, campaign.lift, campaign.returns
    luck = ndtri(np.random.default_rng([seed, draw, int(member_keys([line.name])[0])]).random(2))
    if told.lift_range is not None:
        lift = max(off(lift, *told.lift_range, float(luck[0])), -1.0)
    if told.returns_range is not None and returns is not None:
        returns = min(max(off(returns, *told.returns_range, float(luck[1])), 0.0), 1.0)
    return replace(campaign, lift=lift, returns=returns)


def _between(effect: Effect, steps: float) -> float:
    value = off(effect.value, effect.low, effect.high, steps)
    if effect.unit is not Unit.GRADIENT:
        value = max(value, 0.0)
    return min(value, 1.0) if effect.unit in (Unit.SHARE, Unit.LIMIT) else value
