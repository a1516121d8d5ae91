"""Members choose among what the catalogue offers them, and buy where and what they usually do."""

from dataclasses import replace

import numpy as np
import pytest

from loyalty_core.kernel.accounts import Accounts
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.behaviour import chosen_rewards
from simulation.continuation import continued
from simulation.effects import default_effects
from simulation.engine import simulate
from simulation.goals import Goals
from simulation.journal import KIND
from simulation.population import todays_members
from simulation.responses import most_redeeming_odds, redeeming_odds
from simulation.streams import Streams
from tests.simulation.crowds import BEHAVIOUR, DAYS, FIRST, LAST, PROGRAMME, crowd, past, run

LABELS = {"purchases.categories": ("tea", "tea|books"), "purchases.store": ("north", "south")}


def with_rewards(*rewards: dict[str, object]) -> Programme:
    return Programme.model_validate(PROGRAMME.model_dump() | {"rewards": list(rewards)})


def test_a_reward_is_taken_at_the_price_of_the_tier_within_its_dates_and_above_the_least_balance() -> None:
    first_day = "2025-05-01"
    programme = with_rewards(
        {"name": "tea", "points": 150, "points_by_tier": {"silver": 90}, "tiers": ["basic", "silver"]},
        {"name": "book", "points": 300, "first_day": first_day, "minimum_balance": {"gold": 500}},
        {
            "name": "sale",
            "points": 200,
            "discounts": [{"first_day": first_day, "last_day": "2025-06-30", "percent": 50}],
        },
    )
    people = crowd(900)
    facts = run(people, programme)
    derived = Accounts(programme, people.joined_on)  # only to ask the catalogue
    rows = np.flatnonzero(facts.entries["kind"] == KIND["redeem"])
    member, day, reward = (facts.entries[name][rows] for name in ("member", "day", "reward"))
    tier = tier_on(facts.tier_changes, member, facts.entries["at"][rows])
    held = balance_before(facts.entries, rows)
    assert np.array_equal(-facts.entries["amount"][rows], derived.catalogue.price(reward, tier, day))
    assert not derived.catalogue.refusal(reward, tier, day, held).any()
    assert set(reward) == {0, 1, 2}
    assert {90, 100, 150, 200, 300} == set((-facts.entries["amount"][rows]).tolist())


def balance_before(entries: dict[str, np.ndarray], rows: np.ndarray) -> np.ndarray:
    """What each row's member had when it was written."""
    found = []
    for row in rows:
        mine = entries["member"][:row] == entries["member"][row]
        found.append(entries["amount"][:row][mine].sum())
    return np.array(found)


def tier_on(changes: dict[str, np.ndarray], member: np.ndarray, at: np.ndarray) -> np.ndarray:
    found = np.zeros(len(member), np.int64)
    for place, (who, when) in enumerate(zip(member, at, strict=True)):
        mine = (changes["member"] == who) & (changes["at"] <= when)
        found[place] = changes["to_tier"][mine][-1]
    return found


def test_multipliers_of_a_category_act_on_those_who_usually_buy_it() -> None:
    document = PROGRAMME.model_dump()
    document["earning"]["multipliers"] = [{"name": "tea", "percent": 300, "when": {"categories": ["books"]}}]
    programme, people = Programme.model_validate(document), crowd(300)
    readers = np.arange(300) % 3 == 0
    people = replace(people, categories=np.where(readers, 1, 0).astype(np.int32))
    accounts = Accounts(programme, people.joined_on, labels=LABELS)
    arm = Arm.of(programme, BEHAVIOUR, default_effects().only())
    facts = simulate(people, arm, DAYS, Streams(5, 1), accounts)
    entries, bought = facts.entries, facts.purchases
    first = entries["kind"] == KIND["earn"]
    earned = np.bincount(entries["member"][first], entries["amount"][first], 300)
    spent = np.bincount(bought["member"], np.maximum(bought["amount"], 0), 300)
    per_unit = [earned[of].sum() / spent[of].sum() for of in (readers, ~readers)]
    assert per_unit[0] > 2.5 * per_unit[1] > 0


def test_members_go_on_buying_where_and_what_they_bought_last() -> None:
    history = past(200)[0]
    codes = {name: np.full(len(history.purchases.member), -1, np.int32) for name in ("store", "channel")}
    codes["store"] = (history.purchases.member % 2).astype(np.int32)
    codes["categories"] = np.where(np.arange(len(history.purchases.member)) % 5 == 0, -1, 1).astype(np.int32)
    history = replace(
        history, purchases=replace(history.purchases, codes=codes), labels=history.labels | LABELS
    )
    people = todays_members(history, LAST + 1, 100)
    bought = np.unique(history.purchases.member)
    assert np.array_equal(people.store[bought], bought % 2)
    assert set(people.channel) == {-1} and set(people.categories[bought]) <= {-1, 1}
    days = (LAST + 1, LAST + 60)
    facts = simulate(people, Arm.of(PROGRAMME, BEHAVIOUR), days, Streams(1, 1))
    whole = continued(people, facts, PROGRAMME, history)
    new = whole.purchases.day > LAST
    assert new.any()
    assert np.array_equal(whole.purchases.codes["store"][new], people.store[whole.purchases.member[new]])


def test_tiers_by_other_measures_than_spend_are_goals_too() -> None:
    document = PROGRAMME.model_dump()
    document["tiers"] = [
        {"name": "basic"}, {"name": "regular", "reach": {"at_least": {"purchases": 10}}, "entry": "open"}
    ]  # fmt: skip
    document["rewards"] = []
    programme = Programme.model_validate(document)
    accounts = Accounts(programme, np.full(2, FIRST, np.int32))
    for nth in range(4):
        accounts.buy(np.array([1]), FIRST + nth, np.array([100]))
    progress = Goals(programme).progress(accounts, np.arange(2), FIRST + 5)
    assert progress.tolist() == [0.0, 0.4]


def test_near_to_a_dearer_reward_members_wait_and_higher_tiers_redeem_as_often_as_supposed() -> None:
    """Odds of a logit: with the same balance and luck they are as many times as large as the effect says."""
    effects = default_effects().only("saving_up", "tier_redemption")
    effects = effects.with_values(saving_up=0.4, tier_redemption=3.0)
    tier, ahead = np.array([0, 0, 1, 2]), np.array([0.0, 0.5, 0.0, 1.0])
    odds = redeeming_odds(effects, None, ahead, tier)
    assert odds is not None and odds.tolist() == [1.0, 1 + (0.4 - 1) * 0.5, 3.0, pytest.approx(9 * 0.4)]
    assert odds.max() <= most_redeeming_odds(effects, 2) == 9.0
    balance, prices = np.full(200_000, 600), np.array([150, 700])
    luck = (np.arange(len(balance)) + 0.5) / len(balance)
    chance = [
        (chosen_rewards(BEHAVIOUR.redeeming, balance, prices, luck, odds=some) >= 0).mean()
        for some in (None, np.full(len(balance), odds[1]))
    ]
    asked = [one / (1 - one) for one in chance]
    assert asked[1] / asked[0] == pytest.approx(odds[1], rel=1e-3)


def test_tastes_for_waiting_and_of_tiers_move_those_whom_they_concern() -> None:
    """Nobody waits who is past the dearest reward, and in the lowest tier no other odds hold."""
    effects = default_effects().only()
    still = run(crowd(900), effects=effects).entries
    waiting = default_effects().only("saving_up").with_values(saving_up=0.01)
    eager = default_effects().only("tier_redemption").with_values(tier_redemption=20.0)
    taken = [
        (rows["kind"] == KIND["redeem"]).sum() for rows in (still, run(crowd(900), effects=waiting).entries)
    ]
    assert 0 < taken[1] < 0.9 * taken[0]
    moved = run(crowd(900), effects=eager)
    at = np.flatnonzero(moved.entries["kind"] == KIND["redeem"])
    tiers = tier_on(moved.tier_changes, moved.entries["member"][at], moved.entries["at"][at])
    low = np.isin(
        np.arange(900), moved.tier_changes["member"][moved.tier_changes["to_tier"] > 0], invert=True
    )
    mine = [rows["kind"] == KIND["redeem"] for rows in (still, moved.entries)]
    ways = [
        (rows["member"][own], rows["day"][own])
        for rows, own in zip((still, moved.entries), mine, strict=True)
    ]
    same = [[column[low[member]] for column in (member, day)] for member, day in ways]
    assert all(np.array_equal(*pair) for pair in zip(*same, strict=True)) and len(same[0][0]) > 0
    assert (tiers > 0).sum() > 1.2 * (mine[0].sum() - len(same[0][0]))
