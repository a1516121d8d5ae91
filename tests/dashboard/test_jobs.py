"""The job process, with real processes: progress, cancelling, dying, and never doing the same work twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard.jobs.job_process import JobProcess, queued
from dashboard.jobs.kept_results import input_hash
from data.leases import process_lives
from data.priority import BEHIND_PAGES
from data.workspace import Workspace

ROOT = Path(__file__).parents[2]
COUNTING = "tests.dashboard.counting_jobs"
PATIENCE_SECONDS = 30


def until(holds, what):
    """The first true answer of `holds`; a failure naming `what` when none comes."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        answer = holds()
        if answer:
            return answer
        time.sleep(0.05)
    pytest.fail(f"waited {PATIENCE_SECONDS} s in vain: {what}")


def ended(registry, run):
    return until(
        lambda: (r := registry.run(run.id)).status not in ("queued", "running") and r, "the run ends"
    )


def progressing(registry, run):
    return until(lambda: (r := registry.run(run.id)).partial and r, "a first partial result")


@pytest.fixture
def workspace(workspace_path):
    return Workspace.open(workspace_path)


@contextmanager
def counting(folder):
    """A process that counts, not yet started."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(ROOT))  # where the counting job lies
        patched.setenv("LOYALTY_WORKERS", "2")
        process = JobProcess(folder, COUNTING)
        yield process
        process.end()


@pytest.fixture
def process(workspace_path, workspace):
    with counting(workspace_path) as process:
        yield process


@pytest.fixture(scope="module")
def common(tmp_path_factory):
    """A registry and its living process, for all tests that leave both alive: one is slow to start."""
    folder = tmp_path_factory.mktemp("common") / "workspace"
    registry = Workspace.open(folder).registry
    with counting(folder) as process:
        process.ensure()
        yield registry, process


def test_a_queued_run_shows_its_progress_and_then_its_result(common):
    registry, process = common
    run = registry.create_run("count", {"to": 12, "seconds": 0.1})
    partial = progressing(registry, run)
    assert 0 < partial.progress < 1 and partial.status == "running"
    assert partial.pid == process.pid
    done = ended(registry, run)
    assert (done.status, done.progress) == ("done", 1.0)
    assert done.result["counted"] == list(range(12))


def test_packages_of_the_same_name_where_the_server_started_do_no_harm(
    workspace, process, tmp_path, monkeypatch
):
    for name in ("data", "loyalty_core"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('the wrong package')")
    monkeypatch.chdir(tmp_path)
    run = workspace.registry.create_run("count", {"to": 1, "seconds": 0})
    process.ensure()
    assert ended(workspace.registry, run).status == "done"


def test_the_process_and_its_workers_load_neither_streamlit_nor_a_page(common):
    registry, _ = common
    run = registry.create_run("count", {"to": 1, "seconds": 0})
    result = ended(registry, run).result
    assert result["page_script_in_workers"] == result["page_script_beside_them"] == []


def test_the_process_gives_way_to_the_server_and_hears_none_of_its_interrupts(common):
    _, process = common
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == max(BEHIND_PAGES, os.nice(0))
    assert os.getsid(process.pid) == os.getsid(0)  # processors may be shared out by session first
    assert os.getpgid(process.pid) != os.getpgid(0)


def test_a_cancelled_run_stops_and_keeps_what_it_had_found(common):
    registry, _ = common
    run = registry.create_run("count", {"to": 1000, "seconds": 0.05})
    progressing(registry, run)
    registry.request_cancel(run.id)
    stopped = ended(registry, run)
    assert stopped.status == "cancelled"
    assert 0 < len(stopped.result["counted"]) < 1000


def test_a_run_cancelled_while_it_waits_never_starts(workspace, process):
    first = workspace.registry.create_run("count", {"to": 10, "seconds": 0.05})
    second = workspace.registry.create_run("count", {"to": 1, "seconds": 0})
    workspace.registry.request_cancel(second.id)
    process.ensure()
    assert ended(workspace.registry, first).status == "done"
    waited = workspace.registry.run(second.id)
    assert (waited.status, waited.started_at) == ("cancelled", None)


def test_work_of_another_kind_does_not_wait(common):
    registry, _ = common
    slow = registry.create_run("count", {"to": 1000, "seconds": 0.05})
    progressing(registry, slow)
    other = registry.create_run("refuse", {})
    ended(registry, other)
    assert registry.run(slow.id).status == "running"
    registry.request_cancel(slow.id)
    ended(registry, slow)


def test_bad_input_fails_with_its_one_line(common):
    registry, _ = common
    failed = ended(registry, registry.create_run("refuse", {}))
    assert (failed.status, failed.message) == ("failed", "counting: to must be positive; write to: 3")


def test_a_killed_worker_fails_its_run_and_the_next_run_gets_new_workers(common):
    registry, _ = common
    assert ended(registry, registry.create_run("crash", {})).status == "failed"
    after = registry.create_run("count", {"to": 2, "seconds": 0})
    assert ended(registry, after).result["counted"] == [0, 1]


def test_a_killed_job_process_leaves_an_interrupted_run_and_is_started_again(workspace, process):
    run = workspace.registry.create_run("count", {"to": 1000, "seconds": 0.05})
    process.ensure()
    workers = progressing(workspace.registry, run).partial["workers"]
    killed = process.pid
    os.kill(killed, signal.SIGKILL)
    until(lambda: not any(process_lives(worker) for worker in workers), "the workers end")
    until(lambda: process.pid is None, "the process is seen to be dead")

    process.ensure()
    assert ended(workspace.registry, run).status == "interrupted"
    again = workspace.registry.create_run("count", {"to": 2, "seconds": 0})
    assert ended(workspace.registry, again).result["counted"] == [0, 1]
    assert process.pid != killed


def test_killing_the_server_ends_the_job_process_and_its_workers(workspace, workspace_path, monkeypatch):
    monkeypatch.setenv("LOYALTY_WORKERS", "2")
    run = workspace.registry.create_run("count", {"to": 1000, "seconds": 0.05})
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(workspace_path), COUNTING],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    started = progressing(workspace.registry, run)
    family = [started.pid, *started.partial["workers"]]
    assert all(process_lives(pid) for pid in family)

    server.kill()
    server.wait()
    until(lambda: not any(process_lives(pid) for pid in family), "the job process and its workers end")
    assert ended(workspace.registry, run).status == "interrupted"


SERVER = """
import sys, time
from pathlib import Path
from dashboard.jobs.job_process import JobProcess
JobProcess(Path(sys.argv[1]), sys.argv[2]).ensure()
time.sleep(600)
"""


def test_the_same_input_is_not_run_twice(workspace, process):
    named = input_hash(scenario={"to": 2}, seed=1, snapshot=1)
    first = queued(workspace.registry, "count", {"to": 2, "seconds": 0}, named)
    assert queued(workspace.registry, "count", {"to": 2, "seconds": 0}, named).id == first.id
    process.ensure()
    ended(workspace.registry, first)
    assert queued(workspace.registry, "count", {"to": 2, "seconds": 0}, named).id == first.id
    assert len(workspace.registry.runs()) == 1


def test_two_runs_over_the_same_input_queued_at_once_are_worked_on_once(workspace, process):
    runs = [workspace.registry.create_run("count", {"to": 3, "seconds": 0}, "same") for _ in range(2)]
    process.ensure()
    first, second = (ended(workspace.registry, run) for run in runs)
    assert first.result["counted"] == second.result["counted"]
    assert second.partial is None  # taken over, not counted again


def test_a_cancelled_run_is_no_answer_to_the_same_question(workspace):
    named = input_hash(scenario={}, seed=1)
    first = queued(workspace.registry, "count", {"to": 2, "seconds": 0}, named)
    workspace.registry.request_cancel(first.id)
    assert queued(workspace.registry, "count", {"to": 2, "seconds": 0}, named).id != first.id


@pytest.mark.parametrize("changed", [{"seed": 2}, {"snapshot": 8}, {"scenario": {"expiry.months": 6}}])
def test_anything_that_decides_the_result_changes_the_name_of_the_input(changed):
    inputs = {"seed": 1, "snapshot": 7, "scenario": {"expiry.months": 12}}
    assert input_hash(**inputs) == input_hash(**dict(reversed(inputs.items())))
    assert input_hash(**inputs) != input_hash(**{**inputs, **changed})
