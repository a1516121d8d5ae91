"""The engine: the published model in, its published figures out; members on their own; rules kept."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.facts import ENTRY_KINDS
from loyalty_core.kernel.replay import replay
from loyalty_core.rules.point_rules import Pending, Refunds
from loyalty_core.rules.programme import Expiry, Programme, Reward, programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Refunding, Season
from simulation.campaigns import Campaign
from simulation.continuation import continued
from simulation.effects import default_effects
from simulation.engine import simulate
from simulation.journal import KIND, Facts
from simulation.population import newcomers
from simulation.scenario import Scenario
from simulation.streams import Streams
from tests.core.drawn import programmes
from tests.simulation.crowds import (
    BEHAVIOUR,
    CDNOW,
    DAYS,
    FIRST,
    LAST,
    PROGRAMME,
    crowd,
    rows_of,
    run,
)

PLAIN = programme_from_dict({"name": "plain"})
PUBLISHED = Behaviour(purchasing=CDNOW)
SIGMAS = 4.0
TABLES = ("purchases", "entries", "tier_changes", "contacts")


def test_bg_nbd_with_the_parameters_of_cdnow_gives_its_expected_purchases() -> None:
    n, weeks = 400_000, 78
    people = newcomers([str(number) for number in range(n)], np.zeros(n, np.int32))
    facts = simulate(people, Arm.of(PLAIN, PUBLISHED), (0, 7 * weeks - 1), Streams(1, 1))
    for until, expected in ((1, 0.0532), (32, 1.0437), (78, 1.8576)):
        early = facts.purchases["day"] < 7 * until
        bought = np.bincount(facts.purchases["member"][early], minlength=n)
        error = bought.std() / np.sqrt(n)
        assert abs(bought.mean() - expected) < SIGMAS * error + 0.00005  # the reference is rounded


def test_a_member_seeded_from_the_past_gives_the_conditional_expectation() -> None:
    # E[X(39) | x = 2, tx = 30.43, T = 38.86] = 1.226, model.md section 1.
    n = 200_000
    known = {"repeats": 2.0, "recency": 30.43, "age": 38.86}
    people = newcomers([str(number) for number in range(n)], np.full(n, -300, np.int32))
    people = replace(people, **{name: np.full(n, value) for name, value in known.items()})
    facts = simulate(people, Arm.of(PLAIN, PUBLISHED), (0, 7 * 39 - 1), Streams(1, 1))
    bought = np.bincount(facts.purchases["member"], minlength=n)
    assert abs(bought.mean() - 1.226) < SIGMAS * bought.std() / np.sqrt(n) + 0.0005


def test_amounts_have_the_mean_of_gamma_gamma() -> None:
    facts = run(crowd(20_000), PLAIN, PUBLISHED)
    who, amount = facts.purchases["member"], facts.purchases["amount"] / 100
    first = np.unique(who, return_index=True)[1]
    spending = PUBLISHED.spending
    error = amount[first].std() / np.sqrt(len(first))
    assert abs(amount[first].mean() - spending.mean) < SIGMAS * error


def test_sales_follow_the_season() -> None:
    season = Season(weekdays=(1, 1, 1, 1, 1, 3, 2))
    people = crowd(4000)
    rows = run(people, PLAIN, Behaviour(season=season)).purchases
    later = rows["day"] > people.joined_on[rows["member"]]  # joining itself follows no season
    counts = np.bincount((rows["day"][later] + 3) % 7, minlength=7)
    expected = np.array(season.weekdays) / sum(season.weekdays) * counts.sum()
    assert np.all(np.abs(counts - expected) < 5 * np.sqrt(expected))


@pytest.fixture(scope="module")
def whole() -> Facts:
    return run(crowd(900))


def test_one_more_member_changes_nobody_else(whole: Facts) -> None:
    people = crowd(900)
    without = people.part(np.arange(900) != 417)
    others = run(without)
    for table in TABLES:
        all_rows = rows_of(getattr(whole, table), people.ids)
        del all_rows[people.ids[417]]
        assert rows_of(getattr(others, table), without.ids) == all_rows


@pytest.mark.parametrize("parts", [2, 3, 7])
def test_members_live_the_same_life_in_any_part_and_order(whole: Facts, parts: int) -> None:
    people = crowd(900)
    order = np.random.default_rng(1).permutation(900)
    for part in np.array_split(order, parts):
        some = people.part(part)
        facts = run(some)
        for table in TABLES:
            alone, together = (
                rows_of(getattr(which, table), p.ids) for which, p in ((facts, some), (whole, people))
            )
            assert alone == {one: together[one] for one in alone}


def test_the_same_run_twice_is_the_same_and_another_replication_is_not(whole: Facts) -> None:
    again = run(crowd(900))
    for table in TABLES:
        for name, column in getattr(whole, table).items():
            assert np.array_equal(column, getattr(again, table)[name])
    other = simulate(crowd(900), Arm.of(PROGRAMME, BEHAVIOUR), DAYS, Streams(5, 2))
    assert not np.array_equal(other.purchases["at"][:500], whole.purchases["at"][:500])


def test_no_balance_is_negative_at_any_moment(whole: Facts) -> None:
    held: dict[int, int] = {}
    for member, amount in zip(
        whole.entries["member"].tolist(), whole.entries["amount"].tolist(), strict=True
    ):
        held[member] = held.get(member, 0) + amount
        assert held[member] >= 0
    kinds = {ENTRY_KINDS[kind] for kind in np.unique(whole.entries["kind"])}
    assert kinds == {"earn", "redeem", "expire", "reverse"}  # the run has seen all of them


def test_a_redemption_takes_exactly_the_price_of_its_reward(whole: Facts) -> None:
    redeemed = whole.entries["kind"] == KIND["redeem"]
    prices = np.array([PROGRAMME.point_units(reward.points) for reward in PROGRAMME.rewards])
    assert redeemed.sum() > 100
    assert np.array_equal(-whole.entries["amount"][redeemed], prices[whole.entries["reward"][redeemed]])
    assert np.all(whole.entries["reward"][~redeemed] == -1)


def test_each_refund_takes_back_an_earlier_sale_once(whole: Facts) -> None:
    rows = whole.purchases
    sales: dict[tuple[int, int], tuple[int, int]] = {}
    refunds = 0
    for member, nth, amount, day, refund in zip(
        *(rows[name].tolist() for name in ("member", "ordinal", "amount", "day", "refund")), strict=True
    ):
        if refund:
            sold, on = sales.pop((member, nth))  # KeyError: never sold, or returned twice
            assert amount == -sold and 1 <= day - on <= BEHAVIOUR.refunding.within_days
            refunds += 1
        else:
            sales[(member, nth)] = (amount, day)
    assert 0.03 < refunds / (refunds + len(sales)) < 0.07


def test_everything_happens_within_the_days_and_after_joining(whole: Facts) -> None:
    people = crowd(900)
    for table in TABLES:
        rows = getattr(whole, table)
        assert np.all((rows["day"] >= FIRST) & (rows["day"] <= LAST))
        assert np.all(rows["day"] >= people.joined_on[rows["member"]])


@settings(max_examples=40)
@given(
    programme=programmes(),
    wait=st.sampled_from([0, 10, 40]),
    claw_back=st.sampled_from(["within_balance", "pending_only", "allow_negative"]),
    inactivity=st.sampled_from([None, 1, 3]),
    partial=st.sampled_from([0.0, 0.7]),
    seed=st.integers(0, 10_000),
)
def test_ledger_and_tiers_are_what_the_replay_of_the_purchases_derives(
    programme: Programme, wait: int, claw_back: Any, inactivity: int | None, partial: float, seed: int
) -> None:
    expiry = programme.expiry.model_copy(update={"inactivity_months": inactivity})
    rules = {"expiry": expiry, "pending": Pending(days=wait), "refunds": Refunds(claw_back=claw_back)}
    programme = programme.model_copy(update=rules)
    people = crowd(60)
    behaviour = Behaviour(refunding=Refunding(share=0.2, within_days=30, partial=partial))
    facts = simulate(people, Arm.of(programme, behaviour), DAYS, Streams(seed, 1))
    derived = replay(continued(people, facts, programme), programme, LAST)
    for name in ("member", "at", "kind", "amount", "available_on", "expires_on"):
        assert np.array_equal(np.asarray(getattr(derived.entries, name)), facts.entries[name]), name
    for name in ("member", "at", "from_tier", "to_tier"):
        assert np.array_equal(np.asarray(getattr(derived.tier_changes, name)), facts.tier_changes[name]), name


def test_nothing_differs_before_a_change_takes_effect(whole: Facts) -> None:
    # Points that live 3 instead of 8 months are missed by nobody in the first 3 months of the programme,
    # and nobody sees that they will be gone before the last month of them.
    shorter = run(crowd(900), Scenario(changes={"expiry.months": 3}).programme(PROGRAMME))
    first_expiry = int(shorter.entries["day"][shorter.entries["kind"] == KIND["expire"]].min())
    assert first_expiry >= FIRST + 89
    first_expiry -= int(default_effects().expiry_window.size)
    for table in TABLES:
        before, after = getattr(whole, table), getattr(shorter, table)
        kept_before, kept_after = before["day"] < first_expiry, after["day"] < first_expiry
        assert kept_before.sum() > 0 or table == "contacts"
        for name in set(before) - {"expires_on"}:
            assert np.array_equal(before[name][kept_before], after[name][kept_after])
    assert shorter.entries["amount"].sum() < whole.entries["amount"].sum()


def test_without_goals_ahead_or_with_the_effect_switched_off_nobody_hurries() -> None:
    without_goals = PROGRAMME.model_copy(update={"rewards": (), "tiers": PROGRAMME.tiers[:1]})
    pull = default_effects().only("goal_gradient")
    plain = run(crowd(900), without_goals, effects=pull)
    switched_off = run(crowd(900), effects=pull.switched(goal_gradient=False))
    sold = [facts.purchases["at"][~facts.purchases["refund"]] for facts in (plain, switched_off)]
    assert np.array_equal(*sold)
    pulled = run(crowd(900), effects=pull).purchases["refund"]
    assert 1.02 < (~pulled).sum() / len(sold[0]) < 1.25


def test_a_campaign_moves_those_treated_and_nobody_else() -> None:
    people = crowd(6000)
    wake_up = Campaign(
        campaign_id="spring", kind="wake_up", starts_on=FIRST + 300, ends_on=FIRST + 320,
        after_days=30, until_days=120, lift=2.0, held_out=0.5,
    )  # fmt: skip
    without, with_it = run(people), run(people, campaigns=(wake_up,))
    chosen, treated = with_it.contacts["member"], with_it.contacts["treated"]
    assert 0.4 < treated.mean() < 0.6
    during = (with_it.purchases["day"] >= wake_up.starts_on) & (with_it.purchases["day"] <= wake_up.ends_on)
    bought = (
        np.bincount(with_it.purchases["member"][during & ~with_it.purchases["refund"]], minlength=6000) > 0
    )
    rates = bought[chosen[treated]].mean(), bought[chosen[~treated]].mean()
    assert rates[0] > 1.5 * rates[1] > 0
    others = np.setdiff1d(np.arange(6000), chosen[treated])
    then, now = (rows_of(facts.purchases, people.ids) for facts in (without, with_it))
    assert all(then[people.ids[one]] == now[people.ids[one]] for one in others)


def test_raising_the_top_threshold_leaves_fewer_at_the_top(whole: Facts) -> None:
    higher = run(crowd(900), Scenario(changes={"tiers.gold.threshold": 3000}).programme(PROGRAMME))
    at_the_top = [_last_tier(facts, 900) == 2 for facts in (whole, higher)]
    assert at_the_top[1].sum() < 0.7 * at_the_top[0].sum()


def test_a_programme_without_rewards_expiry_or_reviews_runs() -> None:
    bare = PROGRAMME.model_copy(update={"rewards": (), "expiry": Expiry(months=None)})
    assert set(np.unique(run(crowd(200), bare).entries["kind"])) <= {KIND["earn"], KIND["reverse"]}
    nobody = run(crowd(0))
    assert all(len(getattr(nobody, table)["member"]) == 0 for table in TABLES)


def test_a_reward_too_dear_for_everybody_is_never_taken() -> None:
    dear = PROGRAMME.model_copy(update={"rewards": (Reward(name="car", points=10**9),)})
    assert KIND["redeem"] not in run(crowd(300), dear).entries["kind"]


def _last_tier(facts: Facts, n: int) -> np.ndarray:
    tier = np.full(n, -1)
    tier[facts.tier_changes["member"]] = facts.tier_changes["to_tier"]  # sorted: the last one stays
    return tier
