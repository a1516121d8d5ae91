"""The members as a list of actions sees them: what is known of each at the close of a day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import days_in_each_year
from loyalty_core.rules.programme import Programme

BIRTHDAY_WITHIN_DAYS = 30


@dataclass(frozen=True)
class Sight:
    """The members as known at the close of `day` (`portraits`), and the rules that hold for them."""

    portraits: pd.DataFrame
    programme: Programme
    day: int

    def column(self, name: str) -> Any:
        """A column of the portraits as an array."""
        return self.portraits[name].to_numpy()

    @cached_property
    def silent(self) -> Flags:
        """Who is silent."""
        return (self.portraits["state"] == "silent").to_numpy(bool)

    @cached_property
    def silence(self) -> Ints:
        """Days since the last purchase, -1 where there was none."""
        return self.portraits["days_since_purchase"].fillna(-1).to_numpy(np.int64)

    @cached_property
    def usual_order(self) -> Ints:
        """What a member's purchase of the last 365 days was worth on average, or everybody's where one bought
        nothing in them; minor units, rounded down, never below 0."""
        revenue, purchases = self.column("revenue"), self.column("purchases")
        everybody = int(revenue.sum()) // max(int(purchases.sum()), 1)
        own = np.where(purchases > 0, revenue // np.maximum(purchases, 1), everybody)
        return np.maximum(own, 0)

    @cached_property
    def days_to_birthday(self) -> Ints:
        """Days until the next birthday after the day, -1 where it is not within 30 days or not known."""
        birthday = self.column("birthday")
        found = np.full(len(birthday), -1, np.int64)
        for one in np.unique(birthday[birthday > 0]):
            written = f"{one // 100:02d}-{one % 100:02d}"
            ahead = days_in_each_year([written], self.day + 1, self.day + BIRTHDAY_WITHIN_DAYS)
            if len(ahead):
                found[birthday == one] = int(ahead[0]) - self.day
        return found

    @cached_property
    def low_mark(self) -> int:
        """Stored value below which a card is low, minor units."""
        return self.programme.minor(self.programme.stored_value.low_balance)
