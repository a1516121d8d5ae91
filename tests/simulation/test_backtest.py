"""The backtest: it never looks ahead, its figures are those of plain loops, and its verdict follows them."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from statistics import mean, median, stdev

import numpy as np
import pytest

from loyalty_core.days import NEVER, to_day
from loyalty_core.errors import InputError
from loyalty_core.history import History
from loyalty_core.history_parts import rows_of
from loyalty_core.offers import Coupons, Offers
from loyalty_core.rewards.taken import rewards_taken
from simulation.arm import Arm
from simulation.backtest import METRICS, Backtest, backtest, told_of, weeks_between
from simulation.behaviour import Behaviour, Purchasing
from simulation.coverage import MOST, chance_region
from simulation.known_by import known_by
from simulation.model_choice import Choice
from simulation.passport import passport
from simulation.population import todays_members
from simulation.rivals import hiatus, last_year, naive
from simulation.uncertainty import JOINING, LEVEL, MOST_JOINING, Unsure, unsure_of
from tests.simulation.crowds import PROGRAMME, past
from tests.simulation.test_limits import with_stock

RUNS = 5


@pytest.fixture(scope="module")
def history() -> History:
    return known_by(past(240)[0], to_day(date(2025, 8, 31)))


@pytest.fixture(scope="module")
def found(history: History) -> Backtest:
    return backtest(history, PROGRAMME, 2, 1, replications=RUNS)


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


def test_coupons_are_known_as_they_stood_at_the_origin(history: History) -> None:
    day, early = int(history.purchases.day.max()), np.flatnonzero(history.members.joined_on < 20_200)[:3]
    never, rule = np.full(3, NEVER), np.zeros(3, np.int64)
    coupons = Coupons(
        member=early,
        campaign=rule - 1,
        offered_on=np.array([day - 9, day - 5, day + 1]),
        claimed_on=np.array([day - 9, day + 2, day + 1]),
        redeemed_at=np.zeros(3, np.int64),
        redeemed_on=np.array([day + 3, NEVER, day + 4]),
        expires_on=never,
        rule=rule,
    )
    known = known_by(replace(history, offers=Offers(coupons=coupons)), day).offers.coupons
    assert known.offered_on.tolist() == [day - 9, day - 5]
    assert known.claimed_on.tolist() == [day - 9, NEVER]
    assert known.redeemed_on.tolist() == [NEVER, NEVER]


def test_forecasts_do_not_change_with_what_came_later(history: History, found: Backtest) -> None:
    last = found.judged[-1]
    blind = backtest(without_purchases_from(history, last.origin), PROGRAMME, 1, 1, replications=RUNS)
    # Its entries are still there, so that the data end on the same day.
    test = blind.judged[-1]
    assert test.origin == last.origin
    for metric in METRICS:
        assert np.array_equal(test.weekly.samples[metric], last.weekly.samples[metric]), metric
        for name, forecast in last.plain.items():
            assert np.array_equal(test.plain[name][metric], forecast[metric]), (metric, name)
    assert not test.weekly.actual["purchases"].any() and last.weekly.actual["purchases"].any()


def test_origins_roll_and_windows_are_whole_weeks_from_each(found: Backtest) -> None:
    told = passport(found)["origins"]
    assert [one["from"] for one in told] == ["2025-07-01", "2025-08-01"]
    assert [one["to"] for one in told] == ["2025-07-28", "2025-08-28"]
    assert [one["weeks"] for one in told] == [4, 4]
    assert found.warm_ups == 2
    assert [one.origin for one in found.tests] == sorted({one.origin for one in found.tests})
    assert [one.origin for one in found.tests[:2]] == [found.tests[2].origin - days for days in (56, 28)]
    assert [len(one.weeks) for one in found.tests[:2]] == [4, 4]  # as long as those judged
    assert found.tests[0].weekly.factor == 1


def test_intervals_are_as_wide_as_origins_before_them_say(found: Backtest) -> None:
    for number, test in enumerate(found.tests):
        total = weight = latest = 1.0
        for one in reversed(found.tests[:number]):
            told = [name for name in METRICS if one.weekly.actual[name].any()]
            scales = [(median(standardised(one, name)) / 0.67448975) ** 2 for name in told]
            total, weight = total + latest * min(mean(scales), MOST**2), weight + latest
            latest *= 0.7
        assert test.weekly.factor == pytest.approx((total / weight) ** 0.5)
    assert len({test.weekly.factor for test in found.tests}) > 2


def standardised(test, name: str) -> list[float]:
    """Errors over the spread of the samples, of weeks in which they differ."""
    columns = zip(test.weekly.actual[name], test.weekly.samples[name].T.tolist(), strict=True)
    return [abs(came - mean(told)) / stdev(told) for came, told in columns if stdev(told) > 0]


def test_every_origin_is_as_unsure_of_level_and_joining(history: History) -> None:
    begin, level = int(history.purchases.day.max()) + 1, 1.1
    behaviour = Behaviour(purchasing=Purchasing(level=level))
    members = todays_members(history, begin, 1)
    assert unsure_of(history, None, behaviour, members, (begin, begin + 27)) == Unsure()
    told = unsure_of(history, Choice((), None, 0), behaviour, members, (begin, begin + 27))
    # Between the model alone and the rate of late alone, of which the level is the middle, lie nine of ten.
    assert told.level == pytest.approx(math.hypot(LEVEL, math.log(level) / 1.6448536))
    assert told.joining >= JOINING


def test_draws_of_what_is_not_known_keep_to_their_spread_and_are_the_same_for_all() -> None:
    arm, unsure = Arm.of(PROGRAMME, Behaviour()), Unsure(level=0.2, joining=0.1)
    drawn = [unsure.arm(arm, (0, 90), 1, draw) for draw in range(2000)]
    assert drawn[7] == unsure.arm(arm, (0, 90), 1, 7) != unsure.arm(arm, (0, 90), 2, 7)
    demand, joining = (
        np.array([getattr(one.plan.shocks[0], what) for one in drawn]) for what in ("demand", "joining")
    )
    for factors_drawn, spread in ((demand, 0.2), (joining, 0.1)):
        assert np.log(factors_drawn).std() == pytest.approx(spread, rel=0.06)
        assert factors_drawn.mean() == pytest.approx(1, abs=0.02)
    assert joining.max() <= MOST_JOINING
    assert all(one.behaviour.purchasing == arm.behaviour.purchasing for one in drawn)  # no fit, nothing open


def test_the_model_that_members_follow_is_chosen_and_named_at_each_origin(found: Backtest) -> None:
    told = [one["model"] for one in passport(found)["origins"]]
    assert set(told) <= {"bg_nbd", "mbg_nbd", "pareto_nbd", "nbd"}


def test_what_came_is_counted_week_by_week(history: History, found: Backtest) -> None:
    test, bought = found.judged[0], history.purchases
    for number in range(4):
        begin = test.origin + 7 * number
        sold = [
            int(who)
            for who, day, refund in zip(bought.member, bought.day, bought.refund, strict=True)
            if begin <= day < begin + 7 and not refund
        ]
        assert test.weekly.actual["purchases"][number] == len(sold)
        assert test.weekly.actual["buyers"][number] == len(set(sold))


def test_errors_are_those_of_plain_loops(found: Backtest) -> None:
    for row in passport(found)["metrics"]:
        missed = error = came = 0.0
        inside = {50: 0, 80: 0, 90: 0}
        weeks = 0
        for test in found.judged:
            spread = test.weekly.spread(row["metric"])
            for week, actual in enumerate(test.weekly.actual[row["metric"]]):
                values, forecast = sorted(spread[:, week]), mean(test.weekly.samples[row["metric"]][:, week])
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
    """The value below which one more draw falls with that probability, between neighbours in proportion; of
    few values the outermost."""
    place = min(max(share * (len(values) + 1) - 1, 0.0), len(values) - 1.0)
    below = min(int(place + 1e-9), len(values) - 2)
    return values[below] + (place - below) * (values[below + 1] - values[below])


def test_members_share_what_there_is_not_enough_of(
    history: History, found: Backtest, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = found.judged[-1].origin
    before = rewards_taken(known_by(history, origin - 1), PROGRAMME)
    taken = np.bincount(before.reward, before.pieces, 2).astype(int)
    few = with_stock(tea=int(taken[0]) + 5, book=int(taken[1]))  # five of one, none of the other
    whole = backtest(history, few, 1, 1, replications=RUNS).judged[-1].whole
    monkeypatch.setattr("simulation.backtest.SHARD_SIZE", 50)
    parted = backtest(history, few, 1, 1, replications=RUNS).judged[-1].whole
    for metric in METRICS:
        assert np.array_equal(parted.samples[metric], whole.samples[metric]), metric
    assert parted.samples["points_redeemed"].max() == 5 * 150  # the price of tea
    assert found.judged[-1].whole.samples["points_redeemed"].min() > 5 * 150  # were there no limit


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
    forecast = hiatus(told_of(history, PROGRAMME, weeks), history, day, 5, 30)
    rate = []
    for member, joined in enumerate(history.members.joined_on):
        sales = history.purchases.day[(history.purchases.member == member) & ~history.purchases.refund]
        if len(sales) and day - sales.max() <= 30:
            rate.append(len(sales) / max((day - joined) / 7, 1))
    assert forecast["purchases"] == pytest.approx([sum(rate)] * 5)
    assert forecast["buyers"] == pytest.approx([sum(1 - np.exp(-one) for one in rate)] * 5)


def test_the_whole_span_is_one_trial_for_each_metric_and_origin(history: History, found: Backtest) -> None:
    bought = history.purchases
    for test in found.tests:
        begin, end = int(test.weeks.first[0]), int(test.weeks.last[-1])
        within = (bought.day >= begin) & (bought.day <= end) & ~bought.refund
        assert test.whole.actual["purchases"].tolist() == [within.sum()]
        assert test.whole.actual["buyers"].tolist() == [len(set(bought.member[within].tolist()))]
        assert test.whole.factor == test.weekly.factor
        for name in ("purchases", "points_issued"):
            weeks = test.weekly.samples[name].sum(axis=1)
            assert test.whole.samples[name][:, 0].tolist() == weeks.tolist()
        for name in ("members_active", "points_outstanding"):
            assert test.whole.samples[name][:, 0].tolist() == test.weekly.samples[name][:, -1].tolist()
        buyers, weeks = test.whole.samples["buyers"][:, 0], test.weekly.samples["buyers"]
        assert (buyers <= weeks.sum(axis=1)).all() and (buyers >= weeks.max(axis=1)).all()
    counted = passport(found)["coverage_whole"]
    for level in (50, 80, 90):
        held = trials = 0
        for test in found.judged:
            for name in METRICS:
                if any(one.whole.actual[name].any() for one in found.judged):
                    values = sorted(test.whole.spread(name)[:, 0])
                    low, high = (at(values, (50 + side * level / 2) / 100) for side in (-1, 1))
                    held += bool(low <= test.whole.actual[name][0] <= high)
                    trials += 1
        row = counted[str(level)]
        assert (row["held"], row["trials"], row["share"]) == (held, trials, held / trials)
        assert (row["low"], row["high"]) == chance_region(level, trials)


def test_too_short_a_past_is_refused_with_the_way_out(history: History) -> None:
    with pytest.raises(InputError, match="shorter --horizon"):
        backtest(history, PROGRAMME, 1, 24)
    begin = int(history.purchases.day.min())
    with pytest.raises(InputError, match="three months at least; import more"):
        backtest(known_by(history, begin + 60), PROGRAMME, 1, 1)
