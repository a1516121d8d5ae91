"""Why an imported entry is not what the declared programme would have written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.text import Text


class Mismatch(IntEnum):
    """What keeps an entry from being explained; NONE is explained."""

    NONE = 0
    MORE = 1
    LESS = 2
    NOTHING = 3
    NO_EVENT = 4
    NO_RULE = 5
    NO_PRICE = 6
    TOO_MUCH_CASH = 7
    OTHER_DAY = 8
    NO_REFUND = 9
    DECISION = 10


MISMATCHES: dict[Mismatch, Text] = {
    Mismatch.NONE: Text("as declared", "与规则一致"),
    Mismatch.MORE: Text("more points than the rules give", "多于规则应有的积分"),
    Mismatch.LESS: Text("fewer points than the rules give", "少于规则应有的积分"),
    Mismatch.NOTHING: Text("the rules give nothing here", "规则在此不产生积分"),
    Mismatch.NO_EVENT: Text("no purchase or activity behind it", "没有对应的消费或行为"),
    Mismatch.NO_RULE: Text("no rule gives to this account", "没有规则向该账户发放积分"),
    Mismatch.NO_PRICE: Text("no reward has this price", "没有此价格的奖品"),
    Mismatch.TOO_MUCH_CASH: Text("not what points as cash allow", "不符合积分抵现规则"),
    Mismatch.OTHER_DAY: Text("these points expire on another day", "这些积分应在另一天失效"),
    Mismatch.NO_REFUND: Text("no refund behind it", "没有对应的退款"),
    Mismatch.DECISION: Text("a decision that no rule makes", "人工决定，并非规则产生"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Entries held against the rules: what was found and what was expected with it, and the mismatch.

    Both are sums over the entries that are about the same thing, in point units, signed.
    """

    index: Ints  # places among the entries of the history
    found: Ints
    expected: Ints
    mismatch: Ints

    def __len__(self) -> int:
        return len(self.index)

    def where(self, keep: Flags) -> Matched:
        """Only those."""
        columns = {name: getattr(self, name)[keep] for name in ("index", "found", "expected", "mismatch")}
        return Matched(**columns)


def compared(found: Ints, expected: Ints) -> Ints:
    """Whether sizes of one sign are equal, more, less, or nothing was expected."""
    size, due = np.abs(found), np.abs(expected)
    reasons: dict[Mismatch, Flags] = {
        Mismatch.NONE: found == expected,
        Mismatch.NOTHING: expected == 0,
        Mismatch.MORE: size > due,
    }
    return np.select(list(reasons.values()), list(reasons), Mismatch.LESS)


def joined_matches(parts: list[Matched]) -> Matched:
    """All in one, in the order of the entries."""
    index = np.concatenate([np.zeros(0, np.int64), *(part.index for part in parts)])
    order = np.argsort(index, kind="stable")

    def column(name: str) -> Ints:
        values = [np.zeros(0, np.int64), *(getattr(part, name) for part in parts)]
        joined: Ints = np.concatenate(values)[order]
        return joined

    return Matched(
        index=index[order],
        found=column("found"),
        expected=column("expected"),
        mismatch=column("mismatch"),
    )
