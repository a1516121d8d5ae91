"""Paying with points: how often comes back from what was simulated, and no reward is chosen beside."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.intake.importing import import_files
from data.intake.mapping import load_mapping
from data.live import live_history
from data.workspace import Workspace
from loyalty_core.history import History
from loyalty_core.rules.programme import programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Paying, Purchasing, Redeeming, Spending
from simulation.calibration import calibrate
from simulation.continuation import continued
from simulation.engine import simulate
from simulation.evidence import Status
from simulation.paid_at_till import paid_at_till
from simulation.streams import Streams
from tests.simulation.crowds import DAYS, LAST, PROGRAMME, crowd

CASH = programme_from_dict(PROGRAMME.model_dump(mode="json") | {"points_as_cash": {"value_per_point": "0.1"}})
TRUE = Behaviour(
    purchasing=Purchasing(r=1.0, alpha=2.0, a=0.8, b=12.0),
    spending=Spending(p=2.0, q=4.0, v=60.0),
    paying=Paying(with_points=0.35),
    redeeming=Redeeming(appeal=-30.0, eagerness=0.0, ambition=0.0, never_share=0.4),
)


def lived(behaviour: Behaviour) -> History:
    people = crowd(300)
    return continued(people, simulate(people, Arm.of(CASH, behaviour), DAYS, Streams(3, 1)), CASH)


def gone(history: History) -> int:
    """The points that left all accounts."""
    return -int(history.entries.amount[history.entries.amount < 0].sum())


@pytest.fixture(scope="module")
def history() -> History:
    return lived(TRUE)


def test_how_many_pay_with_points_and_how_often_comes_back(history: History) -> None:
    seen = paid_at_till(history, CASH, LAST + 1)
    assert seen is not None
    assert seen.pays.value == pytest.approx(0.35, abs=0.04)
    assert seen.payers.value == pytest.approx(0.6, abs=0.08)


def test_a_calibration_tells_it_and_expects_no_rewards_beside(history: History) -> None:
    found = calibrate(history, CASH)
    told = found.quantity("pays_with_points")
    assert told.status is Status.CALIBRATED and told.low < told.value < told.high
    assert found.behaviour.paying.with_points == pytest.approx(told.value, abs=1e-6)
    never = found.behaviour.redeeming.never_share
    assert never == pytest.approx(found.effects.never_redeem.value, abs=1e-6)
    assert never == pytest.approx(0.4, abs=0.08)
    assert gone(lived(found.behaviour)) == pytest.approx(gone(history), rel=0.2)


def test_where_rewards_are_taken_too_the_choice_of_a_reward_is_told_as_before() -> None:
    both = TRUE.model_copy(update={"redeeming": Redeeming(appeal=1.0)})
    assert paid_at_till(lived(both), CASH, LAST + 1) is None


@pytest.mark.shared
def test_the_members_of_x5_pay_with_all_their_points_or_none(shared: Path, workspace_path: Path) -> None:
    import_files(workspace_path, [shared / "x5_retailhero"], load_mapping("x5_retailhero"))
    workspace = Workspace.open(workspace_path)
    history = live_history(workspace.latest(), workspace.programme)
    seen = paid_at_till(history, workspace.programme, int(history.purchases.day.max()) + 1)
    assert seen is not None and (seen.pays.times, seen.payers.times) == (128, 62)
