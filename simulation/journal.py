"""What a run writes down as it goes: facts as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from loyalty_core.facts import ENTRY_KINDS
from loyalty_core.history import Flags, Ints

Arrays = dict[str, npt.NDArray[Any]]
KIND = {name: code for code, name in enumerate(ENTRY_KINDS)}


class Rows:
    """One kind of fact, gathered in blocks; scalars stand for a whole block."""

    def __init__(self, **types: type[np.generic]) -> None:
        self._types = types
        self._blocks: list[Arrays] = []

    def add(self, member: Ints, **columns: Ints | Flags | np.integer | int | bool) -> None:
        """A block of rows, one for each member given."""
        given = {"member": member, **columns}
        self._blocks.append(
            {
                name: np.broadcast_to(np.asarray(given[name], kind), len(member))
                for name, kind in self._types.items()
            }
        )

    def sorted(self) -> Arrays:
        """All rows by member and instant; at one instant in the order in which they were added."""
        empty = {name: np.zeros(0, kind) for name, kind in self._types.items()}
        table = {
            name: np.concatenate([empty[name], *(b[name] for b in self._blocks)]) for name in self._types
        }
        order = np.lexsort((table["at"], table["member"]))
        return {name: values[order] for name, values in table.items()}


class Journal:
    """The facts of one run. `ordinal` counts a member's sales from 0 and names the sale behind a row.

    A refund bears the ordinal of the sale that it takes back, an expiry that of the sale that had
    earned the points (-1 where the run did not see it).
    """

    def __init__(self) -> None:
        moment: dict[str, type[np.generic]] = {"member": np.int64, "day": np.int32, "at": np.int64}
        self.purchases = Rows(**moment, ordinal=np.int32, amount=np.int64, refund=np.bool_)
        self.entries = Rows(
            **moment,
            kind=np.int8,
            amount=np.int64,
            available_on=np.int32,
            expires_on=np.int32,
            reward=np.int16,
            ordinal=np.int32,
        )
        self.tier_changes = Rows(**moment, from_tier=np.int32, to_tier=np.int32, review=np.bool_)
        self.contacts = Rows(**moment, campaign=np.int32, treated=np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a run has brought about, each table sorted by member and instant (columns as in `Journal`)."""

    purchases: Arrays
    entries: Arrays
    tier_changes: Arrays
    contacts: Arrays

    @classmethod
    def of(cls, journal: Journal) -> Facts:
        return cls(
            purchases=journal.purchases.sorted(),
            entries=journal.entries.sorted(),
            tier_changes=journal.tier_changes.sorted(),
            contacts=journal.contacts.sorted(),
        )
