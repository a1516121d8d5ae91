"""The arrays in which the model is written: whole numbers, yes or no, and fractions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def in_short(numbers: Ints) -> Ints:
    """The same numbers in a type that takes as little memory as they need; sums of them are to be made in a
    larger one."""
    least, most = (np.min_scalar_type(int(end(numbers, initial=0))) for end in (np.min, np.max))
    return numbers.astype(np.result_type(least, most))
