"""Kept results: identical inputs are not run again, and anything that decides the result is an input."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from dashboard.jobs import calibrated, prefetch
from dashboard.jobs.calibrated import told_past
from dashboard.jobs.kept_results import KeptResults, input_hash
from dashboard.jobs.simulation_job import answered
from data.live import live_history
from data.workspace import Workspace
from loyalty_core.errors import InputError
from simulation import experiment
from simulation.calibration import calibrate
from simulation.evidence import Status
from simulation.scenario import Scenario, scenario_from_dict

LIVE = Scenario()
DEARER = Scenario(changes={"rewards.voucher.points": 1500}, months=1, replications=1)


@pytest.fixture(scope="module")
def known(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A workspace in which `DEARER` was asked for once, and the answer."""
    copy, nothing_kept = tmp_path_factory.mktemp("known"), shutil.ignore_patterns("results")
    folder = shutil.copytree(demo, copy / demo.name, ignore=nothing_kept)
    return folder, compared(folder)


def compared(
    folder: Path, scenario: Scenario = DEARER, members: int = 150, **wishes: Callable[[], bool]
) -> dict[str, Any]:
    """The comparison with the programme in force."""
    workspace = Workspace.open(folder)
    snapshot, programme = workspace.latest(), workspace.programme
    assert snapshot is not None and programme is not None
    return answered(workspace, snapshot, programme, (LIVE, scenario), members, executor=no_executor, **wishes)


def no_executor() -> Executor | None:
    return None


@pytest.fixture
def own(known: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    """A copy of that workspace, with what it kept."""
    return shutil.copytree(known[0], tmp_path / "own")


@pytest.fixture
def ask(own: Path, monkeypatch: pytest.MonkeyPatch):
    """Ask for a comparison there; the answer, and whether members were simulated for it."""
    ran = list[bool]()
    real = experiment.run

    def counted(*args: Any, **kwargs: Any) -> Any:
        ran.append(True)
        return real(*args, **kwargs)

    monkeypatch.setattr(experiment, "run", counted)

    def asked(**question: Any) -> tuple[dict[str, Any], bool]:
        ran.clear()
        return compared(own, **question), bool(ran)

    return asked


@pytest.fixture
def is_run(own: Path, monkeypatch: pytest.MonkeyPatch):
    """Whether members would be simulated for a comparison there, without doing so."""

    class Run(Exception):  # noqa: N818
        pass

    def begun(*args: Any, **kwargs: Any) -> None:
        raise Run

    monkeypatch.setattr(experiment, "run", begun)

    def asked(**question: Any) -> bool:
        try:
            compared(own, **question)
        except Run:
            return True
        return False

    return asked


def test_identical_inputs_are_not_run_again(ask, known: tuple[Path, dict[str, Any]]) -> None:
    assert ask() == (known[1], False)


def test_what_decides_the_result_is_run_anew(is_run) -> None:
    assert not is_run()
    assert is_run(scenario=DEARER.model_copy(update={"seed": 2}))
    assert is_run(members=149)


def test_a_new_way_to_reckon_forgets_the_old_results(is_run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiment, "LAYOUT", experiment.LAYOUT + 1)
    assert is_run()


def test_a_result_that_was_spoilt_on_the_disk_is_found_anew(
    ask, own: Path, known: tuple[Path, dict[str, Any]]
) -> None:
    for kept in (own / "results").glob("*.json"):
        kept.write_text('{"half', encoding="utf-8")
    assert ask() == (known[1], True)


def test_a_snapshot_is_calibrated_once_for_all_that_is_asked_of_it(
    is_run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def again(*args: Any) -> None:
        raise AssertionError("calibrated again")

    monkeypatch.setattr(calibrated, "calibrate", again)
    assert is_run(members=148)


def test_a_run_says_which_model_and_effects_the_calibration_gave_it(
    own: Path, known: tuple[Path, dict[str, Any]]
) -> None:
    workspace = Workspace.open(own)
    snapshot, programme = workspace.latest(), workspace.programme
    assert snapshot is not None and programme is not None
    found = calibrate(live_history(snapshot, programme), programme)
    told = {part["name"]: part for part in known[1]["assumptions"]}
    assert told["purchasing"]["model"] == found.chosen
    for name in ("r", "alpha", "a", "b"):
        assert told["purchasing"][name] == getattr(found.behaviour.purchasing, name)
    shown = [(key, effect) for key, effect in found.effects.items() if key in told]
    assert any(effect.status is Status.CALIBRATED for _, effect in shown)
    for key, effect in shown:
        assert (told[key]["value"], told[key]["status"]) == (effect.value, effect.status.value)


def test_a_search_sets_out_with_all_who_may_join_in_one_of_its_scenarios(own: Path) -> None:
    workspace = Workspace.open(own)
    snapshot, programme = workspace.latest(), workspace.programme
    assert snapshot is not None and programme is not None
    crowded = Scenario(months=3, joining={"factor": 3})
    usual, many = (
        len(calibrated.set_out(workspace, snapshot, programme, sides, 150).joining)
        for sides in ((LIVE, Scenario(months=3)), (crowded, Scenario(months=3)))
    )
    assert many == 3 * usual > 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"changes": {"tiers.diamond.threshold": 5}},
        {"later": [{"first_day": "2030-01-01", "changes": {"rewards.boat.points": 1}}]},
        {"effects": {"charm": 2.0}},
        {"budgets": [{"name": "b", "amount": 1, "rewards": ["boat"], "first_day": "2030-01-01",
                      "last_day": "2030-01-31"}]},
    ],
)  # fmt: skip
def test_what_the_programme_does_not_have_is_refused_before_the_past_is_read(
    own: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    monkeypatch.setattr(calibrated, "told_unless", None)
    with pytest.raises(InputError, match="there is no"):
        compared(own, scenario=scenario_from_dict(wrong))


def test_scenarios_of_one_name_are_not_ranked(own: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.yaml", "b.yaml")]
    for file in files:
        file.write_text("name: twin\n", encoding="utf-8")
    answer = CliRunner().invoke(app, ["simulate", *map(str, files), "--workspace", str(own)])
    assert isinstance(answer.exception, InputError) and answer.stdout == ""
    assert "two scenarios are called twin" in str(answer.exception)


def test_what_all_are_compared_with_is_not_ranked_twice(own: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("name: twin\n", encoding="utf-8")
    answer = CliRunner().invoke(app, ["simulate", str(file), "live", "--workspace", str(own)])
    assert isinstance(answer.exception, InputError) and answer.stdout == ""
    assert "live is what the others are compared with, and ranked beside them" in str(answer.exception)


def test_a_workspace_that_cannot_be_written_to_still_answers(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("no folder")
    kept = KeptResults(tmp_path)
    assert kept.keep("name", {"mean": 1.5}) == {"mean": 1.5}
    assert kept.find("name") is None


def test_the_order_of_inputs_does_not_matter_but_each_value_does() -> None:
    assert input_hash(a=1, b={"x": 1, "y": 2}) == input_hash(b={"y": 2, "x": 1}, a=1)
    assert len({input_hash(a=1), input_hash(a=2), input_hash(a="1"), input_hash(b=1)}) == 4


def test_a_cluster_without_its_library_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard.jobs.workers import cluster

    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(InputError, match=r"loyalty-dashboard\[cluster\]"), cluster("tcp://127.0.0.1:1"):
        pass
    with pytest.raises(InputError, match="like tcp://host:8786"), cluster("nowhere"):
        pass


@pytest.fixture
def refused(own: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """A workspace that was never calibrated and cannot be; a line for each attempt."""
    shutil.rmtree(own / "results")
    attempts = list[object]()

    def attempt(*args: object) -> None:
        attempts.append(args)
        raise InputError("nobody has bought yet")

    monkeypatch.setattr(calibrated, "calibrate", attempt)
    return attempts


def test_what_is_published_is_calibrated_before_anybody_asks(
    own: Path, refused: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def night(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(prefetch.time, "sleep", night)
    monkeypatch.setattr(prefetch, "_count", lambda *args: True)
    workspace = Workspace.open(own)
    snapshot, programme = workspace.latest(), workspace.programme
    assert snapshot is not None and programme is not None
    assert not calibrated.is_calibrated(workspace, snapshot, programme)
    for _ in range(2):  # a process that starts again finds what the one before it found
        with pytest.raises(KeyboardInterrupt):
            prefetch.work_ahead(workspace, lambda: False)
    assert calibrated.is_calibrated(workspace, snapshot, programme)
    assert len(refused) == 1


def test_only_what_is_told_ahead_is_awaited_until_it_is_told_or_given_up(
    own: Path, refused: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.open(own)
    snapshot, programme = workspace.latest(), workspace.programme
    assert snapshot is not None and programme is not None
    assert calibrated.is_awaited(workspace, snapshot, programme)
    assert not calibrated.is_awaited(workspace, replace(snapshot, id=snapshot.id - 1), programme)
    assert not calibrated.is_awaited(workspace, snapshot, programme.model_copy(update={"name": "before"}))

    def broken(*args: object) -> None:
        raise MemoryError

    monkeypatch.setattr(prefetch, "told_past", broken)
    prefetch._calibrate(workspace, snapshot, programme)
    assert not calibrated.is_awaited(workspace, snapshot, programme)
    told_past(workspace, snapshot, programme)  # whoever asks gets it all the same
    assert calibrated.is_calibrated(workspace, snapshot, programme)


def test_who_cancels_no_longer_waits_for_the_past_which_is_told_to_the_end(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, go_on = Event(), Event()

    def slow(*args: object) -> tuple[None, None]:
        assert go_on.wait(30)
        told.set()
        return None, None

    monkeypatch.setattr(calibrated, "told_past", slow)
    wishes = iter([False, True])
    with pytest.raises(experiment.Cancelled):
        compared(own, members=147, cancelled=lambda: next(wishes))
    assert not told.is_set()
    go_on.set()
    assert told.wait(30)


def test_what_hinders_the_past_from_being_told_is_said_to_who_waits(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise TimeoutError("the disk")

    monkeypatch.setattr(calibrated, "told_past", broken)
    with pytest.raises(TimeoutError, match="the disk"):
        compared(own, members=147)


def test_who_asks_while_the_past_is_being_told_waits_for_it(own: Path, refused: list[object]) -> None:
    workspace = Workspace.open(own)
    snapshot, programme = workspace.latest(), workspace.programme
    assert snapshot is not None and programme is not None
    with ThreadPoolExecutor(2) as several:
        asked = [several.submit(told_past, workspace, snapshot, programme) for _ in range(2)]
    (history, found), other = (one.result() for one in asked)
    assert found is None and other == (history, None)
    assert len(refused) == 1


def test_a_large_past_is_looked_through_by_another_process_and_told_all_the_same(
    demo_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(demo_workspace, tmp_path / "workspace", ignore=shutil.ignore_patterns("results"))
    workspace = Workspace.open(folder)
    snapshot, programme = workspace.latest(), workspace.programme
    assert snapshot is not None and programme is not None
    monkeypatch.setattr(calibrated, "_LAST", {})
    monkeypatch.setattr(calibrated, "is_large", lambda snapshot: True)
    with monkeypatch.context() as here:
        for name in ("laid_down", "calibrate"):
            here.delattr(calibrated, name)
        history, found = told_past(workspace, snapshot, programme)
    assert not history.entries.amount.flags.writeable  # mapped
    assert len(history.purchases.member) == snapshot.count("purchases")
    assert found == calibrate(live_history(snapshot, programme), programme)
