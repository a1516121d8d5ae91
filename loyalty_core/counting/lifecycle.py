"""The five states of a member, by recency: exclusive, and together all members enrolled."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.rules.programme import Lifecycle
from loyalty_core.text import Text


class State(IntEnum):
    """Where a member stands at the close of a day; the two last are not enrolled."""

    NEW_INACTIVE = 0
    NEVER_ACTIVE = 1
    ACTIVE = 2
    SILENT = 3
    CHURNED = 4
    LEFT = 5
    NOT_JOINED = 6


_BY_RECENCY = np.array([State.ACTIVE, State.SILENT, State.CHURNED], np.int8)  # by how many windows are over
ENROLLED = (State.NEW_INACTIVE, State.NEVER_ACTIVE, State.ACTIVE, State.SILENT, State.CHURNED)
NO_PURCHASE = -1  # days since the last purchase of a member who never bought

LABELS: dict[State, Text] = {
    State.NEW_INACTIVE: Text("New, no purchase yet", "新入会未消费"),
    State.NEVER_ACTIVE: Text("Never purchased", "从未消费"),
    State.ACTIVE: Text("Active", "活跃"),
    State.SILENT: Text("Silent", "沉默"),
    State.CHURNED: Text("Churned", "流失"),
    State.LEFT: Text("Left", "已退会"),
    State.NOT_JOINED: Text("Not yet joined", "未入会"),
}


def states(days_since_last_purchase: Ints, days_since_joining: Ints, windows: Lifecycle) -> Ints:
    """The state (int8) of enrolled members; `NO_PURCHASE` where there was none."""
    since, joined = np.asarray(days_since_last_purchase), np.asarray(days_since_joining)
    passed = (since > windows.active_days).astype(np.intp) + (since > windows.silent_days)
    state: Ints = _BY_RECENCY[passed]
    without = (since < 0).nonzero()[0]
    new = joined[without] <= windows.new_days
    state[without] = np.where(new, np.int8(State.NEW_INACTIVE), np.int8(State.NEVER_ACTIVE))
    return state
