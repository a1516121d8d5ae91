"""When the calendar reviews tiers, and which tier members had on a day."""

from __future__ import annotations

import numpy as np

from loyalty_core.days import days_in_each_year, month_starts
from loyalty_core.history import History, Ints
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import latest_at, value_at


def tier_at(history: History, days: Ints) -> Ints:
    """Each member's tier at the close of each day, members × days; -1 without one and outside membership."""
    moves, members = history.tier_changes, history.members
    tier = value_at(latest_at(moves.member, moves.day, len(members), days), moves.to_tier, -1)
    enrolled = (members.joined_on[:, None] <= days) & ~(members.left_on[:, None] <= days)
    return np.where(enrolled, tier, -1)


def review_days(programme: Programme, first: int, last: int) -> Ints:
    """The days from `first` to `last`, both included, at whose start the calendar reviews tiers, int32.

    A review day that a month does not have (02-29, 04-31) falls on the month's last day. Reviews on
    anniversaries are no days of the calendar: see `TierStanding.settle`.
    """
    reviews = programme.qualification.reviews
    if reviews == "anniversary":
        return np.zeros(0, np.int32)
    return month_starts(first, last) if reviews == "monthly" else days_in_each_year(reviews, first, last)
