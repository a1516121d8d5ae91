"""Rows of one kind, gathered in blocks as a run goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from loyalty_core.arrays import Flags, Ints

Arrays = dict[str, npt.NDArray[Any]]


class Rows:
    """One kind of fact, gathered in blocks; scalars stand for a whole block."""

    def __init__(self, **types: type[np.generic]) -> None:
        self._types = types
        self._blocks: list[tuple[int, dict[str, Any]]] = []

    def add(self, member: Ints, **columns: Ints | Flags | np.integer | int | bool) -> None:
        """A block of rows, one for each member given; the arrays are kept, not copied."""
        if len(member):
            self._blocks.append((len(member), {"member": member, **columns}))

    def table(self, *columns: str) -> Arrays:
        """All rows in the order in which they were added, in those columns or in all."""
        return {name: self._column(name) for name in columns or self._types}

    def since(self, block: int, *columns: str) -> Arrays:
        """As `table`, of the blocks from that one on."""
        return self._between(block, self.blocks).table(*columns)

    def pieces(self, size: int, *columns: str) -> Iterator[Arrays]:
        """As `table`, some blocks at a time: with at least `size` rows together, but for the last of them.

        One piece without rows where there are none.
        """
        if not self._blocks:
            yield self.table(*columns)
        begin = length = 0
        for end, (rows, _) in enumerate(self._blocks, start=1):
            length += rows
            if length >= size or end == self.blocks:
                yield self._between(begin, end).table(*columns)
                begin, length = end, 0

    @property
    def blocks(self) -> int:
        """How many blocks there are: a mark to come back to."""
        return len(self._blocks)

    def back_to(self, block: int) -> None:
        """Strike out the blocks from that one on."""
        del self._blocks[block:]

    def of_members(self, places: Ints) -> Rows:
        """The rows of some members under other numbers; `places` has -1 for those who are left out."""
        table = self.table()
        kept = places[table["member"]] >= 0
        some = Rows(**self._types)
        rows = {name: values[kept] for name, values in table.items()}
        some.add(places[rows.pop("member")], **rows)
        return some

    def sorted(self) -> Arrays:
        """All rows by member and instant; at one instant in the order in which they were added."""
        table = self.table()
        order = _by_member_and_instant(table["member"], table["at"])
        return {name: values[order] for name, values in table.items()}

    def _between(self, begin: int, end: int) -> Rows:
        some = Rows(**self._types)
        some._blocks = self._blocks[begin:end]
        return some

    def _column(self, name: str) -> npt.NDArray[Any]:
        column = np.empty(sum(length for length, _ in self._blocks), self._types[name])
        end = 0
        for length, block in self._blocks:
            begin, end = end, end + length
            column[begin:end] = block[name]
        return column


def _by_member_and_instant(member: Ints, at: Ints) -> Ints:
    """The order of rows, most of which come in the order of their instants already."""
    order = np.argsort((member & 0xFFFF).astype(np.uint16), kind="stable")  # short numbers are sorted fastest
    for shift in (16, 32):
        if len(member) and int(member.max()) >> shift:
            part = (member[order] >> shift & 0xFFFF).astype(np.uint16)
            order = order[np.argsort(part, kind="stable")]
    members, instants = member[order], at[order]
    if ((members[1:] == members[:-1]) & (instants[1:] < instants[:-1])).any():
        return np.lexsort((at, member))
    return order
