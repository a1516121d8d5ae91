"""Chances and regret of a contest that hold what is not known: held against plain loops and closed forms."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from simulation.behaviour import Behaviour
from simulation.contest_chances import Chances, covariance_between, ranked_too
from simulation.effects import default_effects
from simulation.experiment import contest_of, run
from simulation.forecast import drawn_too
from simulation.grounds import grounds
from simulation.joint_draws import JointDraws, joint_draws
from simulation.layers import Layers, between
from simulation.outset import Outset, outset
from simulation.ranking import best_and_regret
from simulation.scenario import Scenario
from simulation.stopping import Gain
from tests.simulation.crowds import PROGRAMME, past

LUCK = np.random.default_rng(11)
ANSWER = LUCK.normal([1000.0, 1060.0, 1050.0], [30.0, 40.0, 35.0], (12, 3))
MEMBERS = LUCK.normal(0, 40, (6, 1, 3)) + LUCK.normal(0, 8, (6, 3, 3))
PAST = LUCK.normal(0, 20, (5, 1, 3)) + LUCK.normal(0, 3, (5, 3, 3))
NEAR = 0.008  # of a chance: four errors of the points that tell it


def joint(level: float = 0.0, **worths: Any) -> JointDraws:
    """Draws that came to that, in a programme without targets."""
    scenarios = next(iter(worths.values())).shape[2] if worths else 1
    return JointDraws(worths=worths, level=level, targets=[[] for _ in range(scenarios - 1)])


def textbook(values: np.ndarray) -> np.ndarray:
    """The covariance between draws, by sums of products as a textbook of the crossed layout writes them."""
    draws, lucks, several = values.shape
    found = np.zeros((several, several))
    for one in range(several):
        for other in range(several):
            mine, theirs = values[..., one], values[..., other]
            of_draws = left = 0.0
            for d in range(draws):
                of_draws += lucks * (mine[d].mean() - mine.mean()) * (theirs[d].mean() - theirs.mean())
                for luck in range(lucks):
                    a, b = (x[d, luck] - x[d].mean() - x[:, luck].mean() + x.mean() for x in (mine, theirs))
                    left += a * b
            found[one, other] = (of_draws / (draws - 1) - left / ((draws - 1) * (lucks - 1))) / lucks
    return found


def contrasts(covariance: np.ndarray) -> np.ndarray:
    """What it says of each scenario less the first."""
    by = np.hstack([-np.ones((len(covariance) - 1, 1)), np.eye(len(covariance) - 1)])
    return by @ covariance @ by.T


def test_what_draws_bring_is_the_covariance_of_a_crossed_layout() -> None:
    found = covariance_between(MEMBERS)
    assert np.linalg.eigvalsh(contrasts(textbook(MEMBERS))).min() > 0  # a covariance as it is
    assert contrasts(found) == pytest.approx(contrasts(textbook(MEMBERS)))
    for one, other in ((0, 1), (0, 2), (1, 2)):  # and of each pair what its own layers say
        apart = found[one, one] + found[other, other] - 2 * found[one, other]
        assert apart == pytest.approx(between(MEMBERS[..., one] - MEMBERS[..., other]))
    shared = LUCK.normal(0, 1000, (6, 3, 1))  # what moves all alike moves no difference
    assert covariance_between(MEMBERS + shared) == pytest.approx(found)


def test_what_is_no_covariance_gives_way_to_the_nearest_that_is_one() -> None:
    scattered = LUCK.normal(0, 50, (3, 2, 3))  # of which nothing is known for sure
    found = covariance_between(scattered)
    raw = np.eye(3) - 1 / 3
    raw = raw @ textbook(scattered) @ raw
    sizes = np.linalg.eigvalsh(raw)
    assert sizes.min() < -1
    assert np.linalg.eigvalsh(found) == pytest.approx(np.maximum(sizes, 0), abs=1e-6)
    distance = np.sqrt((np.minimum(sizes, 0) ** 2).sum())  # Higham 1988, theorem 2.1
    assert np.linalg.norm(found - raw) == pytest.approx(distance)


def test_few_runs_under_a_draw_do_not_make_luck_of_what_is_not_known() -> None:
    luck, draws, lucks = np.random.default_rng(5), 6, 3
    chance = luck.normal(0, 30, (4000, draws, lucks, 3))
    known = luck.multivariate_normal([0, 0, 0], [[400, 100, 0], [100, 900, 0], [0, 0, 100]], (4000, draws))
    means = np.mean([contrasts(textbook_fast(one)) for one in known[:, :, None] + chance], axis=0)
    assert means == pytest.approx(np.array([[1100, 300], [300, 500]]), rel=0.08)
    naive = np.mean([contrasts(np.cov(one.mean(axis=1).T)) for one in chance], axis=0)
    assert naive[0, 0] > 500  # the means of so few runs scatter where nothing is drawn


def textbook_fast(values: np.ndarray) -> np.ndarray:
    """The same as `textbook`, which a test holds it against."""
    draws, lucks, _ = values.shape
    means = values.mean(axis=1)
    left = values - means[:, None] - values.mean(axis=0) + values.mean(axis=(0, 1))
    flat = left.reshape(draws * lucks, -1)
    return np.cov(means.T) - flat.T @ flat / ((draws - 1) * (lucks - 1)) / lucks


def test_the_fast_textbook_is_the_textbook() -> None:
    assert textbook_fast(PAST) == pytest.approx(textbook(PAST))


def test_best_and_regret_are_those_of_the_joint_distribution() -> None:
    widening, level = 1.5, 0.4
    chances = Chances.of(ANSWER, joint(level, assumptions=MEMBERS, parameters=PAST), widening)
    gains = ANSWER.mean(axis=0)[1:] - ANSWER.mean(axis=0)[0]
    covariance = contrasts(np.cov(ANSWER.T)) + contrasts(textbook(MEMBERS)) + contrasts(textbook(PAST))
    covariance += (widening**2 - 1) * level**2 * np.outer(gains, gains)
    some = np.random.default_rng(2).multivariate_normal(gains, covariance, 400_000)
    worth = np.column_stack([np.zeros(len(some)), some])
    most = worth.max(axis=1)
    best, regret = best_and_regret(chances.samples)
    for number in range(3):
        assert best[number] == pytest.approx((worth[:, number] == most).mean(), abs=NEAR)
        assert regret[number] == pytest.approx((most - worth[:, number]).mean(), rel=0.02)
        spread = worth[:, number] - worth[:, (number + 1) % 3]
        assert chances.better(number, (number + 1) % 3) == pytest.approx((spread > 0).mean(), abs=NEAR)
    assert best.sum() == pytest.approx(1)


def test_of_one_what_if_the_chance_is_that_of_its_layers_and_regret_has_a_closed_form() -> None:
    pair = {"assumptions": MEMBERS[..., :2], "parameters": PAST[..., :2]}
    chances = Chances.of(ANSWER[:, :2], joint(**pair))
    gains = {layer: rows[..., 1] - rows[..., 0] for layer, rows in pair.items()}
    layers = Layers(gains=gains, gain=Gain.of((ANSWER[:, 1] - ANSWER[:, 0]).tolist())).to_json()
    assert chances.better(1, 0) == pytest.approx(layers["probability_better"])
    best, regret = best_and_regret(chances.samples)
    assert best[1] == pytest.approx(layers["probability_better"], abs=NEAR)
    spread = (layers["high"] - layers["low"]) / 2 / norm.ppf(0.95)
    mean = layers["gain"]
    lost = spread * norm.pdf(mean / spread) - mean * norm.cdf(-mean / spread)  # E[max(-gain, 0)]
    assert regret == pytest.approx([mean + lost, lost], rel=0.02)


def test_what_all_rivals_share_is_no_reason_to_doubt_which_is_best() -> None:
    """Their own levels are very unsure, their difference is not, as all meet the same draw."""
    shared = np.broadcast_to(LUCK.normal(0, 500, (6, 1, 1)), (6, 3, 3))
    steady = ANSWER[:, :1] + [0.0, 10.0, 20.0] + LUCK.normal(0, 1, (12, 3))
    best, regret = best_and_regret(Chances.of(steady, joint(assumptions=shared)).samples)
    assert best[2] > 0.99 and regret[2] < 0.1
    alone = np.stack([LUCK.normal(0, 500, (6, 1)) + np.zeros((6, 3)) for _ in range(3)], axis=-1)
    best, _ = best_and_regret(Chances.of(steady, joint(assumptions=alone)).samples)
    assert best.max() < 0.75


@given(st.permutations(range(3)), st.integers(0, 2))
def test_no_order_and_no_copy_of_a_rival_changes_what_the_others_are_told(
    order: list[int], twin: int
) -> None:
    drawn = joint(assumptions=MEMBERS, parameters=PAST)
    best, regret = best_and_regret(Chances.of(ANSWER, drawn, 1.2).samples)
    turned = joint(assumptions=MEMBERS[..., order], parameters=PAST[..., order])
    again = best_and_regret(Chances.of(ANSWER[:, order], turned, 1.2).samples)
    assert again[0] == pytest.approx(best[order], abs=NEAR) and again[1] == pytest.approx(
        regret[order], rel=0.02
    )
    twice = [*range(3), twin]
    chances = Chances.of(
        ANSWER[:, twice], joint(assumptions=MEMBERS[..., twice], parameters=PAST[..., twice]), 1.2
    )
    shared, missed = best_and_regret(chances.samples)
    assert shared[twin] == shared[3] == pytest.approx(best[twin] / 2, abs=NEAR)  # equally, to the last digit
    assert missed[twin] == missed[3] and missed[:3] == pytest.approx(regret, rel=0.02)
    others = [one for one in range(3) if one != twin]
    assert shared[others] == pytest.approx(best[others], abs=NEAR) and chances.better(twin, 3) == 0.5


def test_scenarios_that_change_nothing_share_the_first_place_and_nobody_regrets() -> None:
    same = [0, 0, 0, 0]
    chances = Chances.of(ANSWER[:, same], joint(0.3, assumptions=MEMBERS[..., same]), 2.0)
    best, regret = best_and_regret(chances.samples)
    assert best.tolist() == [0.25] * 4 and regret.tolist() == [0.0] * 4


DEARER = Scenario(name="dearer", changes={"rewards.tea.points": 450}, months=1, replications=3)
GENEROUS = Scenario(name="generous", changes={"earning.points_per_unit": 2}, months=1, replications=3)
AIMING = PROGRAMME.model_copy(update={"targets": {"members_active": Decimal(60)}})


@pytest.fixture(scope="module")
def start() -> Outset:
    """Where few effects act, so that few runs are needed."""
    begun = outset(past(150)[0], AIMING, 1, 1, Behaviour())
    return replace(begun, effects=default_effects().only("goal_gradient", "redemption_momentum"))


@pytest.fixture(scope="module")
def drawn(start: Outset) -> JointDraws:
    return joint_draws(*contest_of(start, AIMING, (Scenario(), DEARER, GENEROUS)), 3)


def test_every_rival_meets_the_draws_and_lucks_that_it_meets_alone(start: Outset, drawn: JointDraws) -> None:
    gain = Gain(mean=1.0, variance=1.0, runs=3)
    for number, scenario in ((1, DEARER), (2, GENEROUS)):
        design, nothing = contest_of(start, AIMING, (Scenario(), scenario))
        alone = grounds(design, nothing, AIMING, 3, gain, with_ends=False)
        assert [*alone.layers.gains] == [*drawn.worths] == ["assumptions"]
        for layer, rows in drawn.worths.items():
            assert np.array_equal(rows[..., number] - rows[..., 0], alone.layers.gains[layer])
        assert drawn.targets[number - 1] == alone.targets
    assert JointDraws.told(json.loads(json.dumps(drawn.to_json()))).to_json() == drawn.to_json()


def test_a_contest_is_told_with_all_of_it_and_beside_that_by_its_replications(
    start: Outset, drawn: JointDraws
) -> None:
    sides = Scenario(), DEARER, GENEROUS
    contest = run(*contest_of(start, AIMING, sides), GENEROUS)
    known = contest.to_json()
    told = ranked_too(known, drawn, 1.3)
    assert told["draws"] == {"assumptions": 3}
    for row, before in zip(told["ranking"], known["ranking"], strict=True):
        alone = {name: before[name] for name in ("probability_best", "expected_regret")}
        assert row["by_chance"] == alone and row["money"] == before["money"]
    assert sum(row["probability_best"] for row in told["ranking"]) == pytest.approx(1)
    chances = Chances.of(contest.money, drawn, 1.3)
    (pair,) = told["pairs"]
    one, other = (1 + [DEARER.name, GENEROUS.name].index(pair[name]) for name in ("scenario", "over"))
    assert pair["probability_better"] == chances.better(one, other)
    assert pair["by_chance"] == known["pairs"][0]["probability_better"]
    for number, comparison in enumerate(told["comparisons"], start=1):
        about = {"draws": {"assumptions": 3}, "targets": drawn.targets[number - 1]}
        about["probability_better"] = chances.better(number, 0)
        assert comparison == drawn_too(known["comparisons"][number - 1], about, 1.3)
        assert comparison["targets"][0]["scenario"]["by_chance"] in (0, 1 / 3, 2 / 3, 1)


def test_one_replication_or_nothing_left_open_is_told_as_it_was(start: Outset) -> None:
    once = DEARER.model_copy(update={"replications": 1})
    known = run(*contest_of(start, AIMING, (Scenario(), GENEROUS, once)), once).to_json()
    assert ranked_too(known, joint(assumptions=MEMBERS)) == known
    thrice = {**known, "worths": ANSWER.tolist()}
    assert ranked_too(thrice, joint()) == thrice
