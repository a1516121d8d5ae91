"""Members choose among what the catalogue offers them, and buy where and what they usually do."""

from dataclasses import replace

import numpy as np

from loyalty_core.kernel.accounts import Accounts
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.continuation import continued
from simulation.effects import default_effects
from simulation.engine import simulate
from simulation.goals import Goals
from simulation.journal import KIND
from simulation.population import todays_members
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
