"""What an answer's uncertainty rests on: chance, how members are supposed to respond, how surely the past
tells the parameters of what they do, and which model of purchases is supposed.

For each layer what it leaves open is drawn anew, all else being as it is known. Both sides of a comparison
are run under the same draw, and all draws on the same few lucks: their gains differ by what was drawn. Layers
are taken to add up: what they do only together is not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtri

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
PARTS = {  # of the variance, by what `Layers.to_json` calls them
    "process_share": Text("chance", "偶然因素"),
    "assumptions_share": Text("how members respond", "会员响应方式"),
    "parameters_share": Text("what the past leaves open", "历史数据未能确定的参数"),
    "model_share": Text("which model of purchases holds", "购买模型的选择"),
}
Pair = tuple[Arm, ...]  # both sides
_TRIES = 4_000  # of what the shares may be


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """By layer the gains in money of each draw (rows) on the same lucks (columns); the gain where nothing is
    drawn, whose replications tell chance."""

    gains: Mapping[str, Floats]
    gain: Gain

    def to_json(self) -> dict[str, Any]:
        """Shares of the variance of one run, None where there is none, each with the 90 % interval that so
        few draws and runs leave; the range that nine of ten runs lie in, were they normal; and whether chance
        alone leaves open whether there is a gain or a loss (`by_chance`)."""
        variances = {"process": self.gain.variance} | {
            layer: float(between(gains)) for layer, gains in self.gains.items()
        }
        total = sum(variances.values())
        mean = self.gain.mean
        reach = Z_90 * float(np.sqrt(total))
        shares = {f"{name}_share": one / total if total else None for name, one in variances.items()}
        return {
            "draws": {layer: len(gains) for layer, gains in self.gains.items()},
            "gain": mean,
            "runs": self.gain.runs,
            **shares,
            "intervals": self._intervals() if total else {},
            "low": mean - reach,
            "high": mean + reach,
            "by_chance": abs(mean) <= self.gain.half_width != 0,
        }

    def _intervals(self) -> dict[str, list[float]]:
        """Between which ends each share lies, by generalised confidence intervals of variance components
        (Weerahandi 1993): sums of squares are divided by draws of their chi-square."""
        luck = np.random.default_rng(0)
        freedom = self.gain.runs - 1
        parts = {"process": self.gain.variance * freedom / luck.chisquare(freedom, _TRIES)}
        parts |= {layer: _perhaps(gains, luck) for layer, gains in self.gains.items()}
        total = np.maximum(sum(parts.values()), np.finfo(float).tiny)
        return {
            f"{name}_share": np.quantile(one / total, [0.05, 0.95]).tolist() for name, one in parts.items()
        }


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


def _perhaps(gains: Floats, luck: np.random.Generator) -> Floats:
    """What the variance that draws bring may be, as often as wanted."""
    draws, lucks = gains.shape
    free, free_left = draws - 1, (draws - 1) * (lucks - 1)
    seen = gains.mean(axis=1).var(ddof=1) * free / luck.chisquare(free, _TRIES)
    unexplained = _left(gains) * free_left / luck.chisquare(free_left, _TRIES)
    found: Floats = np.maximum(seen - unexplained / lucks, 0.0)
    return found


def draws_of(design: Design, found: Contest, outer: int = OUTER) -> dict[str, list[Pair]]:
    """Of each layer of which anything is left open so many draws; of models each that is not ruled out."""
    kinds = {"assumptions": _assumptions, "parameters": _parameters}
    drawn = {layer: [draw(design, found, one) for one in range(outer)] for layer, draw in kinds.items()}
    models = range(len(design.start.unsure.models))
    drawn["model"] = [_model(design, one) for one in models]
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
