"""The work on a real Dask cluster of several processes: the same figures, whatever becomes of a worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from dashboard.jobs.lanes import Pool
from dashboard.jobs.workers import CLUSTER, cluster
from loyalty_core.errors import InputError
from simulation.comparison import Comparison
from simulation.experiment import compare
from simulation.scenario import Scenario
from tests.simulation.crowds import PROGRAMME, past

distributed = pytest.importorskip("distributed")
DEARER = Scenario(changes={"rewards.tea.points": 450}, months=1, replications=3)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Of a scheduler with two workers, each a process of its own that comes back when it is lost."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as there:
        yield there.scheduler_address


def test_a_cluster_finds_what_one_process_finds_even_when_a_worker_is_killed_at_work(address: str) -> None:
    history = past(80)[0]
    alone = compare(history, PROGRAMME, DEARER, shard_size=30)
    with distributed.Client(address, set_as_default=False) as client:
        victim, killed = next(iter(client.run(os.getpid).values())), list[int]()

        def kill_once(share: float, _: Comparison | None) -> None:
            if share > 0 and not killed:
                killed.append(victim)
                os.kill(victim, signal.SIGKILL)

        with cluster(address) as executor:
            found = compare(history, PROGRAMME, DEARER, shard_size=30, executor=executor, progress=kill_once)
        assert killed and victim not in client.run(os.getpid).values()
    assert found.to_json() == alone.to_json()


def test_runs_from_the_pages_are_worked_on_by_the_cluster_that_the_server_was_given(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = past(80)[0]
    monkeypatch.setenv(CLUSTER, address)
    pool = Pool()
    there = set(pool.executor.map(_process, range(8)))
    with distributed.Client(address, set_as_default=False) as client:
        assert there <= set(client.run(os.getpid).values()) and os.getpid() not in there
    found = compare(history, PROGRAMME, DEARER, shard_size=30, executor=pool.executor)
    assert found.to_json() == compare(history, PROGRAMME, DEARER, shard_size=30).to_json()
    before = pool.executor
    pool.drop()
    assert pool.executor is not before and set(pool.executor.map(_process, range(2))) <= there
    pool.drop()


def test_a_run_whose_cluster_does_not_answer_says_so_and_the_next_one_looks_again(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.jobs.workers.CONNECT_SECONDS", 1)
    monkeypatch.setenv(CLUSTER, "tcp://127.0.0.1:9")
    pool = Pool()
    with pytest.raises(InputError, match="no scheduler answers there"):
        _ = pool.executor
    monkeypatch.setenv(CLUSTER, address)
    assert list(pool.executor.map(abs, [-1])) == [1]
    pool.drop()
    refused = CliRunner().invoke(app, ["dashboard", "--cluster", "there"])
    assert isinstance(refused.exception, InputError) and "tcp://host:8786" in str(refused.exception)


def _process(_: int) -> int:
    return os.getpid()
