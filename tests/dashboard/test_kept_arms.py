"""Arms kept in the workspace: who asks next simulates what is new alone. The baseline is counted ahead."""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard.jobs import prefetch
from dashboard.jobs.calibrated import set_out, told_past
from dashboard.jobs.kept_arms import KeptArms
from dashboard.jobs.simulation_job import answered
from dashboard.jobs.workers import behind_all
from data.priority import LAST
from data.snapshots import Snapshot
from data.workspace import Workspace
from loyalty_core.rules.programme import Programme
from simulation.desk_figures import KEYS
from simulation.experiment import contest_of, run
from simulation.kept_counts import Kept
from simulation.outset import Outset
from simulation.scenario import Scenario, scenario_from_dict
from tests.simulation.arms_run import counted_arms

LIVE, USUAL, MEMBERS = Scenario(), {"months": 1, "replications": 2, "seed": 1}, 150
DEARER = Scenario(name="dearer", changes={"rewards.voucher.points": 1500}, **USUAL)
HIGHER = Scenario(name="higher", changes={"tiers.gold.threshold": 9000.0}, **USUAL)


@pytest.fixture(scope="module")
def calibrated(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which nothing was asked yet."""
    folder = tmp_path_factory.mktemp("calibrated") / "workspace"
    shutil.copytree(demo, folder, ignore=shutil.ignore_patterns("results"))
    told_past(*opened(folder))
    return folder


@pytest.fixture
def own(calibrated: Path, tmp_path: Path) -> Path:
    return shutil.copytree(calibrated, tmp_path / "own")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    return counted_arms(monkeypatch)


def opened(folder: Path) -> tuple[Workspace, Snapshot, Programme]:
    workspace = Workspace.open(folder)
    snapshot, programme = workspace.latest(), workspace.programme
    assert snapshot is not None and programme is not None
    return workspace, snapshot, programme


def compared(folder: Path, scenario: Scenario, members: int = MEMBERS) -> dict[str, Any]:
    return answered(*opened(folder), (LIVE, scenario), members, executor=lambda: None)


def test_another_scenario_is_simulated_without_the_baseline(
    own: Path, calibrated: Path, tmp_path: Path, ran: Counter[int]
) -> None:
    alone = compared(shutil.copytree(calibrated, tmp_path / "alone"), DEARER)
    compared(own, HIGHER)
    ran.clear()
    assert compared(own, DEARER) == alone
    assert set(ran) == {1, 2} and max(ran.values()) == 2  # of today's members, and of those who join
    ran.clear()
    longer = DEARER.model_copy(update={"replications": 3})
    compared(own, longer)
    assert ran == {3: 4}


def test_a_search_finds_the_baseline_of_a_what_if(own: Path, ran: Counter[int]) -> None:
    compared(own, HIGHER)
    workspace, snapshot, programme = opened(own)
    start = set_out(workspace, snapshot, programme, (LIVE, DEARER), MEMBERS)
    design, nothing = contest_of(start, programme, (LIVE, DEARER))
    ran.clear()
    run(design, nothing, DEARER)
    assert ran == {1: 2, 2: 2}


def test_what_decides_a_start_is_in_its_name(own: Path) -> None:
    workspace, snapshot, programme = opened(own)

    def kept(scenario: Scenario = DEARER, members: int | None = MEMBERS, of: Programme = programme) -> Any:
        start: Outset = set_out(workspace, snapshot, of, (LIVE, scenario), members)
        return start.kept

    told = pd.Series({("", "calls", "requests"): 3.0, ("2026-11-30", "calls", "backlog"): np.nan})
    kept()["arm"] = Kept({"revenue": np.array([[1, 2**60]])}, told.rename_axis(KEYS))
    kept()["bare"] = Kept({})
    found, bare = kept().get("arm"), kept().get("bare")
    assert found.counts["revenue"].tolist() == [[1, 2**60]] and bare == Kept({}, None)
    pd.testing.assert_series_equal(found.desks, told.rename_axis(KEYS))
    crowded = scenario_from_dict(DEARER.model_dump() | {"joining": {"factor": 2}})
    assert kept(crowded).get("arm") is not None  # those who may join beside the usual ones change nobody
    assert kept(members=10**6)._start == kept(members=None)._start  # more than there are
    for other in (
        kept(DEARER.model_copy(update={"seed": 2})),
        kept(DEARER.model_copy(update={"months": 2})),
        kept(members=MEMBERS - 1),
        kept(of=programme.model_copy(update={"margin_share": programme.margin_share / 2})),
    ):
        assert other.get("arm") is None


def test_the_latest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arms = KeptArms(tmp_path, "start")
    for age in range(5):
        arms[str(age)] = Kept({"revenue": np.array([[age]])})
        os.utime(max(tmp_path.glob("results/arms/*.json"), key=os.path.getctime), (10**9 - age, 10**9 - age))
    monkeypatch.setattr("dashboard.jobs.kept_arms.MOST", 2)
    again = KeptArms(tmp_path, "start")
    assert [again.get(str(age)) is not None for age in range(5)] == [True, True, False, False, False]


@pytest.fixture
def usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Sandbox proposes a small run, and what is counted ahead is counted here."""
    monkeypatch.setattr(prefetch, "USUAL", USUAL)
    monkeypatch.setattr(prefetch, "MOST_MEMBERS", MEMBERS)
    monkeypatch.setattr(prefetch, "behind_all", nullcontext)


def counted(folder: Path, is_busy: Callable[[], bool] = lambda: False) -> bool:
    return prefetch._count(*opened(folder), is_busy)


@pytest.mark.usefixtures("usual")
def test_the_first_what_if_after_the_baseline_was_counted_ahead_simulates_its_scenario_alone(
    own: Path, calibrated: Path, tmp_path: Path, ran: Counter[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = compared(shutil.copytree(calibrated, tmp_path / "alone"), DEARER)
    ran.clear()
    assert counted(own) and ran == {1: 2, 2: 2}
    ran.clear()
    assert compared(own, DEARER) == alone and ran == {1: 2, 2: 2}
    monkeypatch.setattr(prefetch, "set_out", None)
    assert counted(own)  # a process that starts again has nothing left to do


@pytest.mark.usefixtures("usual")
def test_counting_ahead_gives_way_to_work_that_somebody_waits_for_and_goes_on_later(
    own: Path, ran: Counter[int]
) -> None:
    assert not counted(own, lambda: True) and not ran
    assert not counted(own, lambda: sum(ran.values()) >= 2)
    assert ran == {1: 2}
    assert counted(own) and ran == {1: 2, 2: 2}


@pytest.mark.usefixtures("usual")
def test_counting_ahead_stops_when_something_newer_is_in_force(own: Path, ran: Counter[int]) -> None:
    workspace, snapshot, programme = opened(own)

    def apply() -> bool:
        if sum(ran.values()) == 2:
            workspace.apply_programme(programme.model_copy(update={"name": "newer"}))
        return False

    assert not prefetch._count(workspace, snapshot, programme, apply)
    assert ran == {1: 2}


@pytest.mark.usefixtures("usual")
def test_what_cannot_be_counted_ahead_is_not_tried_time_and_again(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = list[object]()

    def broken(*args: object, **wishes: object) -> None:
        attempts.append(args)
        raise MemoryError

    monkeypatch.setattr(prefetch, "run", broken)
    assert counted(own) and counted(own) and len(attempts) == 1


def test_the_process_that_counts_ahead_gives_way_to_all_others_and_nobody_waits_for_it() -> None:
    with behind_all() as process:
        assert process.submit(os.nice, 0).result() == LAST
        assert process.submit(os.sched_getscheduler, 0).result() == os.SCHED_IDLE
        slow = process.submit(time.sleep, 5)
        while not slow.running():
            time.sleep(0.01)
    assert not slow.done()
