"""Roll-ups held against a recount of the facts that they were counted from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.checks.evidence import Evidence, RolledUp
from loyalty_core.counting.cuts import SLICES
from loyalty_core.counting.finest import (
    COLUMN,
    MEMBER,
    PERIOD_END,
    count_finest,
    finest_dealings,
)
from loyalty_core.counting.member_months import member_months
from loyalty_core.days import to_date
from loyalty_core.rules.programme import Programme

_SHOWN = ["step", "period_end", "of", "column", "rolled_up", "recounted"]
_PATTERN, _NUMBER, _DAY = "pattern", "members in several cells", "day"


def roll_ups_are_what_a_recount_gives(evidence: Evidence) -> pd.DataFrame:
    """Counts of the roll-ups at hand which the facts give otherwise, with the period and whom they are of."""
    found = [
        rows.assign(step=told.step)
        for told in evidence.rolled_up
        for rows in _differences(told, evidence.programme)
        if len(rows)
    ]
    return pd.concat(found, ignore_index=True)[_SHOWN] if found else pd.DataFrame(columns=_SHOWN)


def _differences(told: RolledUp, programme: Programme) -> Iterator[pd.DataFrame]:
    again = count_finest(told.history, programme, told.periods)
    for slices, rows in again.rows.items():
        by = [PERIOD_END, *slices]
        yield _differing(*(_summed(one, by) for one in (told.finest.rows[slices], rows)))
        kept = (told.finest.kept[slices], again.kept[slices])
        yield _differing(*(_members_by_pattern(one, by) for one in kept))
    if told.member_months is not None:
        months = (told.member_months, member_months(told.history, programme, told.periods))
        yield _differing(*(_labelled(one).set_index(["member_id", PERIOD_END]) for one in months))
    if told.dealings is not None:
        slices = tuple(name for name in SLICES if name in told.dealings)
        pair = (told.dealings, finest_dealings(told.history, programme, slices))
        yield _differing(*(_counted(one, "dealings", [*pair[1]]) for one in pair))
    for name, pair in told.tables.items():
        yield _differing(*(_counted(one, name, [*pair[1]]) for one in pair))


def _counted(rows: pd.DataFrame, name: str, by: list[str]) -> pd.DataFrame:
    """How often each row is there."""
    return _labelled(rows).groupby(by).size().to_frame(name)


def _summed(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return _labelled(rows).groupby(by).sum(numeric_only=True)


def _members_by_pattern(kept: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """How many members a column counts in just the same cells of a period, for each of these cells.

    Members are numbered anew by every count, so that only what they have in common can be compared.
    """
    rows = _labelled(kept)
    cell = pd.util.hash_pandas_object(rows[by], index=False)
    pattern = cell.groupby([rows[PERIOD_END], rows[COLUMN], rows[MEMBER]]).transform("sum")
    return rows.assign(**{_PATTERN: pattern}).groupby([*by, COLUMN, _PATTERN]).size().to_frame(_NUMBER)


def _labelled(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with labels as plain texts, empty where unknown."""
    texts = rows.select_dtypes(exclude=["number", "bool"])
    return rows.assign(**{str(name): texts[name].astype(object).fillna("") for name in texts})


def _differing(rolled: pd.DataFrame, again: pd.DataFrame) -> pd.DataFrame:
    """The cells of two tables with the same keys that are not the same; what one lacks is 0 there."""
    keys = rolled.index.union(again.index)
    rolled, again = (_filled(one, keys) for one in (rolled, again.reindex(columns=rolled.columns)))
    row, column = np.nonzero((rolled != again).to_numpy())
    where = keys[row].to_frame(index=False)
    names = np.asarray(rolled.columns, object)[column]
    if COLUMN in where:
        names = where[COLUMN].to_numpy(object) + ", " + names
    end = where[PERIOD_END if PERIOD_END in where else _DAY]
    of = where.drop(columns=[PERIOD_END, COLUMN, _PATTERN, _DAY], errors="ignore")
    told: dict[str, Any] = {"period_end": [to_date(int(day)) for day in end]}
    told |= {"of": [_written(cell) for cell in of.to_dict("records")], "column": names}
    values = {"rolled_up": rolled, "recounted": again}
    return pd.DataFrame(
        told | {name: one.to_numpy(object)[row, column] for name, one in values.items()}, dtype=object
    )


def _filled(rows: pd.DataFrame, keys: pd.Index[Any]) -> pd.DataFrame:
    return rows.reindex(keys).astype(object).where(lambda frame: frame.notna(), 0)


def _written(cell: dict[Any, object]) -> str:
    return ", ".join(f"{name} {label}" for name, label in cell.items() if label != "")
