"""What an answer's uncertainty rests on: chance, how members are supposed to respond, how surely the past
tells the parameters of their purchases and responses, and which model of purchases is supposed.

Nested designs, one for each layer: outside, what the layer leaves open is drawn anew, all else being as it
is known; inside, members and their luck. Both sides of a comparison are run under the same draw. Layers are
taken to add up: what they do only together is not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from scipy.special import ndtri

from loyalty_core.arrays import Floats
from loyalty_core.text import Text
from simulation.arm import Arm
from simulation.campaigns import Campaign
from simulation.contest import Contest
from simulation.effects import Effect, Effects, Unit
from simulation.evidence import Z_90, Status
from simulation.experiment import ContestProgress, run
from simulation.plan import Plan
from simulation.replications import Design
from simulation.scenario import Scenario
from simulation.scenario_campaigns import CampaignLine
from simulation.streams import member_keys

OUTER, INNER = 12, 2
PARTS = {  # of the variance, by what `Layers.to_json` calls them
    "process_share": Text("chance", "偶然因素"),
    "assumptions_share": Text("how members respond", "会员响应方式"),
    "parameters_share": Text("what the past leaves open", "历史数据未能确定的参数"),
    "model_share": Text("which model of purchases holds", "购买模型的选择"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """By layer the gains in money of each draw (rows) and each run under it (columns)."""

    gains: Mapping[str, Floats]

    @property
    def process(self) -> float:
        """Variance of one run where all that can be drawn is known: members and luck."""
        return float(np.mean([gains.var(axis=1, ddof=1).mean() for gains in self.gains.values()]))

    def variance(self, layer: str) -> float:
        """What a layer adds, as the means of its draws tell it; at least 0."""
        gains = self.gains[layer]
        own = float(gains.var(axis=1, ddof=1).mean())
        found: float = max(float(gains.mean(axis=1).var(ddof=1)) - own / gains.shape[1], 0.0)
        return found

    def to_json(self) -> dict[str, Any]:
        """Shares of the variance, None where there is none; the range that nine of ten runs lie in, were they
        normal; and whether every draw gives a gain of the same sign."""
        variances = {"process": self.process} | {layer: self.variance(layer) for layer in self.gains}
        total = sum(variances.values())
        mean = float(np.mean([gains.mean() for gains in self.gains.values()]))
        reach = Z_90 * float(np.sqrt(total))
        signs = {sign for gains in self.gains.values() for sign in np.sign(gains.mean(axis=1))}
        draws, runs_each = next(iter(self.gains.values())).shape
        shares = {f"{name}_share": one / total if total else None for name, one in variances.items()}
        return {
            "draws": draws,
            "runs_each": runs_each,
            **shares,
            "low": mean - reach,
            "high": mean + reach,
            "same_sign": len(signs) == 1,
        }


def layers(
    design: Design,
    found: Contest,
    outer: int = OUTER,
    inner: int = INNER,
    *,
    executor: Executor | None = None,
    progress: ContestProgress = lambda share, partial: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Layers:
    """The layers of the first scenario's gain over the baseline, from so many draws of each layer of which
    anything is left open, and runs under each."""
    known = [name for name in _DRAWN if name == "assumptions" or _left_open(name, design)]

    @cache
    def drawn(block: int) -> tuple[Arm, ...]:
        layer, draw = divmod(block, outer)
        return _DRAWN[known[layer]](design, found, draw)

    nested = replace(design, arms_in=lambda replication: drawn((replication - 1) // inner))
    runs = len(known) * outer * inner
    asked = found.scenarios[-1].model_copy(update={"replications": runs, "tolerance": None})
    empty = replace(found, runs={}, desks={})
    worth = run(nested, empty, asked, executor=executor, progress=progress, cancelled=cancelled).money
    gains = (worth[:, 1] - worth[:, 0]).reshape(len(known), outer, inner)
    return Layers(gains=dict(zip(known, gains, strict=True)))


def _left_open(layer: str, design: Design) -> bool:
    unsure = design.start.unsure
    if layer == "model":
        return len(unsure.models) > 1
    responses = any(_is_drawn(one, True) for arm in design.arms for _, one in arm.effects.items())
    return bool(unsure.fits) or responses


def _assumptions(design: Design, found: Contest, draw: int) -> tuple[Arm, ...]:
    """Every response to a campaign, and every effect that the past does not tell, anew from the range of what
    is known of it."""
    return tuple(
        replace(
            arm,
            effects=drawn_effects(arm.effects, design.seed, draw),
            plan=drawn_plan(arm.plan, scenario, design.seed, draw),
        )
        for arm, scenario in zip(design.arms, found.scenarios, strict=True)
    )


def _parameters(design: Design, found: Contest, draw: int) -> tuple[Arm, ...]:
    """What the past leaves open of purchases, their level and joining, and of the effects that it tells."""
    start, seed = design.start, design.seed
    drawn = (start.unsure.arm(arm, start.days, seed, draw) for arm in design.arms)
    return tuple(
        replace(arm, effects=drawn_effects(arm.effects, seed, draw, calibrated=True)) for arm in drawn
    )


def _model(design: Design, found: Contest, draw: int) -> tuple[Arm, ...]:
    """Another of the models that the weeks held out do not rule out, one after the other."""
    return tuple(design.start.unsure.of_a_model(arm, draw) for arm in design.arms)


_DRAWN: dict[str, Callable[[Design, Contest, int], tuple[Arm, ...]]] = {
    "assumptions": _assumptions,
    "parameters": _parameters,
    "model": _model,
}


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
        lift = max(_off(lift, *told.lift_range, float(luck[0])), -1.0)
    if told.returns_range is not None and returns is not None:
        returns = min(max(_off(returns, *told.returns_range, float(luck[1])), 0.0), 1.0)
    return replace(campaign, lift=lift, returns=returns)


def _off(value: float, low: float, high: float, steps: float) -> float:
    """A value that lies between the two ends in nine of ten draws, so many standard deviations off."""
    reach = high - value if steps > 0 else value - low
    return value + steps / Z_90 * reach


def _between(effect: Effect, steps: float) -> float:
    value = _off(effect.value, effect.low, effect.high, steps)
    if effect.unit is not Unit.GRADIENT:
        value = max(value, 0.0)
    return min(value, 1.0) if effect.unit in (Unit.SHARE, Unit.LIMIT) else value
