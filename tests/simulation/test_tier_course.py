"""The tier of members from day to day: what is told of spans of days is what is told of each day."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulation.tier_course import TierCourse

MEMBERS, LAST = 3, 12
CLOSES = np.array([-1, 3, 7, LAST])


CHANGES = st.tuples(st.integers(0, MEMBERS - 1), st.integers(-6, LAST), st.integers(0, 3))


@given(st.lists(CHANGES, max_size=12))
def test_a_tier_that_is_told_of_a_span_is_told_of_each_day_of_it(changes: list[tuple[int, int, int]]) -> None:
    member, day, tier = np.array(changes, np.int64).reshape(-1, 3).T
    course = TierCourse(MEMBERS, member, day, day, tier)
    at_close, steady = course.over(CLOSES)
    everybody = np.arange(MEMBERS)
    for span, (eve, close) in enumerate(pairwise(CLOSES.tolist()), start=1):
        told = np.array([course.on(everybody, np.full(MEMBERS, on)) for on in range(eve + 1, close + 1)])
        assert ((told == at_close[span]) | ~steady[span]).all()
        moved = (told != told[0]).any(axis=0)
        assert not (moved & steady[span]).any()


def test_only_who_moved_or_is_not_known_is_told_day_by_day() -> None:
    member, day, tier = np.array([[0, -2, 1], [1, 5, 2]]).T
    at_close, steady = TierCourse(MEMBERS, member, day, day, tier).over(CLOSES)
    assert at_close.T.tolist() == [[1, 1, 1, 1], [-1, -1, 2, 2], [-1, -1, -1, -1]]
    assert steady.T.tolist() == [[False, True, True, True], [False, False, False, True], [False] * 4]
