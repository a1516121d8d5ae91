"""What the roll-ups of a large snapshot do not hold, counted from its facts a part of the members at a time.

The history of everybody at once would take several times the memory of all that is rolled up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from data.coding import coded_frames
from data.live import live_history
from data.rollups.building import parts_of
from data.rollups.rolled_counts import alike_typed, rolled
from data.rollups.touched import only_shards
from loyalty_core.arrays import Ints, in_short
from loyalty_core.counting.finest import COLUMN, MEMBER, PERIOD_END, FinestFacts, Slices, count_steps
from loyalty_core.counting.recombined import CodedFacts, CodedRows, Labels
from loyalty_core.facts import Table
from loyalty_core.history import History
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

if TYPE_CHECKING:
    from data.snapshots import Snapshot

Found = TypeVar("Found")


def histories(snapshot: Snapshot, programme: Programme) -> Iterator[tuple[int, History]]:
    """The number and the history of each part that is rolled up, one after the other."""
    for shards in parts_of(snapshot):
        yield shards[0], live_history(only_shards(snapshot, shards), programme)


def rows_in_parts(
    snapshot: Snapshot, programme: Programme, table: Table, counted: Callable[[History], pd.DataFrame]
) -> pd.DataFrame:
    """The rows of all parts, which have the columns of a roll-up, by member."""
    return rows_of(histories(snapshot, programme), table, counted)


def rows_of(
    parts: Iterable[tuple[int, History]], table: Table, counted: Callable[[History], pd.DataFrame]
) -> pd.DataFrame:
    """As `rows_in_parts`, given the number and the history of each part."""
    found = [rolled(counted(history), table, part) for part, history in parts]
    rows = coded_frames({table.name: pa.concat_tables(alike_typed(found))})[table.name]
    return rows.sort_values("member_id", ignore_index=True)


def of_each_part(snapshot: Snapshot, programme: Programme, look: Callable[[History], Found]) -> list[Found]:
    """What is found in the history of each part."""
    return [look(history) for _, history in histories(snapshot, programme)]


def finest_of_parts(
    snapshot: Snapshot, programme: Programme, labels: Labels, asked: Sequence[Periods]
) -> list[CodedFacts]:
    """As `finest_in_parts`, of all parts of the snapshot."""
    parts = (history for _, history in histories(snapshot, programme))
    return finest_in_parts(parts, programme, labels, asked)


def finest_and_found(
    snapshot: Snapshot,
    programme: Programme,
    labels: Labels,
    asked: Sequence[Periods],
    look: Callable[[History], Found],
) -> tuple[list[CodedFacts], list[Found]]:
    """As `finest_of_parts` and `of_each_part`, at one reading of what happened, which costs most."""
    found = []

    def seen() -> Iterator[History]:
        for _, history in histories(snapshot, programme):
            found.append(look(history))
            yield history

    return finest_in_parts(seen(), programme, labels, asked), found


def finest_in_parts(
    parts: Iterable[History], programme: Programme, labels: Labels, asked: Sequence[Periods]
) -> list[CodedFacts]:
    """The counts at the finest cut in each of those periods, as the roll-ups would hold them, from the
    histories of one part of the members after the other."""
    found, before = [_Gathered(labels) for _ in asked], 0
    for history in parts:
        counts = count_steps(history, programme, asked) if asked else []
        for gathered, facts in zip(found, counts, strict=True):
            gathered.add(facts, before)
        before += len(history.members)
    return [gathered.together() for gathered in found]


class _Gathered:
    """The coded rows of several parts, by set of slices and column, in types that take little to keep."""

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.rows: dict[Slices, list[CodedRows]] = {}
        self.kept: dict[tuple[Slices, str], list[CodedRows]] = {}

    def add(self, facts: FinestFacts, before: int) -> None:
        """Add a part's, after so many members of others."""
        for slices, frame in facts.rows.items():
            numbers = [name for name in frame if name not in (PERIOD_END, *slices)]
            self.rows.setdefault(slices, []).append(self._coded(frame, slices, numbers))
        for slices, frame in facts.kept.items():
            frame = frame.assign(**{MEMBER: frame[MEMBER] + before})
            for column, rows in frame.groupby(COLUMN, observed=True):
                coded = self._coded(rows, slices, [MEMBER])
                self.kept.setdefault((slices, str(column)), []).append(coded)

    def together(self) -> CodedFacts:
        whole = CodedFacts(self.labels, {slices: _joined(rows) for slices, rows in self.rows.items()})
        whole.kept.update({slices: {} for slices in self.rows})
        for (slices, column), rows in self.kept.items():
            whole.kept[slices][column] = _joined(rows)
        return whole

    def _coded(self, frame: pd.DataFrame, slices: Slices, numbers: Sequence[str]) -> CodedRows:
        return CodedRows(
            frame[PERIOD_END].to_numpy(np.int32),
            {name: self._codes(name, frame[name]) for name in slices},
            {name: in_short(frame[name].to_numpy()) for name in numbers},
        )

    def _codes(self, name: str, texts: pd.Series) -> Ints:
        """The codes of a part's own labels among those of all."""
        places = pd.Index(list(self.labels[name]), dtype="str").get_indexer(texts.cat.categories)
        short = np.int16 if len(self.labels[name]) < 2**15 else np.int32
        codes: Ints = np.append(places, -1).astype(short)[texts.cat.codes.to_numpy()]
        return codes


def _joined(rows: Sequence[CodedRows]) -> CodedRows:
    """The rows of parts as one, where all have the same slices; a column that a part lacks is 0 there."""
    columns = dict.fromkeys(name for part in rows for name in part.numbers)
    return CodedRows(
        np.concatenate([part.end for part in rows]),
        {name: np.concatenate([part.codes[name] for part in rows]) for name in rows[0].codes},
        {
            name: np.concatenate([part.numbers.get(name, np.zeros(len(part.end), np.int8)) for part in rows])
            for name in columns
        },
    )
