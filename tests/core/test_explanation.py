"""Explanations are true: doing exactly what is missing lifts or keeps, doing one unit less does not."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, timedelta
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_core.days import NEVER, to_day
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.explanation import Goal, Missing, explain
from loyalty_core.tiers.tier_standing import TierStanding
from tests.core.drawn import ints
from tests.core.drawn_tiers import FIRST, LABELS, Arrays, Lot, documents


@st.composite
def lived(draw, programmes: st.SearchStrategy[Programme]) -> tuple[Programme, TierStanding, int]:
    """A programme, the standing of three members who all stay, and the day that it is told of, on which the
    first of them is enrolled."""
    programme, lot = draw(programmes), Lot(draw(st.integers(0, 2**32)))
    members = [(joined, None) for joined, _ in lot.members()]
    now = draw(st.dates(members[0][0], FIRST + timedelta(days=900)))
    arrays = Arrays(programme, members)
    arrays.run([act for act in lot.acts() if act.on <= now], now)
    return programme, arrays.standing, to_day(now)


def later(
    standing: TierStanding, programme: Programme, deeds: list[tuple[Missing, int, int]], day: int, upto: int
) -> TierStanding:
    """A copy of the first member's standing moved on from the close of `day` to the start of `upto`."""
    moved, who = deepcopy(standing), ints([0])
    dates = {*programme.qualification.review_days(day + 1, upto).tolist(), *(on for _, _, on in deeds), upto}
    for today in sorted(dates):
        if today > day:
            if today in programme.qualification.review_days(today, today):
                moved.review(today)
            moved.settle(who, np.array([today], np.int32))
        for missing, units, on in deeds:
            if on == today:
                moved.count(who, np.array([on], np.int32), missing.counted.measure, ints([units]))
    return moved


def chosen(goal: Goal) -> list[tuple[Missing, ...]]:
    """The ways to do as much as is needed and no more; measures that stand for another are done once."""
    return list(combinations(goal.missing, goal.needed))


@settings(max_examples=40)
@given(lived(documents(upgrade="at_once")), st.booleans())
def test_doing_exactly_what_is_missing_lifts_and_one_unit_less_does_not(life, late) -> None:
    programme, standing, day = life
    goal = explain(standing, programme, 0, day).goal
    if goal is None or goal.open_from > day:
        return
    for way in chosen(goal):
        # As late as it is said to be enough, but before anything else happens to the member.
        quiet = min(one.until for one in way) if way else day
        soon = explain(standing, programme, 0, day).outlook
        quiet = min(quiet, soon.day - 1 if soon else day + 40, day + 400)
        on = quiet if late and all(one.until >= quiet for one in way) else day
        who, today = ints([0]), np.array([on], np.int32)
        for less in (0, 1):
            copy = deepcopy(standing)
            for number, one in enumerate(way):
                units = one.units - (less if number == 0 else 0)
                copy.count(who, today, one.counted.measure, ints([units]))
            totals, level = copy.as_of(who, today), copy.ladder.levels[goal.tier]
            met = bool(level.reached(totals, today - copy.joined_on[who])[0])
            if less and way:
                assert not met or on > day  # a refund may have left the window meanwhile
            else:
                assert met
                assert copy.lift(who, today)[0] >= goal.tier


@settings(max_examples=40)
@given(lived(documents()))
def test_the_next_review_does_what_is_said_and_what_is_missing_keeps_the_tier(life) -> None:
    programme, standing, day = life
    told = explain(standing, programme, 0, day)
    if told.outlook is None:
        assert later(standing, programme, [], day, day + 366).tier[0] == told.tier
        return
    moved = later(standing, programme, [], day, told.outlook.day)
    assert moved.tier[0] == told.outlook.tier
    keep = told.outlook.to_keep
    if keep is None:
        return
    assert keep.missing
    in_grace = moved.tier[0] == told.tier
    for way in chosen(keep):
        for less in (0, 1):
            deeds = [
                (one, one.units - (less if number == 0 else 0), one.until) for number, one in enumerate(way)
            ]
            kept = later(standing, programme, deeds, day, told.outlook.day)
            if less == 0:
                assert kept.tier[0] >= told.tier and kept.grace_ends(ints([0]))[0] == NEVER
            elif in_grace:
                assert kept.tier[0] > told.tier or kept.grace_ends(ints([0]))[0] != NEVER
            else:
                assert kept.tier[0] != told.tier


def standing_of(programme: Programme, joined_on: date) -> TierStanding:
    """One member who has just joined and done nothing."""
    return TierStanding(programme, ints([to_day(joined_on)]), ints([NEVER]), LABELS)


def test_what_keeps_a_tier_must_be_done_by_the_eve_of_its_review_on_that_very_day_too() -> None:
    silver = {"name": "silver", "threshold": 1, "valid_months": 2, "keep": {"at_least": {"purchases": 1}}}
    programme = Programme(name="club", tiers=({"name": "member"}, silver))
    standing = standing_of(programme, date(2024, 1, 1))
    who, begun = ints([0]), to_day(date(2024, 1, 1))
    standing.count(who, np.array([begun], np.int32), "spend", ints([100]))
    assert standing.lift(who, np.array([begun], np.int32)).tolist() == [1]
    for day in (date(2024, 2, 28), date(2024, 2, 29)):  # the eve is the second
        outlook = explain(standing, programme, 0, to_day(day)).outlook
        assert outlook is not None and outlook.to_keep is not None
        assert {one.until for one in outlook.to_keep.missing} == {to_day(date(2024, 2, 29))}


def test_a_tier_that_newcomers_alone_reach_is_kept_by_nothing() -> None:
    given = {
        "name": "given",
        "newcomer": {"at_least": {"spend": 3}},
        "direct": [{"purchase_of": 2, "valid_months": 1}],
    }
    programme = Programme(name="club", tiers=({"name": "member"}, given))
    standing, who, begun = standing_of(programme, date(2024, 1, 1)), ints([0]), to_day(date(2024, 1, 1))
    at = np.array([begun], np.int32)
    assert standing.direct(who, at, ints([200]), ints([-1])).tolist() == [1]
    told = explain(standing, programme, 0, begun + 5)
    assert told.outlook is not None and told.outlook.tier == 0
    assert told.outlook.to_keep is None
    assert "What keeps it" not in told.why.en


def test_an_explanation_says_in_both_languages_why_what_is_missing_and_what_comes_next() -> None:
    programme = Programme(
        name="club",
        tiers=(
            {"name": "member"},
            {
                "name": "silver",
                "label": {"en": "Silver", "zh": "银卡"},
                "reach": {"at_least": {"spend": 1000}},
                "keep": {"at_least": {"spend": 500, "purchases": 3}, "window": "calendar"},
            },
            {"name": "gold", "label": {"en": "Gold", "zh": "金卡"}, "threshold": 5000},
        ),
        qualification={"reviews": ("01-01",), "months": 12},
    )
    standing = TierStanding(programme, ints([to_day(date(2024, 1, 5))]), ints([NEVER]), LABELS)
    who, day = ints([0]), np.array([to_day(date(2024, 3, 2))], np.int32)
    standing.count(who, day, "spend", ints([1200_50]))
    standing.count(who, day, "purchases", ints([1]))
    standing.lift(who, day)
    told = explain(standing, programme, 0, to_day(date(2024, 5, 1)))
    assert told.why.en == (
        "Silver since 2 Mar 2024. What keeps it is not met today: spend in the calendar year: "
        "CN¥1,200.50 of CN¥500.00; purchases in the calendar year: 1 of 3."
    )
    assert told.goal.text.en == "spend in the last 12 months: CN¥3,799.50 more by 1 Mar 2025."
    assert told.goal.text.zh == "近 12 个月消费：再增加 ¥3,799.50（截至 2025年3月1日）。"
    assert told.outlook.text.en == (
        "The review on 1 Jan 2025 ends Silver; Member follows. "
        "To keep it: purchases in the calendar year: 2 more by 31 Dec 2024."
    )
    assert told.outlook.text.zh.startswith(
        "2025年1月1日复核后由银卡变为Member。保级还需：本自然年消费笔数：再增加 2"
    )


def test_what_is_missing_is_enough_only_as_long_as_what_was_done_counts() -> None:
    silver = {"name": "silver", "reach": {"at_least": {"spend": 100, "status_points": 10}, "months": 12}}
    programme = Programme(name="club", tiers=({"name": "member"}, silver))
    standing = TierStanding(programme, ints([to_day(date(2024, 1, 5))]), ints([NEVER]), LABELS)
    who, day = ints([0]), np.array([to_day(date(2024, 3, 2))], np.int32)
    standing.count(who, day, "spend", ints([100_00]))
    goal = explain(standing, programme, 0, to_day(date(2024, 5, 1))).goal
    assert [(one.units, one.until) for one in goal.missing] == [(10, to_day(date(2025, 3, 1)))]
    for on, tier in ((date(2025, 3, 1), 1), (date(2025, 3, 2), 0)):
        then = np.array([to_day(on)], np.int32)
        copy = deepcopy(standing)
        copy.count(who, then, "status_points", ints([10]))
        assert copy.lift(who, then)[0] == tier
