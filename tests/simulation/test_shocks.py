"""Shocks of some members: those of a region or channel buy more or less, and nobody else notices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from loyalty_core.errors import InputError
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Referring
from simulation.campaigns import Campaign
from simulation.engine import simulate, simulate_together
from simulation.experiment import compare
from simulation.journal import Facts
from simulation.plan import Plan
from simulation.population import Population, drawn, settled
from simulation.referrals import friends_of
from simulation.responses import heavy_from
from simulation.scenario import Scenario, scenario_from_dict
from simulation.shocks import Shock
from simulation.streams import Streams, member_keys
from tests.simulation.arms_by_lot import spread
from tests.simulation.crowds import BEHAVIOUR, DAYS, FIRST, PROGRAMME, crowd, past

BEGINS, ENDS = FIRST + 120, FIRST + 240
NORTH = Shock(name="flood", first_day=BEGINS, last_day=ENDS, demand=0.4, regions=("N",))


def lived(people: Population, *shocks: Shock, campaigns: tuple[Campaign, ...] = ()) -> Facts:
    arm = Arm.of(PROGRAMME, BEHAVIOUR, plan=Plan(shocks=shocks, campaigns=campaigns))
    return simulate(people, arm, DAYS, Streams(5, 1))


def sales(facts: Facts) -> pd.DataFrame:
    return pd.DataFrame(facts.purchases).query("not refund")[["member", "day", "amount"]]


@pytest.fixture(scope="module")
def people() -> Population:
    return spread(crowd(600))


def test_only_those_who_live_there_buy_less_and_only_while_it_lasts(people: Population) -> None:
    usual, hit = sales(lived(people)), sales(lived(people, NORTH))
    north = np.flatnonzero(people.lives_in == member_keys(["N"])[0])
    there = [one[one["member"].isin(north)] for one in (usual, hit)]
    elsewhere = [one[~one["member"].isin(north)].reset_index(drop=True) for one in (usual, hit)]
    pd.testing.assert_frame_equal(*elsewhere)
    spans = "day < @BEGINS", "@BEGINS <= day <= @ENDS"
    before, meanwhile = ([one.query(days) for one in there] for days in spans)
    assert before[0].to_numpy().tolist() == before[1].to_numpy().tolist()
    old = [one[people.joined_on[one["member"]] < BEGINS] for one in meanwhile]
    assert len(old[1]) == pytest.approx(0.4 * len(old[0]), rel=0.35)  # who buys less also leaves less
    after = [len(one.query("day > @ENDS")) for one in there]
    assert after[1] >= 0.9 * after[0]


def test_where_nobody_can_buy_nobody_does_and_all_come_back(people: Population) -> None:
    closed = sales(lived(people, replace(NORTH, demand=0.0)))
    north = set(np.flatnonzero(people.lives_in == member_keys(["N"])[0]))
    old = [m for m in north if people.joined_on[m] < BEGINS]
    rows = closed[closed["member"].isin(old)]
    assert rows.query("@BEGINS <= day <= @ENDS").empty
    usual = sales(lived(people))
    usual = usual[usual["member"].isin(old)]
    # Nobody leaves without buying: as many are there as on the eve, and those who would have left meanwhile.
    assert len(rows.query("day > @ENDS")) >= len(usual.query("day > @ENDS")) > 100


def test_whom_a_campaign_kept_from_buying_buys_again_after_it(people: Population) -> None:
    times = {"starts_on": BEGINS, "ends_on": ENDS}
    pause = Campaign(campaign_id="pause", kind="wake_up", lift=-1.0, held_out=0.0, **times)
    usual, kept = sales(lived(people)), sales(lived(people, campaigns=(pause,)))
    light = drawn(people, BEHAVIOUR, Streams(5, 1)).rate < heavy_from(BEHAVIOUR)  # whom campaigns move
    old = np.flatnonzero((people.joined_on < BEGINS) & light)
    usual, kept = (rows[rows["member"].isin(old)] for rows in (usual, kept))
    assert kept.query("@BEGINS <= day <= @ENDS").empty
    assert len(kept.query("day > @ENDS")) >= len(usual.query("day > @ENDS")) > 100


def test_waves_of_a_campaign_that_overlap_hurry_members_once(people: Population) -> None:
    times = {"starts_on": BEGINS, "ends_on": BEGINS + 11, "rhythm": "daily"}
    daily = Campaign(campaign_id="again", kind="wake_up", lift=1.0, held_out=0.0, **times)
    usual, hurried = (
        len(sales(lived(people, campaigns=some)).query("@BEGINS <= day <= @BEGINS + 11"))
        for some in ((), (daily,))
    )
    assert 1.2 * usual < hurried < 3 * usual


def test_a_world_that_is_closed_to_the_end_sells_nothing(people: Population) -> None:
    closed = Shock(name="closed", first_day=DAYS[0], last_day=DAYS[1], demand=0.0)
    assert sales(lived(people, closed)).empty
    shut = sales(lived(people, replace(closed, first_day=BEGINS))).reset_index(drop=True)
    before = sales(lived(people)).query("day < @BEGINS").reset_index(drop=True)
    pd.testing.assert_frame_equal(shut, before)


def test_who_joins_meanwhile_waits_as_long_as_others_there(people: Population) -> None:
    late = replace(crowd(1500), joined_on=np.full(1500, BEGINS + 1, np.int32))
    late = replace(spread(late), buys_on_joining=np.zeros(1500, bool))
    north = late.lives_in == member_keys(["N"])[0]
    usual, hit, over = (
        sales(lived(late, *shocks)) for shocks in ((), (NORTH,), (replace(NORTH, last_day=BEGINS),))
    )
    pd.testing.assert_frame_equal(over, usual)  # it is over before anybody comes

    first = [rows.groupby("member")["day"].min() - (BEGINS + 1) for rows in (usual, hit)]
    waits = pd.concat(first, axis=1, keys=["usual", "hit"]).dropna()
    there, met = north[waits.index], waits["hit"] + BEGINS + 1 <= ENDS
    assert (waits[~there]["usual"] == waits[~there]["hit"]).all()
    assert (met & there).sum() > 50
    assert (0.4 * waits["hit"] - waits["usual"])[met & there].abs().max() <= 1  # days begun


def test_a_shock_of_both_region_and_channel_meets_who_does_both_whoever_simulates_whom(
    people: Population,
) -> None:
    both = replace(NORTH, channels=("shop",))
    names = ((people.lives_in, "N"), (people.buys_through, "shop"))
    expected = np.logical_and(*((where == member_keys([name])[0]) for where, name in names))
    assert np.array_equal(both.hits(people), expected) and 0 < expected.sum() < (people.lives_in > 0).sum()
    arm = Arm.of(PROGRAMME, BEHAVIOUR, plan=Plan(shocks=(both,)))
    some = people.part(np.arange(200))
    whole = simulate(some, arm, DAYS, Streams(5, 1))
    parts = [(some.part(rows), None) for rows in np.array_split(np.arange(200), 3)]
    split = simulate_together(parts, arm, DAYS, Streams(5, 1))
    at = np.concatenate([part.purchases["at"] for part in split])
    assert np.array_equal(at, whole.purchases["at"])


def test_who_joins_lives_like_members_of_today_and_friends_like_those_who_bring_them(
    people: Population,
) -> None:
    joining = settled(crowd(1500), people, 3)
    shares = [(one.lives_in == member_keys(["N"])[0]).mean() for one in (joining, people)]
    assert shares[0] == pytest.approx(shares[1], abs=0.05)
    assert np.array_equal(joining.lives_in, settled(crowd(1500), people, 3).lives_in)
    bringing = Behaviour(referring=Referring(a_year=1.0))
    friends = friends_of(people.part(np.arange(60)), bringing, DAYS, Streams(1, 1))
    everybody = np.concatenate([people.lives_in[:60], friends.population.lives_in])
    assert len(friends.by) > 20 and np.array_equal(friends.population.lives_in, everybody[friends.by])


def test_what_the_data_do_not_know_is_refused() -> None:
    line = {"name": "flood", "first_day": "2026-04-01", "last_day": "2026-04-30", "demand": 0.5}
    with pytest.raises(InputError, match="joining is that of all"):
        scenario_from_dict({"shocks": [{**line, "regions": ["N"], "joining": 0.5}]})
    asked = Scenario(shocks=[{**line, "regions": ["Atlantis"]}], months=1, replications=1)
    with pytest.raises(InputError, match="there is no region 'Atlantis' in the data; known: none"):
        compare(past(30)[0], PROGRAMME, asked)
