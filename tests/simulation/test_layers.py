"""Layers of uncertainty: draws keep to what is known of the effects, and variances add up to the whole."""

from __future__ import annotations

from dataclasses import replace
from statistics import mean, variance

import numpy as np
import pytest

from loyalty_core.history import History
from simulation.behaviour import Behaviour
from simulation.effects import Effects, Unit, default_effects
from simulation.evidence import Status
from simulation.experiment import contest_of
from simulation.layers import Layers, drawn_effects, drawn_plan, layers
from simulation.model_choice import chosen_model
from simulation.outset import day_after, outset
from simulation.scenario import Scenario
from simulation.uncertainty import MOST_JOINING
from tests.simulation.crowds import PROGRAMME, past

DEARER = Scenario(changes={"rewards.tea.points": 450}, months=1, replications=1)


@pytest.fixture(scope="module")
def history() -> History:
    return past(150)[0]


def test_nine_of_ten_draws_of_an_effect_lie_in_its_range() -> None:
    library = default_effects()
    drawn = [drawn_effects(library, 1, draw) for draw in range(400)]
    for key, effect in library.items():
        values = np.array([getattr(one, key).value for one in drawn])
        if effect.low == effect.high or not effect.on:
            assert set(values) == {effect.value}
            continue
        if effect.low < effect.value < effect.high:
            inside = ((values >= effect.low) & (values <= effect.high)).mean()
            assert inside == pytest.approx(0.9, abs=0.06), key
        assert effect.unit is Unit.GRADIENT or values.min() >= 0
        assert effect.unit not in (Unit.SHARE, Unit.LIMIT) or values.max() <= 1


def test_a_draw_depends_on_seed_and_number_alone() -> None:
    library = default_effects()
    assert drawn_effects(library, 3, 5) == drawn_effects(library, 3, 5)
    assert drawn_effects(library, 3, 5) != drawn_effects(library, 3, 6) != drawn_effects(library, 4, 6)


def test_an_effect_that_is_switched_off_is_not_drawn() -> None:
    off = default_effects().switched(goal_gradient=False)
    assert drawn_effects(off, 1, 1).goal_gradient == off.goal_gradient


def told_by_the_past(low: float, high: float) -> Effects:
    """The library, in which the programme's own past has told the pull of goals to that range."""
    library = default_effects()
    update = {"value": 0.3, "low": low, "high": high, "status": Status.CALIBRATED}
    return library.model_copy(update={"goal_gradient": library.goal_gradient.model_copy(update=update)})


def test_an_effect_that_the_past_tells_is_a_parameter_and_no_supposition() -> None:
    told = told_by_the_past(0.1, 0.5)
    supposed, known = (
        {
            key
            for draw in range(20)
            for key, effect in drawn_effects(told, 1, draw, calibrated=calibrated).items()
            if effect != getattr(told, key)
        }
        for calibrated in (False, True)
    )
    assert known == {"goal_gradient"}
    assert supposed == {key for key, one in told.items() if one.on and one.low < one.high} - known


def test_how_surely_the_past_tells_an_effect_is_no_matter_of_suppositions(history: History) -> None:
    start = outset(history, PROGRAMME, 1, 1, Behaviour())
    assert not start.unsure.fits
    vaguely, surely = (
        layers(*contest_of(replace(start, effects=effects), PROGRAMME, (Scenario(), DEARER)), outer=2).gains
        for effects in (told_by_the_past(-0.9, 9.0), told_by_the_past(0.29, 0.31))
    )
    assert [*vaguely] == [*surely] == ["assumptions", "parameters"]
    assert np.array_equal(vaguely["assumptions"], surely["assumptions"])
    assert not np.array_equal(vaguely["parameters"], surely["parameters"])


def test_responses_to_campaigns_are_drawn_from_their_ranges_alike_in_all_scenarios() -> None:
    period = {"first_day": "2026-04-01", "last_day": "2026-04-30"}
    response = {"lift": 0.2, "lift_range": [0.1, 0.4], "returns": 0.05}
    line = {"name": "spring", "kind": "wake_up", **period, "response": response}
    asked = Scenario(campaigns=[line], months=1)
    known = asked.plan(PROGRAMME)
    lifts = [drawn_plan(known, asked, 1, draw).campaigns[0].lift for draw in range(400)]
    assert np.mean([0.1 <= one <= 0.4 for one in lifts]) == pytest.approx(0.9, abs=0.05)
    assert {drawn_plan(known, asked, 1, draw).campaigns[0].returns for draw in range(3)} == {0.05}
    twice = Scenario(campaigns=[{**line, "name": "other"}, line], months=1)
    assert drawn_plan(twice.plan(PROGRAMME), twice, 1, 7).campaigns[1].lift == lifts[7]
    plain = Scenario(campaigns=[{**line, "response": {"lift": 0.2}}], months=1)
    assert drawn_plan(plain.plan(PROGRAMME), plain, 1, 7) == plain.plan(PROGRAMME)


def test_the_shares_are_those_of_a_nested_analysis_of_variance() -> None:
    gains = [[10.0, 14.0], [30.0, 26.0], [19.0, 21.0]]
    within = mean(variance(row) for row in gains)
    between = variance([mean(row) for row in gains]) - within / 2
    told = Layers(gains={"assumptions": np.array(gains)}).to_json()
    assert told["process_share"] == pytest.approx(within / (within + between))
    assert told["assumptions_share"] == pytest.approx(between / (within + between))
    assert (told["draws"], told["runs_each"], told["same_sign"]) == (3, 2, True)
    reach = 1.6448536 * (within + between) ** 0.5
    assert (told["low"], told["high"]) == pytest.approx((20 - reach, 20 + reach))
    assert not Layers(gains={"model": np.array([[1.0, 2.0], [-3.0, -4.0]])}).to_json()["same_sign"]


def test_layers_add_up_to_the_whole() -> None:
    one, other = [[10.0, 14.0], [30.0, 26.0], [19.0, 21.0]], [[5.0, 9.0], [8.0, 12.0], [7.0, 3.0]]
    found = Layers(gains={"assumptions": np.array(one), "parameters": np.array(other)})
    process = mean(variance(row) for row in [*one, *other])
    between = [
        max(variance([mean(row) for row in rows]) - mean(variance(row) for row in rows) / 2, 0)
        for rows in (one, other)
    ]
    total, told = process + sum(between), found.to_json()
    shares = [told[f"{name}_share"] for name in ("process", "assumptions", "parameters")]
    assert shares == pytest.approx([part / total for part in (process, *between)])
    assert sum(shares) == pytest.approx(1) and "model_share" not in told


def test_no_change_has_no_uncertainty_whatever_the_effects(history: History) -> None:
    start = outset(history, PROGRAMME, 1, 1, Behaviour())
    once = Scenario(months=1, replications=1)
    found = layers(*contest_of(start, PROGRAMME, (Scenario(), once)), outer=2)
    assert [*found.gains] == ["assumptions"] and not found.gains["assumptions"].any()


def test_runs_of_the_same_draw_differ_in_luck_and_draws_in_effects(history: History) -> None:
    start = outset(history, PROGRAMME, 1, 1, Behaviour())
    design, found = contest_of(start, PROGRAMME, (Scenario(), DEARER))
    wide = layers(design, found, outer=3, inner=2)
    gains = wide.gains["assumptions"]
    assert gains.shape == (3, 2) and len(set(gains.ravel())) == 6
    assert np.array_equal(layers(design, found, outer=2, inner=2).gains["assumptions"], gains[:2])


def test_parameters_and_models_are_drawn_where_the_past_tells_of_them(history: History) -> None:
    begin = day_after(history)
    fits = chosen_model(history, begin)
    start = outset(history, PROGRAMME, 1, 1, Behaviour(), most_joining=MOST_JOINING, choice=fits)
    models = start.unsure.models
    best = min(one.error for one in fits.candidates if one.error is not None)
    near = [one.model.KEY for one in fits.candidates if one.error is not None and one.error <= 1.25 * best]
    assert [one["model"] for one in models] == near and len(near) > 1
    design, nothing = contest_of(start, PROGRAMME, (Scenario(), DEARER))
    found = layers(design, nothing, outer=2, inner=2)
    assert [*found.gains] == ["assumptions", "parameters", "model"]
    assert len({gains.tobytes() for gains in found.gains.values()}) == 3
    assert sum(share for name, share in found.to_json().items() if name.endswith("_share")) == pytest.approx(
        1
    )
