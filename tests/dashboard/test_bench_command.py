"""`loyalty bench`: the shape of its answer, and that what it compares agrees; never speed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from dashboard.benchmark import runs
from dashboard.cli import app
from data import rollup_building
from loyalty_core.errors import InputError

MEMBERS = "300"


@pytest.fixture(autouse=True)
def in_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roll-ups of however few facts, few questions, and a replay of two shards of the sixteen."""
    monkeypatch.setattr(rollup_building, "LEAST_ROWS", 0)
    monkeypatch.setattr(runs, "QUESTIONS", 30)
    monkeypatch.setattr(runs, "SHARDS", 2)


def bench(*flags: str) -> tuple[dict[str, Any], str]:
    """The answer, and what was said meanwhile."""
    asked = ["bench", "--members", MEMBERS, "--json", *flags]
    result = CliRunner().invoke(app, asked, env={"LOYALTY_TEST_POSTGRES_URL": None})
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout), result.stderr


def test_every_part_is_measured() -> None:
    found, said = bench()
    assert list(found) == ["machine", "intake", "publish", "kpi", "replay", "simulate", "peak_mib"]
    assert {"cores", "memory_mib", "processor", "python", "members"} <= set(found["machine"])
    assert set(found["intake"]) == {"rows_per_s", "ratio_to_pandas_sqlite"}
    assert set(found["simulate"]) == {
        *("members", "member_years_per_s", "purchases_per_s"),
        *("ratio_to_simpy_events", "two_workers", "peak_mib"),
    }
    measured = [
        *found["intake"].values(),
        found["publish"]["s"],
        found["kpi"]["p95_ms"],
        found["replay"]["s"],
    ]
    assert all(value > 0 for value in (*measured, *found["simulate"].values(), found["peak_mib"]))
    assert found["kpi"]["ratio_to_postgresql"] is None
    assert "Replaying" in said


@pytest.mark.postgres
def test_sql_over_raw_tables_gives_the_same_answers(postgres_url: str) -> None:
    found, _ = bench("--only", "kpi", "--postgres", postgres_url)
    assert found["kpi"]["ratio_to_postgresql"] > 0
    assert (found["replay"], found["simulate"]) == ({"s": None}, None)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--only", "intak"], "--only intak: no part of the bench; did you mean intake"),
        (["--members", "5"], "--members 5: too few to measure"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_line(flags: list[str], said: str) -> None:
    result = CliRunner().invoke(app, ["bench", *flags])
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)
