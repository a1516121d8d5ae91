"""Desks: first come first served within opening hours, by an oracle that knows no calendar."""

from __future__ import annotations

import heapq
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulation.arm import Arm
from simulation.behaviour import Season
from simulation.desks import Desk, Requests, requests, served
from simulation.engine import simulate
from simulation.full_run import desk_figures
from simulation.journal import KIND
from simulation.season import Clock
from simulation.streams import Streams
from tests.simulation.crowds import BEHAVIOUR, FIRST, PROGRAMME, crowd

MINUTE_US = 60_000_000
DAY = 24 * 60
CLOCK = Clock(Season(), ZoneInfo("UTC"), 20_000, 20_006)
PARCELS = Desk(name="parcels", work="fulfilment", places=1, minutes=10.0, promised_minutes=120.0)


def plainly_served(desk: Desk, asked: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """When each request is taken up and done, in minutes since the first midnight."""
    open_minutes = desk.closes - desk.opens

    def worked(now: float) -> float:
        day, minute = divmod(now, DAY)
        return day * open_minutes + min(max(minute - desk.opens, 0), open_minutes)

    def clock(at_work: float) -> float:
        day, minute = divmod(at_work, open_minutes)
        return day * DAY + desk.opens + minute

    free = [0.0] * desk.places  # in minutes at work
    found = []
    for when, minutes in asked:
        begins = max(heapq.heappop(free), worked(when))
        heapq.heappush(free, begins + minutes)
        found.append((clock(begins), clock(begins + minutes)))
    return found


@settings(max_examples=30, deadline=None)
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
    expected = plainly_served(desk, arrivals)
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
    end = int(clock.midnight(days[1] + 1))
    asked = requests(PARCELS, [whole], streams, end)
    redeemed = whole.entries["kind"] == KIND["redeem"]
    assert np.array_equal(asked.at, np.sort(whole.entries["at"][redeemed])) and len(asked.at) > 50
    parts = [simulate(people.part(part), arm, days, streams) for part in np.array_split(np.arange(300), 3)]
    again = requests(PARCELS, parts, streams, end)
    assert np.array_equal(again.at, asked.at) and np.array_equal(again.minutes, asked.minutes)
    figures = desk_figures(PARCELS, [whole], clock, streams)
    assert figures == desk_figures(PARCELS, parts, clock, streams)
    assert figures["requests"] == len(asked.at) and len(figures["backlog"]) == 5


def test_a_contact_centre_is_asked_about_the_shares_it_is_said_to_be() -> None:
    days, streams = (FIRST, FIRST + 200), Streams(5, 1)
    facts = simulate(crowd(1500, *days), Arm.of(PROGRAMME, BEHAVIOUR), days, streams)
    end = int(Clock(BEHAVIOUR.season, PROGRAMME.zone, *days).midnight(days[1] + 1))
    refunds = int(facts.purchases["refund"].sum())
    sales = len(facts.purchases["refund"]) - refunds
    hotline = Desk(name="hotline", work="contact", places=1, minutes=5.0)
    always = requests(replace(hotline, asked_per_refund=1.0), [facts], streams, end + 10**15)
    assert len(always.at) == refunds
    some = requests(replace(hotline, asked_per_sale=0.3), [facts], streams, end + 10**15)
    assert abs(len(some.at) - 0.3 * sales) < 4 * np.sqrt(0.21 * sales)
    assert some.minutes.mean() == pytest.approx(5.0, rel=4 / np.sqrt(len(some.at)))
    assert not len(requests(hotline, [facts], streams, end).at)


def test_more_people_keep_the_promise_more_often() -> None:
    rng = np.random.default_rng(1)
    at = int(CLOCK.midnight(20_000)) + np.sort(rng.integers(0, 5 * DAY, 300)) * MINUTE_US
    asked = Requests(at=at, minutes=rng.exponential(10.0, 300))
    kept = [served(replace(PARCELS, places=places), asked, CLOCK).within(600) for places in (1, 2, 5)]
    assert kept[0] < kept[1] < kept[2]
