"""`loyalty backtest`: what forecasts of a programme's own past were worth."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from simulation.backtest import METRICS
from tests.living import asked


def test_the_command_answers_with_origins_metrics_and_a_verdict(demo: Path, tmp_path: Path) -> None:
    arguments = ("backtest", "--origins", "1", "--horizon", "1", "--replications", "10", "--workers", "1")
    ask = ("--json", "--workspace", shutil.copytree(demo, tmp_path / "demo"))  # it is kept there
    told = json.loads(asked(*arguments, *ask).output)
    assert told["verdict"] in ("decide", "pilot first", "do not trust")
    assert [row["metric"] for row in told["metrics"]] == list(METRICS)
    for row in told["metrics"]:
        assert row["wape"] >= 0 and set(row["coverage"]) == {"50", "80", "90"}
        assert set(row["plain"]) == {"naive", "hiatus", "last_year"}
    (origin,) = told["origins"]
    assert (origin["from"], origin["to"], origin["weeks"]) == ("2026-10-01", "2026-10-28", 4)
    assert told["as_of"] == "2026-10-31"
