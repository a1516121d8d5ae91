"""Arms, and the members who meet them, by lot: whatever the simulator knows, put together at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np

from loyalty_core.history_parts import select
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.standing import standing
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
    Season,
    Spending,
    Storing,
)
from simulation.campaigns import Campaign
from simulation.continuation import continued
from simulation.desks import Desk, Work
from simulation.effects import Effects, default_effects
from simulation.engine import simulate
from simulation.limits import Replenishment, RewardBudget
from simulation.plan import Plan
from simulation.population import Population, todays_members
from simulation.shocks import Shock
from simulation.streams import Streams, member_keys
from simulation.subscribing import PaidTier, Subscribing
from tests.simulation.crowds import FIRST, crowd

MEMBERS, DAYS = 5, (FIRST, FIRST + 239)
PAST_DAYS = 150  # of members who have a past
# Where members stand at the start, together and each alone; None where everybody is new.
Standing = tuple[Accounts | None, Sequence[Accounts] | None]


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
        refunding=Refunding(
            share=lot.choice([0.0, 0.3]),
            within_days=lot.choice([1, 20]),
            partial=lot.choice([0.0, 0.0, 0.6, 1.0]),
            parts=lot.choice([(0.5,), (0.01, 0.3, 0.99)]),
        ),
        common_shock=CommonShock(spread=lot.choice([0.0, 0.3])),
        joining=Joining(buying_at_once=0.6),
        referring=Referring(a_year=lot.choice([0.0, 0.0, 0.8])),
        paying=Paying(with_points=lot.choice([0.0, 0.0, 0.5])),
        storing=Storing(holders=lot.choice([0.0, 0.7]), tops_up=0.5, amounts=(2.0, 5.0, 20.0), pays=0.7),
        doing=lot.choice([Doing(), Doing(sign_in=1.5), Doing(sign_in=0.3, task=0.5, review=0.2, alike=3.0)]),
        subscribing=subscribing(lot),
        season=season(lot),
        usual_head_start=lot.choice([0.0, 0.0, 1.0]),
        usual_progress=lot.choice([0.0, 0.4]),
        usual_momentum=lot.choice([0.0, 0.3]),
    )


def season(lot: Random) -> Season:
    """Busy and quiet months, weekdays and weeks around the lunar new year, or none."""
    if lot.random() < 0.5:
        return Season()
    lengths = {"months": 12, "weekdays": 7, "new_year": 5}
    return Season(**{name: tuple(lot.uniform(0.3, 2) for _ in range(n)) for name, n in lengths.items()})


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
                joining=lot.choice([1.0, 0.2, 1.7]),
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
        joining=lot.choice([1.0, 1.0, 0.5, 1.5]),
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
        birthday=lot.choice([None, None, "day", "month"]),
        rhythm=lot.choice(["once", "once", "daily", "weekly", "monthly"]),
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
    return replace(one, programmes=((FIRST, first), *changes), past=lot.choice([None, None, later]))


def spread(people: Population) -> Population:
    """The members in different regions, who buy through different channels; of some nothing is known."""
    names = {"lives_in": ("N", "S"), "buys_through": ("shop", "shop", "online")}
    keys = {name: np.append(member_keys(places), np.uint64(0)) for name, places in names.items()}
    return replace(people, **{name: np.resize(places, len(people)) for name, places in keys.items()})


def members_of(met: Arm, number: int, lot: Random) -> tuple[Population, Standing]:
    """Members who meet an arm: some are new or may join where enough do, of others the birthday is known, and
    others yet have a past under its first document."""
    kind = lot.choice(["new", "known", "past"])
    if kind == "past":
        return _with_a_past(met, number)
    people = spread(crowd(MEMBERS, *DAYS))
    if kind == "new":
        level = np.array([lot.choice([0.0, lot.uniform(0, 2)]) for _ in range(len(people))])
        return replace(people, level=level), (None, None)
    birthday = np.array([lot.choice([0, 229, 315, 401, 630]) for _ in range(len(people))], np.int32)

    def accounts(which: np.ndarray) -> Accounts:
        return Accounts(
            met.programme, people.joined_on[which], birthday=birthday[which], remember=bool(met.changes)
        )

    everybody = np.arange(len(people))
    return people, (accounts(everybody), [accounts(everybody[one : one + 1]) for one in everybody])


def _with_a_past(met: Arm, number: int) -> tuple[Population, Standing]:
    """Members who have lived under the first document for some months."""
    days = FIRST - PAST_DAYS, FIRST - 1
    alone = met.behaviour.model_copy(update={"referring": Referring()})
    lived = Arm.of(met.programme, alone, met.effects)
    people = crowd(MEMBERS, *days)
    history = continued(people, simulate(people, lived, days, Streams(number, 2)), met.programme)
    later = [document for _, document in met.changes]
    known = todays_members(history, FIRST, 10**met.programme.currency_decimals)
    each = [select(history, np.arange(len(known)) == place) for place in range(len(known))]
    whole = standing(history, met.programme, FIRST - 1, later)
    return spread(known), (whole, [standing(one, met.programme, FIRST - 1, later) for one in each])
