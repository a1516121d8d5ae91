"""Before and after of the same members: the interval is the one that textbooks give for pairs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from loyalty_core.paired import FEWEST, paired


def test_the_interval_is_that_of_a_mean_of_paired_differences() -> None:
    generator = np.random.default_rng(3)
    before, after = generator.poisson(2.0, 500), generator.poisson(2.3, 500)
    found = paired(before.sum(), after.sum(), float(((after - before) ** 2).sum()), 500)
    assert found is not None
    assert (found.before, found.after) == pytest.approx((before.mean(), after.mean()))
    theirs = stats.ttest_rel(after, before).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), rel=0.02)
    assert found.change == pytest.approx((after - before).mean())


def test_members_who_all_do_the_same_leave_no_doubt_and_few_members_tell_nothing() -> None:
    found = paired(0.0, 40.0, 40.0, 40)
    assert found is not None and (found.low, found.high) == (1.0, 1.0) and found.is_clear
    assert paired(1.0, 2.0, 1.0, FEWEST - 1) is None
