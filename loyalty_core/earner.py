"""What purchases and activities earn under a programme: every earning rule, applied to many members at once.

The order for one event: what the rule measures, times its rate, the tier's percentage and the
multipliers, rounded once; then the rule's own caps; then the best of each group; then the caps of
the whole, which cut the later rules of the list first. A cap counts what was given in the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from loyalty_core.history import Flags, Ints
from loyalty_core.programme import Programme

Labels = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Purchases, or activities of one kind: n events, at most one per member; see `events`."""

    member: Ints
    day: Ints
    amount_minor: Ints  # what earns points: see `earning_amount`
    quantity: Ints
    value: Ints  # UNKNOWN_VALUE where the activity has none
    store: Ints  # codes into labels["purchases.store"], -1 unknown
    channel: Ints
    categories: Ints  # codes of joined texts such as "shoes|bags"
    first: Flags  # the member's first purchase ever

    def __len__(self) -> int:
        return len(self.member)


def events(
    member: Ints,
    day: Ints | int,
    *,
    amount_minor: Ints | int = 0,
    quantity: Ints | int = 0,
    value: Ints | int = np.iinfo(np.int64).min,
    store: Ints | int = -1,
    channel: Ints | int = -1,
    categories: Ints | int = -1,
    first: Flags | bool = False,
) -> Events:
    """Events of these members; what is left out is unknown, and a single value holds for all."""
    raise NotImplementedError


def earning_amount(programme: Programme, amount_minor: Ints, paid_points_minor: Ints) -> Ints:
    """The part of purchases that earns points: without what points paid for, unless they say otherwise."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """Point units per rule (in the order of the document, those of this kind of event only) and event."""

    rules: tuple[str, ...]
    accounts: tuple[str, ...]
    points: tuple[Ints, ...]  # for each rule n whole numbers, after multipliers, rounding, groups and caps

    def total(self, account: str) -> Ints:
        """Point units that go to an account, per event."""
        raise NotImplementedError


class Earner:
    """The earning rules of a programme over n members, with what their caps and streaks remember.

    `birthday` is month × 100 + day per member, 0 where unknown; `labels` are those of the history.
    For one member days only go forward. Members never touch each other.
    """

    def __init__(self, programme: Programme, labels: Labels, birthday: Ints):
        raise NotImplementedError

    def earn(self, kind: str, events: Events, tier: Ints) -> Earned:
        """What events of one kind (`purchase`, `sign_in` …) earn at these tiers; moves caps and streaks on."""
        raise NotImplementedError

    def worth(self, kind: str, events: Events, tier: Ints) -> Earned:
        """What they would earn now, with the caps of one event only; nothing moves.

        For a refund that does not name its purchase.
        """
        raise NotImplementedError
