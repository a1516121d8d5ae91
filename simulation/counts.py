"""What is counted of a run: whole numbers by column of period facts, that add up over parts of it."""

from __future__ import annotations

from collections.abc import Iterable

from loyalty_core.arrays import Ints

Counts = dict[str, Ints]  # columns of period facts: months × (tier unknown, then tiers from the lowest)


def added(parts: Iterable[Counts]) -> Counts:
    """The counts of all parts together; of one part its own."""
    total: Counts = {}
    for part in parts:
        for name, values in part.items():
            total[name] = total[name] + values if name in total else values
    return total
