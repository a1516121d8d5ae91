"""Hits of intervals, the regions of chance around what they promise, and the widths that errors call for."""

from __future__ import annotations

import math
from statistics import mean, median, stdev

import numpy as np
import pytest

from simulation.coverage import LEVELS, MOST, chance_region, hits, region_together, widened, widening


def test_the_region_of_chance_is_the_binomial_one() -> None:
    # Of 13 weeks at 90 % nine to thirteen are hit in at least 95 of 100 cases (a binomial table).
    assert chance_region(90, 13) == (9 / 13, 1.0)
    assert chance_region(50, 20) == (6 / 20, 14 / 20)


def test_weeks_that_miss_together_leave_chance_more_room() -> None:
    luck = np.random.default_rng(11)
    apart = luck.normal(size=(200, 50))
    together = np.repeat(luck.normal(size=(200, 1)), 50, axis=1)
    low, high = region_together([[apart]], 80)
    known = chance_region(80, 50)
    assert (low, high) == pytest.approx(known, abs=0.05)
    assert region_together([[together]], 80) == (0.0, 1.0)  # all weeks are held, or none is
    low, high = region_together([[together]] * 20, 50)  # twenty origins are as many trials
    assert (low, high) == pytest.approx(chance_region(50, 20), abs=0.06)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.7, 4.0])
def test_intervals_that_were_too_narrow_or_too_wide_are_put_right_most_of_the_way(factor: float) -> None:
    luck = np.random.default_rng(7)
    samples = luck.normal(100, 2, (60, 400))
    actual = luck.normal(100, 2 * factor, 400)
    errors = [(one - mean(column)) / stdev(column) for one, column in zip(actual, samples.T, strict=True)]
    told = [({"purchases": actual}, {"purchases": samples})] * 20
    scale = median(abs(error) for error in errors) / 0.67448975
    weight = sum(0.7**back for back in range(20))
    expected = ((1 + weight * min(scale, MOST) ** 2) / (1 + weight)) ** 0.5
    assert widening(told, ["purchases"]) == pytest.approx(expected)
    of_one = ((1 + min(scale, MOST) ** 2) / 2) ** 0.5
    assert widening(told[:1], ["purchases"]) == pytest.approx(of_one)
    whole = math.log(min(factor, MOST))
    assert abs(math.log(expected)) == pytest.approx(abs(whole) * 0.8, abs=0.2)


@pytest.mark.parametrize("factor", [0.5, 1.0, 4.0])
def test_widened_samples_are_spread_around_the_same_middle(factor: float) -> None:
    samples = np.random.default_rng(3).normal(1000, 20, (50, 4))
    spread = widened(samples, factor)
    assert spread.mean(axis=0) == pytest.approx(samples.mean(axis=0))
    assert spread.std(axis=0) == pytest.approx(samples.std(axis=0) * factor)


def test_widened_counts_stay_counts() -> None:
    assert widened(np.array([[0.0], [4.0]]), 3.0).min() == 0.0


def test_an_interval_holds_its_ends() -> None:
    samples = np.arange(9.0).reshape(9, 1)  # of nine draws the outermost are the ends of 80 %
    found = [hits(np.array([value]), samples, 80)[0] for value in (-0.1, 0.0, 4.0, 8.0, 8.1)]
    assert found == [0, 1, 1, 1, 0]


@pytest.mark.parametrize("count", [19, 40, 200])
def test_intervals_hold_one_more_draw_as_often_as_they_promise(count: int) -> None:
    draws = np.random.default_rng(count).normal(size=(count + 1, 20_000))
    for level in LEVELS:
        share = float(hits(draws[0], draws[1:], level).mean())
        assert share == pytest.approx(level / 100, abs=0.015), level  # four standard errors
