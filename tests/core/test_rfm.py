"""The grid of recency and frequency, and how concentrated spending is, against plain counting."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.customers.rfm import (
    FREQUENCIES,
    RECENCY_DAYS,
    concentration,
    frequency_labels,
    recency_labels,
    rfm_grid,
)

BUYERS = st.lists(st.tuples(st.integers(0, 364), st.integers(1, 40), st.integers(-50, 10_000)), max_size=60)


def holds(label: str, value: int) -> bool:
    """Whether a class written as 5, 3–8 or 12+ holds a value."""
    if label.endswith("+"):
        return value >= int(label[:-1])
    first, _, last = label.partition("–")
    return int(first) <= value <= int(last or first)


@given(BUYERS)
def test_every_buyer_is_in_the_field_that_its_labels_tell_and_in_no_other(buyers):
    days, purchases, revenue = (np.array([one[n] for one in buyers], np.int64) for n in range(3))
    grid = rfm_grid(days, purchases, revenue)
    for row, lately in enumerate(recency_labels()):
        for column, often in enumerate(frequency_labels()):
            there = [spent for day, times, spent in buyers if holds(lately, day) and holds(often, times)]
            assert grid.members[row, column] == len(there)
            assert grid.revenue[row, column] == sum(there)
    assert grid.members.sum() == grid.buyers == len(buyers)


@given(BUYERS)
def test_a_grid_tells_who_bought_lately_and_what_the_most_frequent_bring(buyers):
    grid = rfm_grid(*(np.array([one[n] for one in buyers], np.int64) for n in range(3)))
    lately = sum(day <= RECENCY_DAYS[0] for day, _, _ in buyers)
    spent, often = sum(one[2] for one in buyers), sum(one[2] for one in buyers if one[1] > FREQUENCIES[-1])
    assert np.isnan(grid.lately_share) if not buyers else grid.lately_share == lately / len(buyers)
    if spent > 0:
        assert np.isclose(grid.often_share, often / spent) and np.isclose(grid.revenue_shares.sum(), 1)
    else:
        assert grid.revenue_shares is None and np.isnan(grid.often_share)


@given(BUYERS)
def test_shares_are_those_of_the_buyers_who_spend_most(buyers):
    spent = sorted((one[2] for one in buyers), reverse=True)
    found = concentration(np.array([one[2] for one in buyers], np.int64))
    if sum(spent) <= 0:
        assert found == ()
        return
    for tenths, share in enumerate(found, 1):
        first = next(n for n in range(len(spent) + 1) if 10 * n >= tenths * len(spent))
        assert share == float(Fraction(sum(spent[:first]), sum(spent)))
    assert len(found) == 10 and found[-1] == 1
