"""Who leaves the demo's programme, when and why."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Floats, Ints
from loyalty_core.days import NEVER
from simulation.ledger_frames import Texts, pick
from simulation.streams import Keys, Purpose, Streams

SHARE = 0.05  # of those who buy no more
QUIET_DAYS, THINKING_DAYS = 45, 150  # from the last purchase to leaving: at least, and on average after that
REASONS = (
    "moved away",
    "too many messages",
    "points expired",
    "prices",
    "another bookshop",
    "no reason given",
)
REASON_SHARES = (0.20, 0.22, 0.20, 0.12, 0.10, 0.16)


def left_on(streams: Streams, keys: Keys, last_bought_on: Ints, last_day: int) -> Ints:
    """The day of leaving, after all that a member did, and NEVER for those who stay."""
    thinking = streams.exponential(Purpose.LEAVING, keys, 1) * THINKING_DAYS
    day = last_bought_on.astype(np.int64) + QUIET_DAYS + thinking.astype(np.int64)
    leaves = (streams.uniform(Purpose.LEAVING, keys, 0) < SHARE) & (day <= last_day)
    return np.where(leaves, day, NEVER).astype(np.int32)


def reasons(streams: Streams, keys: Keys) -> Texts:
    """Why each would leave."""
    return pick(REASONS, chosen(REASON_SHARES, streams.uniform(Purpose.LEAVING, keys, 2)))


def chosen(shares: tuple[float, ...], luck: Floats) -> Ints:
    """The place of one of the shares, which add up to 1, for each luck."""
    return np.searchsorted(np.cumsum(shares)[:-1], luck, side="right")
