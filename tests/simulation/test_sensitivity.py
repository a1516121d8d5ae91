"""Sensitivity: the influences of a gain that is known by hand, levers that do nothing, and equal luck."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loyalty_core.errors import InputError
from loyalty_core.history import History
from simulation.behaviour import Behaviour
from simulation.effects import default_effects
from simulation.evidence import Quantity, Status, words
from simulation.levers import OF_PAST, Lever, levers_of, with_values
from simulation.outset import Outset, outset
from simulation.scenario import Scenario
from simulation.sensitivity import sensitivity
from tests.simulation.crowds import PROGRAMME, past

# Of the margin a gain is a straight line through the origin, once no point costs anything.
FREE = PROGRAMME.model_copy(update={"cost_per_point": Decimal(0), "rewards": ()})
MARGIN = Lever(path="changes.margin_share", low=0.2, high=0.6)
NOTHING = Lever(path="effects.win_back", low=0.0, high=0.04)  # nobody is won back without a campaign
BETTER = {"name": "better", "first_day": "2026-04-01", "last_day": "2026-04-30", "demand": 2}
SIDES = (Scenario(), Scenario(shocks=[BETTER], months=1, replications=1))


@pytest.fixture(scope="module")
def start() -> Outset:
    history: History = past(40)[0]
    return outset(history, FREE, 1, 1, Behaviour())


def gain_at(start: Outset, margin: float) -> float:
    from simulation.levers import compared

    sides = tuple(with_values(one, {MARGIN.path: margin}) for one in SIDES)
    return compared(start, FREE, sides, None).money[0]


def test_morris_finds_the_slope_of_a_straight_line_and_none_of_what_does_nothing(start: Outset) -> None:
    found = sensitivity(start, FREE, SIDES, [NOTHING, MARGIN], "morris", 3)
    first, last = found.influences
    assert (first.path, last.path) == (MARGIN.path, NOTHING.path)
    whole = gain_at(start, 0.6) - gain_at(start, 0.2)
    assert first.size == pytest.approx(abs(whole), rel=1e-3) and first.part == pytest.approx(whole, rel=1e-3)
    assert first.spread == pytest.approx(0, abs=abs(whole) * 1e-3)
    assert (last.size, last.part, last.spread) == (0, 0, 0)


def test_sobol_gives_all_the_variance_to_the_only_lever_that_moves_anything(start: Outset) -> None:
    found = sensitivity(start, FREE, SIDES, [MARGIN, NOTHING], "sobol", 16)
    first, last = found.influences
    assert first.path == MARGIN.path
    assert first.size == pytest.approx(1, abs=0.15) and first.part == pytest.approx(1, abs=0.2)
    assert (last.size, last.part) == (0, 0)
    assert 0 < found.runs <= 16 * 4 and found.gain_low < found.gain_high


def test_where_nothing_moves_the_gain_no_lever_has_a_share(start: Outset) -> None:
    same = (Scenario(), Scenario(months=1, replications=1))
    for method, size in (("morris", 2), ("sobol", 2)):
        found = sensitivity(start, FREE, same, [NOTHING, MARGIN], method, size)
        assert [(one.size, one.part) for one in found.influences] == [(0, 0), (0, 0)]
        assert found.to_json()["meaning"]["zh"]


def test_levers_are_read_and_those_of_the_library_are_the_ones_that_do_anything() -> None:
    assert Lever.of("changes.rewards.tea.points=100,300") == Lever(
        path="changes.rewards.tea.points", low=100, high=300
    )
    for wrong, why in (
        ("tea=1,2", "begin with"),
        ("effects.x=2,1", "lower end first"),
        ("effects.x", "write it"),
    ):
        with pytest.raises(InputError, match=why):
            Lever.of(wrong)
    library = default_effects()
    paths = {one.path for one in levers_of(library)}
    assert "effects.goal_gradient" in paths and "effects.programme_dropout" not in paths  # off by default
    assert "effects.goal_gradient" not in {
        one.path for one in levers_of(library.switched(goal_gradient=False))
    }


def test_ranges_are_those_of_the_calibration_where_there_are_any_and_say_what_they_rest_on() -> None:
    library = default_effects()
    calibrated = {"value": 0.3, "low": 0.28, "high": 0.33, "status": Status.CALIBRATED}
    own = library.model_copy(update={"goal_gradient": library.goal_gradient.model_copy(update=calibrated)})
    name = words("Share of sales that come back", "销售退货率")
    seen = Quantity(
        key="refund_share", name=name, unit="share", value=0.05, low=0.04, high=0.06, source=name,
        status=Status.CALIBRATED,
    )  # fmt: skip
    guess = seen.model_copy(update={"key": "coupons_used", "status": Status.ASSUMPTION})
    endless = seen.model_copy(update={"key": "redeem_appeal", "low": None})
    levers = {one.path: (one.low, one.high, one.status) for one in levers_of(own, (seen, guess, endless))}
    assert levers["effects.goal_gradient"] == (0.28, 0.33, Status.CALIBRATED)
    momentum = library.redemption_momentum
    assert levers["effects.redemption_momentum"] == (momentum.low, momentum.high, momentum.status)
    assert {path: one for path, one in levers.items() if path.startswith("behaviour.")} == {
        "behaviour.refunding.share": (0.04, 0.06, Status.CALIBRATED)
    }
    for path in OF_PAST.values():
        Scenario(behaviour={path: 0.1}).behaviour_of(Behaviour())
    assert Lever.of("effects.goal_gradient=0,1").status is None
