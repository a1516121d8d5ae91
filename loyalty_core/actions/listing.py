"""A list as it may leave: without those who may not be contacted, the largest expected gain first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from loyalty_core.actions.action_lists import LISTS
from loyalty_core.actions.sight import Sight
from loyalty_core.arrays import Flags, Ints
from loyalty_core.errors import InputError
from loyalty_core.names import near

PARTS = 10_000  # shares are counted in hundredths of a percent
MOST_CONTACTS = 4  # in 30 days, unless told otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a list is drawn up: the share of contacted members supposed to respond because of it, and how many
    contacts within 30 days a member may have had at most to get one more."""

    lift: Decimal
    most_contacts: int = MOST_CONTACTS

    def __post_init__(self) -> None:
        if not 0 <= self.lift <= 1:
            raise InputError(f"lift {self.lift}: write a share from 0 to 1, such as 0.02")
        if self.most_contacts < 1:
            raise InputError(f"cap {self.most_contacts}: at least one contact must be allowed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list in its order: rows of the portraits, what is at stake and the expected gain, in minor units.

    The others of those whom it is about are counted by why they were left out.
    """

    rows: Ints
    stake: Ints
    gain: Ints
    without_consent: int
    unasked: int  # whose consent nothing tells
    contacted_enough: int

    def __len__(self) -> int:
        return len(self.rows)

    def first(self, most: int) -> Listing:
        """The same with the first of its members alone."""
        return replace(self, rows=self.rows[:most], stake=self.stake[:most], gain=self.gain[:most])

    @property
    def promised(self) -> int:
        """What all of its members together are expected to bring, in minor units."""
        return int(self.gain.sum())

    @property
    def concerned(self) -> int:
        """Everybody the list is about, contactable or not."""
        return len(self.rows) + self.without_consent + self.unasked + self.contacted_enough


def listing(name: str, sight: Sight, terms: Terms) -> Listing:
    """The list of that name; InputError naming the nearest one where there is none.

    Who has not consented, or was never asked, is left out, and so is who has had as many contacts as the cap
    allows. The gain is lift × stake × margin (without a declared margin: × 1), rounded half up; of equal
    gains, as where campaigns so far brought nothing, the larger stake comes first, then the smaller id.
    """
    if name not in LISTS:
        raise InputError(f"{name} is no list; {near(name, LISTS)}")
    chosen = LISTS[name].members(sight)
    consent, enough = sight.column("consent"), sight.column("contacts") >= terms.most_contacts
    rows = np.flatnonzero(chosen & (consent == 1) & ~enough)
    stake = LISTS[name].stake(sight)[rows].astype(np.int64)
    gain = expected_gain(stake, terms.lift, sight.programme.margin_share)
    order = np.lexsort((rows, -stake, -gain))
    return Listing(
        rows=rows[order],
        stake=stake[order],
        gain=gain[order],
        without_consent=_count(chosen & (consent == 0)),
        unasked=_count(chosen & (consent < 0)),
        contacted_enough=_count(chosen & (consent == 1) & enough),
    )


def promised_together(lists: Iterable[Listing]) -> int:
    """What lists over the same portraits promise together, in minor units: a member who is on several of them
    counts once, at the largest gain."""
    lists = list(lists)
    rows, gain = (np.concatenate([getattr(one, name) for one in lists]) for name in ("rows", "gain"))
    best = np.zeros(rows.max(initial=-1) + 1, np.int64)
    np.maximum.at(best, rows, gain)
    return int(best.sum())


def expected_gain(stake: Ints, lift: Decimal, margin: Decimal | None) -> Ints:
    """stake × lift × margin in minor units, halves rounded up; the shares to a hundredth of a percent."""
    share = _parts(lift) * (PARTS if margin is None else _parts(margin))
    gain: Ints = (2 * stake * share + PARTS**2) // (2 * PARTS**2)
    return gain


def _parts(share: Decimal) -> int:
    return int((share * PARTS).to_integral_value())


def _count(flags: Flags) -> int:
    return int(np.count_nonzero(flags))
