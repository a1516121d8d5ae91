"""What is tallied of a run is, to the unit, what period facts count on the history that it brings about."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.counting.cuts import cut
from loyalty_core.counting.families import families_for
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.period_facts import counted
from loyalty_core.history import History
from loyalty_core.periods import periods
from loyalty_core.rules.point_rules import Pending, Refunds
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import Behaviour, Refunding, Storing
from simulation.campaigns import Campaign
from simulation.continuation import continued
from simulation.engine import simulate
from simulation.figures import NEEDED, TIER
from simulation.journal import Facts
from simulation.outset import outset
from simulation.population import Population
from simulation.shard import shards
from simulation.streams import Streams
from simulation.tally import tallied
from tests.core.drawn import programmes
from tests.simulation.arms_by_lot import with_coupons
from tests.simulation.crowds import BEHAVIOUR, DAYS, FIRST, LAST, PROGRAMME, crowd, past, run

OF_CAMPAIGNS = {"campaign_cost", "campaign_costs_known"}
PRICED = PROGRAMME.model_copy(update={"cost_per_point": Decimal("0.013")})


@pytest.fixture(scope="module", autouse=True)
def pieces_of_few_rows() -> Iterator[None]:
    """So that what some members do is read in many pieces, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("simulation.tally._PIECE", 50)
        yield


def assert_as_counted(
    population: Population, before: History | None, facts: Facts, programme: Programme, days: tuple[int, int]
) -> None:
    months = periods(*days, "month")
    history = continued(population, facts, programme, before)
    grid = Grid(months, cut(history, programme, [TIER]))
    plain = counted(history, programme, grid, families_for(grid.cut, NEEDED))
    found = tallied(population, before, facts, programme, months)
    assert found.keys() >= NEEDED
    for name in NEEDED - OF_CAMPAIGNS:  # a cut by tier has no place for them
        assert np.array_equal(found[name], plain[name]), name


@settings(max_examples=25)
@given(
    programme=programmes(),
    wait=st.sampled_from([0, 40]),
    claw_back=st.sampled_from(["within_balance", "allow_negative"]),
    seed=st.integers(0, 10_000),
)
def test_a_tally_of_newcomers_is_what_is_counted(
    programme: Programme, wait: int, claw_back: str, seed: int
) -> None:
    rules = {"pending": Pending(days=wait), "refunds": Refunds(claw_back=claw_back)}
    programme, people = with_coupons(programme.model_copy(update=rules), Random(seed)), crowd(80)
    arm = Arm.of(programme, Behaviour(refunding=Refunding(share=0.2, within_days=30, partial=0.5)))
    facts = simulate(people, arm, DAYS, Streams(seed, 1))
    assert_as_counted(people, None, facts, programme, DAYS)


@pytest.fixture(scope="module")
def history() -> History:
    return past(500)[0]


def test_a_tally_of_members_with_a_past_is_what_is_counted(history: History) -> None:
    start = outset(history, PROGRAMME, 9, 1, Behaviour())
    left_on = start.past.members.left_on.copy()
    left_on[::7] = start.days[0] + 100
    start = replace(start, past=replace(start.past, members=replace(start.past.members, left_on=left_on)))
    arm = Arm.of(PROGRAMME, start.behaviour)
    for part in shards(start, [PROGRAMME], 200):
        standing = part.accounts[0]
        facts = simulate(part.population, arm, start.days, Streams(3, 1), standing and standing.copy())
        assert_as_counted(part.population, part.past, facts, PROGRAMME, start.days)


def test_rewards_and_benefits_cost_what_is_counted() -> None:
    tiers = [tier.model_dump() for tier in PRICED.tiers]
    tiers[1]["benefits"] = [{"name": "lounge", "cost_per_month": "1.25"}]
    programme = Programme.model_validate(PRICED.model_dump() | {"tiers": tiers})
    people = crowd(300)
    facts = run(people, programme)
    assert_as_counted(people, None, facts, programme, DAYS)
    months = periods(*DAYS, "month")
    found = tallied(people, None, facts, programme, months)
    assert found["tier_benefit_cost"].sum() > 0 and found["reward_cost"].sum() > 0


def test_bonus_on_cards_is_what_is_counted() -> None:
    rules = {"bonuses": [{"from_amount": 100, "bonus_share": "0.2"}], "bonus_expiry": {"months": 2}}
    programme = programme_from_dict(PROGRAMME.model_dump(mode="json") | {"stored_value": rules})
    storing = Storing(holders=0.8, tops_up=0.5)
    facts = run(crowd(150), programme, BEHAVIOUR.model_copy(update={"storing": storing}))
    assert_as_counted(crowd(150), None, facts, programme, DAYS)
    found = tallied(crowd(150), None, facts, programme, periods(*DAYS, "month"))
    given = found["stored_value_bonus_given"].sum(axis=1)
    assert (given > 0).any() and (given < 0).any()


def test_campaigns_cost_what_their_contacts_do_on_the_last_day_that_is_run() -> None:
    told = {"kind": "wake_up", "cost_minor": 35, "starts_on": FIRST + 60}
    plan = (
        Campaign(campaign_id="over", ends_on=FIRST + 65, **told),
        Campaign(campaign_id="going on", ends_on=LAST + 90, after_days=30, **told),
    )
    facts = run(crowd(300), campaigns=plan)
    found = tallied(crowd(300), None, facts, PROGRAMME, periods(*DAYS, "month"), plan)
    cost, contacts = found["campaign_cost"], facts.contacts
    treated = [int((contacts["treated"] & (contacts["campaign"] == one)).sum()) for one in (0, 1)]
    assert treated[0] > treated[1] > 0
    assert cost[2, 0] == 35 * treated[0] and cost[-1, 0] == 35 * treated[1]
    assert cost.sum() == 35 * sum(treated)
    assert (found["campaign_costs_known"][:, 0] > 0).all()


def test_nobody_at_all_counts_as_nothing() -> None:
    found = tallied(crowd(0), None, run(crowd(0)), PROGRAMME, periods(*DAYS, "month"))
    assert all(not found[name].any() for name in found.keys() - OF_CAMPAIGNS)
