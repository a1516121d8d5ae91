"""What a run is worth: nothing is gained by what is only put off."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.comparison import Comparison
from simulation.experiment import compare
from simulation.horizon import over_horizon
from simulation.scenario import Scenario
from tests.simulation.crowds import PROGRAMME, past

PRICED = PROGRAMME.model_copy(update={"cost_per_point": Decimal("0.02"), "margin_share": Decimal("0.4")})


def found(programme: Programme, changes: dict) -> Comparison:
    asked = Scenario(name="s", changes=changes, months=4, replications=2)
    return compare(past(300)[0], programme, asked)


def difference(one: Comparison, metric: str) -> float:
    return float(
        over_horizon(one).differences.xs((metric, ""), level=("metric", "member_tier"))["mean"].iloc[0]
    )


@pytest.mark.parametrize("days", [10, 90, 300])
def test_points_that_only_wait_longer_are_no_gain(days: int) -> None:
    """Nobody redeems here, so that waiting moves nobody: what is owed is owed, available or not."""
    nothing_to_have = programme_from_dict(PRICED.model_dump(mode="json") | {"rewards": []})
    waiting = found(nothing_to_have, {"pending.days": days})
    assert difference(waiting, "points_outstanding") < -1000 and difference(waiting, "points_pending") > 1000
    assert waiting.money == pytest.approx([0.0, 0.0], abs=1e-6)


def test_what_is_outstanding_differs_by_what_came_and_went() -> None:
    waiting = found(PRICED, {"pending.days": 30})
    issued, adjusted, redeemed, expired, outstanding = (
        difference(waiting, f"points_{name}")
        for name in ("issued", "adjusted", "redeemed", "expired", "outstanding")
    )
    assert outstanding == pytest.approx(issued + adjusted - redeemed - expired)


def test_points_that_wait_are_told_only_where_they_do() -> None:
    told = found(PRICED, {"tiers.gold.threshold": 900}).differences.index.get_level_values("metric")
    assert "points_pending" not in told
