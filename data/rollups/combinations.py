"""Rows with codes in several slices, told by one number: that of the combination which a row has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Ints, in_short
from loyalty_core.counting.cuts import Cut
from loyalty_core.timeline import numbered


@dataclass(frozen=True, slots=True)
class Alike:
    """Rows by the number of a combination of labels, and the code of each combination in every slice."""

    number: Ints
    codes: Mapping[str, Ints]

    @property
    def kinds(self) -> int:
        """How many combinations there are."""
        return len(next(iter(self.codes.values())))

    def passing(self, rows: Ints, cut: Cut) -> Ints:
        """Those of the rows that pass the filters by these slices."""
        flags = [cut.accepted[name][code + 1] for name, code in self.codes.items() if name in cut.accepted]
        return rows[np.logical_and.reduce(flags)[self.number[rows]]] if flags else rows

    def codes_of(self, rows: Ints, names: Iterable[str]) -> Iterator[tuple[str, Ints]]:
        """Those of the slices that are these, with the code of each row."""
        return ((name, self.codes[name][self.number[rows]]) for name in names if name in self.codes)


def alike_in(codes: Mapping[str, Ints]) -> Alike:
    """Rows of those codes, -1 where unknown, numbered by what they are alike in."""
    number: Ints = np.zeros(len(next(iter(codes.values()))), np.int32)
    for code in codes.values():
        labels, kinds = int(code.max(initial=-1)) + 2, int(number.max(initial=0)) + 1
        key = number.astype(np.int32 if kinds * labels < 2**31 else np.int64)
        key *= labels  # in place: rows may be very many
        key += code
        key += 1
        number = numbered(key)[1].astype(np.int32)
    example = np.zeros(int(number.max(initial=-1)) + 1, np.int64)
    example[number] = np.arange(len(number))
    return Alike(in_short(number), {name: code[example] for name, code in codes.items()})
