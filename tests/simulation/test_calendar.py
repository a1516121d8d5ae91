"""What stands on the calendar: waves of campaigns, shocks, those who join and the friends they bring."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from loyalty_core.days import to_date, to_day
from loyalty_core.kernel.accounts import Accounts
from simulation.arm import Arm
from simulation.behaviour import CommonShock, Joining, Referring
from simulation.campaigns import Campaign
from simulation.effects import default_effects
from simulation.engine import clock_of, simulate
from simulation.journal import ACTIVITIES, Facts
from simulation.newcomers import candidates, daily, who_join
from simulation.plan import Plan
from simulation.population import Population
from simulation.shocks import Shock, common_factors
from simulation.streams import Streams
from tests.simulation.crowds import BEHAVIOUR, FIRST, PROGRAMME, crowd, rows_of

DAYS = (FIRST, FIRST + 200)
TABLES = ("purchases", "entries", "tier_changes", "contacts", "activities")
DAY_US, MIDNIGHT_US = 86_400_000_000, 16 * 3_600_000_000  # of Shanghai, in UTC


def simulated(
    people: Population, plan: Plan, behaviour=BEHAVIOUR, programme=PROGRAMME, effects=None
) -> Facts:
    return simulate(people, Arm.of(programme, behaviour, effects, plan), DAYS, Streams(5, 1))


# Campaigns


def campaign(**values) -> Campaign:
    usual = {"campaign_id": "c", "kind": "wake_up", "starts_on": FIRST + 100, "ends_on": FIRST + 160}
    return Campaign(**(usual | values))


def test_waves_begin_in_their_rhythm_and_end_with_the_campaign() -> None:
    first, last = to_day(date(2027, 1, 31)), to_day(date(2027, 5, 31))
    monthly = campaign(starts_on=first, ends_on=last, rhythm="monthly", lasts_days=2)
    assert [to_date(begin).isoformat() for begin, _ in monthly.waves] == [
        "2027-01-31",
        "2027-03-31",
        "2027-05-31",
    ]
    assert monthly.waves[-1] == (last, last)
    weekly = campaign(starts_on=first, ends_on=first + 14, rhythm="weekly", lasts_days=3)
    assert weekly.waves == [(first, first + 2), (first + 7, first + 9), (first + 14, first + 14)]
    assert campaign(starts_on=first, ends_on=last).waves == [(first, last)]
    assert len(campaign(starts_on=first, ends_on=first + 30, rhythm="daily", lasts_days=1).waves) == 31


@pytest.mark.parametrize(
    ("day", "whose", "anywhere", "reached"),
    [
        (date(2027, 2, 28), 229, "day", True),
        (date(2028, 2, 28), 229, "day", False),
        (date(2028, 2, 29), 229, "day", True),
        (date(2027, 5, 4), 504, "day", True),
        (date(2027, 5, 5), 504, "day", False),
        (date(2027, 5, 31), 504, "month", True),
        (date(2027, 5, 31), 0, "month", False),
    ],
)
def test_a_birthday_campaign_reaches_those_whose_birthday_it_is(
    day: date, whose: int, anywhere: str, reached: bool
) -> None:
    one = campaign(kind="birthday", birthday=anywhere)
    nobody = np.zeros(1, np.int64)
    chosen = one.chosen(to_day(day), nobody, nobody, nobody, np.array([whose]))
    assert (len(chosen) == 1) is reached


def test_a_campaign_for_some_tiers_contacts_only_these_and_the_same_are_held_out_each_time() -> None:
    people = crowd(400, *DAYS)
    wave = campaign(tiers=(1, 2), rhythm="weekly", lasts_days=7, held_out=0.4, lift=0.3, draw=77)
    rows = simulated(people, Plan(campaigns=(wave,)))
    arms: dict[int, set[bool]] = {}
    for member, treated in zip(
        rows.contacts["member"].tolist(), rows.contacts["treated"].tolist(), strict=True
    ):
        arms.setdefault(member, set()).add(treated)
    assert len(arms) > 20 and {len(both) for both in arms.values()} == {1}
    lowest = {(member, 0): 0 for member in range(400)}
    tiers = _tiers_at(rows, lowest)
    for day, member in zip(rows.contacts["day"].tolist(), rows.contacts["member"].tolist(), strict=True):
        assert tiers(member, day) in (1, 2)


def _tiers_at(facts: Facts, start: dict[tuple[int, int], int]) -> Callable[[int, int], int]:
    """The tier of a member just after the review of a day: whatever moved before noon of the first hour."""
    moves = facts.tier_changes
    table = sorted(zip(*(moves[name].tolist() for name in ("member", "at", "day", "to_tier")), strict=True))

    def at(member: int, day: int) -> int:
        here = [
            tier
            for who, instant, on, tier in table
            if who == member and (on < day or (on == day and instant % DAY_US == MIDNIGHT_US))
        ]
        return here[-1] if here else start[member, 0]

    return at


def test_campaigns_that_change_nothing_leave_everything_as_it_was() -> None:
    people = crowd(300, *DAYS)
    without = simulated(people, Plan())
    idle = simulated(people, Plan(campaigns=(campaign(lift=0.0, returns=0.0),)))
    for table in ("purchases", "entries", "tier_changes"):
        for name, column in getattr(without, table).items():
            assert np.array_equal(column, getattr(idle, table)[name])
    assert len(idle.contacts["member"]) > 100


def test_some_come_back_because_of_a_campaign_those_who_had_left_too() -> None:
    people = crowd(4000, *DAYS)
    start = DAYS[1] - 30
    back = campaign(
        kind="win_back", starts_on=start, ends_on=DAYS[1], after_days=60, until_days=400,
        returns=0.3, held_out=0.5,
    )  # fmt: skip
    with_it, without = simulated(people, Plan(campaigns=(back,))), simulated(people, Plan())
    who, treated = with_it.contacts["member"], with_it.contacts["treated"]
    bought = [
        np.isin(np.arange(4000), rows["member"][(rows["day"] >= start) & ~rows["refund"]])
        for rows in (with_it.purchases, without.purchases)
    ]
    organic = bought[1][who[treated]].mean()
    expected, error = organic + 0.3 * (1 - organic), 0.5 / np.sqrt(treated.sum())
    assert abs(bought[0][who[treated]].mean() - expected) < 4 * error
    assert np.array_equal(bought[0][who[~treated]], bought[1][who[~treated]])
    as_the_library_says = replace(back, returns=None)
    library = default_effects().with_values(win_back=0.3)
    assert np.array_equal(
        simulated(people, Plan(campaigns=(as_the_library_says,)), effects=library).purchases["at"],
        with_it.purchases["at"],
    )


# The world outside


def test_a_shock_moves_demand_on_its_days_and_nothing_before() -> None:
    people = crowd(3000, FIRST, FIRST + 60)
    begin, end = FIRST + 120, FIRST + 160
    shock = Shock(name="a competitor opens", first_day=begin, last_day=end, demand=0.5)
    without, with_it = simulated(people, Plan()), simulated(people, Plan(shocks=(shock,)))
    sold = []
    for rows in (without.purchases, with_it.purchases):
        day = rows["day"][~rows["refund"]]
        sold.append([(day < begin).sum(), ((day >= begin) & (day <= end)).sum()])
    assert sold[0][0] == sold[1][0]
    assert sold[1][1] / sold[0][1] == pytest.approx(0.5, abs=0.06)
    closed = Shock(name="closed", first_day=begin, last_day=end, demand=0.0)
    rows = simulated(people, Plan(shocks=(closed,))).purchases
    assert not ((rows["day"] >= begin) & (rows["day"] <= end)).any() and (rows["day"] > end).any()


def test_all_members_share_a_week_s_luck_which_averages_to_nothing() -> None:
    streams, weeks = Streams(3, 1), 4000
    factors = common_factors(0.2, (4, 4 + 7 * weeks - 1), streams)  # day 4 is a Monday
    by_week = factors.reshape(weeks, 7)
    assert (by_week == by_week[:, :1]).all()
    luck = np.log(by_week[:, 0])
    assert luck.std() == pytest.approx(0.2, rel=0.05)
    assert by_week[:, 0].mean() == pytest.approx(1.0, abs=4 * 0.2 / np.sqrt(weeks))
    later = common_factors(0.2, (4 + 700, 4 + 900), streams)
    assert np.array_equal(later, factors[700 : len(later) + 700])
    assert (common_factors(0.2, (4, 10), Streams(3, 2)) != factors[:7]).any()


def test_members_meet_the_shared_luck_in_any_part_alike() -> None:
    people = crowd(200, *DAYS)
    moved = BEHAVIOUR.model_copy(update={"common_shock": CommonShock(spread=0.3)})
    whole, part = simulated(people, Plan(), moved), people.part(np.arange(50, 100))
    assert rows_of(simulated(part, Plan(), moved).purchases, part.ids) == {
        one: rows for one, rows in rows_of(whole.purchases, people.ids).items() if one in set(part.ids)
    }
    clock = clock_of(Arm.of(PROGRAMME, moved), DAYS, Streams(5, 1))
    assert float(clock.weeks(DAYS[1] + 1)) != pytest.approx((DAYS[1] + 1 - FIRST) / 7, rel=1e-3)


# Those who join


def test_as_many_join_as_the_rate_its_growth_and_its_season_say() -> None:
    joining = Joining(a_day=40, growth_a_year=0.5, months=(2.0, *[1.0] * 11), buying_at_once=0.7)
    days = (to_day(date(2027, 1, 1)), to_day(date(2028, 12, 31)))
    people = candidates(joining, days, seed=3, scale=1.0)
    expected = daily(joining, days)
    assert len(people) == round(expected.sum())
    january = [
        (people.joined_on >= to_day(date(year, 1, 1))) & (people.joined_on < to_day(date(year, 2, 1)))
        for year in (2027, 2028)
    ]
    assert january[0].sum() == pytest.approx(40 * 2 * 31, rel=0.1)
    assert january[1].sum() == pytest.approx(40 * 2 * 31 * 1.5, rel=0.1)
    assert people.buys_on_joining.mean() == pytest.approx(0.7, abs=0.02)
    assert len(candidates(joining, days, seed=3, scale=4.0)) == round(expected.sum() / 4)


def test_who_joins_where_few_do_joins_where_many_do() -> None:
    joining = Joining(a_day=30)
    usual = candidates(joining, DAYS, seed=3, scale=1.0)
    people = candidates(joining, DAYS, seed=3, scale=1.0, most=2.5)
    there = {factor: who_join(people, Plan(joining=factor), DAYS) for factor in (0.0, 0.4, 1.0, 2.5)}
    assert not there[0.0].any()
    assert set(people.ids[there[1.0]]) == set(usual.ids)
    assert np.array_equal(people.joined_on[there[1.0]], usual.joined_on)
    assert not (there[0.4] & ~there[1.0]).any() and not (there[1.0] & ~there[2.5]).any()
    assert there[0.4].sum() == pytest.approx(0.4 * len(usual), rel=0.1)
    assert there[2.5].sum() == pytest.approx(2.5 * len(usual), rel=0.05)
    shock = Shock(name="crisis", first_day=FIRST + 50, last_day=FIRST + 99, joining=0.0)
    left = people.joined_on[who_join(people, Plan(shocks=(shock,)), DAYS)]
    assert not ((left >= FIRST + 50) & (left <= FIRST + 99)).any() and len(left) > 0.7 * len(usual)


# Friends


REFERRING = BEHAVIOUR.model_copy(
    update={"referring": Referring(a_year=2.0), "joining": Joining(buying_at_once=0.9)}
)
WITH_POINTS = PROGRAMME.model_copy(
    update={
        "earning": PROGRAMME.earning.model_validate(
            {
                "points_per_unit": 1,
                "rules": [
                    {"name": "brings", "when": {"event": "referral"}, "points": 50},
                    {"name": "comes", "when": {"event": "referred"}, "points": 20},
                ],
            }
        )
    }
)


def referred(people: Population) -> Facts:
    return simulated(people, Plan(), REFERRING, WITH_POINTS)


def test_friends_join_after_active_members_bring_them_and_both_are_thanked() -> None:
    people = crowd(300, FIRST, FIRST + 30)
    facts = referred(people)
    friends = facts.friends
    assert friends is not None and len(friends.population) > 40
    kinds = [ACTIVITIES[kind] for kind in friends.activities["kind"]]
    assert kinds.count("referred") == len(friends.population)  # each once, on joining
    came = friends.activities["kind"] == ACTIVITIES.index("referred")
    assert np.array_equal(
        friends.activities["day"][came], friends.population.joined_on[friends.activities["member"][came]]
    )
    # Thanks come on the first of the next month, for each friend of the months that are over.
    thanked = (facts.activities["kind"] == ACTIVITIES.index("referral")).sum() + kinds.count("referral")
    month = np.array([to_date(int(day)).replace(day=1) for day in friends.population.joined_on])
    assert thanked == (month < to_date(DAYS[1]).replace(day=1)).sum()
    assert all(to_date(int(day)).day == 1 for day in facts.activities["day"])
    amounts = facts.entries["amount"][(facts.entries["ordinal"] == -1) & (facts.entries["amount"] > 0)]
    assert set(amounts.tolist()) == {50} and len(amounts) == len(facts.activities["day"])
    # A friend's id tells who brought them, and they had bought not long before.
    bringers = {re.split(r"[+.]\d+$", one)[0] for one in friends.population.ids}
    assert (
        bringers <= {*people.ids, *friends.population.ids} and len(bringers & {*friends.population.ids}) > 0
    )


def test_friends_of_somebody_who_was_a_friend_in_an_earlier_run_have_ids_of_their_own() -> None:
    people = crowd(60, FIRST, FIRST + 30)
    friends = referred(people).friends
    assert friends is not None
    once_friends = replace(people.part(np.arange(len(people)) % 2 == 0), ids=people.ids[::2] + "+1")
    alike = {*referred(once_friends).friends.population.ids} & {*friends.population.ids}
    assert not alike and any("." in one for one in friends.population.ids)


def test_nobody_changes_because_somebody_else_brings_a_friend() -> None:
    people = crowd(120, FIRST, FIRST + 30)
    whole = referred(people)
    some = people.part(np.arange(40))
    part = referred(some)
    assert part.friends is not None and whole.friends is not None
    for table in TABLES:
        together = rows_of(getattr(whole, table), people.ids)
        assert rows_of(getattr(part, table), some.ids) == {one: together[one] for one in some.ids}
        friends = rows_of(getattr(whole.friends, table), whole.friends.population.ids)
        ids = part.friends.population.ids
        assert rows_of(getattr(part.friends, table), ids) == {one: friends[one] for one in ids}
    without = simulated(people, Plan(), BEHAVIOUR, PROGRAMME)
    assert without.friends is None


def test_friends_stay_longer_as_the_library_of_effects_says() -> None:
    people = crowd(1500, FIRST, FIRST + 10)
    loyal = default_effects().with_values(referral_retention=50.0)
    sold = []
    for effects in (default_effects().switched(referral_retention=False), loyal):
        facts = simulated(people, Plan(), REFERRING, PROGRAMME, effects)
        assert facts.friends is not None
        sold.append(len(facts.friends.purchases["at"]) / len(facts.friends.population))
    assert sold[1] > 1.1 * sold[0]


def test_members_of_the_past_bring_friends_from_where_they_stand() -> None:
    people = replace(crowd(100, FIRST, FIRST + 30), joined_on=np.full(100, FIRST - 400, np.int32))
    people = replace(people, buys_on_joining=np.zeros(100, bool), last_bought_on=np.full(100, FIRST - 10))
    accounts = Accounts(WITH_POINTS, people.joined_on)
    arm = Arm.of(WITH_POINTS, REFERRING)
    facts = simulate(people, arm, DAYS, Streams(5, 1), accounts)
    assert facts.friends is not None and len(facts.friends.population) > 10
    assert len(facts.population) == 100
