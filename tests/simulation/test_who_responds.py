"""Who responds to what the programme does, and for how long: light and moderate buyers, and ever less."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import gamma

from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.behaviour import Purchasing
from simulation.campaigns import Campaign
from simulation.effects import default_effects
from simulation.engine import simulate
from simulation.population import drawn
from simulation.responses import Responses, expected_share, heavy_from
from simulation.streams import Streams, member_keys
from tests.simulation.crowds import BEHAVIOUR, DAYS, FIRST, PROGRAMME, crowd, run
from tests.simulation.test_responses import PEOPLE, TOP, UNMOVED, WELCOMING, deeds, same, temper, with_one


@pytest.mark.parametrize(
    ("key", "size", "is_shared"),
    [("reached_low", 1.4, True), ("missed_low", 0.4, True), ("demotion", 0.5, True),
     ("demotion_high", 0.5, True), ("review_push", 1.9, True), ("endowed_progress", 3.0, True),
     ("redemption_momentum", 1.5, True), ("expiry_purchase", 2.0, True), ("goal_gradient", 0.9, True),
     ("programme_frequency", 1.5, True), ("programme_dropout", 3.0, False), ("programme_basket", 2.0, True),
     ("expiry_redemption", 4.0, False)],
)  # fmt: skip
def test_who_responds_is_asked_by_the_effects_that_the_library_names(
    key: str, size: float, is_shared: bool
) -> None:
    people = crowd(PEOPLE)
    everybody = with_one(key, size).with_values(response_heavy=1.0)
    nobody = everybody.with_values(response_heavy=0.0, response_others=0.0)
    moved, unmoved = (run(people, WELCOMING, effects=effects) for effects in (everybody, UNMOVED))
    assert not same(moved, unmoved)
    assert same(run(people, WELCOMING, effects=nobody), unmoved if is_shared else moved)


@pytest.mark.parametrize(
    ("key", "size", "fades"),
    [("reached_low", 1.4, True), ("missed_low", 0.4, True), ("demotion", 0.5, True),
     ("review_push", 1.9, False), ("endowed_progress", 3.0, False), ("redemption_momentum", 1.5, False),
     ("goal_gradient", 0.9, False), ("programme_frequency", 1.5, True), ("programme_basket", 2.0, True),
     ("programme_dropout", 3.0, False)],
)  # fmt: skip
def test_what_fades_by_the_half_life_is_what_a_change_does(key: str, size: float, fades: bool) -> None:
    people = crowd(PEOPLE)
    slowly, soon = (with_one(key, size).with_values(response_half_life=months) for months in (7, 1))
    assert same(*(run(people, WELCOMING, effects=effects) for effects in (slowly, soon))) != fades


def test_other_goals_than_those_of_the_past_pull_less_the_longer_they_are_known() -> None:
    """What the goals of the past do is in the rates observed; what others add fades."""
    pull = default_effects().only("goal_gradient").with_values(goal_gradient=5.0)
    people = crowd(PEOPLE)
    bare = PROGRAMME.model_copy(update={"rewards": ()})

    def sold(months: float, past: Programme, first_day: int) -> int:
        effects = pull.with_values(response_half_life=months)
        arm = replace(Arm.of(PROGRAMME, BEHAVIOUR, effects), past=past)
        facts = simulate(people, arm, DAYS, Streams(5, 1))
        return int((facts.purchases["day"] >= first_day).sum())

    assert sold(1, PROGRAMME, FIRST) == sold(1000, PROGRAMME, FIRST)
    late = FIRST + 365
    off = run(people, effects=UNMOVED).purchases["day"]
    assert sold(1, bare, late) < 0.9 * sold(1000, bare, late)
    assert sold(1000, bare, late) == pytest.approx(sold(1000, PROGRAMME, late), rel=0.01)
    assert sold(1000, bare, late) > 1.2 * (off >= late).sum()


def test_a_campaign_moves_those_who_respond_and_ever_less_the_longer_ago_it_first_came() -> None:
    people, rates = crowd(PEOPLE), BEHAVIOUR.purchasing
    heavy = np.flatnonzero(drawn(people, BEHAVIOUR, Streams(5, 1)).rate >= heavy_from(BEHAVIOUR))
    assert len(heavy) == pytest.approx(0.2 * PEOPLE, rel=0.1) and rates.level == 1
    weekly = {
        "starts_on": FIRST,
        "ends_on": FIRST + 420,
        "rhythm": "weekly",
        "lasts_days": 7,
        "held_out": 0.0,
    }
    lifting = Campaign(campaign_id="ever", kind="wake_up", lift=1.0, **weekly)
    bringing = Campaign(
        campaign_id="once", kind="wake_up", returns=0.3, starts_on=FIRST + 100, ends_on=FIRST + 110
    )
    still = deeds(run(people, effects=UNMOVED))
    for campaign in (lifting, bringing):
        moved = {one for one, _ in still ^ deeds(run(people, effects=UNMOVED, campaigns=(campaign,)))}
        assert len(moved) > 50 and not moved & {*heavy.tolist()}
    early, loyal = (
        people.joined_on < FIRST + 60,
        BEHAVIOUR.model_copy(update={"purchasing": Purchasing(model="nbd")}),
    )
    bought = []
    for months in (1, 1000):
        effects = UNMOVED.with_values(response_half_life=months)
        rows = run(people, behaviour=loyal, effects=effects, campaigns=(lifting,)).purchases
        bought.append(int((early[rows["member"]] & (rows["day"] > FIRST + 300)).sum()))
    assert bought[0] < 0.9 * bought[1]


def test_whom_a_campaign_brings_back_is_told_of_all_members_together() -> None:
    """No heavy buyer comes, so that of the others more do: of a usual audience as many as told."""
    keys = member_keys([f"m{number}" for number in range(40_000)])
    campaign = Campaign(campaign_id="c", kind="win_back", returns=0.2, starts_on=FIRST, ends_on=FIRST)
    rate = drawn(crowd(40_000), BEHAVIOUR, Streams(5, 1)).rate
    response = Responses(UNMOVED, BEHAVIOUR, temper(rate), TOP).of_all
    comes = campaign.returning(keys, Streams(5, 1), 0, FIRST, UNMOVED, response)
    assert comes.mean() == pytest.approx(0.2, abs=0.01)
    assert not comes[rate >= heavy_from(BEHAVIOUR)].any()


@pytest.mark.parametrize("rates", [{"level": 0.5}, {"level": 2.0}, {"crowding": 1.3}])
def test_a_fifth_are_heavy_buyers_whatever_rates_are_measured_in(rates: dict[str, float]) -> None:
    behaviour = BEHAVIOUR.model_copy(update={"purchasing": Purchasing(**rates)})
    rate = drawn(crowd(20_000), behaviour, Streams(5, 1)).rate
    assert (rate >= heavy_from(behaviour)).mean() == pytest.approx(0.2, abs=0.01)


def test_the_expected_share_of_response_is_that_of_the_purchases_that_come() -> None:
    x, age = np.array([0.0, 3.0, 30.0]), np.array([10.0, 30.0, 50.0])
    rates = BEHAVIOUR.purchasing
    expected = expected_share(default_effects(), BEHAVIOUR, x, age)
    for at in range(3):
        lives = gamma.rvs(rates.r + x[at], scale=1 / (rates.alpha + age[at]), size=400_000, random_state=at)
        assert expected[at] == pytest.approx(
            lives[lives < heavy_from(BEHAVIOUR)].sum() / lives.sum(), abs=0.01
        )
