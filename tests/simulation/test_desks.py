"""Desks: first come first served within opening hours, by an oracle that knows no calendar."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.arm import Arm
from simulation.behaviour import Season
from simulation.desk_figures import FIGURES, KEYS, WHOLE, desk_figures
from simulation.desks import Desk, Requests, every_desk, requests, served
from simulation.engine import simulate
from simulation.experiment import compare, contest
from simulation.journal import KIND
from simulation.scenario import Scenario
from simulation.season import Clock
from simulation.streams import Streams
from tests.simulation.crowds import BEHAVIOUR, FIRST, PROGRAMME, crowd, past
from tests.simulation.plain_desk import DAY, MINUTE_US, plainly_served

CLOCK = Clock(Season(), ZoneInfo("UTC"), 20_000, 20_006)
MIDNIGHTS = [float(day * DAY) for day in range(8)]
PARCELS = Desk(name="parcels", work="fulfilment", places=1, minutes=10.0, promised_minutes=120.0)


@settings(max_examples=30)
@given(
    places=st.integers(1, 3),
    opens=st.sampled_from([0, 9 * 60]),
    closes=st.sampled_from([10 * 60, 18 * 60]),
    asked=st.lists(st.tuples(st.integers(0, 7 * DAY - 1), st.integers(1, 700)), max_size=25),
)
def test_requests_wait_for_a_place_and_for_the_desk_to_open(
    places: int, opens: int, closes: int, asked: list[tuple[int, int]]
) -> None:
    desk = replace(PARCELS, places=places, opens=opens, closes=closes)
    # An odd second keeps requests apart from hours, where what comes first would be a matter of taste.
    arrivals = sorted((when + 0.25 + n / 1000, minutes + 0.5) for n, (when, minutes) in enumerate(asked))
    at = np.array([round(when * MINUTE_US) for when, _ in arrivals], np.int64) + int(CLOCK.midnight(20_000))
    found = served(desk, Requests(at=at, minutes=np.array([m for _, m in arrivals])), CLOCK)
    expected = plainly_served(desk, arrivals, MIDNIGHTS)
    for (when, _), (begins, ends), wait, done in zip(
        arrivals, expected, found.wait.tolist(), found.done.tolist(), strict=True
    ):
        assert wait == (pytest.approx(begins - when, abs=1e-3) if begins < 7 * DAY else np.inf)
        assert done == (pytest.approx(ends - when, abs=1e-3) if ends < 7 * DAY else np.inf)
    for day in range(1, 8):
        left = sum(when < day * DAY < ends for (when, _), (_, ends) in zip(arrivals, expected, strict=True))
        assert found.backlog(CLOCK.midnight(np.array([20_000 + day])))[0] == left


def test_every_reward_redeemed_comes_to_the_fulfilment_desk_whoever_simulates_whom() -> None:
    people, days, streams = crowd(300, FIRST, FIRST + 150), (FIRST, FIRST + 150), Streams(5, 1)
    arm = Arm.of(PROGRAMME, BEHAVIOUR)
    whole = simulate(people, arm, days, streams)
    clock = Clock(BEHAVIOUR.season, PROGRAMME.zone, *days)
    asked = requests(PARCELS, [whole], streams, clock)
    redeemed = whole.entries["kind"] == KIND["redeem"]
    assert np.array_equal(asked.at, np.sort(whole.entries["at"][redeemed])) and len(asked.at) > 50
    parts = [simulate(people.part(part), arm, days, streams) for part in np.array_split(np.arange(300), 3)]
    again = requests(PARCELS, parts, streams, clock)
    assert np.array_equal(again.at, asked.at) and np.array_equal(again.minutes, asked.minutes)
    figures = desk_figures(PARCELS, [whole], clock, streams)
    pd.testing.assert_series_equal(figures, desk_figures(PARCELS, parts, clock, streams))
    monthly = figures.xs("requests", level="figure").drop(WHOLE, level="period_end")
    assert figures[WHOLE, "parcels", "requests"] == len(asked.at) == monthly.sum() and len(monthly) == 5


def test_a_contact_centre_is_asked_about_the_shares_it_is_said_to_be() -> None:
    days, streams = (FIRST, FIRST + 200), Streams(5, 1)
    facts = simulate(crowd(1500, *days), Arm.of(PROGRAMME, BEHAVIOUR), days, streams)
    later = Clock(BEHAVIOUR.season, PROGRAMME.zone, days[0], days[1] + 10)  # what is asked days afterwards
    refunds = int(facts.purchases["refund"].sum())
    sales = len(facts.purchases["refund"]) - refunds
    hotline = Desk(name="hotline", work="contact", places=1, minutes=5.0)
    always = requests(replace(hotline, asked_per_refund=1.0), [facts], streams, later)
    assert len(always.at) == refunds
    some = requests(replace(hotline, asked_per_sale=0.3), [facts], streams, later)
    assert abs(len(some.at) - 0.3 * sales) < 4 * np.sqrt(0.21 * sales)
    assert some.minutes.mean() == pytest.approx(5.0, rel=4 / np.sqrt(len(some.at)))
    assert not len(requests(hotline, [facts], streams, later).at)


def test_more_people_keep_the_promise_more_often() -> None:
    rng = np.random.default_rng(1)
    at = int(CLOCK.midnight(20_000)) + np.sort(rng.integers(0, 5 * DAY, 300)) * MINUTE_US
    asked = Requests(at=at, minutes=rng.exponential(10.0, 300))
    kept = [served(replace(PARCELS, places=places), asked, CLOCK).within(600) for places in (1, 2, 5)]
    assert kept[0] < kept[1] < kept[2]


def test_requests_of_a_sample_stand_for_those_of_everybody_at_other_hours_of_their_days() -> None:
    people, days, streams = crowd(400, FIRST, FIRST + 100), (FIRST, FIRST + 100), Streams(5, 1)
    facts = simulate(people, Arm.of(PROGRAMME, BEHAVIOUR), days, streams)
    clock = Clock(BEHAVIOUR.season, PROGRAMME.zone, *days)
    own = requests(PARCELS, [facts], streams, clock)
    whole = requests(PARCELS, [facts], streams, clock, share=0.4)
    midnights = clock.midnight(np.arange(days[0], days[1] + 2))
    assert set(own.at) <= set(whole.at)
    by_day = [np.histogram(one.at, midnights)[0] for one in (own, whole)]
    assert ((by_day[1] == 0) == (by_day[0] == 0)).all()
    assert (by_day[1] >= 2 * by_day[0]).all() and (by_day[1] <= 3 * by_day[0]).all()
    assert abs(len(whole.at) - 2.5 * len(own.at)) < 4 * 0.5 * np.sqrt(len(own.at))


def plain_figures(
    desk: Desk,
    asked: list[float],
    served_at: list[tuple[float, float]],
    begin: float,
    end: float,
    last: float,
) -> dict[str, float]:
    """From lists of minutes, in the words of the module."""
    rows = [(a, b, e) for a, (b, e) in zip(asked, served_at, strict=True) if begin <= a < end]
    waits = [b - a for a, b, _ in rows if b < last]
    promised = [e - a <= desk.promised_minutes and e < last for a, _, e in rows
                if a + desk.promised_minutes <= last]  # fmt: skip
    return {
        "requests": len(rows),
        "wait_minutes": sum(waits) / len(waits) if waits else np.nan,
        "wait_minutes_90": float(np.quantile(waits, 0.9)) if waits else np.nan,
        "within_promise": sum(promised) / len(promised) if promised else np.nan,
        "backlog": sum(a < end < e for a, (_, e) in zip(asked, served_at, strict=True)),
    }


def test_the_figures_of_a_desk_are_those_of_its_requests_one_by_one() -> None:
    days, streams = (FIRST, FIRST + 80), Streams(7, 1)
    facts = simulate(crowd(500, *days), Arm.of(PROGRAMME, BEHAVIOUR), days, streams)
    clock = Clock(BEHAVIOUR.season, PROGRAMME.zone, *days)
    desk = replace(PARCELS, minutes=200.0, promised_minutes=2.0 * DAY)
    asked = requests(desk, [facts], streams, clock)
    zero = int(clock.midnight(days[0]))
    when = ((asked.at - zero) / MINUTE_US).tolist()
    midnights = [float(day * DAY) for day in range(82)]
    plainly = plainly_served(desk, list(zip(when, asked.minutes.tolist(), strict=True)), midnights)
    found = desk_figures(desk, [facts], clock, streams)
    last = 81.0 * DAY
    for end, (begin, until) in {"": (0, 81), "2025-01-31": (0, 31), "2025-02-28": (31, 59)}.items():
        expected = plain_figures(desk, when, plainly, begin * DAY, until * DAY, last)
        for figure, value in expected.items():
            assert found[end, "parcels", figure] == pytest.approx(value, abs=1e-3, nan_ok=True), (end, figure)
    assert found.index.names == KEYS and found["", "parcels", "backlog"] > 0


def test_a_desk_of_one_side_is_held_against_what_the_other_side_asks() -> None:
    quick, other = replace(PARCELS, minutes=1.0), replace(PARCELS, name="returns")
    assert every_desk([quick], [[quick], [PARCELS, other]]) == (quick, other)
    assert every_desk([], [[], [PARCELS]]) == (PARCELS,) and every_desk([], [[], []]) == ()


def test_a_comparison_tells_of_its_desks_whoever_simulates_whom() -> None:
    history, _ = past(60)
    line = {"name": "parcels", "work": "fulfilment", "places": 1, "minutes": 400}
    busy = Scenario(desks=[line], months=1, replications=2)
    cheaper = busy.model_copy(update={"changes": {"rewards.tea.points": 60}})
    whole = contest(history, PROGRAMME, (Scenario(), busy, cheaper))
    parts = contest(history, PROGRAMME, (Scenario(), busy, cheaper), shard_size=20)
    assert whole.to_json() == parts.to_json()
    same, more = (one["desks"] for one in whole.to_json()["comparisons"])
    assert {row["figure"] for row in same} == set(FIGURES)
    assert {row["difference"]["mean"] for row in same} <= {0.0, None}
    asked = next(row for row in more if (row["period_end"], row["figure"]) == (None, "requests"))
    assert asked["scenario"]["mean"] == asked["baseline"]["mean"] + asked["difference"]["mean"]
    assert asked["difference"]["mean"] > 0 and asked["difference"]["low"] is not None
    assert whole.first(1).beside(1).to_json()["desks"][0]["baseline"]["low"] is None
    assert compare(history, PROGRAMME, Scenario(months=1, replications=1)).to_json()["desks"] == []
