"""In another order every member has the same history."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from loyalty_core.history import History
from loyalty_core.history_parts import select
from loyalty_core.rearranged import rearranged
from tests.core.generated import generated


def _alone(history: History, place: int) -> History:
    return select(history, np.arange(len(history.members)) == place)


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_each_member_keeps_what_happened(seed: int) -> None:
    history = generated(seed).history
    order = np.random.default_rng(seed).permutation(len(history.members))
    other = rearranged(history, order)
    for place, before in enumerate(order.tolist()):
        np.testing.assert_equal(asdict(_alone(other, place)), asdict(_alone(history, before)))


def test_guests_stay_and_the_way_back_is_an_order_too() -> None:
    history = generated(14).history
    order = np.random.default_rng(14).permutation(len(history.members))
    back = rearranged(rearranged(history, order), np.argsort(order))
    np.testing.assert_equal(asdict(back), asdict(history))
