"""What stands on a programme's calendar besides its own rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulation.campaigns import Campaign
from simulation.desks import Desk
from simulation.limits import Replenishment, RewardBudget
from simulation.shocks import Shock


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the programme and the world around it do in a run; by default nothing."""

    campaigns: tuple[Campaign, ...] = ()
    shocks: tuple[Shock, ...] = ()
    budgets: tuple[RewardBudget, ...] = ()
    replenishments: tuple[Replenishment, ...] = ()
    desks: tuple[Desk, ...] = ()
    joining: float = 1.0  # so many times as many join as usual
    share: float = 1.0  # the part of the programme's members that is simulated: limits are for all of them
    taken: Mapping[str, int] = field(default_factory=dict[str, int])  # pieces of stocks, before the run
