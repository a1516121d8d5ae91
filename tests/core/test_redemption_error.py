"""The closed-form error of redemption: published standard errors, how often its interval holds, bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from loyalty_core.finance.development import Triangle, development
from loyalty_core.finance.redemption_error import redemption_error, step_variances
from tests.core.test_development import TAYLOR_ASHE, made, triangle_of, triangles

# Mack (1993), table 3: standard errors of the reserves of Taylor and Ashe's years 2 to 10, and of all.
MACK = (75_535, 121_699, 133_549, 261_406, 411_010, 558_317, 875_328, 971_258, 1_363_155)
MACK_IN_ALL = 2_447_095


def test_the_standard_errors_are_those_that_mack_published() -> None:
    error = redemption_error(development(triangle_of(TAYLOR_ASHE), young=0))
    each = error.standard_error(np.eye(10))
    assert each[0] == 0
    assert np.round(each[1:]).tolist() == pytest.approx(MACK, abs=1)
    assert error.standard_error(np.ones(10)) == pytest.approx(MACK_IN_ALL, abs=1)


def test_a_step_that_one_cohort_has_gone_scatters_as_the_steps_before_let_expect() -> None:
    """Mack's σ² of Taylor and Ashe, the last by his rule."""
    variance, _ = step_variances(development(triangle_of(TAYLOR_ASHE), young=0))
    assert variance[:3] == pytest.approx([160_280, 37_737, 41_965], rel=1e-4)
    assert variance[8] == pytest.approx(min(variance[7] ** 2 / variance[6], variance[6], variance[7]))


@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_the_interval_holds_what_comes_about_as_often_as_it_says(spread: float) -> None:
    random, held = np.random.default_rng(31), 0
    for _ in range(300):
        triangle, reached = made(random, spread)
        low, high = redemption_error(development(triangle)).interval(np.ones(12))
        so_far, issued = triangle.redeemed_so_far.sum(), triangle.issued.sum()
        held += bool(so_far + low <= reached * issued <= so_far + high)
    # Of 300 true 95 % intervals fewer than 276 or more than 294 hold about one time in fifty.
    assert 276 <= held <= 294


@settings(max_examples=200)
@given(triangles())
def test_the_interval_lies_around_the_estimate_and_within_what_is_open(triangle: Triangle) -> None:
    found = development(triangle)
    error = redemption_error(found)
    if error is None:
        return
    to_come = found.ultimate - triangle.redeemed_so_far
    for parts in (*np.eye(len(triangle)), np.ones(len(triangle))):
        low, high = error.interval(parts)
        assert 0 <= low <= parts @ to_come <= high <= parts @ triangle.open + 1e-6


def test_a_part_of_the_members_is_less_sure_than_the_whole_in_proportion() -> None:
    error = redemption_error(development(triangle_of(TAYLOR_ASHE), young=0))
    whole, half = error.standard_error(np.array([np.ones(10), np.full(10, 0.5)]))
    assert whole / 2 < half < whole / np.sqrt(2)


def test_a_triangle_too_small_for_scatter_has_no_interval() -> None:
    assert redemption_error(development(triangle_of(((5,),)))) is None
    assert redemption_error(development(triangle_of(((5, 1), (4,))))) is None
    assert redemption_error(development(triangle_of(((0, 0, 0), (0, 0), (0,))))) is None
