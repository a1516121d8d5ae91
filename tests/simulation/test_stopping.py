"""When replications stop: the rule of Hoad, Robinson, Davies 2010 against its own words."""

from __future__ import annotations

import math
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t

from loyalty_core.errors import InputError
from simulation.stopping import Tolerance, enough, half_width

NUMBERS = st.lists(st.integers(-50, 50).map(float), max_size=25)


def narrow(values: list[float], size: float, relative: bool) -> bool:
    """Whether the 95 % t interval around the mean of the values reaches no further than wanted."""
    centre = mean(values)
    error = math.sqrt(sum((value - centre) ** 2 for value in values) / (len(values) - 1) / len(values))
    if not error:
        return True
    low, high = t.interval(0.95, len(values) - 1, loc=centre, scale=error)
    return (high - low) / 2 <= (size * abs(centre) if relative else size) + 1e-9


def by_the_book(values: list[float], size: float, relative: bool) -> int | None:
    """Three at least; then five in a row beyond the first at which it is narrow must be narrow, too."""
    for n in range(3, len(values) + 1):
        stretch = range(n - 5, n + 1)
        if stretch[0] >= 3 and all(narrow(values[:m], size, relative) for m in stretch):
            return n
    return None


@given(NUMBERS, st.sampled_from([3.0, 12.5, 40.25]))
def test_an_amount_of_money_stops_where_the_rule_says(values: list[float], size: float) -> None:
    assert enough(values, Tolerance(size)) == by_the_book(values, size, relative=False)


@given(NUMBERS, st.sampled_from([0.053, 0.31, 1.7]))
def test_a_share_of_the_difference_stops_where_the_rule_says(values: list[float], size: float) -> None:
    assert enough(values, Tolerance(size, relative=True)) == by_the_book(values, size, relative=True)


@given(NUMBERS, NUMBERS)
def test_what_comes_after_the_stop_does_not_move_it(values: list[float], more: list[float]) -> None:
    stop = enough(values, Tolerance(10))
    if stop is not None:
        assert enough(values + more, Tolerance(10)) == stop


def test_after_a_hundred_the_look_ahead_grows_in_proportion() -> None:
    values = [1000.0 * (-1) ** n for n in range(120)] + [0.0] * 3000
    tolerance = Tolerance(100.0)
    first = next(n for n in range(3, len(values)) if half_width(values[:n]) <= 100)
    assert first > 100
    assert enough(values, tolerance) == first + 5 * first // 100


@pytest.mark.parametrize(
    ("given", "meant"),
    [("5%", Tolerance(0.05, True)), ("2000", Tolerance(2000.0)), (12.5, Tolerance(12.5))],
)
def test_a_tolerance_is_an_amount_or_a_share(given: float | str, meant: Tolerance) -> None:
    assert Tolerance.of(given) == meant


@pytest.mark.parametrize("given", ["", "0", "-3", "inf", "nan", "five", "%", "0%", 0])
def test_anything_else_is_refused_with_the_way_to_write_it(given: float | str) -> None:
    with pytest.raises(InputError, match="5%"):
        Tolerance.of(given)
