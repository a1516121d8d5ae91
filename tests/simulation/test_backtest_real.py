"""The backtest on a real record: CDNOW's nine months at once, as model.md section 1 tells them."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_core.histories import history_from_frames
from loyalty_core.rules.programme import programme_from_yaml
from simulation.backtest import backtest
from simulation.passport import passport
from tests.core.cdnow import sample

PROGRAMME = Path(__file__).parents[2] / "data" / "programmes" / "cdnow_sample.yaml"


@pytest.mark.shared
def test_cdnow_is_forecast_better_than_plainly_for_nine_months_at_once(shared: Path) -> None:
    declared = programme_from_yaml(PROGRAMME.read_text(encoding="utf-8"))
    programme = declared.model_copy(update={"time_zone": "UTC"})  # in which the sample's days are read
    history = history_from_frames({"purchases": sample(shared)}, programme)
    told = passport(backtest(history, programme, origins=1, horizon_months=9, replications=10))
    assert [(one["from"], one["to"]) for one in told["origins"]] == [("1997-10-01", "1998-06-30")]
    purchases = told["metrics"][0]
    assert purchases["metric"] == "purchases" and purchases["best_plain"] == "hiatus"
    # Honest models are off by 18 to 22 % by week and by 7 to 16 % in total; a plain hiatus by 31 % by week.
    assert purchases["wape"] < 0.85 * purchases["plain"]["hiatus"]["wape"]
    assert 0.14 < purchases["wape"] < 0.26
    assert -0.2 < purchases["total_error"] < 0.05
    assert purchases["coverage"]["90"] > 0.75 and 0.25 < purchases["coverage"]["50"] < 0.75
