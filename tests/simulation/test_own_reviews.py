"""Reviews on days of members' own, anniversaries and ends of terms: who hurries before, and who minds."""

from __future__ import annotations

import numpy as np
import pytest

from loyalty_core.days import next_turn
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.effects import Effects, default_effects
from simulation.journal import Facts
from simulation.streams import Streams
from tests.simulation.crowds import BEHAVIOUR, DAYS, FIRST, LAST, PROGRAMME, crowd, run
from tests.simulation.plain_engine import simulate_plainly
from tests.simulation.test_plain_engine import assert_equal_facts
from tests.simulation.test_responses import UNMOVED, deeds, with_one

PEOPLE = crowd(1500, FIRST, FIRST + 80)  # whose first anniversary is within the run
A_WEEK = 7


def reviewed(**rules: object) -> Programme:
    document = PROGRAMME.model_dump(mode="json")
    return Programme.model_validate(document | {"qualification": {"window": "joining_year", **rules}})


ANNIVERSARY = reviewed(reviews="anniversary")
ON_TERMS = Programme.model_validate(
    ANNIVERSARY.model_dump(mode="json")
    | {
        "qualification": {"window": "rolling", "months": 6, "reviews": [], "upgrade": "at_once"},
        "tiers": [
            one | ({"valid_months": 6} if one["name"] != "basic" else {})
            for one in ANNIVERSARY.model_dump(mode="json")["tiers"]
        ],
    }
)


def lived(programme: Programme, effects: Effects) -> Facts:
    return run(PEOPLE, programme, effects=effects)


def strong(key: str, size: float) -> Effects:
    """One effect, which reaches far."""
    return with_one(key, size).with_values(review_push_gap=0.6)


def moved_on(still: Facts, moved: Facts) -> dict[int, int]:
    """The first day on which each member did not as before."""
    found: dict[int, int] = {}
    for member, day in sorted(deeds(still) ^ deeds(moved), reverse=True):
        found[member] = day
    return found


def anniversary_of(member: int) -> int:
    joined = PEOPLE.joined_on[[member]]
    return int(next_turn(joined, 12, joined)[0])


def test_before_their_anniversary_those_hurry_who_are_near_and_have_something_to_lose() -> None:
    still, pushed = (lived(ANNIVERSARY, effects) for effects in (UNMOVED, strong("review_push", 3.0)))
    hurried = moved_on(still, pushed)
    assert len(hurried) > 40
    changes = still.tier_changes
    for member, day in hurried.items():
        assert day >= anniversary_of(member) - 36  # a tenth of the year
        mine = (changes["member"] == member) & (changes["day"] < anniversary_of(member))
        assert changes["to_tier"][mine].max() > 0
    windows = [
        sum(anniversary_of(member) - 36 <= day < anniversary_of(member) for member, day in deeds(facts))
        for facts in (still, pushed)
    ]
    assert windows[1] > 1.02 * windows[0]


def test_before_the_end_of_a_term_members_hurry_and_after_it_they_buy_as_before() -> None:
    still, pushed = (lived(ON_TERMS, effects) for effects in (UNMOVED, strong("review_push", 5.0)))
    hurried = moved_on(still, pushed)
    entered: dict[int, list[int]] = {}
    rows = still.tier_changes
    for member, day, to_tier in zip(
        *(rows[name].tolist() for name in ("member", "day", "to_tier")), strict=True
    ):
        if to_tier:
            entered.setdefault(member, []).append(day)
    assert len(hurried) > 40
    for member, day in hurried.items():
        ends = [int(next_turn(np.array([one]), 6, np.array([one]))[0]) for one in entered[member]]
        assert any(end - 18 <= day for end in ends)  # a tenth of half a year, and what a rush brings later


@pytest.mark.parametrize(("key", "tier"), [("missed_low", 0), ("missed_high", 1)])
def test_who_just_missed_the_next_tier_on_an_anniversary_buys_less_from_then_on(key: str, tier: int) -> None:
    still, missed = (lived(ANNIVERSARY, effects) for effects in (UNMOVED, strong(key, 0.05)))
    minded = moved_on(still, missed)
    assert len(minded) > 5
    for member, day in minded.items():
        assert day >= anniversary_of(member)
    bought = [sum(member in minded for member, _ in deeds(facts)) for facts in (still, missed)]
    assert bought[1] < bought[0]


def test_who_waits_feels_the_fall_of_an_anniversary_within_a_week() -> None:
    """A demotion on a day of one's own is felt by who waits, and not only by who buys again."""
    still, lowered = (lived(ANNIVERSARY, effects) for effects in (UNMOVED, with_one("demotion", 0.02)))
    late = {(member, day) for member, day in deeds(still) if day >= anniversary_of(member) + A_WEEK}
    fell = set(still.tier_changes["member"][still.tier_changes["to_tier"] < still.tier_changes["from_tier"]])
    bought = [sum(member in fell for member, _ in late & deeds(facts)) for facts in (still, lowered)]
    assert len(fell) > 10 and bought[1] < 0.2 * bought[0]


@pytest.mark.parametrize("programme", [ANNIVERSARY, ON_TERMS, reviewed(reviews=["07-01"], grace_days=40)])
def test_members_each_on_their_own_feel_their_reviews_as_the_crowd_does(programme: Programme) -> None:
    effects = default_effects().with_values(
        review_push=4.0,
        review_push_gap=0.8,
        review_push_window=0.5,
        missed_low=0.2,
        missed_high=0.2,
        demotion=0.2,
    )
    people = PEOPLE.part(np.arange(25))
    crowded = run(people, programme, effects=effects)
    arm = Arm.of(programme, BEHAVIOUR, effects)
    assert_equal_facts(crowded, simulate_plainly(people, arm, DAYS, Streams(5, 1)))


def test_nobody_hurries_to_keep_what_no_look_can_take() -> None:
    """A tier that is held beyond a review is not asked for at it, and grace lets the calendar's pass by."""
    who, day = np.array([0]), np.array([FIRST + 100], np.int32)
    for months, asked in ((12, 1000), (1, 333)):
        document = reviewed(reviews=["07-01"]).model_dump(mode="json")
        document["tiers"][1] |= {"valid_months": months}
        accounts = Accounts(Programme.model_validate(document), np.array([FIRST]))
        accounts.standing.enter(who, day, np.array([1]))
        accounts.standing.count(who, day, "spend", np.array([20_000]))
        review = np.array([FIRST + 181], np.int32)
        assert accounts.standing.keeping(who, day, review).tolist() == [asked]
    assert LAST > FIRST + 181
