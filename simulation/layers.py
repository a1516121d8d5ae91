"""What an answer's uncertainty rests on: chance, or how members are supposed to respond.

A nested design: outside, every effect and every response to a campaign is drawn anew from the range of what
is known of it; inside, members and their luck. Both sides of a comparison are run under the same draw.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from scipy.special import ndtri

from simulation.arm import Arm
from simulation.campaigns import Campaign
from simulation.contest import Contest
from simulation.effects import Effect, Effects, Unit
from simulation.evidence import Z_90
from simulation.experiment import ContestProgress, run
from simulation.plan import Plan
from simulation.replications import Design
from simulation.scenario import Scenario
from simulation.scenario_campaigns import CampaignLine
from simulation.streams import Floats, member_keys

OUTER, INNER = 12, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """The gains in money of each draw of the effects (rows) and each run under it (columns)."""

    gains: Floats

    @property
    def process(self) -> float:
        """Variance of one run under effects that are known: members and luck."""
        return float(self.gains.var(axis=1, ddof=1).mean())

    @property
    def assumptions(self) -> float:
        """Variance that the effects add, as the means of the draws tell it; at least 0."""
        means = self.gains.mean(axis=1)
        found: float = max(float(means.var(ddof=1)) - self.process / self.gains.shape[1], 0.0)
        return found

    def to_json(self) -> dict[str, Any]:
        """Shares of the variance, None where there is none; the range that nine of ten runs lie in; and
        whether every draw of the effects gives a gain of the same sign."""
        total = self.process + self.assumptions
        low, high = np.quantile(self.gains, [0.05, 0.95])
        signs = set(np.sign(self.gains.mean(axis=1)))
        return {
            "draws": self.gains.shape[0],
            "runs_each": self.gains.shape[1],
            "process_share": self.process / total if total else None,
            "assumptions_share": self.assumptions / total if total else None,
            "low": float(low),
            "high": float(high),
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
    """The layers of the first scenario's gain over the baseline, from so many draws and runs under each."""

    @cache
    def drawn(draw: int) -> tuple[Arm, ...]:
        return tuple(
            replace(
                arm,
                effects=drawn_effects(arm.effects, design.seed, draw),
                plan=drawn_plan(arm.plan, scenario, design.seed, draw),
            )
            for arm, scenario in zip(design.arms, found.scenarios, strict=True)
        )

    nested = replace(design, arms_in=lambda replication: drawn((replication - 1) // inner))
    asked = found.scenarios[-1].model_copy(update={"replications": outer * inner, "tolerance": None})
    empty = replace(found, runs={})
    done = run(nested, empty, asked, executor=executor, progress=progress, cancelled=cancelled)
    worth = done.money
    return Layers(gains=(worth[:, 1] - worth[:, 0]).reshape(outer, inner))


def drawn_effects(effects: Effects, seed: int, draw: int) -> Effects:
    """Every effect that is on at a value within what is known: normal on either side of its value, a
    twentieth of the draws beyond either end of the range. Equal seeds and draws give equal values."""
    luck = np.random.default_rng([seed, draw]).random(len(effects.items()))
    values = {
        key: _between(effect, float(ndtri(share)))
        for (key, effect), share in zip(effects.items(), luck, strict=True)
        if effect.on and effect.low < effect.high
    }
    return effects.with_values(**values)


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
