"""The validator: every promise of a programme document that cannot be kept, can be abused, or surprises."""

from __future__ import annotations

from dataclasses import replace

from loyalty_core.rules.programme import Programme
from loyalty_core.validation.earning_contradictions import EARNING_CHECKS
from loyalty_core.validation.exploits import EXPLOIT_CHECKS
from loyalty_core.validation.finding import Finding
from loyalty_core.validation.idle_conditions import IDLE_CHECKS
from loyalty_core.validation.poor_bargains import BARGAIN_CHECKS
from loyalty_core.validation.reward_contradictions import REWARD_CHECKS
from loyalty_core.validation.tier_contradictions import TIER_CHECKS
from loyalty_core.validation.unknown_names import NAME_CHECKS

__all__ = ["CHECKS", "Finding", "findings"]

CHECKS = (
    *TIER_CHECKS,
    *EARNING_CHECKS,
    *REWARD_CHECKS,
    *EXPLOIT_CHECKS,
    *BARGAIN_CHECKS,
    *IDLE_CHECKS,
    *NAME_CHECKS,
)


def findings(programme: Programme) -> tuple[Finding, ...]:
    """What is found, contradictions first, each with the check that found it."""
    found = [replace(one, check=check.__name__) for check in CHECKS for one in check(programme)]
    return tuple(sorted(found, key=lambda one: one.severity))
