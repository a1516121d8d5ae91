"""Some members of a snapshot: their figures, and who makes up a figure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from data.rollups import Filters, SnapshotFacts
from data.snapshots import Snapshot
from data.standing import asked
from loyalty_core.counting.cuts import MEMBER_SLICES
from loyalty_core.counting.period_facts import FAMILIES
from loyalty_core.metrics.by_member import BOTTOM, TOP, by_member
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

_OF_MEMBERS = frozenset[str]().union(*(one.columns for one in FAMILIES if one.slices >= MEMBER_SLICES))


class FactsOfSome(SnapshotFacts):
    """The period facts of some members alone, counted from what they did.

    What is guests' or the programme's as a whole is not told of them: a metric that rests on it refuses.
    """

    def __init__(self, snapshot: Snapshot, programme: Programme, member_ids: Iterable[str]) -> None:
        super().__init__(snapshot.of_members(member_ids), programme)

    def of(
        self,
        periods: Periods,
        by: Sequence[str] = (),
        where: Filters | None = None,
        columns: Collection[str] | None = None,
    ) -> pd.DataFrame:
        told = _OF_MEMBERS if columns is None else _OF_MEMBERS.intersection(columns)
        return super().of(periods, by, where, told)


def members_behind(
    facts: SnapshotFacts, name: str, compared: Sequence[Periods], where: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Who makes up a metric in the last of the periods, as `by_member`, with what they are at its close.

    Besides: state, tier (missing of those who are not enrolled then), days_since_purchase, and the `share`
    of all that a member is.
    """
    last = compared[-1]
    period = Periods(last.first[-1:], last.last[-1:], int(last.first[-1]) - 1)
    found = by_member(METRICS[name], facts.history, facts.programme, period, where)
    close = int(period.last[0])
    standing = asked(facts, close, {}, "SELECT member_id, state, tier, days_since_purchase FROM standing")
    parts = found[TOP].to_numpy(np.float64)
    whole = parts.sum()
    share = parts / whole if whole else np.full(len(parts), np.nan)
    return found.assign(share=share).merge(standing, "left", "member_id")


__all__ = ["BOTTOM", "TOP", "FactsOfSome", "members_behind"]
