"""The members behind a bar add up to the bar, which another question counts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data.attributes import categories_bought
from data.before_and_after import MEASURES, POINTS, compared_around, members_around
from data.benefit_uses import benefit_uses
from data.buying_year import year_of_buying
from data.caring import birthdays_coming, reasons_for_leaving
from data.members_counted import (
    members_at_reviews,
    members_back_after,
    members_buying,
    members_by_reason,
    members_celebrating,
    members_leaving,
    members_shared,
    members_spending_most,
    members_using,
    members_with_lots,
)
from data.point_reasons import points_by_reason
from data.portrayed import portrayed_once
from data.rhythm import days_between
from data.rollups.snapshot_facts import SnapshotFacts
from data.rule_changes import rule_changes
from data.standing import Where
from data.workspace import Workspace
from loyalty_core.counting.cohorts import LOT_AGE, LOT_EXPIRY
from loyalty_core.counting.gaps import gap_labels
from loyalty_core.days import to_day
from loyalty_core.metrics.dictionary import evaluate
from loyalty_core.periods import Periods, periods
from loyalty_core.portraits import within
from loyalty_core.segments.every_segment import Segments
from loyalty_core.segments.tallies import overlap
from loyalty_core.tiers.coming_reviews import coming_reviews

FIRST, LAST = to_day(date(2026, 10, 1)), to_day(date(2026, 10, 31))
OCTOBER: Periods = periods(FIRST, LAST)
SOME: Where = {"member_region": ["North"], "member_tier": ["bronze", "gold"]}


@pytest.fixture(scope="module")
def facts(demo_workspace: Path) -> SnapshotFacts:
    workspace = Workspace.open(demo_workspace)
    return SnapshotFacts(workspace.latest(), workspace.programme)


@pytest.mark.parametrize("where", [{}, SOME], ids=["all", "some"])
def test_members_behind_a_reason_have_its_points(facts: SnapshotFacts, where: Where) -> None:
    reasons = points_by_reason(facts, LAST, where, FIRST)
    for row in reasons.itertuples():
        found = members_by_reason(facts, LAST, where, FIRST, row.kind, row.reason)
        assert found["member_id"].is_unique and found["top"].sum() == pytest.approx(row.points)
        assert found["top"].is_monotonic_decreasing and 0 < len(found) <= row.times
    assert set(reasons["kind"]) == {"earn", "redeem"}


@pytest.mark.parametrize("where", [{}, SOME], ids=["all", "some"])
def test_members_behind_a_category_are_its_buyers(facts: SnapshotFacts, where: Where) -> None:
    bought = categories_bought(facts, LAST, where, FIRST)
    for row in bought.itertuples():
        found = members_buying(facts, LAST, where, FIRST, row.category)
        assert found["member_id"].nunique() == len(found) == row.buyers
    assert len(bought) > 3


@pytest.mark.parametrize("where", [{}, SOME], ids=["all", "some"])
def test_members_behind_a_benefit_are_its_users(facts: SnapshotFacts, where: Where) -> None:
    uses = benefit_uses(facts, LAST, where, FIRST)
    scale = 10**facts.programme.currency_decimals
    for row in uses.itertuples():
        found = members_using(facts, LAST, where, FIRST, row.benefit)
        assert len(found) == row.users and found["top"].sum() == pytest.approx(row.cost / scale)
    assert uses["users"].any()


@pytest.mark.parametrize("where", [{}, SOME], ids=["all", "some"])
def test_members_behind_a_gap_have_so_many_of_it(facts: SnapshotFacts, where: Where) -> None:
    gaps = days_between(facts, LAST, where)
    for label, times in zip(gap_labels(), gaps, strict=True):
        assert members_back_after(facts, LAST, where, label)["top"].sum() == times
    assert sum(gaps) > 100


@pytest.mark.parametrize("where", [{}, SOME], ids=["all", "some"])
@pytest.mark.parametrize(("name", "metric"), [(LOT_AGE, "points_ageing"), (LOT_EXPIRY, "points_to_expiry")])
def test_members_behind_an_age_of_points_hold_them(
    facts: SnapshotFacts, where: Where, name: str, metric: str
) -> None:
    counted = evaluate(facts.of(OCTOBER, [name], where), [metric], facts.programme)
    held = counted[counted[metric] > 0]
    for label, points in held[[name, metric]].itertuples(index=False):
        found = members_with_lots(facts, LAST, where, name, label)
        assert found["member_id"].is_unique and found["top"].sum() == pytest.approx(points)
    assert len(held) > 1


@pytest.mark.parametrize("where", [{}, SOME], ids=["all", "some"])
def test_members_around_a_rule_change_come_to_its_means(
    demo_workspace: Path, facts: SnapshotFacts, where: Where
) -> None:
    versions = Workspace.open(demo_workspace).registry.programme_versions()
    changed_on = to_day(rule_changes(versions)[-1].on)
    told = compared_around(facts, LAST, where, changed_on)
    assert told is not None and set(told.measures) >= {"bought", "revenue", "earned", "fallen"}
    scales = {"revenue": 10**facts.programme.currency_decimals}
    scales |= dict.fromkeys(POINTS, 10**facts.programme.point_decimals)
    for name in MEASURES:
        for part in ("before", "after"):
            found = members_around(facts, LAST, where, changed_on, name, part)
            mean = getattr(told.measures[name], part) if name in told.measures else 0
            assert found["top"].sum() * scales.get(name, 1) == pytest.approx(mean * told.members)
            assert found["member_id"].is_unique and found["top"].is_monotonic_decreasing


@pytest.mark.parametrize("where", [{}, SOME], ids=["all", "some"])
@pytest.mark.parametrize("day", [LAST, LAST - 40], ids=["last", "earlier"])
def test_those_who_spend_most_bring_the_share_that_is_told(
    facts: SnapshotFacts, where: Where, day: int
) -> None:
    _grid, shares = year_of_buying(facts, day, where)
    everybody = members_spending_most(facts, day, where, 10)["top"]
    for tenths, share in enumerate(shares, start=1):
        found = members_spending_most(facts, day, where, tenths)
        assert found["top"].sum() / everybody.sum() == pytest.approx(share)
        assert len(found) == -(-len(everybody) * tenths // 10)
    assert len(everybody) > 20


@pytest.mark.parametrize("where", [{}, SOME], ids=["all", "some"])
def test_members_behind_a_reason_for_leaving_left_for_it(facts: SnapshotFacts, where: Where) -> None:
    first = LAST - 700
    reasons = reasons_for_leaving(facts, LAST, where, first)
    for row in reasons.itertuples():
        found = members_leaving(facts, LAST, where, first, row.reason)
        assert found["member_id"].nunique() == len(found) == row.members
    assert len(reasons) > 1


@pytest.mark.parametrize("where", [{}, SOME], ids=["all", "some"])
def test_members_behind_a_birthday_have_it(facts: SnapshotFacts, where: Where) -> None:
    coming = birthdays_coming(facts, LAST, where)
    for on, those in coming.groupby("on"):
        assert set(members_celebrating(facts, LAST, where, on)["member_id"]) == set(those["member_id"])
    assert len(coming) > 2


@pytest.mark.parametrize("where", [{}, SOME], ids=["all", "some"])
def test_members_of_two_segments_are_as_many_as_they_share(facts: SnapshotFacts, where: Where) -> None:
    found = within(portrayed_once(facts, LAST), where)
    names = ("lifecycle.active", "value.high")
    shared = overlap(*(Segments(found, facts.programme, (), lambda: None).members(name) for name in names))
    one, other = names
    told = [(one, other, False), (one, other, True), (other, one, False)]
    counts = [len(members_shared(facts, LAST, where, *asked)) for asked in told]
    assert counts == [shared.one, shared.both, shared.other] and shared.both


@pytest.mark.parametrize("where", [{}, SOME], ids=["all", "some"])
def test_members_at_coming_reviews_are_as_many_as_the_table_says(facts: SnapshotFacts, where: Where) -> None:
    portraits = within(portrayed_once(facts, LAST), where)
    coming = coming_reviews(portraits, facts.programme, LAST).set_index("tier")
    for tier, row in coming.iterrows():
        for outcome in ("reviewed", "falling", "staying", "rising"):
            found = members_at_reviews(facts, LAST, where, tier, outcome)
            assert found["member_id"].nunique() == len(found) == row[outcome]
    assert coming["reviewed"].sum() > 0
