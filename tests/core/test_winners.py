"""Winners and losers of other rules, told by loops over each member's own deeds."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from loyalty_core.history import History
from loyalty_core.kernel.winners import Outcome, ValueGroup, Winners, winners
from loyalty_core.rules.programme import Programme, programme_from_dict
from tests.living import loyalty
from tests.simulation.crowds import past


def programme(per_unit: float, threshold: int = 900) -> Programme:
    """So many points for each unit of money; gold above a spend; a point is worth 0.05."""
    tiers = [{"name": "basic"}, {"name": "gold", "threshold": threshold}]
    return programme_from_dict(
        {
            "name": "plain",
            "tiers": tiers,
            "earning": {"points_per_unit": per_unit},
            "cost_per_point": 0.05,
        }
    )


@pytest.fixture(scope="module")
def history() -> History:
    return past(150)[0]


@pytest.fixture(scope="module")
def found(history: History) -> Winners:
    return winners(history, programme(1), programme(2, threshold=1500))


def points(history: History, member: int, first: int, per_unit: int) -> int:
    """Whole points for each unit of every sale since, less what came back."""
    total, bought = 0, history.purchases
    for row in np.flatnonzero((bought.member == member) & (bought.day >= first)):
        earned = int(Decimal(abs(int(bought.amount[row]))) * per_unit / 100)
        total += -earned if bought.refund[row] else earned
    return total


def test_points_are_what_the_rules_give_for_the_real_deeds(history: History, found: Winners) -> None:
    first = found.days[0]
    assert first == int(history.purchases.day.max()) - 364
    for member in range(len(found)):
        assert found.before.points[member] == points(history, member, first, 1)
        assert found.after.points[member] == points(history, member, first, 2)
        assert found.before.worth_minor[member] == found.before.points[member] * 5


def test_outcomes_follow_from_tier_and_worth(found: Winners) -> None:
    seen = set()
    for member in range(len(found)):
        tier = found.after.tier[member] - found.before.tier[member]
        worth = found.after.worth_minor[member] - found.before.worth_minor[member]
        more, less = tier > 0 or worth > 0, tier < 0 or worth < 0
        told = {(True, False): "WON", (False, True): "LOST", (True, True): "MIXED"}.get((more, less), "SAME")
        assert Outcome(found.outcome[member]).name == told
        seen.add(told)
    assert {"WON", "MIXED"} <= seen


def test_the_same_rules_leave_everybody_as_they_are(history: History) -> None:
    same = winners(history, programme(1), programme(1))
    assert not same.outcome.any()


def test_the_fifth_that_spent_most_is_heavy(found: Winners) -> None:
    spent = sorted((int(one) for one in found.spent_minor if one > 0), reverse=True)
    heavy = found.value_group == ValueGroup.HEAVY
    assert heavy.sum() == len(spent) // 5
    assert found.spent_minor[heavy].sum() == sum(spent[: len(spent) // 5])
    assert ((found.value_group == ValueGroup.NONE) == (found.spent_minor <= 0)).all()


def test_groups_count_everybody_once(found: Winners) -> None:
    for kind in ("tier", "value"):
        groups = [who for by, _, who in found.groups() if by == kind]
        assert (np.sum(groups, axis=0) == 1).all()


def test_the_command_tells_who_is_affected_most(demo_workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "meaner.yaml"
    file.write_text("changes: {tiers.gold.threshold: 20000}\n", encoding="utf-8")
    ask = ("winners", file, "--list", "3", "--json", "--workspace", demo_workspace)
    told = json.loads(loyalty(*ask).stdout)
    assert told["all"]["members"] == sum(told["all"][key] for key in ("won", "lost", "mixed", "same")) == 1500
    assert told["all"]["lost"] > 0 == told["all"]["won"]
    assert len(told["members"]) == 3
    assert all(one["outcome"] == "lost" and one["before"]["tier"] == "gold" for one in told["members"])
    by_tier = {row["group"]: row for row in told["groups"] if row["by"] == "tier"}
    assert by_tier["gold"]["lost"] > 0
    assert sum(row["lost"] for row in by_tier.values()) == told["all"]["lost"]
