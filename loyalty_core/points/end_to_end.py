"""Points in and points out laid end to end: what took what, where the first in is the first out."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints


def first_in_first_out(member: Ints, amount: Ints) -> tuple[Ints, Ints, Ints]:
    """For each use the row that brought the points, the row that took them, and how many.

    Rows are sorted by member and in order; amounts above 0 bring points, those below take them. The
    k-th point that leaves a member is the k-th that came, be it there already or still to come: then
    it pays a debt. So lots and takings are stretches of one line, and a use is where two overlap.
    """
    came, went = np.flatnonzero(amount > 0), np.flatnonzero(amount < 0)
    n = int(member.max(initial=-1)) + 1
    upto_in, upto_out = np.cumsum(amount[came]), np.cumsum(-amount[went])
    total_in, total_out = _totals(member[came], amount[came], n), _totals(member[went], -amount[went], n)
    # Every member's line begins where that of the member before ends, for points in and out alike.
    length = np.maximum(total_in, total_out)
    begin = np.cumsum(length) - length
    upto_in += (begin - (np.cumsum(total_in) - total_in))[member[came]]
    upto_out += (begin - (np.cumsum(total_out) - total_out))[member[went]]
    used_upto = begin + np.minimum(total_in, total_out)
    ends = np.concatenate(
        [np.minimum(upto_in, used_upto[member[came]]), np.minimum(upto_out, used_upto[member[went]])]
    )
    order = np.argsort(ends, kind="stable")
    ends, whose = ends[order], np.concatenate([member[came], member[went]])[order]
    points = ends - np.maximum(np.append(0, ends[:-1]), begin[whose]) if len(ends) else ends
    ends, points = ends[points > 0], points[points > 0]
    return came[np.searchsorted(upto_in, ends)], went[np.searchsorted(upto_out, ends)], points


def _totals(member: Ints, points: Ints, n: int) -> Ints:
    total = np.zeros(n, np.int64)
    np.add.at(total, member, points)
    return total
