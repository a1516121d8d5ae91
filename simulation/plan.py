"""What stands on a programme's calendar besides its own rules."""

from __future__ import annotations

from dataclasses import dataclass

from simulation.campaigns import Campaign
from simulation.shocks import Shock


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the programme and the world around it do in a run; by default nothing."""

    campaigns: tuple[Campaign, ...] = ()
    shocks: tuple[Shock, ...] = ()
