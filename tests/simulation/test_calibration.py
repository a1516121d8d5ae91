"""Calibration: what is put into a past comes back, and a past that tells little is answered usefully."""

from __future__ import annotations

import json
from dataclasses import replace
from statistics import mean

import numpy as np
import pandas as pd
import pytest

from loyalty_core.customers.models import PURCHASE_MODELS, purchases_fitted
from loyalty_core.customers.pasts import pasts
from loyalty_core.errors import InputError
from loyalty_core.histories import history_from_frames
from loyalty_core.history import History
from loyalty_core.history_parts import rows_of
from simulation.behaviour import Behaviour, Purchasing, Season
from simulation.calibration import Calibration, calibrate
from simulation.demand import Demand, common_spread, month_factors, months_and_new_year, weekday_factors
from simulation.evidence import Status
from simulation.joining import joined_of_late
from simulation.model_choice import chosen_model
from simulation.outset import outset
from simulation.season import intensity
from simulation.seeding import seeds
from simulation.streams import Purpose, Streams, member_keys
from simulation.visible_effects import uplifts
from tests.simulation.crowds import BEHAVIOUR, PROGRAMME, past

SEEDS = range(1, 21)
TRUE = {
    "bg_nbd": (0.8, 8.0, 1.0, 3.0),
    "mbg_nbd": (0.8, 6.0, 0.9, 3.0),
    "pareto_nbd": (0.7, 9.0, 0.7, 12.0),
    "nbd": (0.6, 9.0),
}
FIRST = pd.Timestamp("2025-01-01")


def history_of(
    rows: list[tuple[str, int, int]],
    joined: dict[str, int] | None = None,
    contacts: pd.DataFrame | None = None,
) -> History:
    """Members' sales (refunds where negative) as (member, day since FIRST, amount in minor units)."""
    frame = pd.DataFrame(rows, columns=["member_id", "day", "amount"])
    frame["occurred_at"] = (FIRST + pd.to_timedelta(frame["day"], unit="D")).dt.tz_localize("Asia/Shanghai")
    frame["kind"] = np.where(frame["amount"] < 0, "refund", "sale")
    frames = {"purchases": frame.drop(columns="day")}
    if joined:
        on = [FIRST + pd.Timedelta(days=day) for day in joined.values()]
        frames["members"] = pd.DataFrame({"member_id": list(joined), "valid_from": on, "joined_on": on})
    if contacts is not None:
        frames["contacts"] = contacts
    return history_from_frames(frames, PROGRAMME)


def lives(key: str, seed: int, n: int, weeks: float) -> tuple[np.ndarray, ...]:
    """x, tx, T of n newcomers who live as the model says, purchase by purchase, with keyed luck."""
    model, streams = PURCHASE_MODELS[key](*TRUE[key]), Streams(seed)
    keys, nothing = member_keys(f"{key} {number}" for number in range(n)), np.zeros(n)
    mind = seeds(model, nothing, nothing, nothing, keys, streams)
    age = weeks * (0.5 + 0.5 * streams.uniform(Purpose.JOINING, keys))
    until = np.minimum(age, mind.leaves_after)
    x, tx, clock, there = nothing.copy(), nothing.copy(), nothing.copy(), mind.alive.copy()
    nth = 0
    while there.any():
        clock = clock + streams.exponential(Purpose.GAP, keys, nth) / mind.rate
        there &= clock <= until
        x, tx = x + there, np.where(there, clock, tx)
        there &= streams.uniform(Purpose.DROPOUT, keys, nth) >= mind.dropout
        nth += 1
    return x, tx, age


@pytest.mark.parametrize("key", TRUE)
def test_known_parameters_come_back(key: str) -> None:
    """Twice the likelihood lost by the true parameters is χ² with as many degrees as there are parameters."""
    lost, in_a_year = [], []
    true = PURCHASE_MODELS[key](*TRUE[key])
    year = true.expected(np.array([52.0]))[0]
    for seed in SEEDS:
        seen = pasts(*lives(key, seed, 1000, 60.0))
        fit = purchases_fitted(PURCHASE_MODELS[key], seen)
        lost.append(2 * (fit.log_likelihood - seen.weight @ true.log_likelihood(seen)))
        in_a_year.append(PURCHASE_MODELS[key](*fit.parameters).expected(np.array([52.0]))[0] / year)
    degrees = len(TRUE[key])
    assert min(lost) > -1e-3
    assert mean(lost) == pytest.approx(degrees, abs=3 * (2 * degrees / len(SEEDS)) ** 0.5)
    assert mean(in_a_year) == pytest.approx(1, abs=0.04)
    assert max(abs(one - 1) for one in in_a_year) < 0.25


@pytest.mark.parametrize("key", TRUE)
def test_seeded_members_go_on_to_buy_what_the_model_expects_of_them(key: str) -> None:
    """40 futures of 400 members, each drawn from the posterior of a past lived under the model."""
    model = PURCHASE_MODELS[key](*TRUE[key])
    x, tx, age = lives(key, 99, 400, 60.0)
    keys = member_keys(str(number) for number in range(400))
    totals = []
    for replication in range(40):
        mind = seeds(model, x, tx, age, keys, Streams(7, replication))
        random = np.random.default_rng(replication)
        clock, bought, there = np.zeros(400), 0, mind.alive.copy()
        while there.any():
            clock = clock + random.exponential(1, 400) / mind.rate
            there &= clock <= np.minimum(26.0, mind.leaves_after)
            bought += there.sum()
            there &= random.random(400) >= mind.dropout
        totals.append(bought)
    error = np.std(totals, ddof=1) / len(totals) ** 0.5
    assert mean(totals) == pytest.approx(model.coming(x, tx, age, 26.0).sum(), abs=3.5 * error)


def test_seeds_of_a_member_do_not_depend_on_the_others() -> None:
    x, tx, age = lives("pareto_nbd", 3, 300, 60.0)
    keys = member_keys(str(number) for number in range(300))
    model = PURCHASE_MODELS["pareto_nbd"](*TRUE["pareto_nbd"])
    whole = seeds(model, x, tx, age, keys, Streams(5, 2))
    assert 0 < (~whole.alive).sum() < 300
    few = np.arange(0, 300, 7)
    part = seeds(model, x[few], tx[few], age[few], keys[few], Streams(5, 2))
    for name in ("alive", "rate", "dropout", "leaves_after"):
        assert getattr(part, name).tolist() == getattr(whole, name)[few].tolist()


@pytest.fixture(scope="module")
def lived() -> Calibration:
    return calibrate(past(2000)[0], PROGRAMME)


def test_a_simulated_programme_gives_back_what_it_was_simulated_with(lived: Calibration) -> None:
    true = BEHAVIOUR
    for key, value in (
        ("redeem_appeal", true.redeeming.appeal),
        ("redeem_eagerness", true.redeeming.eagerness),
        ("redeem_ambition", true.redeeming.ambition),
        ("never_redeem", true.redeeming.never_share),
        ("refund_share", true.refunding.share),
        ("refund_delay", (1 + true.refunding.within_days) / 2),
        ("mean_amount", true.spending.mean),
    ):
        found = lived.quantity(key)
        assert found.status is Status.CALIBRATED
        assert found.value == pytest.approx(value, abs=1.7 * (found.high - found.low)), key
    assert lived.chosen in ("bg_nbd", "mbg_nbd", "pareto_nbd")
    assert lived.behaviour.redeeming.appeal == pytest.approx(true.redeeming.appeal, abs=0.2)
    assert lived.effects.goal_gradient.status is Status.CALIBRATED
    assert lived.effects.goal_gradient.low < 0.25 < lived.effects.goal_gradient.high


def test_every_figure_says_what_it_rests_on_in_both_languages(lived: Calibration) -> None:
    assert len({one.key for one in lived.quantities}) == len(lived.quantities)
    for one in lived.quantities:
        assert one.source.en and one.source.zh != one.source.en
        if one.low is not None:
            assert one.low <= one.value <= one.high
    assert hash(lived) == hash(Calibration.model_validate_json(lived.model_dump_json()))


def _odd_pasts() -> dict[str, list[tuple[str, int, int]]]:
    random = np.random.default_rng(8)
    some = [
        (f"m{member}", int(day), int(random.integers(100, 9000)))
        for member in range(101)
        for day in random.integers(0, 115, random.poisson(7) + 1)
    ]
    return {
        "101 members, a third of a year": some,
        "one purchase each": [(f"m{member}", member % 300, 5000) for member in range(400)],
        "three weeks": [(member, day % 21, amount) for member, day, amount in some],
        "everybody on the same day": [(f"m{member}", 7, 1000 + member) for member in range(500)],
        "nearly all on the last day": [("m0", 0, 100), *((f"m{n}", 200, 1000 + n) for n in range(300))],
        "one member": [("alone", day, 1000) for day in (0, 9, 40)],
        "one purchase": [("alone", 0, 1000)],
        "nothing is paid": [(member, day, 0) for member, day, _ in some],
        "most of it comes back": [
            row for member, day, amount in some for row in ((member, day, amount), (member, day + 3, -amount))
        ],
        "one heavy buyer": [*some, *(("heavy", day % 115, 100) for day in range(2000))],
        "a gap of six years": [*some, *((f"m{member}", 2300 + member, 4000) for member in range(20))],
        "like clockwork": [(f"m{member}", day, 1000) for member in range(80) for day in range(0, 400, 14)],
    }


ODD = _odd_pasts()


@pytest.mark.parametrize("name", ODD)
@pytest.mark.filterwarnings("error")
def test_an_odd_past_gives_a_usable_calibration(name: str) -> None:
    found = calibrate(history_of(ODD[name]), PROGRAMME)
    told = json.loads(found.model_dump_json())
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert found.behaviour.purchasing.r > 0 and found.behaviour.spending.mean > 0
    assert 0 <= found.behaviour.common_shock.spread <= 2
    assert found.refused  # each of them leaves something untold, and says so
    assert found.quantity("wake_up").status is Status.ASSUMPTION
    assert found.quantity("goal_gradient").status is Status.PUBLISHED
    if found.chosen is None:
        assert found.behaviour.purchasing.status is Status.ASSUMPTION


def test_where_too_few_bought_again_amounts_are_those_of_all_purchase_days() -> None:
    once = [(f"m{member}", member % 300, 5000) for member in range(398)]
    assert calibrate(history_of(once), PROGRAMME).behaviour.spending.mean == pytest.approx(50)
    again = [*once, ("m0", 310, 700), ("m0", 310, 300), ("m1", 310, 0)]
    found = calibrate(history_of(again), PROGRAMME).behaviour.spending
    assert found.mean == pytest.approx(398 / 400 * 50 + 1 / 400 * 10)
    assert "mean amount" in found.source


def test_where_nobody_came_back_in_many_weeks_few_are_supposed_to() -> None:
    once = calibrate(history_of([(f"m{number}", number % 300, 5000) for number in range(400)]), PROGRAMME)
    seen_weeks = sum((299 - number % 300) // 7 for number in range(400))
    assert once.behaviour.purchasing.r / once.behaviour.purchasing.alpha < 1 / seen_weeks
    soon = calibrate(history_of([("m1", 0, 5000), ("m2", 2, 5000)]), PROGRAMME)
    assert soon.behaviour.purchasing.alpha == Behaviour().purchasing.alpha


@pytest.mark.parametrize(
    ("rows", "until", "problem"),
    [
        ([("m1", 3, -500), ("m2", 5, -100)], None, "no sale to a member"),
        ([(None, 3, 500)], None, "no sale to a member"),
        ([("m1", 3, 500)], 2, "calibrate until 2025-01-04"),
    ],
)
def test_a_past_that_tells_nothing_is_refused_in_a_line(rows, until: int | None, problem: str) -> None:
    first_day = None if until is None else int(np.datetime64(FIRST.date()).astype(int)) + until
    with pytest.raises(InputError, match=problem):
        calibrate(history_of(rows), PROGRAMME, first_day)


def test_the_model_is_chosen_by_what_came_before_the_origin_alone() -> None:
    history = past(300)[0]
    origin = int(history.purchases.day.max()) - 90
    early = history.purchases.day < origin
    cut = replace(history, purchases=rows_of(history.purchases, early, early))
    whole, alone = chosen_model(history, origin), chosen_model(cut, origin)
    for one, other in zip(whole.candidates, alone.candidates, strict=True):
        assert (one.fit.parameters, one.error) == (other.fit.parameters, other.error)
    assert whole.weeks_held_out == alone.weeks_held_out > 0


MONTHS = (1.12, 0.84, 0.93, 0.97, 1.02, 1.10, 0.92, 0.90, 1.03, 0.99, 1.14, 1.04)
WEEKDAYS = (0.84, 0.86, 0.90, 0.94, 1.08, 1.26, 1.12)


def _lucky(seed: int, days: int, spread: float, a_day: float = 40.0) -> Demand:
    """Demand with those seasons, a common luck of each calendar week, and chance."""
    begin, random = int(np.datetime64("2023-01-02").astype(int)), np.random.default_rng(seed)  # a Monday
    day = np.arange(begin, begin + days)
    luck = np.exp(spread * random.standard_normal(days // 7 + 1) - spread**2 / 2)[np.arange(days) // 7]
    expected = np.full(days, a_day)
    actual = random.poisson(expected * intensity(Season(months=MONTHS, weekdays=WEEKDAYS), day) * luck)
    return Demand(begin=begin, actual=actual.astype(float), expected=expected * actual.sum() / expected.sum())


def test_seasons_come_back() -> None:
    found = [month_factors(_lucky(seed, 1096, 0.05)) for seed in SEEDS]
    inside = [np.abs(one.value - MONTHS) < one.reach for one in found]
    assert np.mean(inside) > 0.8  # of ranges of 90 %, drawn towards 1
    assert np.mean([one.value for one in found], axis=0) == pytest.approx(MONTHS, abs=0.02)
    demand = _lucky(1, 1096, 0.05)
    days = np.repeat(demand.days, demand.actual.astype(int))
    assert weekday_factors(days).value == pytest.approx(WEEKDAYS, abs=0.03)


def test_a_season_seen_in_one_year_is_half_believed_and_less_than_a_year_not_at_all() -> None:
    once, always = month_factors(_lucky(1, 365, 0.0, 400.0)), month_factors(_lucky(1, 1096, 0.0, 400.0))
    assert np.std(once.value) == pytest.approx(np.std(always.value) / 2, rel=0.1)
    assert month_factors(_lucky(1, 364, 0.0)) is None


NEW_YEAR = (1.15, 1.3, 1.5, 0.4, 0.8)
FEASTS = ("2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17")  # Hong Kong Observatory


def _with_feasts(seed: int, days: int, factors: tuple[float, ...]) -> Demand:
    """Three years and more of demand, of which the weeks around the new year are put together by hand."""
    plain = _lucky(seed, days, 0.05, 400.0)
    times = np.ones(days)
    for feast in FEASTS:
        begin = int(np.datetime64(feast).astype(int)) - 21 - plain.begin
        for number, factor in enumerate(factors):
            week = slice(max(begin + 7 * number, 0), max(begin + 7 * number + 7, 0))
            times[week] = factor
    actual = np.random.default_rng(seed).poisson(plain.actual * times).astype(float)
    return replace(plain, actual=actual, expected=plain.expected * actual.sum() / plain.expected.sum())


def test_the_lunar_new_year_comes_back_and_moves_with_the_feast() -> None:
    found = [months_and_new_year(_with_feasts(seed, 1246, NEW_YEAR)) for seed in range(8)]
    assert np.mean([feast.value for _, feast in found], axis=0) == pytest.approx(NEW_YEAR, abs=0.06)
    inside = [np.abs(feast.value - NEW_YEAR) < feast.reach for _, feast in found]
    assert np.mean(inside) > 0.8
    assert np.mean([months.value for months, _ in found], axis=0) == pytest.approx(MONTHS, abs=0.03)
    season = Season(new_year=NEW_YEAR)
    days = np.arange(np.datetime64("2027-01-01"), np.datetime64("2027-03-01")).astype(int)
    demand = intensity(season, days)  # the feast of 2027 is on the 6th of February
    assert demand.tolist() == [1.0] * 15 + [one for one in NEW_YEAR for _ in range(7)] + [1.0] * 9


def test_a_feast_that_changes_nothing_is_not_seen_and_one_alone_is_not_believed() -> None:
    _, feast = months_and_new_year(_with_feasts(1, 1246, (1.0,) * 5))
    assert feast is not None and feast.value == pytest.approx([1.0] * 5, abs=0.05)
    months, once = months_and_new_year(_with_feasts(1, 370, NEW_YEAR))
    assert months is not None and once is None


@pytest.mark.parametrize("spread", [0.0, 0.1, 0.25])
def test_the_luck_that_all_share_comes_back(spread: float) -> None:
    season = Season(months=MONTHS, weekdays=WEEKDAYS)
    found = [common_spread(_lucky(seed, 364, spread), season) for seed in SEEDS]
    assert mean(value for value, _, _ in found) == pytest.approx(spread, abs=0.02)
    assert sum(low <= spread <= high for _, low, high in found) >= 14  # of 20 at 90 %


def test_a_week_in_which_records_failed_is_no_luck() -> None:
    season, whole = Season(months=MONTHS, weekdays=WEEKDAYS), _lucky(3, 364, 0.1)
    failed = replace(whole, actual=np.where(np.arange(364) // 7 == 20, whole.actual // 20, whole.actual))
    assert common_spread(failed, season)[0] == pytest.approx(common_spread(whole, season)[0], abs=0.02)


@pytest.mark.parametrize("growth", [0.0, 0.6])
def test_the_growth_of_joining_comes_back(growth: float) -> None:
    rate = 8 * (1 + growth) ** (np.arange(-729, 1) / 365.25)
    today = int(np.datetime64(FIRST.date()).astype(int)) + 730
    found = []
    for seed in range(4):
        days = np.repeat(np.arange(730), np.random.default_rng(seed).poisson(rate))
        joined = {f"m{number}": int(day) for number, day in enumerate(days)}
        found.append(joined_of_late(history_of([("m0", 729, 100)], joined), today))
    assert not any(one.by_purchase for one in found)
    assert mean(one.a_day for one in found) == pytest.approx(8, rel=0.06)
    assert mean(one.growth for one in found) == pytest.approx(growth, abs=0.12)
    assert sum(one.growth_range[0] <= growth <= one.growth_range[1] for one in found) >= 3


def test_those_who_join_on_a_first_day_are_not_expected_every_day() -> None:
    today = int(np.datetime64(FIRST.date()).astype(int)) + 1
    seen = joined_of_late(history_of([(f"m{number}", 0, 100) for number in range(14)]), today)
    assert (seen.count, seen.days, seen.a_day) == (14, 1, 2.0)


def test_a_campaign_is_worth_what_the_treated_did_beyond_those_held_out() -> None:
    """300 members silent for 120 days; 60 of 200 treated and 10 of 100 held out buy in the window."""
    rows = [(f"m{number:03d}", 0, 1000) for number in range(300)]
    rows += [(f"m{number:03d}", 125, 1000) for number in (*range(60), *range(200, 210))]
    contacts = pd.DataFrame(
        {
            "contact_id": [str(number) for number in range(300)],
            "member_id": [f"m{number:03d}" for number in range(300)],
            "campaign_id": "wake",
            "arm": ["treated" if number < 200 else "held_out" for number in range(300)],
            "planned_at": (FIRST + pd.Timedelta(days=120)).tz_localize("Asia/Shanghai"),
        }
    )
    history = history_of([*rows, ("m000", 200, 500)], contacts=contacts)
    over = int(history.purchases.day.max()) + 1
    found = uplifts(history, PROGRAMME, over)
    assert set(found) == {"wake_up"}
    assert found["wake_up"].value == pytest.approx(60 / 200 - 10 / 100)
    assert found["wake_up"].error == pytest.approx((0.21 / 200 + 0.09 / 100) ** 0.5, rel=0.05)
    assert uplifts(history, PROGRAMME, over - 60) == {}  # the window of 30 days is still open


@pytest.mark.filterwarnings("error")
def test_a_run_sets_out_though_nobody_is_expected_back() -> None:
    often = history_of([(f"m{member}", day, 1000) for member in range(50) for day in range(member, 600, 2)])
    gone = Behaviour(purchasing=Purchasing(model="mbg_nbd", r=40.0, alpha=100.0, a=18.0, b=21.0))
    late = int(often.purchases.day.max()) + 20_000
    start = outset(often, PROGRAMME, 1, 1, gone, first_day=late)
    assert (start.behaviour.usual_progress, start.behaviour.usual_momentum) == (0, 0)
