"""A stretch of members is what a selection of the same members gives."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from loyalty_core.history_parts import select
from loyalty_core.stretches import stretch
from tests.core.generated import generated


@pytest.mark.parametrize(("seed", "first", "end"), [(11, 2, 7), (12, 0, 5), (13, 4, 12), (14, 3, 3)])
def test_a_stretch_of_members_is_their_selection(seed: int, first: int, end: int) -> None:
    history = generated(seed).history
    chosen = np.zeros(len(history.members), bool)
    chosen[first:end] = True
    np.testing.assert_equal(asdict(stretch(history, first, end)), asdict(select(history, chosen)))


def test_a_stretch_copies_nothing() -> None:
    history = generated(11).history
    assert np.shares_memory(stretch(history, 2, 7).purchases.amount, history.purchases.amount)
