"""The work on a real Dask cluster of several processes: the same figures, whatever becomes of a worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from dashboard.jobs.workers import cluster
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
