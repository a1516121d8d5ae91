"""The figures of some members are those of a programme that never had any others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from dashboard.disk_cache import history_in_file
from data import by_shards
from data.live import live_history
from data.rollups.snapshot_facts import SnapshotFacts
from data.some_members import FactsOfSome, labels_of_members, members_behind
from data.workspace import Workspace
from loyalty_core.counting.cuts import MEMBER_SLICES
from loyalty_core.counting.families import FAMILIES
from loyalty_core.counting.period_facts import PERIOD, period_facts
from loyalty_core.days import to_date
from loyalty_core.errors import InputError
from loyalty_core.histories import history_from_frames
from loyalty_core.history_parts import as_of, first_day
from loyalty_core.metrics.dictionary import METRICS, evaluate
from loyalty_core.periods import periods
from simulation.mapped import on_disk
from tests.core.generated import Case, frames, generated


@pytest.fixture(scope="module")
def case() -> Case:
    return generated(7, members=30)


@pytest.fixture(scope="module", params=["small", "large", "elsewhere"])
def some(
    case: Case, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[tuple[FactsOfSome, set[str]]]:
    """A third of the members of a published programme; of a large one what they did is held in files,
    and looked for by another process."""
    workspace = Workspace.open(tmp_path_factory.mktemp("some"))
    workspace.apply_programme(case.programme)
    with workspace.writer("import") as writer:
        for name, rows in frames(case.rows).items():
            if len(rows):
                writer.append(name, rows.dropna(axis=1, how="all"))
        writer.publish("import")
    ids = {row["member_id"] for row in case.rows["members"][::3]}
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(by_shards, "LARGE", 0)
        tell = {
            "small": live_history,
            "large": partial(by_shards.laid_down, lay_down=on_disk),
            "elsewhere": history_in_file,
        }[request.param]
        yield FactsOfSome(workspace.latest().of_members(ids), case.programme, tell), ids


def alone(case: Case, ids: set[str]) -> dict[str, list[dict]]:
    """The rows of those members, and those that are no member's by their kind."""
    return {
        name: [row for row in rows if "member_id" not in row or row["member_id"] in ids]
        for name, rows in case.rows.items()
    }


def test_some_members_count_as_if_there_were_no_others(some, case: Case) -> None:
    facts, ids = some
    history = history_from_frames(frames(alone(case, ids)), case.programme)
    assert facts.days == (first_day(history), as_of(history))
    months = periods(first_day(case.history), as_of(case.history), "month")
    known = {name for one in FAMILIES if one.slices >= MEMBER_SLICES for name in one.columns}
    expected, found = period_facts(history, case.programme, months), facts.of(months)
    names = [*PERIOD, *sorted(known & set(expected))]
    pd.testing.assert_frame_equal(found[names], expected[names])
    assert found["revenue"].any() and found["points_outstanding"].any()


def test_what_guests_are_part_of_is_not_told_of_some_members(some, case: Case) -> None:
    facts, _ids = some
    months = periods(first_day(case.history), as_of(case.history), "month")
    found = facts.of(months, columns=METRICS["member_sales_share"].columns)
    with pytest.raises(InputError, match="member_sales_share cannot be cut"):
        evaluate(found, ["member_sales_share"], case.programme)


def test_a_filter_may_let_none_of_some_members_pass(some, case: Case) -> None:
    snapshot = some[0].snapshot
    everybody = SnapshotFacts(replace(snapshot, among=None), case.programme)
    northern = {row["member_id"] for row in case.rows["members"] if row["region"] == "North"}
    others = {row["member_id"] for row in case.rows["members"]} - northern
    facts = FactsOfSome(snapshot.of_members(others), case.programme, labels=labels_of_members(everybody))
    months = periods(first_day(case.history), as_of(case.history), "month")
    assert northern and facts.of(months)["members_active"].any()
    found = facts.of(months, where={"member_region": ["North"]})
    assert len(found) == len(months.last) and not found.drop(columns=list(PERIOD)).any(axis=None)
    with pytest.raises(InputError, match="member_region has no Nowhere"):
        facts.of(months, where={"member_region": ["Nowhere"]})


def test_the_members_behind_a_figure_stand_as_their_own_rows_say(some, case: Case) -> None:
    facts, ids = some
    last = as_of(case.history)
    told = members_behind(facts, "revenue", [periods(last - 399, last)], {})
    bought: dict[str, int] = {}
    latest: dict[str, object] = {}
    for row in case.rows["purchases"]:
        on = row["occurred_at"].astimezone(case.programme.zone).date()
        if row["member_id"] in ids and to_date(last - 399) <= on <= to_date(last):
            bought[row["member_id"]] = bought.get(row["member_id"], 0) + row["amount"]
        if row["member_id"] in ids and row["kind"] == "sale":
            latest[row["member_id"]] = max(on, latest.get(row["member_id"], on))
    minor = 10**case.programme.currency_decimals
    assert dict(zip(told["member_id"], round(told["top"] * minor), strict=True)) == {
        member: amount for member, amount in bought.items() if amount
    }
    assert told["top"].is_monotonic_decreasing and np.isclose(told["top_share"].sum(), 1)
    enrolled = told.dropna(subset=["last_purchase_on"])
    assert len(enrolled) and all(
        row.last_purchase_on.date() == latest[row.member_id] for row in enrolled.itertuples()
    )
