"""Trade-offs: none of the front is beaten at both aims, and what counts is luck that the search never met."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.errors import InputError
from simulation.behaviour import Behaviour
from simulation.constraints import Constraint
from simulation.harm import Harm
from simulation.horizon import over_horizon
from simulation.levers import Lever, compared, with_values
from simulation.optimising import FRESH, FRESH_RUNS
from simulation.outset import Outset, outset
from simulation.scenario import Scenario
from simulation.trade_offs import FINALISTS, Aim, on_front, trade_offs
from tests.simulation.crowds import PROGRAMME, past

SIDES = (Scenario(), Scenario(months=1, replications=1))
RATE = Lever(path="changes.earning.points_per_unit", low=0.5, high=3.0)
COSTLY = PROGRAMME.model_copy(update={"cost_per_point": Decimal(1)})
MONEY, MORE_POINTS = Aim.of("money"), Aim.of("points_issued:up")


@pytest.fixture(scope="module")
def start() -> Outset:
    return outset(past(40)[0], PROGRAMME, 1, 1, Behaviour())


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12))
def test_on_the_front_is_who_nobody_beats(rows: list[tuple[int, int]]) -> None:
    told = on_front(np.array(rows, np.float64)).tolist()
    for one, best in zip(rows, told, strict=True):
        beaten = any(other[0] >= one[0] and other[1] >= one[1] and other != one for other in rows)
        assert best is not beaten
    assert any(told)


def test_points_that_only_cost_are_money_against_points(start: Outset) -> None:
    heard: list[float] = []
    floor = Constraint.of("points_issued>=80%")
    found = trade_offs(start, COSTLY, SIDES, [RATE], (MONEY, MORE_POINTS), [floor], 16, progress=heard.append)
    choices = found.choices
    assert len(heard) == 16 + len(choices) and heard == sorted(heard) and 0 < found.feasible < 16
    assert heard[15] == pytest.approx(16 / (16 + FINALISTS * FRESH_RUNS)) and heard[-1] == 1
    assert 2 <= len(choices) <= FINALISTS and all(one.on_front and one.holds for one in choices)
    rates, money, points = zip(*((one.values[RATE.path], *one.changes) for one in choices), strict=True)
    assert [*rates] == sorted(rates) and min(rates) >= 0.8  # the fewer points, the more money
    assert [*money] == sorted(money, reverse=True) and [*points] == sorted(points)
    told = found.to_json()
    assert told["aims"] == ["money", "points_issued:up"] and told["meaning"]["zh"]


def test_a_choice_is_told_by_luck_that_the_search_never_met(start: Outset) -> None:
    fewer = Aim.of("points_issued:down")
    one = trade_offs(start, COSTLY, SIDES, [RATE], (fewer, Aim.of("revenue:up")), (), 4).choices[0]
    asked = with_values(SIDES[1], one.values)
    fresh = asked.model_copy(update={"seed": asked.seed + FRESH, "replications": FRESH_RUNS})
    pairs = over_horizon(compared(start, COSTLY, (SIDES[0], fresh), None)).pairs.values()
    changed = [
        float((other - base).xs(("points_issued", ""), level=("metric", "member_tier")).iloc[0])
        for base, other in pairs
    ]
    assert one.changes[0] == pytest.approx(np.mean(changed)) and one.half_widths[0] is not None
    searched = over_horizon(compared(start, COSTLY, (SIDES[0], asked), None)).differences["mean"]
    key = ("points_issued", "")
    assert one.searched[0] == pytest.approx(searched.xs(key, level=("metric", "member_tier")).iloc[0])


def test_money_may_be_weighed_against_members_who_lose(start: Outset) -> None:
    harmed = Aim.of("members_harmed:down")
    found = trade_offs(start, COSTLY, SIDES, [RATE], (MONEY, harmed), (), 16).choices
    harm = Harm.of(start.past, COSTLY)
    for one in found:
        assert one.changes[1] == harm.share(with_values(SIDES[1], one.values).programme(COSTLY))
        assert one.half_widths[1] == 0  # no run tells it
    assert {one.changes[1] for one in found if one.on_front} >= {0.0} and found[0].changes[1] > 0.5


@pytest.mark.parametrize("text", ["luck:up", "revenue", "money:down", "reward_cost:less", "tier_members:up"])
def test_what_is_no_aim_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="aim"):
        Aim.of(text)


def test_what_cannot_be_weighed_up_is_refused(start: Outset) -> None:
    same = (Aim.of("revenue:up"), Aim.of("revenue:down"))
    with pytest.raises(InputError, match="one figure"):
        trade_offs(start, COSTLY, SIDES, [RATE], same, (), 2)
    with pytest.raises(InputError, match="keeps points_issued<=1"):
        trade_offs(start, COSTLY, SIDES, [RATE], (MONEY, MORE_POINTS), [Constraint.of("points_issued<=1")], 2)
    free = PROGRAMME.model_copy(update={"rewards": ()})
    with pytest.raises(InputError, match="there is no reward_cost here"):
        trade_offs(start, free, SIDES, [RATE], (MONEY, Aim.of("reward_cost:down")), (), 2)
