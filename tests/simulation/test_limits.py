"""Stock and budgets of rewards: first come, first served, and nothing else in anybody's life."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from loyalty_core.rewards.catalogue import NO_LIMIT
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import Paying, Redeeming
from simulation.campaigns import Campaign
from simulation.engine import simulate, simulate_together
from simulation.journal import KIND, NO_REWARD, Facts, rewards_taken
from simulation.limits import Claims, Limits, Replenishment, RewardBudget
from simulation.plan import Plan
from simulation.streams import Streams
from tests.simulation.crowds import BEHAVIOUR, FIRST, PROGRAMME, crowd, rows_of

DAYS = (FIRST, FIRST + 240)
EAGER = BEHAVIOUR.model_copy(update={"redeeming": Redeeming(appeal=1.5)})
TABLES = ("purchases", "entries", "tier_changes", "contacts")
PEOPLE = 250


def with_stock(**pieces: int) -> Programme:
    document = PROGRAMME.model_dump(mode="json")
    for reward in document["rewards"]:
        reward["stock"] = pieces.get(reward["name"])
    return programme_from_dict(document)


def facts_of(programme: Programme, **plan: Any) -> Facts:
    arm = Arm.of(programme, EAGER, plan=Plan(**plan))
    return simulate(crowd(PEOPLE, *DAYS), arm, DAYS, Streams(5, 1))


def taken(facts: Facts) -> dict[str, list[int]]:
    """The instants at which each reward was taken, in order."""
    rows = facts.entries
    return {
        reward.name: sorted(rows["at"][(rows["kind"] == KIND["redeem"]) & (rows["reward"] == place)].tolist())
        for place, reward in enumerate(PROGRAMME.rewards)
    }


def assert_same(one: Facts, other: Facts, before: int = DAYS[1] + 1) -> None:
    for table in TABLES:
        left, right = getattr(one, table), getattr(other, table)
        for name in left:
            then = [rows[name][rows["day"] < before] for rows in (left, right)]
            assert np.array_equal(*then), (table, name)


@pytest.fixture(scope="module")
def unlimited() -> Facts:
    return facts_of(PROGRAMME)


def test_a_limit_that_is_never_reached_changes_nothing(unlimited: Facts) -> None:
    assert len(taken(unlimited)["tea"]) > 60
    assert_same(facts_of(with_stock(tea=10_000, book=10_000)), unlimited)
    budget = RewardBudget(name="year", first_day=FIRST, last_day=DAYS[1], amount_minor=10**9)
    assert_same(facts_of(PROGRAMME, budgets=(budget,)), unlimited)


def test_points_that_pay_for_a_sale_claim_no_reward() -> None:
    paying = EAGER.model_copy(update={"paying": Paying(with_points=0.5)})

    def facts(programme: Programme) -> Facts:
        document = programme.model_dump(mode="json") | {"points_as_cash": {"value_per_point": "0.01"}}
        arm = Arm.of(programme_from_dict(document), paying)
        return simulate(crowd(PEOPLE, *DAYS), arm, DAYS, Streams(5, 1))

    unlimited = facts(PROGRAMME)
    paid = unlimited.entries["kind"] == KIND["redeem"]
    assert (unlimited.entries["reward"][paid] == NO_REWARD).any()
    assert len(rewards_taken(unlimited.entries)) == (unlimited.entries["reward"] != NO_REWARD).sum()
    assert_same(facts(with_stock(tea=len(taken(unlimited)["tea"]) + 1)), unlimited)


def test_points_at_hand_and_points_that_wait_pay_for_one_piece_together() -> None:
    document = PROGRAMME.model_dump(mode="json") | {"pending": {"days": 5}}
    tea = {"name": "tea", "points": 130, "cost": 3, "stock": 40, "same_day_spend": 1}
    limited = facts_of(programme_from_dict(document | {"rewards": [tea]}))
    rows = limited.entries
    paid = rows["reward"] >= 0
    pieces = set(zip(rows["member"][paid].tolist(), rows["ordinal"][paid].tolist(), strict=True))
    assert len(pieces) == len(rewards_taken(rows)) == 40 < paid.sum()


def test_the_first_to_come_are_served_and_the_others_go_without(unlimited: Facts) -> None:
    limited = facts_of(with_stock(tea=40))
    assert taken(limited)["tea"] == taken(unlimited)["tea"][:40]
    last = int(limited.entries["day"][limited.entries["at"] == taken(limited)["tea"][-1]][0])
    assert_same(limited, unlimited, before=last)
    # Who goes without keeps the points, or takes the other reward.
    assert limited.entries["amount"].sum() > unlimited.entries["amount"].sum()


def test_what_is_left_does_not_depend_on_how_members_are_parted() -> None:
    arm = Arm.of(with_stock(tea=40, book=3), EAGER)
    people = crowd(PEOPLE, *DAYS)
    whole = simulate(people, arm, DAYS, Streams(5, 1))
    parts = [people.part(which) for which in np.array_split(np.random.default_rng(3).permutation(PEOPLE), 3)]
    found = simulate_together([(part, None) for part in parts], arm, DAYS, Streams(5, 1))
    for table in TABLES:
        together = rows_of(getattr(whole, table), people.ids)
        for part, facts in zip(parts, found, strict=True):
            assert rows_of(getattr(facts, table), part.ids) == {one: together[one] for one in part.ids}


def test_replenishment_brings_a_reward_back_from_its_day_on(unlimited: Facts) -> None:
    day = FIRST + 200
    more = Replenishment(reward="tea", day=day, pieces=7)
    without, with_it = (facts_of(with_stock(tea=20), replenishments=plan) for plan in ((), (more,)))
    assert_same(without, with_it, before=day)
    assert len(taken(without)["tea"]) == 20 and len(taken(with_it)["tea"]) == 27


def test_a_budget_ends_with_the_first_claim_that_it_does_not_cover(unlimited: Facts) -> None:
    begin, end = FIRST + 60, FIRST + 150
    budget = RewardBudget(name="spring", first_day=begin, last_day=end, amount_minor=10_000)
    facts = facts_of(PROGRAMME, budgets=(budget,))
    rows = facts.entries
    in_time = (rows["kind"] == KIND["redeem"]) & (rows["day"] >= begin) & (rows["day"] <= end)
    costs = np.array([PROGRAMME.minor(reward.cost) for reward in PROGRAMME.rewards])
    spent = costs[rows["reward"][in_time]].sum()
    assert 10_000 - costs.max() < spent <= 10_000
    assert ((rows["kind"] == KIND["redeem"]) & (rows["day"] > end)).any()  # and then all is as it was
    assert_same(facts, unlimited, before=begin)


def test_only_part_of_a_limit_is_there_for_part_of_the_members() -> None:
    half = facts_of(with_stock(tea=40), share=0.5)
    assert len(taken(half)["tea"]) == 20


def test_a_campaign_contacts_as_many_as_its_budget_pays_for_lower_ids_first() -> None:
    wave = Campaign(
        campaign_id="c", kind="wake_up", starts_on=FIRST + 150, ends_on=FIRST + 220, lift=0.5,
        rhythm="weekly", lasts_days=7, held_out=0.5, cost_minor=30,
    )  # fmt: skip
    people = crowd(PEOPLE, *DAYS)
    found = []
    for budget in (None, 30 * 80 + 29):
        campaign = Campaign(
            **{name: getattr(wave, name) for name in wave.__slots__} | {"budget_minor": budget}
        )
        arm = Arm.of(PROGRAMME, BEHAVIOUR, plan=Plan(campaigns=(campaign,)))
        found.append(simulate(people, arm, DAYS, Streams(5, 1)).contacts)
    free, paid = (
        list(zip(rows["day"][told].tolist(), rows["member"][told].tolist(), strict=True))
        for rows in found
        for told in [rows["treated"]]
    )
    assert len(free) > 200 and sorted(paid) == sorted(free)[:80]
    assert np.array_equal(
        *(rows["member"][(rows["day"] == FIRST + 150) & ~rows["treated"]] for rows in found)
    )


def test_claims_are_granted_by_instant_then_member_then_ordinal() -> None:
    programme = with_stock(tea=2)
    limits = Limits(programme, ())
    numbers = {"at": [9, 5, 5, 5], "rank": [0, 4, 2, 2], "ordinal": [0, 0, 7, 3], "reward": [0, 0, 0, 1]}
    claims = Claims.together([Claims(**{name: np.array(v) for name, v in numbers.items()})])
    assert list(zip(claims.at.tolist(), claims.rank.tolist(), claims.ordinal.tolist(), strict=True)) == [
        (5, 2, 3), (5, 2, 7), (5, 4, 0), (9, 0, 0),
    ]  # fmt: skip
    closing = limits.next_closed(claims, FIRST, limits.morning(FIRST))
    assert closing is not None  # the second tea is the last: nobody after (5, 4) finds one
    at, rank = np.array([5, 5, 6, 4]), np.array([4, 5, 0, 9])
    assert closing.open(at, rank)[:, 0].tolist() == [True, False, False, True]
    assert closing.open(at, rank)[:, 1].all()


def test_what_was_taken_before_is_no_longer_there() -> None:
    limits = Limits(with_stock(tea=10), (), 0.5, taken={"tea": 4, "book": 9})
    assert limits.stock.tolist() == [3, NO_LIMIT]
    assert Limits(with_stock(tea=10), (), taken={"tea": 12}).stock.tolist() == [0, NO_LIMIT]


def test_another_document_brings_and_takes_away_pieces() -> None:
    limits = Limits(with_stock(tea=10), ())
    limits.change(with_stock(tea=15, book=4))
    assert limits.stock.tolist() == [15, 4]
    limits.stock[:] = [3, 4]
    limits.change(with_stock(tea=11, book=4))
    assert limits.stock.tolist() == [0, 4]
    limits.change(PROGRAMME)
    assert not limits.may_run_out(FIRST, limits.morning(FIRST))
