"""Parts of whole numbers, exactly."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints

_LARGEST = np.iinfo(np.int64).max


def part_of(of: Ints, part: Ints, whole: Ints) -> Ints:
    """of × part ÷ whole, rounded down (int64), whatever the size of the product; `whole` is above nothing."""
    largest = int(np.abs(of).max(initial=0)) * int(np.abs(part).max(initial=0))
    # Absurd numbers go through Python's unbounded integers instead of wrapping round.
    exact = np.int64 if largest <= _LARGEST else object
    found: Ints = (of.astype(exact) * part.astype(exact) // whole.astype(exact)).astype(np.int64)
    return found
