"""Small programmes and populations for the tests of the simulator."""

from __future__ import annotations

from datetime import date

import numpy as np

from loyalty_core.days import to_day
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Purchasing, Refunding
from simulation.campaigns import Campaign
from simulation.continuation import continued
from simulation.effects import Effects
from simulation.engine import simulate
from simulation.journal import Facts
from simulation.plan import Plan
from simulation.population import Population, newcomers
from simulation.streams import Purpose, Streams, member_keys

FIRST, LAST = to_day(date(2025, 1, 1)), to_day(date(2026, 3, 31))
DAYS = (FIRST, LAST)
BEHAVIOUR = Behaviour(refunding=Refunding(share=0.05))
# CDNOW, model.md section 1.
CDNOW = Purchasing(r=0.2426, alpha=4.4135, a=0.7929, b=2.4258)

PROGRAMME = programme_from_dict(
    {
        "name": "test",
        "time_zone": "Asia/Shanghai",
        "tiers": [
            {"name": "basic"},
            {"name": "silver", "threshold": 600, "earn_percent": 120},
            {"name": "gold", "threshold": 1500, "earn_percent": 150},
        ],
        "qualification": {"months": 6, "reviews": "monthly"},
        "earning": {"points_per_unit": 1},
        "expiry": {"months": 8},
        "rewards": [
            {"name": "tea", "points": 150, "cost": 3},
            {"name": "book", "points": 700, "cost": 14},
        ],
    }
)


def crowd(n: int, first: int = FIRST, last: int = LAST) -> Population:
    """n members who join over most of the days; most buy on joining."""
    ids = [f"member {number:05d}" for number in range(n)]
    keys = member_keys(ids)
    luck = Streams(99).uniform(Purpose.JOINING, keys)
    joined = first + (luck * (last - first) * 0.9).astype(np.int32)
    return newcomers(ids, joined, Streams(99).uniform(Purpose.JOINS_BUYING, keys) < 0.8)


def run(
    population: Population,
    programme: Programme = PROGRAMME,
    behaviour: Behaviour = BEHAVIOUR,
    days: tuple[int, int] = DAYS,
    seed: int = 5,
    campaigns: tuple[Campaign, ...] = (),
    effects: Effects | None = None,
) -> Facts:
    """One replication."""
    arm = Arm.of(programme, behaviour, effects, Plan(campaigns=campaigns))
    return simulate(population, arm, days, Streams(seed, 1))


def past(n: int = 1200) -> tuple[History, Facts]:
    """A history of n members, simulated, and the facts behind it."""
    population = crowd(n)
    facts = run(population)
    return continued(population, facts, PROGRAMME), facts


def rows_of(table: dict[str, np.ndarray], members: np.ndarray) -> dict[str, list[tuple[object, ...]]]:
    """The rows of each member by id, without the member's position."""
    columns = [name for name in table if name != "member"]
    found: dict[str, list[tuple[object, ...]]] = {str(one): [] for one in members}
    for position, *row in zip(table["member"], *(table[name] for name in columns), strict=True):
        found[str(members[position])].append(tuple(value.item() for value in row))
    return found
