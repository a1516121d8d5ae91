"""Questions about the members of a day: as many and as rich as the rows of the source say."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from data import rollup_building
from data.buying_year import year_of_buying
from data.caring import birthdays_coming, reasons_for_leaving
from data.offered import campaigns
from data.rollups import SnapshotFacts
from data.standing import asked
from data.workspace import Workspace
from loyalty_core.customers.rfm import concentration
from loyalty_core.days import to_date, to_day
from loyalty_core.errors import InputError
from loyalty_core.offers import Stage
from tests.core import oracle
from tests.core.generated import Case, frames, generated

YEAR = timedelta(days=364)
WHERE = {"member_region": ["North", ""], "member_tier": ["base", "gold", ""]}


def published(folder: Path, case: Case) -> SnapshotFacts:
    workspace = Workspace.open(folder)
    workspace.apply_programme(case.programme)
    with workspace.writer("import") as writer:
        for name, rows in frames(case.rows).items():
            if len(rows):
                writer.append(name, rows.dropna(axis=1, how="all"))
        writer.publish("import")
    return SnapshotFacts(workspace.latest(), case.programme)


@pytest.fixture(scope="module", params=[0, 10**9], ids=["rolled up", "from the facts"])
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[SnapshotFacts, Case]:
    case, random = generated(7, members=30), Random(7)
    for row in case.rows["members"]:
        row["birthday"] = f"{random.randint(1, 12):02}-{random.choice([1, 9, 15, 28, 29, 30, 31]):02}"
        row["left_reason"] = random.choice(["moved", "prices", None]) if row["left_on"] else None
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(rollup_building, "LEAST_ROWS", request.param)
        return published(tmp_path_factory.mktemp("standing"), case), case


def buyers(case: Case, day: date, where: dict[str, list[str]]) -> dict[str, list[dict]]:
    """The rows of the year's buyers who are enrolled at the close and pass the filters."""
    programme = oracle.Programme(case.rows, case.document)
    cell = programme.within({name: {label or None for label in labels} for name, labels in where.items()})
    rows = {
        member: [row for row in cell.of("purchases", member) if day - YEAR <= row["day"] <= day]
        for member in cell.members
        if cell.enrolled(member, day) and cell.is_in(member, day)
    }
    return {member: found for member, found in rows.items() if any(row["kind"] == "sale" for row in found)}


@pytest.mark.parametrize("where", [{}, WHERE], ids=["all", "some"])
def test_a_year_s_buyers_are_those_of_the_rows(told, where) -> None:
    facts, case = told
    last = to_day(facts.snapshot.as_of)
    for day in (last, last - 40):
        expected = buyers(case, to_date(day), where)
        grid, shares = year_of_buying(facts, day, where)
        spent = [sum(row["amount"] for row in rows) for rows in expected.values()]
        assert grid.members.sum() == len(expected) > 0
        assert grid.revenue.sum() == sum(spent)
        lately = [max(row["day"] for row in rows if row["kind"] == "sale") for rows in expected.values()]
        assert grid.members[0].sum() == sum((to_date(day) - one).days <= 30 for one in lately)
        once = [sum(row["kind"] == "sale" for row in rows) == 1 for rows in expected.values()]
        assert grid.members[:, 0].sum() == sum(once)
        assert shares == concentration(pd.Series(spent).to_numpy())


def test_a_filter_on_what_members_are_not_is_refused(told) -> None:
    with pytest.raises(InputError, match="purchase_store is nothing that members are"):
        asked(told[0], to_day(told[0].snapshot.as_of), {"purchase_store": ["a"]}, "SELECT 1 FROM standing")


def falls_on(birthday: str, day: date) -> date:
    """The next birthday after a day; the last of the month where it has no such day."""
    month, number = map(int, birthday.split("-"))
    for ahead in range(1, 367):
        coming = day + timedelta(days=ahead)
        is_last = (coming + timedelta(days=1)).month != coming.month
        if coming.month == month and (coming.day == number or (is_last and number > coming.day)):
            return coming
    raise AssertionError(birthday)


@pytest.mark.parametrize("where", [{}, WHERE], ids=["all", "some"])
def test_birthdays_are_those_of_members_enrolled_in_the_coming_month(told, where) -> None:
    facts, case = told
    programme = oracle.Programme(case.rows, case.document)
    cell = programme.within({name: {label or None for label in labels} for name, labels in where.items()})
    latest = {member: rows[-1] for member, rows in programme.versions.items() if rows}
    seen = 0
    for day in (facts.snapshot.as_of, date(2024, 1, 31), date(2023, 12, 20), date(2023, 10, 20)):
        coming = {
            (falls_on(birthday, day), member)
            for member in cell.members
            if cell.enrolled(member, day) and cell.is_in(member, day)
            if (birthday := latest.get(member, {}).get("birthday"))
        }
        expected = sorted(one for one in coming if one[0] <= day + timedelta(days=30))
        found = birthdays_coming(facts, to_day(day), where)
        seen += len(found)
        assert list(zip(found["on"], found["member_id"], strict=True)) == expected
    assert seen


def test_reasons_for_leaving_are_counted_in_the_period_alone(told) -> None:
    facts, case = told
    programme = oracle.Programme(case.rows, case.document)
    first, last = facts.snapshot.as_of - timedelta(days=300), facts.snapshot.as_of
    left = [rows[-1] for rows in programme.versions.values() if rows]
    expected = Counter(
        row.get("left_reason") or "" for row in left if row["left_on"] and first <= row["left_on"] <= last
    )
    found = reasons_for_leaving(facts, to_day(last), {}, to_day(first))
    assert dict(zip(found["reason"], found["members"], strict=True)) == expected
    assert found["members"].is_monotonic_decreasing and len(expected) > 0


def test_a_campaign_stands_where_its_days_say(told) -> None:
    facts, case = told
    rows = {row["campaign_id"]: row for row in case.rows["campaigns"]}
    for day in (date(2022, 1, 1), facts.snapshot.as_of, *(row["starts_on"] for row in rows.values())):
        for one in campaigns(facts, to_day(day)):
            last = rows[one.id]["ends_on"] or one.starts_on + timedelta(days=30)
            expected = Stage.PLANNED if day < one.starts_on else Stage.OVER if day > last else Stage.RUNNING
            assert (one.starts_on, one.ends_on, one.stage) == (rows[one.id]["starts_on"], last, expected)
        assert [one.starts_on for one in campaigns(facts, 0)] == sorted(
            (row["starts_on"] for row in rows.values()), reverse=True
        )
