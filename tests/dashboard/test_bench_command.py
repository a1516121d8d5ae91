"""`loyalty bench`: the shape of its answer, and that what it compares agrees; never speed."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from dashboard.benchmark import experiments, pages, runs, years
from dashboard.benchmark.goals import GOALS, compared
from dashboard.benchmark.watching import Peak, held_mib
from dashboard.cli import app
from dashboard.visitor import Waited
from data.rollups import building
from loyalty_core.errors import InputError

MEMBERS = "300"


@pytest.fixture(autouse=True)
def in_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roll-ups of however few facts, few questions, one worker, two shards of the sixteen, and one page."""
    monkeypatch.setattr(building, "LEAST_ROWS", 0)
    monkeypatch.setattr(runs, "QUESTIONS", 30)
    monkeypatch.setattr(runs, "WORKERS", 1)
    monkeypatch.setattr(runs, "SHARDS", 2)
    short = experiments.TRIED.model_copy(update={"months": 1, "replications": 3})
    monkeypatch.setattr(experiments, "TRIED", short)
    monkeypatch.setattr(years, "ROUNDS", 1)
    monkeypatch.setattr(pages, "PATHS", ("points",))
    monkeypatch.setattr(pages, "FILTERS", ("region",))
    for name, few in {"PEOPLE": 2, "EVERY_SECONDS": 0.0, "CLICKS": 3}.items():
        monkeypatch.setattr(pages, name, few)


@pytest.fixture
def one_server(demo_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One dashboard of the demo for all that is measured: each start takes some seconds."""
    with pages.served(demo_workspace, tmp_path) as server:
        monkeypatch.setattr(pages, "served", lambda _workspace, _caches: nullcontext(server))
        yield


def bench(*flags: str) -> tuple[dict[str, Any], str]:
    """The answer, and what was said meanwhile; asked in a thread of its own, as the browser of other tests
    keeps an event loop running in this one."""
    asked = ["bench", "--members", MEMBERS, "--json", *flags]
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(
            CliRunner().invoke, app, asked, env={"LOYALTY_TEST_POSTGRES_URL": None}
        ).result()
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout), result.stderr


@pytest.mark.usefixtures("one_server")
def test_every_part_is_measured(demo_workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "demo").symlink_to(demo_workspace)
    found, said = bench("--files", str(tmp_path))
    assert list(found) == ["machine", "intake", "publish", "kpi", "replay", "simulate", "pages", "peak_mib"]
    assert {"cores", "memory_mib", "processor", "python", "members"} <= set(found["machine"])
    assert set(found["intake"]) == {"rows_per_s", "ratio_to_pandas_sqlite", "peak_mib"}
    assert found["simulate"]["members"] == int(MEMBERS) and found["simulate"]["peak_mib"] > 0
    assert found["simulate"]["large"] is None  # as many as are simulated anyway
    assert found["simulate"]["us_per_member_year"] == {}  # fewer than the smallest size of the curve
    assert found["simulate"]["growth"] is None
    years_told = [found["simulate"][rules] for rules in ("few_rules", "all_rules")]
    for told in years_told:
        assert set(told) == {
            *("member_years_per_s", "purchases_per_s", "simpy_events_per_s", "ratio_to_simpy_events"),
            *("one_worker_to_simpy_events", "two_workers", "two_bare_processes"),
        }
    tried = found["simulate"]["experiment"]
    assert tried["replications"] == 3 and tried["months"] == 1
    for seconds in (tried, tried["beside_kept"], tried["nobody_joins"]):
        assert 0 < seconds["first_s"] <= seconds["whole_s"]
    measured = [
        *found["intake"].values(),
        found["publish"]["s"],
        found["kpi"]["p95_ms"],
        found["replay"]["s"],
    ]
    told_of_years = [value for told in years_told for value in told.values()]
    assert all(value > 0 for value in (*measured, *told_of_years, found["peak_mib"]))
    assert found["kpi"]["ratio_to_postgresql"] is None
    assert re.fullmatch(r"\d+ of \d+ KPIs that two filters can have", found["kpi"]["rolled_up"])
    assert "Replaying" in said
    one, many = (found["pages"][name]["points"] for name in ("one", "many"))
    assert set(one) == {
        "first_ms",
        "first_figures_ms",
        "opened_ms",
        "opened_figures_ms",
        "filtered_ms",
        "period_ms",
    }
    assert set(many) == set(one) - {"first_ms", "first_figures_ms"}
    in_segments = found["pages"]["segments"]
    assert set(in_segments["one"]["points"]) == {"in_segment_ms", "filtered_ms", "period_ms"}
    assert set(in_segments["many"]["points"]) == {"filtered_ms", "period_ms"}
    assert in_segments["filter_p95_ms"] > 0 and in_segments["people_p95_ms"] > 0
    assert 0 < one["opened_figures_ms"] < one["opened_ms"] <= one["first_ms"] + one["opened_ms"]
    assert (
        found["pages"]["people"] == 2
        and found["pages"]["people_p95_ms"] >= found["pages"]["people_p50_ms"] > 0
        and found["pages"]["people_after_start_p95_ms"] > 0
        and found["pages"]["peak_mib"] > found["pages"]["peak_own_mib"] > 0
    )


def test_of_a_hundred_waits_ninety_five_are_no_longer_than_the_one_told() -> None:
    assert pages.p95([float(ms) for ms in range(100, 0, -1)]) == 95
    assert pages.p95([3.0]) == 3


def test_people_choose_what_their_page_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = {"points": {"region": 1, "period": 1}, "member": {"as_of": 1}}
    monkeypatch.setattr(pages, "PATHS", tuple(offered))
    monkeypatch.setattr(pages, "EVERY_SECONDS", 0.0)
    monkeypatch.setattr(pages, "CLICKS", 3 * len(offered))

    class Person:
        pages, choices = offered, dict[str, int]()

        async def went(self, path: str) -> Waited:
            self.choices = offered[path]
            return Waited(0.1, 0.2)

        async def chose(self, key: str) -> Waited:
            assert key in self.choices
            return Waited(0.1, 0.2)

    monkeypatch.setattr(pages, "visitor", lambda port, seed: nullcontext(Person()))
    with ThreadPoolExecutor(1) as apart:  # a browser of another test keeps this thread's loop
        clicks = apart.submit(asyncio.run, pages._together(0, 1, ("region",))).result()
    assert [click.kind for click in clicks if click.page == "member"] == ["opened"]
    assert [click.kind for click in clicks if click.page == "points"] == ["opened", "filtered", "period"]


def test_growth_is_the_worst_of_a_larger_programme_to_a_smaller_one() -> None:
    assert years.growth({"10000": 13.0, "30000": 8.0, "100000": 6.0, "300000": 9.0, "1000000": 7.0}) == 1.5
    assert years.growth({"10000": 13.0, "30000": 8.0, "100000": 6.0}) == 0.75
    assert years.growth({"10000": 13.0}) is None


def test_all_rules_are_those_of_the_demo_and_its_days_those_of_few() -> None:
    few, everything = years._demo("few"), years._demo("all")
    assert few.days == everything.days
    assert len(everything.programme.rewards) > len(few.programme.rewards)
    assert everything.programme.coupons and everything.programme.earning.multipliers


def test_memory_that_is_held_is_seen() -> None:
    peak, before = Peak(), held_mib()
    with peak.watched():
        held = np.ones(64 * 2**20, np.int8)
    assert peak.mib >= before + held.nbytes // 2**20 - 4


def test_each_goal_stands_beside_what_was_measured() -> None:
    found = {"publish": {"s": 61.5}, "kpi": {"p95_ms": 120.0}, "simulate": None}
    lines = dict(zip((goal.figure for goal in GOALS), compared(found, 1_000_000), strict=True))
    assert lines["publish.s"] == "publish.s at most 60 (seconds to publish): 61.5, missed"
    assert lines["kpi.p95_ms"].endswith("120, met")
    assert lines["simulate.all_rules.two_workers"].endswith("not measured")
    assert compared(found, 50_000)[0].endswith("not measured")
    assert compared(found, 50_000)[1].endswith("61.5, missed; stated for 1,000,000 members")


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
