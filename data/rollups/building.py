"""Roll-ups counted anew when a snapshot is published: only the parts, and in them only the periods, that
what was written since the last snapshot can have changed.

Facts hold from their day on: a period is counted from what had happened by its close. So a row that is
written changes no period before the first day that the row names, except where it moves the day on
which its member joined or left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.lake import LakeFile, LakeTable
from data.live import live_history
from data.rollup_tables import (
    BASIS,
    DEALING_SLICES,
    DEALINGS,
    MEMBER_MONTHS,
    MONTH,
    PERIOD_FACTS,
    PERIOD_MEMBERS,
    PORTRAITS,
    ROLLED_SLICES,
    ROLLUPS,
    WEEK,
    WITHOUT,
    basis_of,
    grain_name,
    periods_of,
    steps_of,
)
from data.rollups.rolled_counts import rolled, rolled_so_far, write_rolled
from data.rollups.rolled_lots import lot_frames
from data.rollups.rolled_members import member_frames
from data.rollups.touched import NOTHING, first_day_touched, only_shards
from data.schema import declared
from data.shards import SHARDS
from data.snapshots import Snapshot
from loyalty_core.counting.cohorts import EARN_MONTH, JOIN_MONTH
from loyalty_core.counting.cuts import slice_labels
from loyalty_core.counting.finest import count_steps, finest_dealings
from loyalty_core.counting.member_months import member_months
from loyalty_core.days import to_date, to_day
from loyalty_core.facts import TABLES
from loyalty_core.history import History
from loyalty_core.history_parts import first_day
from loyalty_core.periods import Periods
from loyalty_core.portraits import portraits
from loyalty_core.rules.programme import Programme

LEAST_ROWS = 50_000  # facts; fewer are counted as fast as roll-ups are read
ROWS_FOR_PARTS = 1_000_000  # facts; fewer are counted at one go
PARTS = 8  # of the shards, else

Rows = dict[tuple[str, str], list[pa.Table]]  # of each file: those of a table, or of one grain of it
Change = tuple[str, list[LakeFile], list[LakeFile]]  # a table, files to add and files to remove


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Shards whose roll-ups lie in one file of each table, what to count them from, and what steps not."""

    before: Snapshot | None
    pending: Snapshot
    programme: Programme
    shards: tuple[int, ...]
    as_of: int
    without: frozenset[str] = frozenset()

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that are counted."""
        return tuple(step for step in steps_of(self.as_of) if step not in self.without)

    @property
    def number(self) -> int:
        """What tells the part's files, members and lots from those of other parts."""
        return self.shards[0]

    def files(self, name: str) -> list[LakeFile]:
        """The files of a roll-up that the part has so far."""
        return [file for file in self.pending.files(name) if file.shard == self.number]


def rolled_up(
    before: Snapshot | None,
    pending: Snapshot,
    programme: Programme | None,
    as_of: date | None,
    executor: Executor | None = None,
) -> Iterator[Change]:
    """What is to be committed so that the roll-ups are those of the pending facts.

    Counted in the executor's processes where there is much to count. Without a programme, and where
    there are few facts, nothing is rolled up.
    """
    rows = sum(file.rows for name in TABLES for file in pending.files(name))
    if programme is None or as_of is None or rows < LEAST_ROWS:
        yield from _cleared(pending)
        return
    number = PARTS if rows >= ROWS_FOR_PARTS else 1
    shards = [tuple(range(part, SHARDS, number)) for part in range(number)]
    if parts_of(pending) != shards:
        yield from _cleared(pending)
        before = None
    parts = [
        Part(before=before, pending=pending, programme=programme, shards=those, as_of=to_day(as_of))
        for those in shards
    ]
    run = executor.map if executor is not None and len(parts) > 1 else map
    added: dict[str, list[LakeFile]] = {name: [] for name in ROLLUPS}
    removed: dict[str, list[LakeFile]] = {name: [] for name in ROLLUPS}
    for part, files in zip(parts, run(counted, parts), strict=True):
        for name, file in files or ():
            added[name].append(file)
        for name in ROLLUPS if files and before is not None else ():
            removed[name] += part.files(name)
    yield from ((name, added[name], removed[name]) for name in ROLLUPS if added[name] or removed[name])


def get_ready(executor: Executor | None, rows: int) -> None:
    """Let the processes begin that will count so many facts, while these are still being written."""
    if executor is not None and rows >= ROWS_FOR_PARTS:
        for _ in range(PARTS):
            executor.submit(_ready)


def _ready() -> None:
    """Nothing: that a process knows this module is all that is asked of it."""


def _cleared(pending: Snapshot) -> Iterator[Change]:
    yield from ((name, [], files) for name in ROLLUPS if (files := pending.files(name)))


def parts_of(snapshot: Snapshot) -> list[tuple[int, ...]]:
    """The shards of each part that is rolled up."""
    if not snapshot.files(BASIS.name):
        return []
    found = snapshot.arrow(f"SELECT value FROM {BASIS.name} WHERE what = 'shards'").column(0).to_pylist()
    return sorted(tuple(map(int, text.split())) for text in found)


def counted(part: Part) -> list[tuple[str, LakeFile]] | None:
    """The part's roll-ups by name, written but not committed; None where those that are there still hold."""
    since = _count_from(part)
    if since is None:
        return None
    return rolled_history(part, live_history(only_shards(part.pending, part.shards), part.programme), since)


def rolled_history(part: Part, history: History, since: int = NOTHING) -> list[tuple[str, LakeFile]]:
    """The roll-ups of a part with that history by name, written but not committed; with `since` those that
    are there are kept where they say nothing of what came after."""
    begun = first_day(history)
    rows: Rows = defaultdict(list)
    if begun is not None:
        spans = {step: periods_of(step, begun, part.as_of, since) for step in part.steps}
        if since > begun:
            _keep(rows, part, {step: to_date(int(spans[step].first[0])) for step in (MONTH, WEEK)})
        _count(rows, history, part, spans)
        told = {DEALINGS.name: finest_dealings(history, part.programme, DEALING_SLICES)}
        told |= member_frames(history, part.programme) | lot_frames(history, part.as_of)
        told[PORTRAITS.name] = portraits(history, part.programme, part.as_of)
        for name, frame in told.items():
            rows[name, ""].append(rolled(frame, ROLLUPS[name], part.number))
    rows[BASIS.name, ""] = [_basis(part, history, begun)]
    return [
        (name, write_rolled(LakeTable(part.pending.lake, ROLLUPS[name]), part.number, filled))
        for (name, _), tables in rows.items()
        if (filled := [table for table in tables if len(table)])
    ]


def _count_from(part: Part) -> int | None:
    """The first day that is to be counted anew; None where nothing is."""
    if part.before is None or (was := _basis_of_part(part)) is None:
        return NOTHING
    if was["basis"] != basis_of(part.programme):
        return NOTHING
    touched = first_day_touched(part.before, part.pending, part.shards)
    was_as_of = int(was["as_of"])
    if part.as_of == was_as_of:
        return touched
    return min(was_as_of, part.as_of) if touched is None else min(was_as_of, part.as_of, touched)


def _basis_of_part(part: Part) -> dict[str, str] | None:
    files = part.files(BASIS.name)
    if not files:
        return None
    rows = LakeTable(part.pending.lake, BASIS).read(files).to_pylist()
    return {row["what"]: row["value"] for row in rows if row["what"] != "label"}


def _count(rows: Rows, history: History, part: Part, spans: Mapping[str, Periods]) -> None:
    found = count_steps(history, part.programme, list(spans.values()))
    for step, facts in zip(spans, found, strict=True):
        for table, frames in ((PERIOD_FACTS, facts.rows), (PERIOD_MEMBERS, facts.kept)):
            for slices, frame in frames.items():
                if len(frame):
                    grain = grain_name(slices)
                    rows[table.name, grain].append(rolled(frame, table, part.number, step=step, grain=grain))
    months = member_months(history, part.programme, spans[MONTH])
    rows[MEMBER_MONTHS.name, ""].append(rolled(months, MEMBER_MONTHS, part.number))


def _keep(rows: Rows, part: Part, first: Mapping[str, date]) -> None:
    """Of what the part has so far, the periods of those steps that end before the first one counted anew."""
    before = [(pc.field("step") == step) & (pc.field("period_end") < day) for step, day in first.items()]
    for table in (PERIOD_FACTS, PERIOD_MEMBERS):
        for file in part.files(table.name):
            so_far = rolled_so_far(file, table)
            grain = so_far.column("grain")[0].as_py()
            rows[table.name, grain].append(so_far.filter(reduce(or_, before)))
    for file in part.files(MEMBER_MONTHS.name):
        kept = rolled_so_far(file, MEMBER_MONTHS).filter(pc.field("period_end") < first[MONTH])
        rows[MEMBER_MONTHS.name, ""].append(kept)


def _basis(part: Part, history: History, begun: int | None) -> pa.Table:
    shards, members = " ".join(map(str, part.shards)), str(len(history.members))
    told: list[tuple[str, str | None, str]] = [
        ("basis", None, basis_of(part.programme)),
        ("shards", None, shards),
    ]
    told += [("members", str(part.shards[0]), members)]
    told += [(WITHOUT, None, step) for step in sorted(part.without)]
    told += [("as_of", None, str(part.as_of)), ("first_day", None, "" if begun is None else str(begun))]
    for name in (*ROLLED_SLICES, EARN_MONTH, JOIN_MONTH):
        told += [("label", name, label) for label in slice_labels(history, part.programme, name)]
    return declared(pd.DataFrame(told, columns=["what", "name", "value"], dtype="str"), BASIS)
