"""The passport of one answer: what it rests on may only make the verdict of the backtest more careful."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from loyalty_core.text import Text
from simulation.answer_passport import of_answer, with_form
from simulation.layers import Layers
from simulation.passport import DECIDE, DISTRUST, PILOT
from simulation.stopping import Gain

TURNS = {"name": {"en": "Momentum", "zh": "惯性"}, "low": 1.05, "high": 1.15, "turns": ["low"]}
KEEPS = TURNS | {"turns": []}
KNOWN = {"reasons": [asdict(Text("It held.", "符合。"))], "wape": 0.1, "widening": 1.0}
SALES = {"metric": "revenue", "baseline": 50.0, "scenario": 40.0, "mean": 1000.0}
GAIN = Gain(mean=500.0, variance=100.0, runs=200)


def drawn(share: float, draws: int) -> Layers:
    """Of which so large a share is supposed, by draws that hold no luck beside."""
    off = np.linspace(-1, 1, draws)[:, None] * np.ones((1, 3))
    size = np.sqrt(100 * share / (1 - share) / off.mean(axis=1).var(ddof=1))
    return Layers(gains={"assumptions": 500 + size * off}, gain=GAIN)


def of(layers: Layers, before: Text = DECIDE, **more: object) -> dict[str, object]:
    about = {"ends": [], "levels": [SALES], "targets": []} | more
    known = KNOWN | {"verdict": before.en, "verdict_words": asdict(before)}
    return of_answer(known, layers.to_json() | about)


@pytest.mark.parametrize(
    ("before", "share", "draws", "after"),
    [
        (DECIDE, 0.10, 100, DECIDE),
        (DECIDE, 0.60, 100, PILOT),
        (DECIDE, 0.10, 6, PILOT),  # as few draws leave open whether it is less than 30 %
        (DISTRUST, 0.60, 100, DISTRUST),
        (PILOT, 0.10, 100, PILOT),
    ],
)
def test_a_verdict_goes_by_what_the_interval_of_the_supposed_share_allows(
    before: Text, share: float, draws: int, after: Text
) -> None:
    layers = drawn(share, draws)
    found = of(layers, before)
    told = layers.to_json()
    assert told["assumptions_share"] == pytest.approx(share)
    assert (found["verdict"], found["verdict_words"]) == (after.en, asdict(after))
    assert found["reasons"][0] == KNOWN["reasons"][0] and found["wape"] == 0.1
    low, high = told["intervals"]["assumptions_share"]
    assert (len(found["reasons"]) == 1) is (high < 0.3)
    if low >= 0.3:
        assert found["reasons"][1]["en"].startswith(f"{low:.0%} to {high:.0%} of the answer's variance")


def test_what_cannot_be_told_says_how_many_draws_would_tell() -> None:
    layers = drawn(0.1, 6)
    assert layers.to_json()["draws_to_tell"] == 12 and layers.intervals(12)["assumptions_share"][1] < 0.3
    (_past, reason) = of(layers)["reasons"]
    assert reason["en"].startswith("Runs of this size cannot tell whether less than 30%")
    assert reason["en"].endswith("by 6 draws of each layer); about 12 draws would.") and "12" in reason["zh"]
    assert drawn(0.1, 100).to_json()["draws_to_tell"] is None  # as it is told
    at_the_bound = drawn(0.3, 6)
    assert at_the_bound.to_json()["draws_to_tell"] is None
    assert "a pilot would" in of(at_the_bound)["reasons"][1]["en"]


@pytest.mark.parametrize(
    ("more", "reasons"), [({"ends": [TURNS]}, 2), ({"ends": [KEEPS]}, 1), ({"ends": [KEEPS, TURNS]}, 2)]
)
def test_a_sign_that_turns_calls_for_a_pilot(more: dict[str, object], reasons: int) -> None:
    found = of(drawn(0.1, 100), **more)
    assert len(found["reasons"]) == reasons and all(one["zh"] for one in found["reasons"])
    assert found["verdict"] == (PILOT if reasons > 1 else DECIDE).en


def test_a_sign_that_its_own_runs_leave_open_calls_for_a_pilot() -> None:
    unsure = Layers(gains={}, gain=Gain(mean=1.0, variance=100.0, runs=20))
    found = of(unsure)
    assert found["verdict"] == PILOT.en and len(found["reasons"]) == 2


def test_what_a_backtest_missed_beside_the_draws_is_a_layer_of_its_own() -> None:
    """Sales are drawn 5 % off and were missed by twice that: a gain of 500 by 5 % times the root of three."""
    grounds = drawn(0.2, 100).to_json() | {"levels": [SALES]}
    missed = 3 * (0.05 * 500) ** 2
    found = with_form(grounds, 2.0)
    before = 100 / 0.8  # chance and what is supposed
    assert found["form_share"] == pytest.approx(missed / (before + missed))
    assert found["assumptions_share"] == pytest.approx(0.2 * before / (before + missed))
    assert sum(found[f"{one}_share"] for one in ("process", "assumptions", "form")) == pytest.approx(1)
    assert found["intervals"]["form_share"][1] < 1 and found["high"] - found["gain"] == pytest.approx(
        1.6448536 * (before + missed) ** 0.5
    )
    assert with_form(found, 2.0) == found  # nothing is missed twice
    assert with_form(grounds, 0.8)["form_share"] == 0 and "form_share" not in grounds
    assert with_form(grounds | {"levels": []}, 2.0)["form_share"] == 0  # where nothing was drawn
