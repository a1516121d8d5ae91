"""Intervals of shares against published values."""

from __future__ import annotations

import numpy as np
import pytest

from loyalty_core.intervals import difference, exact_low, wilson


def _only(*numbers: int) -> list[np.ndarray]:
    return [np.array([number], np.float64) for number in numbers]


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_score_interval_is_that_of_newcombes_table(hits, n, low, high):
    found = wilson(*_only(hits, n))
    assert [round(float(end[0]), 4) for end in found] == [low, high]


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10.
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((10, 10, 0, 10), 0.6075, 1.0),
        ((10, 10, 0, 20), 0.6791, 1.0),
    ],
)
def test_the_interval_of_a_difference_is_that_of_newcombes_table(counts, low, high):
    found = difference(*_only(*counts))
    assert [round(float(end[0]), 4) for end in found] == [low, high]


def test_an_exact_bound_of_all_right_is_the_root_of_one_in_twenty():
    n = np.array([1.0, 59, 299])
    assert exact_low(n, n) == pytest.approx(0.05 ** (1 / n))
    # 59 of 59 prove 95 %, 58 do not: the smallest sample without a fault.
    assert exact_low(*_only(59, 59))[0] > 0.95 > exact_low(*_only(58, 58))[0]


def test_of_nothing_there_is_no_interval():
    ends = [*wilson(*_only(0, 0)), *difference(*_only(0, 0, 1, 2)), exact_low(*_only(0, 0))]
    assert all(np.isnan(end).all() for end in ends)
    assert exact_low(*_only(0, 10))[0] == 0
