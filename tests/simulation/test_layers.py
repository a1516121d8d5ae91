"""Layers of uncertainty: draws keep to what is known of the effects, and variances add up to the whole."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from statistics import variance
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from loyalty_core.history import History
from simulation.behaviour import Behaviour
from simulation.effects import Effects, Unit, default_effects
from simulation.evidence import Status
from simulation.experiment import contest_of, run
from simulation.grounds import grounds
from simulation.layers import Layers, between, drawn_effects, drawn_plan, draws_of
from simulation.model_choice import chosen_model
from simulation.outset import Outset, day_after, outset
from simulation.scenario import Scenario
from simulation.stopping import Gain
from simulation.uncertainty import MOST_JOINING
from tests.simulation.crowds import PROGRAMME, past

DEARER = Scenario(changes={"rewards.tea.points": 450}, months=1, replications=1)
DEARER_THRICE = DEARER.model_copy(update={"replications": 3})


@pytest.fixture(scope="module")
def history() -> History:
    return past(150)[0]


def start_of(history: History, **about: Any) -> Outset:
    """A start from which few effects act, so that few are put at their ends."""
    start = outset(history, PROGRAMME, 1, 1, Behaviour(), **about)
    return replace(start, effects=default_effects().only("goal_gradient", "redemption_momentum"))


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
        draws_of(*contest_of(replace(start, effects=effects), PROGRAMME, (Scenario(), DEARER)), outer=2)
        for effects in (told_by_the_past(-0.9, 9.0), told_by_the_past(0.29, 0.31))
    )
    assert [*vaguely] == [*surely] == ["assumptions", "parameters"]
    supposed, told = (
        [
            [arm.effects.goal_gradient.value for pair in one[layer] for arm in pair]
            for one in (vaguely, surely)
        ]
        for layer in ("assumptions", "parameters")
    )
    assert supposed == [[0.3] * 4] * 2
    assert np.std(told[0]) > 10 * np.std(told[1]) > 0 and told[0][0] == told[0][1]


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


GAINS = np.array([[10.0, 14.0, 11.0], [30.0, 26.0, 28.0], [19.0, 21.0, 23.0], [12.0, 10.0, 17.0]])


def two_way(gains: np.ndarray) -> tuple[float, float]:
    """Mean squares of rows and of what rows and columns leave, as a textbook adds them up."""
    rows, columns = gains.shape
    grand = gains.mean()
    of_rows = sum(columns * (row.mean() - grand) ** 2 for row in gains) / (rows - 1)
    left = sum(
        (gains[i, j] - gains[i].mean() - gains[:, j].mean() + grand) ** 2
        for i in range(rows)
        for j in range(columns)
    )
    return of_rows, left / ((rows - 1) * (columns - 1))


def test_what_draws_bring_is_that_of_a_crossed_analysis_of_variance() -> None:
    of_rows, left = two_way(GAINS)
    assert between(GAINS) == pytest.approx((of_rows - left) / 3)
    assert between(np.array([[1.0, 5.0], [5.0, 1.0]])) == 0  # all of it is chance
    luck = np.array([0.0, 100.0, -40.0])  # that all draws share
    assert between(GAINS + luck) == pytest.approx(between(GAINS))
    assert between(np.stack([GAINS, 2 * GAINS], axis=-1)) == pytest.approx(between(GAINS) * np.array([1, 4]))


def test_layers_add_up_to_the_whole_with_chance_as_the_answer_tells_it() -> None:
    other = GAINS[::-1] * 0.5
    gain = Gain.of([20.0, 24.0, 15.0, 22.0])
    told = Layers(gains={"assumptions": GAINS, "parameters": other}, gain=gain).to_json()
    parts = [variance([20.0, 24.0, 15.0, 22.0]), float(between(GAINS)), float(between(other))]
    shares = [told[f"{name}_share"] for name in ("process", "assumptions", "parameters")]
    assert shares == pytest.approx([part / sum(parts) for part in parts])
    assert sum(shares) == pytest.approx(1) and "model_share" not in told
    deviation = sum(parts) ** 0.5
    assert told["probability_better"] == pytest.approx(norm.cdf(20.25 / deviation))
    reach = 1.6448536 * deviation
    assert (told["low"], told["high"]) == pytest.approx((20.25 - reach, 20.25 + reach))
    assert (told["draws"], told["by_chance"]) == ({"assumptions": 4, "parameters": 4}, False)
    assert all(
        low <= share <= high for share, (low, high) in zip(shares, told["intervals"].values(), strict=True)
    )
    assert Layers(gains={}, gain=Gain.of([-20.0, 24.0])).to_json()["by_chance"]
    assert Layers.told(json.loads(json.dumps(told))).to_json() == told


def test_intervals_of_shares_hold_nine_of_ten_of_the_shares_that_made_them() -> None:
    luck, held, share = np.random.default_rng(3), [], 4 / (4 + 9)
    for _one in range(200):
        gains = luck.normal(0, 2, (12, 1)) + luck.normal(0, 3, (1, 3)) + luck.normal(0, 0.5, (12, 3))
        layers = Layers(gains={"assumptions": gains}, gain=Gain.of(luck.normal(50, 3, 20).tolist()))
        low, high = layers.intervals()["assumptions_share"]
        held.append(low <= share <= high)
    assert 0.84 <= np.mean(held) <= 0.96


def test_no_change_has_no_uncertainty_whatever_the_effects(history: History) -> None:
    once = Scenario(months=1, replications=1)
    found = grounds(*contest_of(start_of(history), PROGRAMME, (Scenario(), once)), PROGRAMME, 2)
    assert [*found.layers.gains] == ["assumptions"] and not found.layers.gains["assumptions"].any()
    told = found.to_json()
    assert told["ends"] == [] and told["process_share"] is None and not told["by_chance"]


def test_draws_meet_the_same_luck_and_differ_in_what_they_suppose(history: History) -> None:
    design, nothing = contest_of(start_of(history), PROGRAMME, (Scenario(), DEARER))
    found = grounds(design, nothing, PROGRAMME, 3)
    gains = found.layers.gains["assumptions"]
    assert gains.shape == (3, 3) and len(set(gains[:, 0])) == 3 and len(set(gains[0])) == 3
    fewer = grounds(design, nothing, PROGRAMME, 2, Gain(mean=7.0, variance=1.0, runs=4)).layers
    assert np.array_equal(fewer.gains["assumptions"], gains[:2])
    assert fewer.gain.mean == 7.0
    supposed = draws_of(design, nothing, 3)["assumptions"][1]
    again = run(replace(design, arms=supposed), replace(nothing, runs={}), DEARER_THRICE).money
    assert np.array_equal(again[:, 1] - again[:, 0], gains[1])


def test_parameters_and_models_are_drawn_where_the_past_tells_of_them(history: History) -> None:
    begin = day_after(history)
    fits = chosen_model(history, begin)
    start = start_of(history, most_joining=MOST_JOINING, choice=fits)
    models = start.unsure.models
    best = min(one.error for one in fits.candidates if one.error is not None)
    near = [one.model.KEY for one in fits.candidates if one.error is not None and one.error <= 1.25 * best]
    assert [one["model"] for one in models] == near and len(near) > 1
    aiming = PROGRAMME.model_copy(update={"targets": {"members_active": Decimal(60)}})
    found = grounds(*contest_of(start, aiming, (Scenario(), DEARER)), aiming, 2)
    assert {layer: len(gains) for layer, gains in found.layers.gains.items()} == {
        "assumptions": 2,
        "parameters": 2,
        "model": len(near),
    }
    told = found.to_json()
    assert sum(share for name, share in told.items() if name.endswith("_share")) == pytest.approx(1)
    bought = next(row for row in told["levels"] if row["metric"] == "purchases")
    assert bought["baseline"] > 0 and bought["scenario"] > 0 and bought["mean"] > 0
    active = next(row for row in told["levels"] if row["metric"] == "members_active")
    assert told["targets"] == [active] and active["baseline"] > 0  # a close, and the run has one month
