"""Some members of a snapshot: their figures, and who makes up a figure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial

import numpy as np
import pandas as pd

from data.live import live_history
from data.rollup_tables import MEMBER_MONTHS
from data.rollups.in_parts import rows_of
from data.rollups.rolled import Labels
from data.rollups.snapshot_facts import Filters, Found, SnapshotFacts
from data.snapshots import Snapshot
from data.standing import asked
from data.turns import TURN
from loyalty_core.counting.cuts import ATTRIBUTES, MEMBER, MEMBER_SLICES
from loyalty_core.counting.families import FAMILIES
from loyalty_core.days import to_date
from loyalty_core.history import History
from loyalty_core.metrics.by_member import BOTTOM, TOP, by_member
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

_OF_MEMBERS = frozenset[str]().union(*(one.columns for one in FAMILIES if one.slices >= MEMBER_SLICES))


class FactsOfSome(SnapshotFacts):
    """The period facts of some members alone, of whom the snapshot tells: from roll-ups of their own, or
    counted from what they did.

    What is guests' or the programme's as a whole is not told of them: a metric that rests on it refuses.
    `tell` tells what they did, which may be much; `parts` does while it is at hand, by part. What everybody
    can be told apart by stands in `labels`, as those of a history do: a filter may let none of them pass.
    """

    parts: Sequence[tuple[int, History]] = ()

    def __init__(
        self,
        snapshot: Snapshot,
        programme: Programme,
        tell: Callable[[Snapshot, Programme], History] = live_history,
        labels: Labels | None = None,
    ) -> None:
        super().__init__(snapshot, programme)
        self._tell, self._labels = tell, labels or {}

    @cached_property
    def history(self) -> History:
        history = self._tell(self.snapshot, self.programme)
        theirs = history.labels
        more = {name: dict.fromkeys((*theirs.get(name, ()), *all_)) for name, all_ in self._labels.items()}
        return replace(history, labels={**theirs, **{name: tuple(labels) for name, labels in more.items()}})

    def of_each_part(self, look: Callable[[History], Found]) -> list[Found]:
        return [look(history) for _, history in self.parts] or super().of_each_part(look)

    def _standing_counted(self, counted: Callable[[History], pd.DataFrame]) -> pd.DataFrame:
        if self.parts:
            return rows_of(self.parts, MEMBER_MONTHS, counted)
        return super()._standing_counted(counted)

    def of(
        self,
        periods: Periods,
        by: Sequence[str] = (),
        where: Filters | None = None,
        columns: Collection[str] | None = None,
    ) -> pd.DataFrame:
        told = _OF_MEMBERS if columns is None else _OF_MEMBERS.intersection(columns)
        with TURN:  # they may be nearly everybody
            return super().of(periods, by, where, told)


def labels_of_members(everybody: SnapshotFacts) -> Labels:
    """What members are told apart by, as the labels of a history."""
    return {f"members.{one}": everybody.labels(f"member_{one}") for one in ATTRIBUTES}


def members_behind(
    facts: SnapshotFacts, name: str, compared: Sequence[Periods], where: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Who makes up a metric in the last of the periods, in the order of what they add.

    Rows of member_id; tier, state and last_purchase_on at the close (missing of those not enrolled then);
    then as `by_member`: `top` with its `share` of all, and of a ratio `bottom` with its `bottom_share`.
    """
    period = list(compared[-1].blocks(1))[-1]
    parts = facts.of_each_part(partial(_behind, name, facts.programme, period, where))
    found = pd.concat(parts).sort_values([TOP, MEMBER], ascending=[False, True], ignore_index=True)
    return described(facts, int(period.last[0]), found)


def _behind(
    name: str,
    programme: Programme,
    period: Periods,
    where: Mapping[str, Sequence[str]],
    history: History,
) -> pd.DataFrame:
    return by_member(METRICS[name], history, programme, period, where)


def described(facts: SnapshotFacts, close: int, found: pd.DataFrame) -> pd.DataFrame:
    """Rows as of `by_member` with what their members are at the close of a day, and their shares of all."""
    told = "SELECT member_id, tier, state, days_since_purchase FROM standing"
    standing = asked(facts, close, {}, told).set_index("member_id").reindex(found[MEMBER])
    since = pd.to_timedelta(standing.pop("days_since_purchase").to_numpy(np.float64), unit="D")
    told_of = standing.assign(last_purchase_on=pd.Timestamp(to_date(close)) - since).reset_index()
    shares = {
        f"{part}_share": found[part] / (found[part].sum() or np.nan)
        for part in (TOP, BOTTOM)
        if part in found
    }
    return told_of.join(found.drop(columns=MEMBER).assign(**shares))
