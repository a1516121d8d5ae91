"""Places: members who are alike at a close. What adds up over members is counted by place, then by cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.counting.cuts import Cut


@dataclass(frozen=True, slots=True)
class Places:
    """So many places, the codes of each in slices of members, and the cut that is still to be made of them.

    `at` has the place of every member at the close of a day, -1 where filters leave the member out.
    """

    cut: Cut
    size: int
    codes: Mapping[str, Ints]
    at: Callable[[int], Ints]

    def cells(self, place: Ints, own: Mapping[str, Ints] | None = None) -> Ints:
        """The cell of rows at those places, -1 outside; `own` has codes that rows tell themselves."""
        told = {name: code[place] for name, code in self.codes.items() if name in self.cut.slices}
        return self.cut.cells_of(len(place), told | dict(own or {}))

    def parts(self, most: int) -> Iterator[Places]:
        """The same in turns of so many places."""
        for begin in range(0, self.size, most):
            yield self._only(np.arange(begin, min(begin + most, self.size)))

    def occupied(self, closes: Ints) -> Places:
        """Those places alone at which anybody is at any of the closes."""
        found = np.zeros(self.size, bool)
        for close in closes:
            place = self.at(int(close))
            found[place[place >= 0]] = True
        return self._only(np.flatnonzero(found))

    def _only(self, those: Ints) -> Places:
        number = np.full(self.size + 1, -1, np.int32)  # the last is of those outside
        number[those] = np.arange(len(those))
        codes = {name: code[those] for name, code in self.codes.items()}
        return Places(self.cut, len(those), codes, lambda day: number[self.at(day)])


def places_of(cut: Cut, told_by_rows: frozenset[str] = frozenset()) -> Places:
    """The cells of members in a cut as places; slices that rows tell themselves remain to be cut by.

    Where nothing is asked of members, all are as one.
    """
    by = tuple(name for name in cut.by if name not in told_by_rows)
    accepted = {name: among for name, among in cut.accepted.items() if name not in told_by_rows}
    rest = {name: among for name, among in cut.accepted.items() if name in told_by_rows}
    of_members = replace(cut, by=by, accepted=accepted)
    shifted = np.unravel_index(np.arange(of_members.size), [len(cut.labels[name]) + 1 for name in by] or [1])
    codes = {name: code - 1 for name, code in zip(by, shifted, strict=False)}

    def at(day: int) -> Ints:
        return of_members.cells_at(np.array([day]))[:, 0]

    return Places(replace(cut, accepted=rest), of_members.size, codes, at)
