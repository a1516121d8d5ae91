"""Responses to what befalls members: each moves what it should and only that; off, not a bit."""

import gc
import weakref

import numpy as np
import pytest
from scipy.stats import gamma

from loyalty_core.rules.programme import Expiry, Programme
from simulation.arm import Arm
from simulation.behaviour import Behaviour
from simulation.crowd import Crowd
from simulation.effects import Effects, default_effects
from simulation.engine import clock_of
from simulation.journal import KIND, Facts
from simulation.population import Temper, drawn
from simulation.responses import WEEKS_PER_MONTH, Responses
from simulation.scenario import Scenario
from simulation.streams import Streams
from tests.simulation.crowds import BEHAVIOUR, DAYS, FIRST, PROGRAMME, crowd, rows_of, run

TABLES = ("purchases", "entries", "tier_changes")
UNMOVED = default_effects().only()
PEOPLE = 1500
YEARLY = Programme.model_validate(
    PROGRAMME.model_dump() | {"qualification": {"window": "calendar", "reviews": ["01-01"]}}
)
# Under which every effect has something to act on.
WELCOMING = Scenario(
    changes={"qualification.reviews": ["04-01", "08-01", "12-01"]}, joining={"points": 100}
).programme(YEARLY)
TOP, LIGHT = 2, 0


@pytest.fixture(scope="module")
def unmoved() -> Facts:
    return run(crowd(PEOPLE), effects=UNMOVED)


def with_one(key: str, value: float | None = None) -> Effects:
    effects = default_effects().only(key)
    return effects if value is None else effects.with_values(**{key: value})


def same(one: Facts, other: Facts) -> bool:
    return all(
        np.array_equal(getattr(one, table)[name], column)
        for table in TABLES
        for name, column in getattr(other, table).items()
    )


def touched(one: Facts, other: Facts) -> set[str]:
    """The members whose purchases differ."""
    ids = crowd(PEOPLE).ids
    before, after = (rows_of(facts.purchases, ids) for facts in (one, other))
    return {member for member in before if before[member] != after[member]}


def members_of(rows: np.ndarray) -> set[str]:
    ids = crowd(PEOPLE).ids
    return {str(ids[place]) for place in np.unique(rows)}


@pytest.mark.parametrize(
    ("key", "neutral"),
    [("redemption_momentum", 1.0), ("reached_low", 1.0), ("demotion", 1.0), ("expiry_redemption", 1.0),
     ("review_push", 1.0), ("programme_frequency", 1.0), ("programme_dropout", 1.0)],
)  # fmt: skip
def test_an_effect_at_its_neutral_value_changes_not_a_bit(unmoved: Facts, key: str, neutral: float) -> None:
    effects = with_one(key).with_values(**{key: neutral})
    effects = effects.model_copy(
        update={key: getattr(effects, key).model_copy(update={"low": neutral, "high": neutral})}
    )
    assert same(run(crowd(PEOPLE), effects=effects), unmoved)


def test_momentum_moves_those_who_redeem_after_they_have(unmoved: Facts) -> None:
    moved = run(crowd(PEOPLE), effects=with_one("redemption_momentum", 1.5))
    redeemed = unmoved.entries["kind"] == KIND["redeem"]
    assert len(touched(unmoved, moved)) > 0 and touched(unmoved, moved) <= members_of(
        unmoved.entries["member"][redeemed]
    )
    first = int(unmoved.entries["day"][redeemed].min())
    for facts in (unmoved, moved):
        assert np.array_equal(
            facts.purchases["at"][facts.purchases["day"] < first],
            unmoved.purchases["at"][unmoved.purchases["day"] < first],
        )
    assert (~moved.purchases["refund"]).sum() > 1.01 * (~unmoved.purchases["refund"]).sum()


def test_reaching_a_tier_lifts_those_who_reach_it_and_demotion_lowers(unmoved: Facts) -> None:
    changes = unmoved.tier_changes
    up = (changes["from_tier"] >= 0) & (changes["to_tier"] > changes["from_tier"])
    down = changes["to_tier"] < changes["from_tier"]
    lifted = run(crowd(PEOPLE), effects=with_one("reached_low", 1.4))
    lowered = run(crowd(PEOPLE), effects=with_one("demotion", 0.5))
    assert len(touched(unmoved, lifted)) > 0 and touched(unmoved, lifted) <= members_of(changes["member"][up])
    assert len(touched(unmoved, lowered)) > 0 and touched(unmoved, lowered) <= members_of(
        changes["member"][down]
    )
    bought = [len(facts.purchases["at"]) for facts in (lowered, unmoved, lifted)]
    assert bought[0] < bought[1] < bought[2]


def test_heavy_buyers_do_not_respond_unless_they_are_supposed_to(unmoved: Facts) -> None:
    """Heavy is whose own rate is among the highest fifth of all rates."""
    people, rates = crowd(PEOPLE), BEHAVIOUR.purchasing
    often = gamma.ppf(0.8, rates.r, scale=1 / rates.alpha)
    heavy = members_of(np.flatnonzero(drawn(people, BEHAVIOUR, Streams(5, 1)).rate >= often))
    reached = with_one("reached_low", 1.4)
    moved = touched(unmoved, run(people, effects=reached))
    assert len(moved) > 50 and not moved & heavy
    turned = reached.with_values(response_heavy=1.0, response_others=0.0)
    moved = touched(unmoved, run(people, effects=turned))
    assert len(moved) > 50 and moved <= heavy


def test_points_that_will_soon_be_gone_are_redeemed_more(unmoved: Facts) -> None:
    spent = run(crowd(PEOPLE), effects=with_one("expiry_redemption", 3.0))
    counts = [
        (facts.entries["amount"][facts.entries["kind"] == KIND["expire"]].sum()) for facts in (unmoved, spent)
    ]
    assert counts[0] < counts[1] < 0  # fewer points expire
    gone = unmoved.entries["expires_on"][unmoved.entries["kind"] == KIND["earn"]]
    window = int(default_effects().expiry_window.size)
    early = spent.entries["day"] < int(gone.min()) - window
    assert np.array_equal(
        spent.entries["amount"][early],
        unmoved.entries["amount"][unmoved.entries["day"] < int(gone.min()) - window],
    )


def test_who_has_points_that_will_soon_be_gone_buys_more_where_that_is_supposed(unmoved: Facts) -> None:
    hurried = run(crowd(PEOPLE), effects=with_one("expiry_purchase", 2.0))
    assert len(hurried.purchases["day"]) > len(unmoved.purchases["day"])
    gone = unmoved.entries["expires_on"][unmoved.entries["kind"] == KIND["earn"]]
    soon = int(gone.min()) - int(default_effects().expiry_window.size)
    assert np.array_equal(
        *(rows["at"][rows["day"] < soon] for rows in (unmoved.purchases, hurried.purchases))
    )
    idle = np.setdiff1d(np.arange(PEOPLE), unmoved.purchases["member"][unmoved.purchases["day"] > FIRST + 90])
    waiting = np.isin(hurried.purchases["member"], idle) & (hurried.purchases["day"] > FIRST + 90)
    assert waiting.any()  # who has long waited comes because points are about to go
    lasting = PROGRAMME.model_copy(update={"expiry": Expiry()})
    one, other = (run(crowd(60), lasting, effects=with_one("expiry_purchase", size)) for size in (1.0, 2.0))
    assert same(one, other)


def test_before_a_yearly_review_those_hurry_who_are_near_and_have_something_to_lose() -> None:
    still, pushed = (
        run(crowd(PEOPLE), YEARLY, effects=effects) for effects in (UNMOVED, with_one("review_push", 1.9))
    )
    review = FIRST + 365
    near = touched(still, pushed)
    assert near
    early = still.purchases["day"] < review - 37
    assert np.array_equal(
        still.purchases["at"][early], pushed.purchases["at"][pushed.purchases["day"] < review - 37]
    )
    tier = still.tier_changes
    above = (tier["to_tier"] > 0) & (tier["day"] < review)
    assert near <= members_of(tier["member"][above])
    during = [
        ((facts.purchases["day"] >= review - 36) & (facts.purchases["day"] < review)).sum()
        for facts in (still, pushed)
    ]
    assert during[1] > during[0]


def test_missing_a_goal_by_little_slows_down_where_a_window_ends_with_the_review() -> None:
    still, missed = (
        run(crowd(PEOPLE), YEARLY, effects=effects) for effects in (UNMOVED, with_one("missed_low", 0.4))
    )
    assert touched(still, missed)
    early = still.purchases["day"] < FIRST + 365
    kept = missed.purchases["day"] < FIRST + 365
    assert np.array_equal(still.purchases["at"][early], missed.purchases["at"][kept])
    assert len(missed.purchases["at"]) < len(still.purchases["at"])
    rolling = run(crowd(300), effects=with_one("missed_low", 0.4))
    assert same(rolling, run(crowd(300), effects=UNMOVED))


def test_a_mood_fades_by_half_in_the_half_life() -> None:
    responses = felt()
    who, weeks = np.array([LIGHT]), np.array([10.0])
    responses.moved(who, weeks, np.array([1]), np.array([0]))
    half = default_effects().response_half_life.size * WEEKS_PER_MONTH
    size = default_effects().demotion.size - 1
    for halves, left in ((0, 1.0), (1, 0.5), (3, 0.125)):
        factor = responses.pace(who, weeks + halves * half)
        assert factor is not None and factor[0] == pytest.approx(1 + size * left)
        chance = responses.leaving(who, weeks + halves * half)
        more = default_effects().demotion_dropout.size - 1
        assert chance is not None and chance[0] == pytest.approx(1 + more * left)


def test_usual_momentum_is_neutral_on_average() -> None:
    usual = 0.4
    responses = felt(Behaviour(usual_momentum=usual), ago=np.array([0.0, np.inf]))
    factor = responses.pace(np.arange(2), np.zeros(2))
    assert factor is not None and factor[0] > 1 > factor[1]
    assert usual * factor[0] + (1 - usual) * factor[1] == pytest.approx(1.0)


def test_losing_the_highest_tier_is_felt_as_the_library_says_of_it() -> None:
    who, weeks = np.array([LIGHT]), np.zeros(1)
    for lost, size in ((TOP, default_effects().demotion_high), (1, default_effects().demotion)):
        responses = felt()
        responses.moved(who, weeks, np.array([lost]), np.array([lost - 1]))
        factor = responses.pace(who, weeks)
        assert factor is not None and factor[0] == pytest.approx(size.size)


def deeds(facts: Facts) -> set[tuple[int, int]]:
    """Who bought on which day."""
    return set(zip(facts.purchases["member"].tolist(), facts.purchases["day"].tolist(), strict=True))


def temper(rate: np.ndarray) -> Temper:
    """Members of these rates, all of whom are there and redeem."""
    yes = np.ones(len(rate), bool)
    return Temper(rate=rate, dropout=rate, spend_scale=rate, alive=yes, redeems=yes)


def felt(behaviour: Behaviour = BEHAVIOUR, ago: np.ndarray | None = None) -> Responses:
    """Two light buyers under all effects of the library."""
    return Responses(default_effects(), behaviour, temper(np.full(2, 0.05)), TOP, ago)


def test_members_and_what_they_felt_go_with_the_run() -> None:
    """Not when the garbage is collected some time: a worker would hold what several replications were."""
    arm, streams = Arm.of(PROGRAMME, BEHAVIOUR), Streams(5, 1)
    gc.disable()
    try:
        members = Crowd(crowd(5), arm, clock_of(arm, DAYS, streams), streams, None)
        members.advance(FIRST + 60)
        gone = weakref.ref(members), weakref.ref(members.responses)
        del members
        assert [one() for one in gone] == [None, None]
    finally:
        gc.enable()
