"""The backtest: it never looks ahead, its figures are those of plain loops, and its verdict follows them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import pytest

from loyalty_core.errors import InputError
from loyalty_core.histories import rows_of
from loyalty_core.history import NEVER, History
from simulation.backtest import METRICS, Backtest, backtest, known_by, weekly, weeks_between, widening_by_week
from simulation.coverage import chance_region, hits, widened, widening
from simulation.passport import passport
from simulation.rivals import STOCKS, hiatus, last_year, naive
from tests.living import loyalty
from tests.simulation.crowds import PROGRAMME, past


@pytest.fixture(scope="module")
def history() -> History:
    return past(300)[0]


@pytest.fixture(scope="module")
def found(history: History) -> Backtest:
    return backtest(history, PROGRAMME, 2, 1, replications=12)


def without_purchases_from(history: History, day: int) -> History:
    """The same history, in which nobody buys from a day on."""
    bought = history.purchases.day < day
    return replace(
        history,
        purchases=rows_of(history.purchases, bought, bought),
        entries=rows_of(history.entries, np.ones(len(history.entries.day), bool), bought),
    )


def test_nothing_after_the_origin_is_known_at_it(history: History) -> None:
    day = int(history.purchases.day.max()) - 40
    left_on = np.where(np.arange(len(history.members)) % 3 == 0, day + 5, NEVER).astype(np.int32)
    known = known_by(replace(history, members=replace(history.members, left_on=left_on)), day)
    for table in (known.purchases, known.entries, known.tier_changes, known.activities):
        assert not len(table.day) or table.day.max() <= day
    assert known.members.joined_on.max() <= day
    assert (known.members.left_on == NEVER).all()
    assert len(known.purchases.day) == (history.purchases.day <= day).sum()
    assert len(known.members) == (history.members.joined_on <= day).sum()
    refunds = known.purchases.refund & (known.purchases.refund_of >= 0)
    sales = known.purchases.refund_of[refunds]
    assert (known.purchases.amount[sales] == -known.purchases.amount[refunds]).all()


def test_forecasts_do_not_change_with_what_came_later(history: History, found: Backtest) -> None:
    last = found.judged[-1]
    blind = backtest(without_purchases_from(history, last.origin), PROGRAMME, 1, 1, replications=12)
    # Its entries are still there, so that the data end on the same day.
    test = blind.judged[-1]
    assert test.origin == last.origin
    for metric in METRICS:
        assert np.array_equal(test.samples[metric], last.samples[metric]), metric
        for name, forecast in last.plain.items():
            assert np.array_equal(test.plain[name][metric], forecast[metric]), (metric, name)
    assert not test.actual["purchases"].any() and last.actual["purchases"].any()


def test_origins_roll_and_windows_are_whole_weeks_from_each(found: Backtest) -> None:
    told = passport(found)["origins"]
    assert [one["from"] for one in told] == ["2026-02-01", "2026-03-01"]
    assert [one["to"] for one in told] == ["2026-02-28", "2026-03-28"]
    assert [one["weeks"] for one in told] == [4, 4]
    assert found.warm_ups == 1 and found.tests[0].origin < found.tests[1].origin
    assert all((factors == 1).all() for factors in found.tests[0].factors.values())


def test_stocks_are_less_sure_the_further_ahead_of_what_was_tried(found: Backtest) -> None:
    (tried,) = found.judged[:1]
    for name in METRICS:
        factors = widening_by_week(name, [tried], 8)
        growth = [1, 1, 1, 1, 5 / 4, 6 / 4, 7 / 4, 8 / 4] if name in STOCKS else [1] * 8
        assert factors == pytest.approx(widening(tried.actual[name], tried.samples[name]) * np.array(growth))


def test_what_came_is_counted_week_by_week(history: History, found: Backtest) -> None:
    test, bought = found.judged[0], history.purchases
    for number in range(4):
        begin = test.origin + 7 * number
        sold = [
            int(who)
            for who, day, refund in zip(bought.member, bought.day, bought.refund, strict=True)
            if begin <= day < begin + 7 and not refund
        ]
        assert test.actual["purchases"][number] == len(sold)
        assert test.actual["buyers"][number] == len(set(sold))


def test_errors_are_those_of_plain_loops(found: Backtest) -> None:
    for row in passport(found)["metrics"]:
        missed = error = came = 0.0
        inside = {50: 0, 80: 0, 90: 0}
        weeks = 0
        for test in found.judged:
            spread = test.spread(row["metric"])
            for week, actual in enumerate(test.actual[row["metric"]]):
                values = sorted(spread[:, week])
                forecast = mean(values)
                missed, error, came = (
                    missed + abs(forecast - actual),
                    error + forecast - actual,
                    came + actual,
                )
                weeks += 1
                for level in inside:
                    low, high = (at(values, (50 + side * level / 2) / 100) for side in (-1, 1))
                    inside[level] += low <= actual <= high
        assert row["wape"] == pytest.approx(missed / came)
        assert row["total_error"] == pytest.approx(error / came)
        assert row["bias"] == pytest.approx(error / weeks)
        assert row["weeks"] == weeks
        assert row["coverage"] == {str(level): count / weeks for level, count in inside.items()}


def at(values: list[float], share: float) -> float:
    """The value that this share of ascending values lies below, between neighbours in proportion."""
    place = share * (len(values) - 1)
    below = min(int(place + 1e-9), len(values) - 2)
    return values[below] + (place - below) * (values[below + 1] - values[below])


def test_plain_forecasts_are_what_their_names_say() -> None:
    weeks = {"purchases": [float(n) for n in range(60)], "members_active": [float(n) for n in range(60)]}
    past_weeks = {name: np.array(values) for name, values in weeks.items()}
    assert list(naive(past_weeks, 4)["purchases"]) == [57.5] * 4
    assert list(naive(past_weeks, 4)["members_active"]) == [59.0] * 4
    year_ago = last_year(past_weeks, 3)
    assert year_ago is not None and list(year_ago["purchases"]) == [8.0, 9.0, 10.0]
    assert last_year({"purchases": np.zeros(51)}, 3) is None


def test_after_a_hiatus_members_are_counted_out_and_others_go_on_as_before(history: History) -> None:
    day = int(history.purchases.day.max()) + 1
    weeks = weeks_between(day - 70, day)
    forecast = hiatus(weekly(history, PROGRAMME, weeks), history, day, 5, 30)
    rate = []
    for member, joined in enumerate(history.members.joined_on):
        sales = history.purchases.day[(history.purchases.member == member) & ~history.purchases.refund]
        if len(sales) and day - sales.max() <= 30:
            rate.append(len(sales) / max((day - joined) / 7, 1))
    assert forecast["purchases"] == pytest.approx([sum(rate)] * 5)
    assert forecast["buyers"] == pytest.approx([sum(1 - np.exp(-one) for one in rate)] * 5)


def test_the_region_of_chance_is_the_binomial_one() -> None:
    # Of 13 weeks at 90 % nine to thirteen are hit in at least 95 of 100 cases (a binomial table).
    assert chance_region(90, 13) == (9 / 13, 1.0)
    assert chance_region(50, 20) == (6 / 20, 14 / 20)


@pytest.mark.parametrize("factor", [1.0, 1.7, 4.0])
def test_intervals_that_were_too_narrow_are_widened_by_as_much(factor: float) -> None:
    luck = np.random.default_rng(7)
    samples = luck.normal(100, 2, (60, 400))
    actual = luck.normal(100, 2 * factor, 400)
    errors = [(one - mean(column)) / stdev(column) for one, column in zip(actual, samples.T, strict=True)]
    expected = max(1.0, ((sum(error**2 for error in errors) + 5) / 405) ** 0.5)
    assert widening(actual, samples) == pytest.approx(expected)
    assert expected == pytest.approx(factor, rel=0.1)
    wide = widened(samples, factor)
    assert wide.mean(axis=0) == pytest.approx(samples.mean(axis=0))
    assert wide.std(axis=0) == pytest.approx(factor * samples.std(axis=0))


def test_widened_counts_stay_counts() -> None:
    assert widened(np.array([[0.0], [4.0]]), 3.0).min() == 0.0


def test_an_interval_holds_its_ends() -> None:
    samples = np.arange(11.0).reshape(11, 1)
    found = [hits(np.array([value]), samples, 80)[0] for value in (0.9, 1.0, 5.0, 9.0, 9.1)]
    assert found == [0, 1, 1, 1, 0]


def test_a_forecast_that_is_far_off_is_not_to_be_trusted(found: Backtest) -> None:
    far = tuple(
        replace(test, actual={name: values * 3 + 50 for name, values in test.actual.items()})
        for test in found.tests
    )
    told = passport(replace(found, tests=far))
    assert told["verdict"] == "do not trust" and told["reasons"]


def test_a_right_forecast_that_no_plain_one_beats_is_one_to_decide_on(found: Backtest) -> None:
    right = tuple(
        replace(
            test,
            actual={name: values.mean(axis=0) for name, values in _bell(test.samples).items()},
            samples=_bell(test.samples),
            plain={"naive": {name: values.mean(axis=0) * 1.5 for name, values in test.samples.items()}},
            factors=dict.fromkeys(METRICS, np.array(1.0)),
        )
        for test in found.tests
    )
    told = passport(replace(found, tests=_some_outside(right)))
    assert told["verdict"] == "decide", told["reasons"]


def _bell(samples):
    return {
        name: values.mean(axis=0) + np.linspace(-20, 20, 101).reshape(-1, 1)
        for name, values in samples.items()
    }


def _some_outside(tests):
    """Half of the weeks inside the inner half, four of five inside 80 %, nine of ten inside 90 %."""
    steps = np.resize([0.0, 5.0, -5.0, 13.0, -13.0, 0.0, 5.0, 13.0, 17.0, 19.5], 64)
    placed, number = [], 0
    for test in tests:
        actual = {}
        for name, values in test.actual.items():
            actual[name] = values + steps[number : number + len(values)]
            number = (number + len(values)) % 40
        placed.append(replace(test, actual=actual))
    return tuple(placed)


def test_too_short_a_past_is_refused_with_the_way_out(history: History) -> None:
    with pytest.raises(InputError, match="shorter --horizon"):
        backtest(history, PROGRAMME, 1, 24)


def test_the_command_answers_with_origins_metrics_and_a_verdict(own_demo_workspace: Path) -> None:
    arguments = ("backtest", "--origins", "1", "--horizon", "1", "--replications", "10", "--workers", "1")
    ask = ("--json", "--workspace", own_demo_workspace)
    told = json.loads(loyalty(*arguments, *ask).stdout)
    assert told["verdict"] in ("decide", "pilot first", "do not trust")
    assert [row["metric"] for row in told["metrics"]] == list(METRICS)
    for row in told["metrics"]:
        assert row["wape"] >= 0 and set(row["coverage"]) == {"50", "80", "90"}
        assert set(row["plain"]) == {"naive", "hiatus", "last_year"}
    assert told["origins"] == [{"from": "2026-10-01", "to": "2026-10-28", "weeks": 4}]
    assert told["as_of"] == "2026-10-31"
