"""Which tier a spend earns, what a review does with it, and when reviews are."""

from __future__ import annotations

import numpy as np

from loyalty_core.days import days_in_each_year, month_starts
from loyalty_core.history import History, Ints
from loyalty_core.programme import Programme, Qualification
from loyalty_core.timeline import latest_at, value_at


def tier_for(spend: Ints, thresholds: Ints) -> Ints:
    """The highest tier (int32, 0 the lowest) whose threshold each spend reaches; refunds never go below."""
    reached = np.searchsorted(thresholds, spend, side="right") - 1
    return np.maximum(reached, 0).astype(np.int32)


def upgraded(tier: Ints, earned_tier: Ints) -> Ints:
    """The tier after a purchase: what is earned, and never less than before."""
    return np.maximum(tier, earned_tier)


def reviewed(tier: Ints, earned_tier: Ints, rule: Qualification) -> Ints:
    """The tier after a review.

    A higher earned tier is given at once. A lower one takes the member down to it (`to_earned`),
    one level towards it (`one_level`, the soft landing), or not at all (`never`).
    """
    floors = {"to_earned": earned_tier, "one_level": tier - 1, "never": tier}
    after: Ints = np.maximum(earned_tier, floors[rule.downgrade])
    return after


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
