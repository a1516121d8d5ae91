"""What adds up over members at a close, counted by crowd and kept: any slices and filters follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np

from data.rollups.rolled_members import RolledMembers, nobody, remember
from data.turns import TURN
from loyalty_core.arrays import Ints
from loyalty_core.counting.cuts import Cut
from loyalty_core.counting.places import Places

CLOSES_KEPT = 128  # of months and of all periods with a name; each takes little
Found = TypeVar("Found")


@dataclass(frozen=True)
class StandingCut(Cut):
    """A cut of members at closes, by what the roll-ups say that they are."""

    members: RolledMembers

    def cells_at(self, bounds: Ints, own: Mapping[str, Ints] | None = None) -> Ints:
        if own:
            raise ValueError("members at a close have no codes of their own")
        found = np.empty((len(self.members), len(bounds)), np.int64)
        for nth, day in enumerate(bounds):
            found[:, nth] = self._of_crowds[self.members.crowds(int(day))]
        return found

    @cached_property
    def _of_crowds(self) -> Ints:
        codes = self.members.crowd_codes
        return self.cells_of(self.members.crowd_count, {name: codes[name] for name in self.slices})


def standing_cut(cut: Cut, members: RolledMembers) -> StandingCut:
    """The same cut of members at closes."""
    return StandingCut(cut.history, cut.by, cut.labels, cut.accepted, members)


@dataclass(frozen=True, slots=True)
class ByCrowd(Generic[Found]):
    """What `count` finds by crowd at ascending closes, kept."""

    members: RolledMembers
    count: Callable[[Places, Ints], Iterable[Found]]
    _kept: dict[int, Found] = field(default_factory=dict)

    def cut(self, cut: Cut) -> Places:
        """The crowds, to be cut that way."""
        members = self.members
        return Places(cut, members.crowd_count, members.crowd_codes, members.crowds)

    @property
    def closes(self) -> list[int]:
        """The closes of which it is known."""
        return sorted(self._kept)

    def at(self, closes: Ints) -> list[Found]:
        """What was found at each of the closes."""
        days = closes.tolist()
        found = {day: self._kept[day] for day in days if day in self._kept}
        if len(found) < len(days):
            with TURN:
                found |= self._found(days)
        return [found[day] for day in days]

    def _found(self, days: Sequence[int]) -> dict[int, Found]:
        found = {day: self._kept[day] for day in days if day in self._kept}
        missing = [day for day in days if day not in found]
        everybody = self.cut(Cut(nobody(len(self.members)), (), {}, {}))
        for day, one in zip(missing, self.count(everybody, np.array(missing)), strict=True):
            found[day] = one
            remember(self._kept, day, one, CLOSES_KEPT)
        return found
