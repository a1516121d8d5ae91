"""Forecasts of levels: chance and what the past leaves open, as wide as a backtest says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from loyalty_core.metrics.dictionary import METRICS
from simulation.forecast import SIDES, drawn_too, forecasts
from simulation.stopping import half_width

GOLD = {"member_tier": "gold"}
VALUES = [980.0, 1010.0, 1030.0, 990.0, 1040.0]
DEVIATION, RUNS = float(np.std(VALUES, ddof=1)), len(VALUES)


def row(metric: str, mean: float, half: float | None, **more: str) -> dict[str, object]:
    low, high = (None, None) if half is None else (mean - half, mean + half)
    return {"period_end": "2026-12-31", "metric": metric, "mean": mean, "low": low, "high": high, **more}


def told(**about: object) -> list[dict[str, object]]:
    half = half_width(VALUES)
    rows = [
        row("purchases", 1010.0, half),
        row("redemption_rate", 0.4, None),
        row("tier_members", 5.0, half, **GOLD),
    ]
    levels = [
        {"metric": "purchases", "baseline": 40.0, "scenario": 0.0},
        {"metric": "redemption_rate", "baseline": 0.1, "scenario": 0.1},
        {"metric": "tier_members", **GOLD, "baseline": 1.0, "scenario": None},
    ]
    return forecasts({"baseline": rows, "scenario": rows}, RUNS, levels, about.get("factor"))


def test_an_interval_holds_chance_the_mean_s_own_and_what_the_past_leaves_open() -> None:
    (one,) = told()  # of the others an interval or a deviation is not known
    assert one["metric"] == "purchases" and "member_tier" not in one
    z = norm.ppf(0.95)
    chance = DEVIATION**2 * (1 + 1 / RUNS)
    assert one["scenario"]["high"] == pytest.approx(1010 + z * chance**0.5)
    assert one["baseline"]["low"] == pytest.approx(1010 - z * (chance + 40**2) ** 0.5)


def test_a_backtest_makes_intervals_wider_or_narrower_about_the_same_mean() -> None:
    (as_drawn,), (wider,), (narrower,) = (told(factor=factor) for factor in (None, 2.0, 0.5))
    for side in ("baseline", "scenario"):
        reach = as_drawn[side]["high"] - 1010
        assert wider[side]["high"] - 1010 == pytest.approx(2 * reach)
        assert 1010 - narrower[side]["low"] == pytest.approx(reach / 2)


def reached(share: float, factor: float | None = None, **grounds: object) -> dict[str, object]:
    """A result whose replications reach a target of 1,000 that often, with what was drawn of it."""
    side = {"period_end": "2026-12-31", "target": 1000.0, "mean": 1010.0, "probability": share}
    values = {"values": [row("members_churned", 1010.0, 9.0), row("purchases", 1010.0, half_width(VALUES))]}
    result = {
        "money": {"mean": 50.0, "probability_better": 1.0, "likely_better": {}},
        "replications": RUNS,
        "targets": [{"metric": "purchases", "baseline": side, "scenario": None}],
    } | dict.fromkeys(SIDES, values)
    told = {
        "draws": {"assumptions": 12, "model": 2},
        "probability_better": 0.93,
        "targets": [{"metric": "purchases", "baseline": 40.0, "scenario": 40.0}],
    }
    return drawn_too(result, told | grounds, factor)


def test_a_chance_of_reaching_a_target_holds_what_is_not_known_as_well() -> None:
    """The mean is 10 above it."""
    spread = (DEVIATION**2 * (1 + 1 / RUNS) + 40**2) ** 0.5
    for factor in (None, 2.0):
        (target,) = reached(0.8, factor)["targets"]
        assert target["scenario"] is None
        assert target["baseline"]["probability"] == pytest.approx(norm.cdf(10 / spread / (factor or 1)))
        assert target["baseline"]["likely"]["en"] == "about as likely as not"
        assert target["baseline"]["by_chance"] == 0.8
    (unknown,) = reached(0.8, targets=[])["targets"]
    assert unknown["baseline"]["probability"] == 0.8 and "by_chance" not in unknown["baseline"]


def test_of_fewer_is_better_the_chance_is_that_of_staying_below(monkeypatch: pytest.MonkeyPatch) -> None:
    (more,) = reached(0.8)["targets"]
    monkeypatch.setitem(METRICS, "purchases", METRICS["members_churned"])
    (fewer,) = reached(0.8)["targets"]
    assert fewer["baseline"]["probability"] == pytest.approx(1 - more["baseline"]["probability"])


def test_the_chance_of_a_gain_holds_what_is_not_known_as_well() -> None:
    money = reached(0.8)["money"]
    assert (money["probability_better"], money["by_chance"], money["mean"]) == (0.93, 1.0, 50.0)
    assert money["likely_better"] == {"en": "very likely", "zh": "很可能"}
    assert "by_chance" not in reached(0.8, probability_better=None)["money"]


def test_nothing_that_is_counted_is_forecast_below_nought() -> None:
    (one,) = told(factor=100.0)
    assert one["baseline"]["low"] == 0 < one["baseline"]["mean"] == 1010
