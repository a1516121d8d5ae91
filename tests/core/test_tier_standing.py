"""Tiers by any measure, window and way in, held against members that live day by day in plain Python."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.days import NEVER, to_date
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.explanation import explain
from loyalty_core.tiers.tier_standing import TierStanding
from tests.core.drawn import days, ints
from tests.core.drawn_tiers import FIRST, Arrays, Lot, documents, plainly
from tests.core.plain_tiers import PlainTiers


@settings(max_examples=150)
@given(documents(), st.integers(0, 2**32).map(Lot))
def test_members_move_between_tiers_and_get_on_towards_the_next_as_in_plain_python(
    programme: Programme, lot: Lot
) -> None:
    members, done = lot.members(), lot.acts()
    until = max([FIRST + timedelta(days=900), *(act.on for act in done)])
    plain = plainly(programme, members, done, until)
    arrays = Arrays(programme, members)
    arrays.run(done, until)
    for found, member in zip(arrays.moves, plain, strict=True):
        assert found == one_move_an_offer(member)
    assert arrays.standing.tier.tolist() == [member.tier for member in plain]
    assert arrays.standing.since.tolist() == days([member.since for member in plain]).tolist()
    everybody, close = np.arange(len(plain)), days([until] * len(plain))
    assert arrays.standing.progress(everybody, close).tolist() == [progress(one, until) for one in plain]


def progress(member: PlainTiers, day: date) -> int:
    """How much of the way to the next tier that measures reach is done, in thousandths."""
    for number in range(member.tier + 1, len(member.programme.tiers)):
        tier = member.programme.tiers[number]
        new = tier.newcomer and (day - member.joined_on).days < tier.newcomer_days
        if asked := tier.newcomer if new else member.what_reaches(number):
            least = {name: Fraction(value) for name, value in asked.at_least.items()}
            shares = [member.total(name, asked, day) / value for name, value in least.items()]
            needed = len(shares) if asked.met == "all" else asked.met
            return floor(1000 * max(0, min(1, sorted(shares, reverse=True)[needed - 1])))
    return 1000


def one_move_an_offer(member: PlainTiers) -> list[tuple[int, int, int]]:
    """Moves by several offers in one purchase are one."""
    found: list[tuple] = []
    for day, before, after, how in member.moves:
        if how == "offer" and found and found[-1][::3] == (day, "offer"):
            before = found.pop()[1]
        found.append((day, before, after, how))
    return [(int(days([day])[0]), before, after) for day, before, after, _ in found]


ONE = ints([0])


def on(day: date) -> np.ndarray:
    return days([day])


def standing_of(joined: date, upper: list[dict], left: date | None = None, **rule) -> TierStanding:
    """One member of a programme whose lowest tier is "member"."""
    return TierStanding(club(upper, **rule), on(joined), on(left) if left else ints([NEVER]))


def club(upper: list[dict], **rule) -> Programme:
    return Programme(name="club", tiers=({"name": "member"}, *upper), qualification={"reviews": ()} | rule)


def buy(standing: TierStanding, day: date, amount_minor: int) -> int:
    """One order; the tier after it."""
    standing.settle(ONE, on(day))
    standing.count(ONE, on(day), "spend", ints([amount_minor]))
    standing.count(ONE, on(day), "purchases", ONE + 1)
    return int(standing.lift(ONE, on(day))[0])


def moves(standing: TierStanding, upto: date) -> list[tuple[date, int]]:
    """Moves that fell due, as (day, tier)."""
    found = standing.settle(ONE, on(upto))
    return [(to_date(day), int(to)) for day, to in zip(found.day, found.to_tier, strict=True)]


LEVEL_TWO = {
    "name": "two",
    "reach": {"at_least": {"spend": 1000}, "window": "rolling", "months": 12},
    "keep": {"at_least": {"spend": 500, "purchases": 3}, "window": "tier_year"},
    "valid_months": 12,
}


@pytest.mark.parametrize(
    ("orders", "kept"),
    [([499_98, 1], True), ([499_97, 1], False), ([900_00], False), ([], False), ([1, 499_98, 1], True)],
)
def test_level_two_is_reached_at_1000_and_kept_with_500_and_three_orders(orders, kept) -> None:
    """The published example. What was ordered on the day of entering is the first of the tier's year."""
    standing = standing_of(date(2024, 1, 5), [LEVEL_TWO])
    assert buy(standing, date(2024, 1, 31), 999_99) == 0
    assert buy(standing, date(2024, 2, 29), 1) == 1
    for number, amount in enumerate(orders):
        buy(standing, date(2024, 4, 1) + timedelta(days=number), amount)
    assert moves(standing, date(2025, 2, 27)) == []
    assert moves(standing, date(2025, 2, 28)) == ([] if kept else [(date(2025, 2, 28), 0)])


@pytest.mark.parametrize(("downgrade", "to"), [("one_level", 2), ("to_earned", 0), ("never", 3)])
def test_a_review_takes_a_member_as_far_down_as_the_programme_says(downgrade: str, to: int) -> None:
    upper = [{"name": f"t{n}", "threshold": 100 * n} for n in (1, 2, 3)]
    standing = standing_of(date(2024, 1, 5), upper, reviews="anniversary", months=1, downgrade=downgrade)
    assert buy(standing, date(2024, 2, 1), 300_00) == 3
    moves(standing, date(2025, 1, 5))
    assert standing.tier[0] == to


@pytest.mark.parametrize("review", ["2024-03-31", "2024-04-01"])
def test_nobody_falls_within_the_minimum_stay(review: str) -> None:
    gold = {"name": "gold", "threshold": 100}
    standing = standing_of(date(2024, 1, 5), [gold], months=1, minimum_stay_months=2)
    buy(standing, date(2024, 2, 1), 100_00)
    standing.review(int(on(date.fromisoformat(review))[0]))
    assert standing.tier[0] == (1 if review == "2024-03-31" else 0)


def test_a_tier_given_in_grace_ends_it() -> None:
    silver = {"name": "silver", "threshold": 100, "direct": [{"purchase_of": 50, "valid_months": 6}]}
    standing = standing_of(date(2024, 1, 5), [silver], months=1, grace_days=30)
    buy(standing, date(2024, 2, 1), 100_00)
    standing.review(int(on(date(2024, 4, 1))[0]))
    assert standing.grace_until[0] == on(date(2024, 5, 1))[0]
    standing.direct(ONE, on(date(2024, 4, 20)), ints([50_00]), ints([-1]))
    assert moves(standing, date(2024, 10, 19)) == []
    # Half a year later it is looked at: too little, so grace runs once more.
    assert moves(standing, date(2024, 11, 30)) == [(date(2024, 11, 19), 0)]


def test_a_tier_given_in_grace_without_a_time_saves_nobody() -> None:
    """It promises nothing beyond what the tier asks to be kept."""
    silver = {"name": "silver", "threshold": 100, "direct": [{"purchase_of": 50}]}
    standing = standing_of(date(2024, 1, 5), [silver], months=1, grace_days=30)
    buy(standing, date(2024, 2, 1), 100_00)
    standing.review(int(on(date(2024, 4, 1))[0]))
    standing.direct(ONE, on(date(2024, 4, 20)), ints([50_00]), ints([-1]))
    assert moves(standing, date(2024, 5, 2)) == [(date(2024, 5, 1), 0)]


def test_grace_is_a_second_chance_at_its_end_and_reviews_meanwhile_pass_by() -> None:
    def reviewed(spent_in_grace: int) -> list[int]:
        silver = {"name": "silver", "threshold": 100}
        standing = standing_of(date(2024, 1, 5), [silver], months=2, grace_days=40)
        buy(standing, date(2024, 2, 1), 100_00)
        tiers = []
        for day in (date(2024, 5, 1), date(2024, 6, 1), date(2024, 7, 1)):
            standing.review(int(on(day)[0]))
            tiers.append(int(standing.tier[0]))
            if day.month == 5:
                buy(standing, day, spent_in_grace)
        return tiers

    assert reviewed(99_99) == [1, 1, 0]
    assert reviewed(100_00) == [1, 1, 1]


def test_a_paid_tier_lasts_as_long_as_it_is_paid_for_and_renewals_are_added() -> None:
    upper = [{"name": "silver", "threshold": 100}, {"name": "plus", "entry": "paid", "fee_months": 12}]
    standing = standing_of(date(2023, 1, 5), upper, window="since_joining", downgrade="never")
    standing.enter(ONE, on(date(2024, 2, 29)), ints([2]))
    standing.enter(ONE, on(date(2024, 12, 1)), ints([2]))
    assert standing.held_until(ONE) == on(date(2026, 2, 28))
    buy(standing, date(2025, 1, 1), 100_00)
    assert standing.tier[0] == 2
    assert moves(standing, date(2026, 2, 27)) == []
    assert moves(standing, date(2026, 3, 1)) == [(date(2026, 2, 28), 1)]  # to what was earned meanwhile


def test_a_newcomer_reaches_a_tier_with_less() -> None:
    gold = {
        "name": "gold",
        "threshold": 1000,
        "newcomer": {"at_least": {"purchases": 2}},
        "newcomer_days": 30,
    }
    for last_day, tier in ((date(2024, 1, 30), 1), (date(2024, 1, 31), 0)):
        standing = standing_of(date(2024, 1, 1), [gold])
        assert buy(standing, date(2024, 1, 1), 1_00) == 0
        assert buy(standing, last_day, 1_00) == tier


def test_what_is_asked_can_be_any_two_of_three() -> None:
    any_two = {"at_least": {"spend": 100, "purchases": 2, "activity_score": 5}, "met": 2}
    standing = standing_of(date(2024, 1, 1), [{"name": "gold", "reach": any_two}])
    assert buy(standing, date(2024, 1, 2), 150_00) == 0
    standing.count(ONE, on(date(2024, 1, 3)), "activity_score", ints([4]))
    assert standing.lift(ONE, on(date(2024, 1, 3)))[0] == 0
    assert standing.progress(ONE, on(date(2024, 1, 3)))[0] == 800
    standing.count(ONE, on(date(2024, 1, 3)), "activity_score", ints([1]))
    assert standing.lift(ONE, on(date(2024, 1, 3)))[0] == 1


def test_a_shorter_offer_does_not_shorten_what_holds_a_tier() -> None:
    offers = [{"purchase_of": 100, "valid_months": 12}, {"purchase_of": 50, "valid_months": 1}]
    standing = standing_of(date(2024, 1, 5), [{"name": "silver", "threshold": 1000, "direct": offers}])
    standing.direct(ONE, on(date(2024, 2, 1)), ints([100_00]), ints([-1]))
    standing.direct(ONE, on(date(2024, 3, 1)), ints([50_00]), ints([-1]))
    assert standing.held_until(ONE) == on(date(2025, 2, 1))
    standing.review(int(on(date(2024, 6, 1))[0]))
    assert standing.tier[0] == 1  # no review takes what is held


def test_a_tier_that_is_entered_from_below_is_one_deed_further() -> None:
    admitted = {"from_below": True, "member_months": 2}
    upper = [{"name": "silver", "threshold": 100}, {"name": "gold", "threshold": 200, "admission": admitted}]
    standing = standing_of(date(2024, 1, 31), upper, window="since_joining")
    assert buy(standing, date(2024, 2, 1), 500_00) == 1
    assert buy(standing, date(2024, 3, 30), 1) == 1
    assert buy(standing, date(2024, 3, 31), 1) == 2


def test_a_tier_that_is_entered_from_below_is_not_reached_over_it() -> None:
    upper = [
        {"name": "silver", "threshold": 100},
        {"name": "gold", "threshold": 200, "admission": {"from_below": True}},
    ]
    standing = standing_of(date(2024, 1, 31), upper, window="since_joining")
    assert [buy(standing, date(2024, 2, day), 500_00) for day in (1, 2)] == [1, 2]


def test_what_is_no_longer_paid_for_leads_to_what_was_earned_without_a_soft_landing() -> None:
    upper = [
        {"name": "silver", "threshold": 100},
        {"name": "gold", "threshold": 200},
        {"name": "plus", "entry": "paid", "fee_months": 1},
    ]
    standing = standing_of(date(2024, 1, 5), upper, window="since_joining", downgrade="one_level")
    standing.enter(ONE, on(date(2024, 2, 1)), ints([3]))
    assert moves(standing, date(2024, 3, 2)) == [(date(2024, 3, 1), 0)]


def test_who_falls_lands_on_what_is_still_paid_for_below() -> None:
    upper = [
        {"name": "silver", "threshold": 100},
        {"name": "plus", "entry": "paid", "fee_months": 12},
        {"name": "gold", "threshold": 500},
    ]
    standing = standing_of(date(2024, 1, 5), upper, months=1, downgrade="one_level")
    standing.enter(ONE, on(date(2024, 2, 1)), ints([2]))
    assert buy(standing, date(2024, 2, 2), 500_00) == 3
    standing.review(int(on(date(2024, 4, 1))[0]))
    assert standing.tier[0] == 2


def test_who_falls_to_what_was_earned_keeps_a_tier_whose_keeping_is_met() -> None:
    silver = {"name": "silver", "threshold": 100, "keep": {"at_least": {"spend": 50}}}
    standing = standing_of(
        date(2024, 1, 5), [silver, {"name": "gold", "threshold": 500}], months=1, downgrade="to_earned"
    )
    assert buy(standing, date(2024, 2, 1), 500_00) == 2
    buy(standing, date(2024, 3, 20), 60_00)
    standing.review(int(on(date(2024, 4, 1))[0]))
    assert standing.tier[0] == 1


@pytest.mark.parametrize(("left", "tier"), [(date(2024, 3, 31), 1), (date(2024, 4, 1), 0)])
def test_who_leaves_on_the_day_of_a_review_is_still_reviewed_and_who_left_before_is_not(left, tier) -> None:
    silver = {"name": "silver", "threshold": 100}
    standing = standing_of(date(2024, 1, 5), [silver], left=left, months=1)
    buy(standing, date(2024, 2, 1), 100_00)
    assert len(standing.review(int(on(date(2024, 4, 1))[0]))) == 1 - tier
    assert standing.tier[0] == tier


@pytest.mark.parametrize(("left", "moved"), [(date(2024, 2, 28), False), (date(2024, 2, 29), True)])
def test_nothing_falls_due_for_a_member_after_leaving(left: date, moved: bool) -> None:
    silver = {"name": "silver", "threshold": 100, "valid_months": 1}
    standing = standing_of(date(2024, 1, 5), [silver], left=left, window="tier_year")
    buy(standing, date(2024, 1, 10), 1)
    buy(standing, date(2024, 1, 29), 100_00)
    standing.count(ONE, on(date(2024, 1, 29)), "spend", ints([-100_00]))
    assert standing.due_on(ONE) == (on(date(2024, 2, 29)) if moved else NEVER)
    assert moves(standing, date(2024, 6, 1)) == ([(date(2024, 2, 29), 0)] if moved else [])


def test_who_is_new_no_longer_is_on_the_way_past_tiers_for_newcomers() -> None:
    """The tier for the newest is ahead of a member only as long as its way in is open."""
    silver = {"name": "silver", "newcomer": {"at_least": {"purchases": 4}}, "newcomer_days": 30}
    silver |= {"direct": [{"purchase_of": 900}]}
    programme = club([silver, {"name": "gold", "threshold": 1000}])
    standing = TierStanding(programme, on(date(2024, 1, 1)), ints([NEVER]))
    buy(standing, date(2024, 1, 1), 100_00)
    for day, share, tier in ((date(2024, 1, 30), 250, 1), (date(2024, 1, 31), 100, 2)):
        assert standing.progress(ONE, on(day)) == share
        assert explain(standing, programme, 0, int(on(day)[0])).goal.tier == tier
