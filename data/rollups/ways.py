"""The ways of members: at which places, told by slices that hardly ever change, each is at some time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from loyalty_core.arrays import Ints, in_short
from loyalty_core.counting.condensed import alike_runs
from loyalty_core.timeline import distinct, numbered, repeated

MOST_SETS = 2**14  # of places, of all ways together
MOST_PLACES = 12


@dataclass(frozen=True)
class Ways:
    """The ways that most members go: the ascending places of one way after the other, and where each begins.

    `of_member` has the way of each member by number, the last that of guests; -1 of those on a rare one.
    The sets of places of a way are numbered by the bits of its places, less the empty one, way after way.
    """

    of_member: Ints
    begins: Ints
    places: Ints

    def sets_with(self, member: Ints, place: Ints) -> tuple[Ints, Ints]:
        """Of rows of members at places every set of their way that holds the place, by row: rows, sets.

        Rows of members on rare ways are left out.
        """
        way = self.of_member[member].astype(np.int64)
        rows = np.flatnonzero(way >= 0)
        size = int(self.places.max(initial=0)) + 1
        at = np.searchsorted(self._way * size + self.places, way[rows] * size + place[rows])
        of_place, sets = self._sets_of_places
        begins = np.searchsorted(of_place, np.arange(len(self.places) + 1))
        row, nth = repeated((begins[1:] - begins[:-1])[at])
        return rows[row], sets[begins[at][row] + nth]

    def sets_inside(self, cell: Ints) -> tuple[Ints, Ints]:
        """Of each way the sets of those of its places that are in one cell, and that cell, given the cell
        of each place, -1 where it is outside."""
        inside = np.flatnonzero(cell[self.places] >= 0)
        size = int(cell.max(initial=0)) + 1
        found, number = numbered(self._way[inside] * size + cell[self.places[inside]])
        bits = np.zeros(len(found), np.int64)
        np.add.at(bits, number, self._bit[inside])
        return self._sets_begin[found // size] + bits - 1, found % size

    @property
    def sets(self) -> int:
        """How many sets there are."""
        return int(self._sets_begin[-1])

    @cached_property
    def _way(self) -> Ints:
        return np.repeat(np.arange(len(self.begins) - 1), np.diff(self.begins))

    @cached_property
    def _bit(self) -> Ints:
        return 1 << (np.arange(len(self.places)) - self.begins[self._way])

    @cached_property
    def _sets_begin(self) -> Ints:
        return np.append(0, np.cumsum(2 ** np.diff(self.begins) - 1))

    @cached_property
    def _sets_of_places(self) -> tuple[Ints, Ints]:
        """Every set with each place, and the place."""
        at, rest = repeated(2 ** (np.diff(self.begins)[self._way] - 1))
        bit = self._bit[at]
        below = rest & (bit - 1)
        return at, self._sets_begin[self._way[at]] + below + bit + 2 * (rest - below) - 1


def ways_of(member: Ints, place: Ints, members: int) -> Ways:
    """The ways of so many members, -1 being guests, who are at those places at some time."""
    size = int(place.max(initial=0)) + 1
    guest_or_member = np.where(member < 0, members, member).astype(np.int64)
    who, where = np.divmod(distinct(guest_or_member * size + place), size)
    begins = np.flatnonzero(np.append(True, who[1:] != who[:-1])[: len(who)])
    many = np.diff(np.append(begins, len(who)))
    usual = np.flatnonzero(many <= MOST_PLACES)
    way = numbered(alike_runs(where, begins[usual], many[usual], size))[1]
    example = np.zeros(int(way.max(initial=-1)) + 1, np.int64)
    example[way] = usual
    often = np.argsort(-np.bincount(way, minlength=len(example)), kind="stable")
    kept = often[np.cumsum(2 ** many[example[often]] - 1) <= MOST_SETS]
    number = np.full(len(example), -1)
    number[kept] = np.arange(len(kept))
    of_member = np.full(members + 1, -1)
    of_member[who[begins[usual]]] = number[way]
    one, nth = repeated(many[example[kept]])
    return Ways(
        in_short(of_member),
        np.append(0, np.cumsum(many[example[kept]])),
        where[begins[example[kept]][one] + nth],
    )
