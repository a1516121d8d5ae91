"""The crowd against one SimPy process for each member: the same facts, exactly."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import (
    Behaviour,
    CommonShock,
    Doing,
    Joining,
    Paying,
    Purchasing,
    Redeeming,
    Referring,
    Refunding,
    Spending,
    Storing,
)
from simulation.campaigns import Campaign
from simulation.desks import Desk, Work, requests, served
from simulation.effects import Effects, default_effects
from simulation.engine import clock_of, simulate
from simulation.journal import Facts
from simulation.limits import Replenishment, RewardBudget
from simulation.plan import Plan
from simulation.population import Population
from simulation.shocks import Shock
from simulation.streams import Streams, member_keys
from simulation.subscribing import PaidTier, Subscribing
from tests.core.whole_programmes import whole_programmes
from tests.simulation.crowds import FIRST, crowd
from tests.simulation.plain_desk import MINUTE_US, plainly_asked, plainly_served
from tests.simulation.plain_engine import simulate_plainly

TABLES = (
    "purchases",
    "entries",
    "other_entries",
    "tier_changes",
    "contacts",
    "activities",
    "coupons",
    "coupon_uses",
)
MEMBERS, DAYS = 5, (FIRST, FIRST + 239)


def assert_equal_facts(one: Facts, other: Facts) -> None:
    """The same rows of the same members, and of the friends they brought."""
    assert one.population.ids.tolist() == other.population.ids.tolist()
    for table in TABLES:
        left, right = getattr(one, table), getattr(other, table)
        assert left.keys() == right.keys()
        for name, column in left.items():
            np.testing.assert_array_equal(column, right[name], err_msg=f"{table}.{name}")
    assert (one.friends is None) == (other.friends is None)
    if one.friends is not None and other.friends is not None:
        assert_equal_facts(one.friends, other.friends)


def with_rewards(programme: Programme, lot: Random, stocked: bool) -> Programme:
    """The programme with things to have for points, some of which there are few of."""
    document = programme.model_dump(mode="json")
    document["rewards"] = [
        {
            "name": f"reward {number}",
            "points": lot.choice(["0.5", "3", "12", "40"]),
            "cost": lot.choice([1, 2]),
            "stock": lot.choice([None, 0, 1, 5]) if stocked else None,
            **_terms(lot, document["tiers"][-1]["name"]),
        }
        for number in range(lot.randint(0, 3))
    ]
    return programme_from_dict(document)


def with_head_start(programme: Programme, lot: Random) -> Programme:
    """The programme, perhaps with something for joining."""
    document = programme.model_dump(mode="json")
    points = lot.choice([None, None, "2", "40"])
    if points:
        document["earning"]["rules"].append({"name": "hello", "when": {"event": "joined"}, "points": points})
    return programme_from_dict(document)


def with_coupons(programme: Programme, lot: Random) -> Programme:
    """The programme with coupons, some of which it gives of itself."""
    document, tiers = programme.model_dump(mode="json"), [tier.name for tier in programme.tiers]
    document["coupons"] = [
        {
            "name": f"coupon {number}",
            **lot.choice([{"face_value": "2"}, {"percent_off": 30, "largest": 2}, {"percent_off": 60}]),
            "minimum_spend": lot.choice(["0", "0", "3"]),
            **lot.choice([{}, {"days_valid": 30}, {"days_valid": 2}, {"last_day": "2025-06-30"}]),
            "tiers": lot.choice([[], [], tiers[-1:]]),
            "per_member": lot.choice([None, None, 2]),
            "group": lot.choice([None, "one of these"]),
            "stacks": lot.random() < 0.5,
            "given_for": lot.choice([None, {}, {"at_least": 3}, {"event": "sign_in"}]),
            "given_on_entering": lot.choice([[], tiers[:1], tiers]),
        }
        for number in range(lot.choice([0, 2, 4]))
    ]
    return programme_from_dict(document)


def _terms(lot: Random, top: str) -> dict[str, Any]:
    """What not everybody pays, or may have, or at any time."""
    return lot.choice(
        [
            {},
            {},
            {"points_by_tier": {top: "0.2"}},
            {"minimum_balance": {top: "6"}},
            {"tiers": [top]},
            {"same_day_spend": "2"},
            {"first_day": "2025-03-01", "last_day": "2025-06-30"},
        ]
    )


def effects(lot: Random) -> Effects:
    """Responses so strong that they show."""
    strong = {
        "programme_dropout": 0.5,
        "programme_frequency": 1.4,
        "programme_basket": 1.2,
        "review_push": 2.0,
        "review_push_gap": 0.6,
        "review_push_window": 0.5,
        "reached_low": 1.5,
        "reached_high": 1.3,
        "missed_low": 0.5,
        "missed_high": 0.4,
        "demotion": 0.3,
        "demotion_high": 0.5,
        "demotion_dropout": 3.0,
        "redemption_momentum": 2.0,
        "expiry_redemption": 4.0,
        "expiry_window": 60.0,
        "expiry_purchase": 1.7,
        "saving_up": lot.choice([0.1, 3.0]),
        "tier_redemption": lot.choice([0.3, 4.0]),
        "wake_up": 0.7,
        "win_back": 0.5,
        "fee_buying": 1.5,
        "fee_renewing": 0.8,
    }
    some = {name: value for name, value in strong.items() if lot.random() < 0.5}
    return default_effects().with_values(**some).switched(**dict.fromkeys(some, True))


def behaviour(lot: Random) -> Behaviour:
    """Members who buy often, so that little time shows much."""
    return Behaviour(
        purchasing=Purchasing(
            model=lot.choice(["bg_nbd", "mbg_nbd", "pareto_nbd", "nbd"]),
            r=2.0,
            alpha=lot.choice([1.0, 4.0]),
            a=0.8,
            b=8.0,
            crowding=lot.choice([None, 1.3]),
        ),
        spending=Spending(p=2.0, q=4.0, v=lot.choice([2.0, 15.0, 60.0])),
        redeeming=Redeeming(appeal=lot.choice([-1.0, 1.0]), never_share=0.1),
        refunding=Refunding(share=lot.choice([0.0, 0.3]), within_days=lot.choice([1, 20])),
        common_shock=CommonShock(spread=lot.choice([0.0, 0.3])),
        joining=Joining(buying_at_once=0.6),
        referring=Referring(a_year=lot.choice([0.0, 0.0, 0.8])),
        paying=Paying(with_points=lot.choice([0.0, 0.0, 0.5])),
        storing=Storing(holders=lot.choice([0.0, 0.7]), tops_up=0.5, amounts=(2.0, 5.0, 20.0), pays=0.7),
        doing=lot.choice([Doing(), Doing(sign_in=1.5), Doing(sign_in=0.3, task=0.5, review=0.2, alike=3.0)]),
        subscribing=subscribing(lot),
        usual_head_start=lot.choice([0.0, 0.0, 1.0]),
    )


def subscribing(lot: Random) -> Subscribing:
    """Members who often buy tiers, of which some cost more than usual, and renew them early or late."""
    return Subscribing(
        buys=lot.choice([0.0, 0.1, 0.5]),
        renews=0.7,
        renews_silent=0.3,
        renewal_days=lot.choice([(-1,), (-40, -2, 0, 9, 25)]),
        tiers=tuple(
            PaidTier(name=name, weight=lot.choice([0.0, 1.0, 3.0]), usual_price=lot.choice([None, 0.0, 4.0]))
            for name in lot.sample(["silver", "gold", "top"], lot.randint(0, 3))
        ),
    )


def with_fees(programme: Programme, lot: Random) -> Programme:
    """The programme with prices for what is bought, and often with something to buy."""
    document = programme.model_dump(mode="json")
    for tier in document["tiers"][1:]:
        if lot.random() < 0.4:
            reached = {"reach": None, "newcomer": None, "threshold": 0, "admission": {}}
            tier |= {"entry": "paid", "fee_months": lot.choice([1, 2, 12])} | reached
        if tier["entry"] == "paid":
            tier["fee"] = lot.choice([0, 5, 30])
    return programme_from_dict(document)


def plan(lot: Random, programme: Programme, shared: bool) -> Plan:
    """Campaigns, what happens outside, and where something is shared what there is little of."""
    some, coupons = len(programme.rewards) > 0 and shared, [one.name for one in programme.coupons]
    return Plan(
        campaigns=tuple(_campaign(number, lot, shared, coupons) for number in range(lot.randint(0, 3))),
        shocks=tuple(
            Shock(
                name="outside",
                first_day=day,
                last_day=day + 40,
                demand=lot.choice([0.0, 0.3, 2.0]) if where else lot.choice([0.3, 2.0]),
                **where,
            )
            for day in _days(lot, lot.choice([0, 1, 2]))
            for where in [
                lot.choice([{}, {"regions": ("N",)}, {"channels": ("shop",), "regions": ("N", "S")}])
            ]
        ),
        budgets=tuple(
            RewardBudget(
                name=f"b{day}",
                first_day=day,
                last_day=day + lot.choice([30, 200]),
                amount_minor=lot.choice([0, 100, 250]),
                rewards=lot.choice([(), ("reward 0",)]),
            )
            for day in _days(lot, lot.choice([0, 1, 2]) if some else 0)
        ),
        replenishments=tuple(
            Replenishment(reward="reward 0", day=day, pieces=lot.choice([1, 4]))
            for day in _days(lot, 2 if some else 0)
        ),
        share=lot.choice([1.0, 0.6]),
        taken={"reward 0": lot.choice([1, 2])} if some else {},
    )


def _days(lot: Random, number: int) -> list[int]:
    return sorted(FIRST + lot.randint(1, 200) for _ in range(number))


def _campaign(number: int, lot: Random, paid: bool, coupons: list[str]) -> Campaign:
    start = FIRST + lot.randint(20, 200)
    return Campaign(
        campaign_id=f"c{number}",
        kind=lot.choice(["wake_up", "win_back"]),
        starts_on=start,
        ends_on=start + lot.choice([0, 10, 90]),
        after_days=lot.choice([0, 5, 30]),
        until_days=lot.choice([None, 200]),
        tiers=lot.choice([(), (), (0,), (1, 2)]),
        rhythm=lot.choice(["once", "once", "weekly", "monthly"]),
        lasts_days=lot.choice([None, 1, 5]),
        lift=lot.choice([0.0, 0.7, 3.0, -1.0]),
        returns=lot.choice([None, 0.0, 0.6]),
        coupon=lot.choice(["", *coupons]),
        held_out=0.3,
        cost_minor=1,
        budget_minor=lot.choice([0, 2, 5]) if paid else None,
    )


def desk(lot: Random) -> Desk:
    """A desk that has too few people for what it is asked as often as not."""
    work: tuple[Work, Work] = ("fulfilment", "contact")
    return Desk(
        name="desk",
        work=lot.choice(work),
        places=lot.randint(1, 3),
        minutes=lot.choice([5.0, 60.0, 900.0]),
        opens=lot.choice([0, 9 * 60, 700]),
        closes=lot.choice([12 * 60, 22 * 60]),
        asked_per_sale=lot.choice([0.0, 0.3, 1.0]),
        asked_per_redemption=lot.choice([0.0, 0.5, 1.0]),
        asked_per_refund=lot.choice([0.0, 0.5, 1.0]),
    )


def arm(first: Programme, then: Programme, lot: Random) -> Arm:
    """Rules that may change on the way, the behaviour, and the calendar."""
    shared = lot.random() < 0.5
    first = with_coupons(with_rewards(with_head_start(with_fees(first, lot), lot), lot, shared), lot)
    then = with_head_start(with_fees(then, lot), lot)
    change = FIRST + lot.randint(1, 220)
    # Versions of one programme keep units and names.
    kept = ("rewards", "coupons", "currency", "currency_decimals", "point_decimals", "time_zone")
    later = then.model_copy(update={name: getattr(first, name) for name in kept})
    named = [[tier.name for tier in document.tiers] for document in (first, later)]
    changes = ((change, later),) if named[0] == named[1] and lot.random() < 0.7 else ()
    one = Arm.of(first, behaviour(lot), effects(lot), plan(lot, first, shared))
    return replace(one, programmes=((FIRST, first), *changes))


def spread(people: Population) -> Population:
    """The members in different regions, who buy through different channels; of some nothing is known."""
    names = {"lives_in": ("N", "S"), "buys_through": ("shop", "shop", "online")}
    keys = {name: np.append(member_keys(places), np.uint64(0)) for name, places in names.items()}
    return replace(people, **{name: np.resize(places, len(people)) for name, places in keys.items()})


def assert_served_one_by_one(asked_of: Desk, one: Facts, plain: Facts, met: Arm, streams: Streams) -> None:
    """A desk is asked what members each on their own ask, and serves it as one that takes one at a time."""
    clock, share = clock_of(met, DAYS, streams), met.plan.share
    asked = requests(asked_of, [one], streams, clock, share)
    plainly = plainly_asked(asked_of, plain, streams, clock, share)
    assert list(zip(asked.at.tolist(), asked.minutes.tolist(), strict=True)) == plainly
    midnights = clock.midnight(np.arange(DAYS[0], DAYS[1] + 2))
    minute = ((np.append(midnights, asked.at) - midnights[0]) / MINUTE_US).tolist()
    days, came = minute[: len(midnights)], minute[len(midnights) :]
    found = served(asked_of, asked, clock)
    expected = plainly_served(asked_of, list(zip(came, asked.minutes.tolist(), strict=True)), days)
    for when, times, plain_times in zip(
        came, zip(found.wait.tolist(), found.done.tolist(), strict=True), expected, strict=True
    ):
        assert times == pytest.approx([moment - when for moment in plain_times], abs=1e-3)


@settings(max_examples=20)
@given(first=whole_programmes(), then=whole_programmes(), number=st.integers(0, 10**6))
def test_members_each_on_their_own_do_what_the_crowd_does(
    first: Programme, then: Programme, number: int
) -> None:
    lot = Random(number)
    met, asked_of = arm(first, then, lot), desk(lot)
    people = spread(crowd(MEMBERS, *DAYS))
    streams = Streams(number, 1)
    crowded, plain = simulate(people, met, DAYS, streams), simulate_plainly(people, met, DAYS, streams)
    assert_equal_facts(crowded, plain)
    assert_served_one_by_one(asked_of, crowded, plain, met, streams)
