"""The five states: the windows to the day, exclusive, and named in both languages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.counting.lifecycle import ENROLLED, LABELS, NO_PURCHASE, State, states
from loyalty_core.rules.programme import Lifecycle

WINDOWS = Lifecycle()


@pytest.mark.parametrize(
    ("since", "joined", "state"),
    [
        (0, 0, State.ACTIVE),
        (90, 500, State.ACTIVE),
        (91, 500, State.SILENT),
        (180, 500, State.SILENT),
        (181, 500, State.CHURNED),
        (NO_PURCHASE, 0, State.NEW_INACTIVE),
        (NO_PURCHASE, 90, State.NEW_INACTIVE),
        (NO_PURCHASE, 91, State.NEVER_ACTIVE),
    ],
)
def test_the_windows_end_on_their_last_day(since, joined, state):
    assert states(np.array([since]), np.array([joined]), WINDOWS).tolist() == [state]


@given(
    since=st.integers(-1, 4000),
    joined=st.integers(0, 4000),
    active=st.integers(1, 400),
    more=st.integers(1, 400),
    new=st.integers(1, 400),
)
def test_every_enrolled_member_is_in_the_one_state_that_the_windows_say(since, joined, active, more, new):
    windows = Lifecycle(active_days=active, silent_days=active + more, new_days=new)
    holds = {
        State.NEW_INACTIVE: since < 0 and joined <= new,
        State.NEVER_ACTIVE: since < 0 and joined > new,
        State.ACTIVE: 0 <= since <= active,
        State.SILENT: active < since <= active + more,
        State.CHURNED: since > active + more,
    }
    (found,) = states(np.array([since]), np.array([joined]), windows)
    assert [state for state, here in holds.items() if here] == [found]
    assert set(holds) == set(ENROLLED)


def test_every_state_has_a_name_in_both_languages():
    assert all(LABELS[state].en and LABELS[state].zh for state in State)
