"""Campaigns of the calendar: whom they choose, who is held out, and how much faster the treated buy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.history import Flags, Ints
from simulation.streams import Keys, Purpose, Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """Members whose last purchase lies `after_days` to `until_days` before the first day are chosen; of
    them `held_out` are left alone. The others' rate is multiplied by 1 + `lift` through the last day;
    nobody who has left for good comes back."""

    campaign_id: str
    kind: str
    starts_on: int
    ends_on: int
    after_days: int
    until_days: int
    lift: float
    held_out: float = 0.2

    def chosen(self, last_bought_on: Ints, joined_on: Ints) -> Ints:
        """The members in reach at the start of the first day."""
        since = self.starts_on - np.asarray(last_bought_on, np.int64)
        return np.flatnonzero(
            (since >= self.after_days) & (since <= self.until_days) & (joined_on < self.starts_on)
        )

    def treated(self, keys: Keys, streams: Streams, number: int) -> Flags:
        """Which of the chosen are contacted."""
        return streams.uniform(Purpose.ARM, keys, number) >= self.held_out
