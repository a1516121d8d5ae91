"""What a programme implies for the facts of a source that brings no ledger or no tiers of its own.

A source that tells of adjustments and transfers alone has no ledger: these are decisions that no rule
knows, and its ledger is what the rules imply around them. Of versions that follow each other each is
obeyed on its days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from loyalty_core.facts import DECISIONS
from loyalty_core.histories import history_from_frames
from loyalty_core.history import History
from loyalty_core.kernel.derived import Derived
from loyalty_core.kernel.replay import replay
from loyalty_core.kernel.walk import details_asked, kinds_asked
from loyalty_core.rules.programme import Programme

# The facts that a ledger and tiers always follow from; `facts_for` adds what the programme's rules look
# at. Of entries only what was decided is among them, and no tier changes: what is derived depends on
# the facts alone.
FROM: dict[str, tuple[str, ...]] = {
    "members": ("member_id", "valid_from", "joined_on", "left_on"),
    "purchases": (
        "purchase_id",
        "member_id",
        "occurred_at",
        "amount",
        "kind",
        "refund_of",
        "paid_stored_value",
    ),
    "activities": ("activity_id", "member_id", "occurred_at", "kind", "value"),
    "entries": ("member_id", "occurred_at", "kind", "amount", "account", "available_on", "expires_on"),
}


def facts_for(*programmes: Programme) -> dict[str, tuple[str, ...]]:
    """The columns that the rules of the programmes look at, by table."""
    earning = [when for one in programmes for when in one.earning.whens]
    details = dict.fromkeys(name for one in programmes for name in details_asked(one))
    more = {
        "members": ("birthday",) if any(when.birthday for when in earning) else (),
        "purchases": (*details, *(("paid_points",) if any(one.points_as_cash for one in programmes) else ())),
        "activities": ("reference",) if any(map(kinds_asked, programmes)) else (),
        "entries": (),
    }
    return {name: (*columns, *more[name]) for name, columns in FROM.items()}


def implied(
    frames: Mapping[str, pd.DataFrame], programmes: Sequence[Programme], until_day: int | None = None
) -> tuple[Derived, History]:
    """The rows that programmes, one after the other, imply for frames in the columns of `facts_for`, and the
    history behind; the `entries` there are the source's own. Up to a day, the last event's by default.

    Of two purchases, or activities, of one instant the one that comes first in its frame comes first.
    """
    history = history_from_frames({name: frames[name] for name in FROM if name in frames}, programmes[-1])
    return replay(history, programmes, until_day, with_decisions=True), history


def ledger_is_derived(own_kinds: Iterable[str]) -> bool:
    """Whether a source that brings entries of these kinds leaves it to the programme what else there is."""
    return set(own_kinds) <= set(DECISIONS)
