"""The passport: its verdict follows from hits and errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from simulation.backtest import METRICS, Backtest, Outcome, Test, weeks_between
from simulation.passport import passport

BELL = 1000 + 20 * norm.ppf((np.arange(101) + 0.5) / 101)  # samples of every span
# How far from their middle right forecasts end: half within the inner half, four of five within 80 %, nine of
# ten within 90 %.
OFF = np.array([0.0, 5.0, -5.0, 20.0, -20.0, 0.0, 5.0, 20.0, 30.0, 45.0])


def outcome(spans: int, number: int, off: float | None = None) -> Outcome:
    """What came beside the samples, every metric at the next place of `OFF` from the numbered one on, or all
    of them so far off."""
    samples = np.repeat(BELL.reshape(-1, 1), spans, axis=1)
    actual = {}
    for place, name in enumerate(METRICS):
        steps = OFF[(number + place * spans + np.arange(spans)) % len(OFF)]
        actual[name] = 1000 + (steps if off is None else np.full(spans, off))
    return Outcome(actual=actual, samples=dict.fromkeys(METRICS, samples), factor=1.0)


def right(origins: int, whole_off: float | None = None) -> Backtest:
    """Four weeks from each origin whose forecasts are as wide as they should be, and a plain one that is half
    as much again; of the whole span they are so far off, if that is said."""
    tests = []
    for one in range(origins):
        weekly = outcome(4, one * 4 * len(METRICS))
        whole = outcome(1, one * len(METRICS), whole_off)
        first = 20_000 + 28 * one
        plain = {"naive": dict.fromkeys(METRICS, np.full(4, 1500.0))}
        weeks = weeks_between(first, first + 28)
        tests.append(Test(origin=first, weeks=weeks, weekly=weekly, whole=whole, plain=plain))
    return Backtest(tests=tuple(tests), warm_ups=0, horizon_months=1)


def with_totals(steps: list[float]) -> Backtest:
    """As many origins as have these totals, all metrics of one before those of the next; weeks are right."""
    well, off = right(origins=len(steps) // len(METRICS)), iter(steps)
    tests = []
    for one in well.tests:
        actual = {name: np.array([1000 + next(off)]) for name in METRICS}
        tests.append(replace(one, whole=replace(one.whole, actual=actual)))
    return replace(well, tests=tuple(tests))


def test_a_right_forecast_that_no_plain_one_beats_is_one_to_decide_on() -> None:
    told = passport(right(origins=5))
    assert told["verdict"] == "decide", told["reasons"]
    assert told["coverage"]["90"]["share"] == told["coverage_whole"]["90"]["share"] == 0.9
    assert (told["coverage"]["90"]["trials"], told["coverage_whole"]["90"]["trials"]) == (160, 40)


def test_a_forecast_that_is_far_off_is_not_to_be_trusted() -> None:
    far = right(origins=5)
    tests = tuple(
        replace(one, weekly=replace(one.weekly, actual=dict.fromkeys(METRICS, np.full(4, 3000.0))))
        for one in far.tests
    )
    told = passport(replace(far, tests=tests))
    assert told["verdict"] == "do not trust"
    assert [one["en"].split()[0] for one in told["reasons"]] == ["90%", "Forecasts", "A"]


def test_intervals_of_the_whole_span_may_fail_where_those_of_weeks_hold() -> None:
    """Weeks are missed this way and that, their total is missed by far."""
    told = passport(right(origins=5, whole_off=60.0))
    assert told["verdict"] == "do not trust"
    (reason,) = told["reasons"]
    assert reason["en"] == "90% intervals held 0% of totals of the whole span: they are too narrow."
    assert told["coverage"] == passport(right(origins=5))["coverage"]


def test_intervals_of_weeks_may_fail_where_those_of_the_whole_span_hold() -> None:
    well = right(origins=5)
    tests = tuple(replace(one, weekly=outcome(4, 0, off=0.0)) for one in well.tests)
    told = passport(replace(well, tests=tests))
    assert told["verdict"] == "do not trust"
    (reason,) = told["reasons"]
    assert reason["en"] == "50% intervals held 100% of weeks and metrics: they are too wide."


def test_a_level_within_chance_does_not_hide_one_that_is_not() -> None:
    """Of 64 weeks 40 are held at 50 % (chance: 24 to 40), which is farther off, and 52 at 90 % (53 to 62)."""
    well = with_totals([0.0] * 8 + [20.0] * 5 + [30.0] + [60.0] * 2)
    off = iter([0.0] * 40 + [20.0] * 12 + [60.0] * 12)
    tests = []
    for one in well.tests:
        actual = {name: np.array([1000 + next(off) for _week in range(4)]) for name in METRICS}
        tests.append(replace(one, weekly=replace(one.weekly, actual=actual)))
    told = passport(replace(well, tests=tuple(tests)))
    assert told["coverage"]["50"]["inside"] and not told["coverage"]["90"]["inside"]
    (reason,) = told["reasons"]
    assert reason["en"] == "90% intervals held 81% of weeks and metrics: they are too narrow."
    assert told["verdict"] == "pilot first"


def test_totals_of_one_origin_that_miss_together_say_nothing_of_widths() -> None:
    """All are held at 80 and 90 %, none at 50 %, as every other time where they follow from one number."""
    told = passport(right(origins=1, whole_off=20.0))
    assert (told["coverage_whole"]["50"]["held"], told["coverage_whole"]["80"]["held"]) == (0, 8)
    (reason,) = told["reasons"]
    assert reason["en"].startswith("The past holds 8 totals") and told["verdict"] == "pilot first"


def test_few_trials_of_the_whole_span_never_make_a_decision() -> None:
    told = passport(right(origins=1))
    assert told["verdict"] == "pilot first"
    (reason,) = told["reasons"]
    # Of 8 right trials at 90 % five to eight are held in at least 95 of 100 cases (a binomial table).
    assert reason["en"].startswith("The past holds 8 totals of the whole span to test, of which right 90%")
    assert "may hold as few as 5" in reason["en"] and "8 个" in reason["zh"]
    assert not any(one["en"].startswith("The past holds") for one in passport(right(origins=2))["reasons"])


def test_a_level_far_off_is_tried_out_though_chance_may_explain_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 40 totals 33 are held at 90 %, of which chance alone leaves 32 to 39."""
    monkeypatch.setattr("simulation.passport.LEVELS", (90,))
    told = passport(with_totals([0.0] * 33 + [60.0] * 7))
    row = told["coverage_whole"]["90"]
    assert row["held"] == 33 and row["low_together"] <= row["share"] <= row["high_together"]
    (reason,) = told["reasons"]
    assert reason["en"] == (
        "90% intervals held 82% of totals of the whole span: chance may explain it, or they are too narrow."
    )
    assert reason["zh"] == "90% 区间实际覆盖了 82% 的整段合计：可能出于偶然，也可能是区间过窄。"
    assert told["verdict"] == "pilot first"


@pytest.mark.parametrize(("of_whole", "verdict"), [(34, "decide"), (38, "decide"), (39, "pilot first")])
def test_a_decision_takes_levels_within_five_points(
    of_whole: int, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """34 and 38 of 40 are five points off at 90 %, neither more nor less."""
    monkeypatch.setattr("simulation.passport.LEVELS", (90,))
    assert passport(with_totals([0.0] * of_whole + [60.0] * (40 - of_whole)))["verdict"] == verdict
