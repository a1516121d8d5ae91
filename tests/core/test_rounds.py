"""Rounds bring every event once, each member at most once a round, and each member's events in order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.rounds import rounds
from tests.core.drawn import ints

# Stages of a member mostly grow; a clock set back over midnight may step back once in a while.
events = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=40)


@given(events, st.booleans())
def test_every_event_comes_once_and_in_its_members_order(drawn, tidy: bool) -> None:
    drawn = sorted(drawn) if tidy else sorted(drawn, key=lambda event: event[0])
    member, stage = ints(m for m, _ in drawn), ints(s for _, s in drawn)
    found = list(rounds(member, stage))
    order = [int(event) for _, batch in found for event in batch]
    assert sorted(order) == list(range(len(drawn)))
    for number in range(5):
        own = [event for event in order if member[event] == number]
        assert own == sorted(own)
    for _, batch in found:
        assert len(np.unique(member[batch])) == len(batch)


@given(events)
def test_stages_come_one_after_the_other(drawn) -> None:
    drawn = sorted(drawn)
    member, stage = ints(m for m, _ in drawn), ints(s for _, s in drawn)
    found = list(rounds(member, stage))
    assert [now for now, _ in found] == sorted(now for now, _ in found)
    for now, batch in found:
        assert (stage[batch] == now).all()
