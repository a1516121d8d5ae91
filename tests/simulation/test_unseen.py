"""What a run is too short to show, and what it is long enough for."""

from __future__ import annotations

from datetime import date

import pytest

from loyalty_core.days import to_day
from loyalty_core.rules.programme import Programme, programme_from_dict
from simulation.unseen import EXPIRY, REVIEWS, unseen

FIRST = to_day(date(2026, 11, 1))
A_YEAR = (FIRST, to_day(date(2027, 10, 31)))
A_DAY_MORE = (FIRST, to_day(date(2027, 11, 1)))


def club(**changes: object) -> Programme:
    return programme_from_dict(
        {
            "name": "club",
            "currency": "CNY",
            "tiers": [{"name": "member"}, {"name": "gold", "threshold": 1000}],
            "expiry": {"months": 12},
        }
        | changes
    )


def alone(programme: Programme) -> list[tuple[int, Programme]]:
    return [(0, programme)]


@pytest.mark.parametrize("expiry", [{"months": 24}, {}, {"months": 14, "rounded_to": "year"}])
def test_points_that_outlive_the_run_on_both_sides_are_not_seen_to_expire(expiry: dict) -> None:
    longer = alone(club(expiry=expiry))
    assert unseen(alone(club()), longer, A_YEAR) == [EXPIRY.filled(months=12)]
    assert unseen(longer, alone(club()), A_YEAR) == [EXPIRY.filled(months=12)]
    assert unseen(alone(club()), longer, A_DAY_MORE) == []


def test_a_shorter_expiry_shows_in_the_run_and_an_equal_one_leaves_nothing_unseen() -> None:
    assert unseen(alone(club()), alone(club(expiry={"months": 6})), A_YEAR) == []
    assert unseen(alone(club()), alone(club(expiry={"months": 12, "on": None})), A_YEAR) == []
    assert unseen(alone(club()), alone(club(expiry={"months": 12, "inactivity_months": 3})), A_YEAR) == []


def test_clocks_of_inactivity_began_before_the_run() -> None:
    """Who has done nothing for a year loses points two months into the run where fourteen make them go."""
    two_years, fourteen = ({"expiry": {"inactivity_months": months}} for months in (24, 14))
    assert unseen(alone(club(**two_years)), alone(club(**fourteen)), A_YEAR) == []
    later = [*alone(club(**two_years)), (A_YEAR[1], club(**fourteen))]
    assert unseen(alone(club(**two_years)), later, A_YEAR) == []


def test_an_expiry_that_changes_later_outlives_the_run_earlier() -> None:
    """Points of the first of May on are gone after the run where six months make them."""
    change = to_day(date(2027, 5, 1))
    shorter = [*alone(club()), (change, club(expiry={"months": 6}))]
    assert unseen(alone(club()), shorter, A_YEAR) == [EXPIRY.filled(months=12)]
    assert unseen(alone(club()), [*alone(club()), (change - 1, club(expiry={"months": 6}))], A_YEAR) == []


def test_rules_of_tiers_tell_only_once_they_are_reviewed() -> None:
    """The next review is on New Year's Day: a month is too short, three are not."""
    dearer = alone(club(tiers=[{"name": "member"}, {"name": "gold", "threshold": 1500}]))
    november, quarter = (FIRST, to_day(date(2026, 11, 30))), (FIRST, to_day(date(2027, 1, 31)))
    assert unseen(alone(club()), dearer, november) == [REVIEWS.filled(months=2)]
    assert unseen(alone(club()), dearer, quarter) == []
    assert unseen(alone(club()), alone(club()), november) == []
    own_days = {"qualification": {"reviews": "anniversary"}}
    cheaper = club(**own_days, tiers=[{"name": "member"}, {"name": "gold", "threshold": 500}])
    assert unseen(alone(club(**own_days)), alone(cheaper), november) == []


@pytest.mark.parametrize("changed", [{}, {"earning": {"points_per_unit": 2}}])
def test_other_rules_that_come_later_are_no_rules_of_tiers(changed: dict) -> None:
    november, middle = (FIRST, to_day(date(2026, 11, 30))), to_day(date(2026, 11, 15))
    assert unseen(alone(club()), [*alone(club()), (middle, club(**changed))], november) == []
    dearer = club(tiers=[{"name": "member"}, {"name": "gold", "threshold": 1500}])
    assert unseen(alone(club()), [*alone(club()), (middle, dearer)], november) == [REVIEWS.filled(months=2)]
    assert unseen(alone(club()), [*alone(club()), (november[1] + 1, dearer)], november) == []


def test_nobody_awaits_a_review_where_no_tier_is_ever_lost() -> None:
    never = {"qualification": {"downgrade": "never"}}
    dearer = club(**never, tiers=[{"name": "member"}, {"name": "gold", "threshold": 1500}])
    assert unseen(alone(club(**never)), alone(dearer), (FIRST, to_day(date(2026, 11, 30)))) == []
