"""Break-even: the root of the gain, and for a margin the one that follows from the figures by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from loyalty_core.errors import InputError
from loyalty_core.history import History
from simulation.behaviour import Behaviour
from simulation.breakeven import BreakEven, break_even, solved
from simulation.experiment import compare
from simulation.levers import Lever
from simulation.outset import Outset, outset
from simulation.scenario import Scenario
from tests.simulation.crowds import PROGRAMME, past

PRICED = PROGRAMME.model_copy(update={"margin_share": Decimal("0.5"), "cost_per_point": Decimal("0.01")})


@pytest.fixture(scope="module")
def history() -> History:
    return past(200)[0]


@pytest.fixture(scope="module")
def start(history: History) -> Outset:
    return outset(history, PRICED, 2, Scenario().seed, Behaviour())


@pytest.mark.parametrize(("root", "sign"), [(0.3, 1), (0.3, -1), (0.0, 1), (1.0, -1)])
def test_the_root_is_found_from_either_side_and_at_the_ends(root: float, sign: int) -> None:
    found = solved("effects.x", 0.0, 1.0, lambda value: sign * (value**3 - root**3))
    assert found.value == pytest.approx(root, abs=2e-3)
    assert found.gains == tuple(sorted(found.gains)) and {0.0, 1.0} <= {value for value, _ in found.gains}


def test_values_are_tried_as_one_would_write_them() -> None:
    price = solved("changes.rewards.tea.points", 100, 900, lambda value: 433.3 - value)
    assert price.value == 433 and all(value == int(value) for value, _ in price.gains)
    share = solved("changes.margin_share", 0.0, 1.0, lambda value: value - 1 / 3)
    assert all(len(str(value)) <= 6 for value, _ in share.gains)


def test_a_gain_of_one_sign_has_no_break_even() -> None:
    always = solved("effects.x", 0.0, 1.0, lambda value: 1 + value)
    never = solved("effects.x", 0.0, 1.0, lambda value: -1 - value)
    assert (always.value, always.pays_above) == (None, True)
    assert (never.value, never.pays_above) == (None, False)
    assert always.pays and not never.pays
    assert not always.makes_no_difference and not never.makes_no_difference


def test_what_makes_no_difference_has_no_break_even_and_does_not_pay() -> None:
    found = solved("effects.x", 0.0, 1.0, lambda value: 0.0)
    assert (found.value, found.pays_above, found.makes_no_difference) == (None, False, True)


def test_a_gain_that_ends_at_nothing_pays_on_its_other_side() -> None:
    rising = solved("effects.x", 0.0, 1.0, lambda value: value - 1)
    falling = solved("effects.x", 0.0, 1.0, lambda value: 1 - value)
    assert (rising.value, rising.pays_above) == (1.0, True)
    assert (falling.value, falling.pays_above) == (1.0, False)
    assert (rising.pays, falling.pays) == (False, True)  # up to its end the rising one only loses


def test_a_gain_that_turns_twice_is_not_told_by_its_ends_alone() -> None:
    hill = solved("effects.x", 0.0, 1.0, lambda value: 0.1 - (value - 0.5) ** 2)
    assert hill.values == pytest.approx((0.5 - 0.1**0.5, 0.5 + 0.1**0.5), abs=2e-3)
    assert hill.pays and hill.pays_above and hill.to_json()["turns_again_at"] == [hill.values[1]]
    valley = solved("effects.x", 0.0, 1.0, lambda value: (value - 0.5) ** 2 - 0.1)
    assert valley.pays and not valley.pays_above and len(valley.values) == 2
    flat = solved("effects.x", 0.0, 1.0, lambda value: max(value - 0.5, 0.0))
    assert flat.value == pytest.approx(0.5, abs=2e-3) and flat.pays_above


def test_the_margin_that_pays_follows_from_the_figures(history: History, start: Outset) -> None:
    generous = Scenario(changes={"earning.points_per_unit": 2}, months=2, replications=2)
    pairs = compare(history, PRICED, generous).pairs.values()
    more = dict.fromkeys(("revenue", "reward_cost", "points_outstanding"), 0.0)
    for baseline, scenario in pairs:
        for metric in more:
            change = (scenario - baseline).xs((metric, ""), level=("metric", "member_tier"))
            more[metric] += change.iloc[-1] if metric == "points_outstanding" else change.sum()
    by_hand = (more["reward_cost"] + 0.01 * more["points_outstanding"]) / more["revenue"]
    heard: list[BreakEven] = []
    margin = Lever(path="changes.margin_share", low=0.0, high=1.0)
    found = break_even(start, PRICED, (Scenario(), generous), margin, progress=heard.append)
    assert [len(one.gains) for one in heard] == list(range(1, len(found.gains) + 1))
    assert all(half is not None and half >= 0 for half in found.half_widths)
    if 0 <= by_hand <= 1:
        assert found.value == pytest.approx(by_hand, abs=2e-3)
    else:
        assert found.value is None
    gains = dict(found.gains)
    slope = gains[1.0] - gains[0.0]
    assert slope == pytest.approx(more["revenue"] / 2)
    assert gains[0.0] == pytest.approx(-(more["reward_cost"] + 0.01 * more["points_outstanding"]) / 2)


@pytest.mark.parametrize(
    ("path", "low", "high", "said"),
    [
        ("margin_share", 0, 1, "begin with"),
        ("effects.", 0, 1, "begin with"),
        ("effects.luck", 0, 1, "there is no 'luck'"),
        ("effects.goal_gradient", 1, 0, "is empty"),
    ],
)
def test_what_cannot_be_varied_is_refused(
    start: Outset, path: str, low: float, high: float, said: str
) -> None:
    sides = Scenario(), Scenario(months=2, replications=1)
    with pytest.raises(InputError, match=said):
        break_even(start, PRICED, sides, Lever(path=path, low=low, high=high))


@pytest.mark.parametrize(
    ("gains", "halves", "between"),
    [
        # The straight lines between the values tried cross the half-width of 1 at 0.4 and at 0.6.
        ([(0.0, -5.0), (0.5, 0.0), (1.0, 5.0)], (1.0, 1.0, 1.0), (0.4, 0.6)),
        ([(0.0, 5.0), (0.5, 0.0), (1.0, -0.5)], (1.0, 1.0, 1.0), (0.4, 1.0)),
        ([(0.0, -5.0), (0.5, 0.0), (1.0, 5.0)], (1.0, None, 1.0), None),
    ],
)
def test_chance_leaves_a_stretch_about_the_break_even_open(
    gains: list[tuple[float, float]], halves: tuple[float | None, ...], between: tuple[float, float] | None
) -> None:
    found = BreakEven(
        path="effects.x", low=0.0, high=1.0, values=(0.5,), gains=tuple(gains), half_widths=halves
    )
    assert found.unsure_between == (None if between is None else pytest.approx(between))
