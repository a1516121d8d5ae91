"""Who of a list is held out, so that what it brings can be measured."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np

from loyalty_core.arrays import Flags


def held_out(member_ids: Iterable[str], list_name: str, percent: int) -> Flags:
    """Whether each member is held out of the list, of which `percent` are.

    The draw is a hash of list and member (BLAKE2b): the same in every process and at every export, whoever
    else is on the list, and independent of the draws for other lists. A larger share holds out the same
    members and more.
    """
    limit = (percent << 64) // 100
    draws = (blake2b(f"{list_name}/{one}".encode(), digest_size=8).digest() for one in member_ids)
    return np.fromiter((int.from_bytes(draw, "little") < limit for draw in draws), np.bool_)
