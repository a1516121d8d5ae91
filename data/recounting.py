"""What a snapshot has rolled up beside the facts that it was counted from, so that it can be recounted."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pandas as pd

from data.live import live_history
from data.rollup_tables import (
    DEALINGS,
    GRAINS,
    MEMBER_MONTHS,
    MONTH,
    PERIOD_FACTS,
    PERIOD_MEMBERS,
    WHOLE,
    grain_name,
    periods_of,
    steps_of,
)
from data.rollups.building import parts_of
from data.rollups.rolled import rollups_of
from data.rollups.rolled_lots import lot_frames
from data.rollups.rolled_members import member_frames
from data.rollups.touched import only_shards
from data.snapshots import Snapshot
from data.sql import quoted
from loyalty_core.checks.evidence import RolledUp
from loyalty_core.counting.families import FAMILIES
from loyalty_core.counting.finest import COLUMN, MEMBER, PERIOD_END, FinestFacts
from loyalty_core.days import NEVER, to_date
from loyalty_core.history import History
from loyalty_core.history_parts import first_day
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

PERIODS = 3  # of each step, in a sample
_SINCE_1970 = "- DATE '1970-01-01' AS"
_COLUMNS = {
    grain: sorted(
        column for one in FAMILIES if one.additive and one.slices == set(grain) for column in one.columns
    )
    for grain in GRAINS
}


def rolled_up(snapshot: Snapshot, programme: Programme, full: bool = False) -> Iterator[RolledUp]:
    """The roll-ups of one part and a few periods of each step, the same for every look at a snapshot; of
    everything if `full`. Nothing where there are none that figures are taken from."""
    told = rollups_of(snapshot, programme)
    if told is None:
        return
    random, parts = Random(snapshot.id), parts_of(snapshot)
    for shards in parts if full else [random.choice(parts)]:
        part = only_shards(snapshot, shards)
        history = live_history(part, programme)
        begun = first_day(history)
        if begun is None:
            continue
        for step in steps_of(told.as_of):
            spans = periods_of(step, begun, told.as_of)
            chosen = spans if full else random.choice(list(spans.blocks(PERIODS)))
            yield RolledUp(
                step=step,
                periods=chosen,
                history=history,
                finest=_finest(part, step, chosen),
                member_months=_member_months(part, chosen) if step == MONTH else None,
                dealings=_dealings(part) if step == WHOLE else None,
                tables=_lots(part, history, programme, told.as_of) if step == WHOLE else {},
            )


def _finest(part: Snapshot, step: str, periods: Periods) -> FinestFacts:
    queries = {}
    for grain, columns in _COLUMNS.items():
        shown = ", ".join([f"period_end {_SINCE_1970} {PERIOD_END}", *grain])
        counts = ", ".join(f"coalesce({name}, 0) AS {name}" for name in columns)
        where = f"{_within(periods)} AND step = {quoted(step)} AND grain = {quoted(grain_name(grain))}"
        queries[f"rows {grain}"] = f"SELECT {shown}, {counts} FROM {PERIOD_FACTS.name} WHERE {where}"
        members = f'"{COLUMN}", {MEMBER} FROM {PERIOD_MEMBERS.name}'
        queries[f"kept {grain}"] = f"SELECT {shown}, {members} WHERE {where}"
    found = part.coded(queries)
    rows, kept = ({grain: found[f"{what} {grain}"] for grain in GRAINS} for what in ("rows", "kept"))
    return FinestFacts(rows, kept)


def _member_months(part: Snapshot, periods: Periods) -> pd.DataFrame:
    shown = "* EXCLUDE (shard) REPLACE (period_end - DATE '1970-01-01' AS period_end)"
    return part.query(f"SELECT {shown} FROM {MEMBER_MONTHS.name} WHERE {_within(periods)}")


def _dealings(part: Snapshot) -> pd.DataFrame:
    """Members as counted within the part."""
    shown = ", ".join(_as_counted(column.name) for column in DEALINGS)
    return part.query(f"SELECT {shown} FROM {DEALINGS.name}")


def _lots(
    part: Snapshot, history: History, programme: Programme, as_of: int
) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Lots and what members are, as rolled up and from the facts."""
    again = member_frames(history, programme) | lot_frames(history, as_of)
    return {
        name: (part.query(f"SELECT {', '.join(map(_as_counted, rows))} FROM {name}"), rows)
        for name, rows in again.items()
    }


def _as_counted(column: str) -> str:
    """SQL for a column as it was counted: days as numbers, members and lots as numbered within the part."""
    if column in ("day", "expires_on", "left_on"):
        return f"coalesce({column} - DATE '1970-01-01', {int(NEVER)}) AS {column}"
    return f"{column} & {2**32 - 1} AS {column}" if column in (MEMBER, "lot") else column


def _within(periods: Periods) -> str:
    first, last = (to_date(int(day)) for day in (periods.last[0], periods.last[-1]))
    return f"period_end BETWEEN DATE '{first}' AND DATE '{last}'"
