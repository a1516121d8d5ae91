"""The members behind a bar add up to the bar, which another question counts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from data.attributes import categories_bought
from data.benefit_uses import benefit_uses
from data.members_counted import (
    members_back_after,
    members_buying,
    members_by_reason,
    members_using,
    members_with_lots,
)
from data.point_reasons import points_by_reason
from data.rhythm import days_between
from data.rollups import SnapshotFacts
from data.standing import Where
from data.workspace import Workspace
from loyalty_core.counting.cohorts import LOT_AGE, LOT_EXPIRY
from loyalty_core.counting.gaps import gap_labels
from loyalty_core.days import to_day
from loyalty_core.metrics.dictionary import evaluate
from loyalty_core.periods import Periods, periods

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
