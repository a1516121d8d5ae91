"""Questions about the members of a day: as many and as rich as the rows of the source say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import stdev
from threading import Event

import pandas as pd
import pytest

from data.attributes import age_groups, categories_bought
from data.before_and_after import compared_around
from data.benefit_uses import benefit_uses
from data.buying_year import year_of_buying
from data.caring import birthdays_coming, reasons_for_leaving
from data.offered import campaigns
from data.rhythm import days_between
from data.rollups import building
from data.rollups.snapshot_facts import SnapshotFacts
from data.standing import asked, by_crowd
from data.state_flows import members_moved, state_flows
from data.workspace import Workspace
from loyalty_core import paired
from loyalty_core.counting.cuts import ATTRIBUTES
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
        row["birth_year"] = random.choice([1950, 1959, 1985, 1999, 2007, None])
    for row in case.rows["purchases"]:
        row["categories"] = random.choice([["tea"], ["tea", "books"], ["books", "gifts"], None])
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(building, "LEAST_ROWS", request.param)
        return published(tmp_path_factory.mktemp("standing"), case), case


def cell_of(case: Case, where: dict[str, list[str]]) -> oracle.Programme:
    """The rows of the source, of which those count that the filters let pass."""
    programme = oracle.Programme(case.rows, case.document)
    return programme.within({name: {label or None for label in labels} for name, labels in where.items()})


def standing(cell: oracle.Programme, day: date) -> Iterator[str]:
    """Who is enrolled at the close of a day and passes the filters."""
    return (member for member in cell.members if cell.enrolled(member, day) and cell.is_in(member, day))


def buyers(case: Case, day: date, where: dict[str, list[str]]) -> dict[str, list[dict]]:
    """The rows of the year's buyers who are enrolled at the close and pass the filters."""
    cell = cell_of(case, where)
    rows = {
        member: [row for row in cell.of("purchases", member) if day - YEAR <= row["day"] <= day]
        for member in standing(cell, day)
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
    cell = cell_of(case, where)
    latest = {member: rows[-1] for member, rows in cell.versions.items() if rows}
    seen = 0
    for day in (facts.snapshot.as_of, date(2024, 1, 31), date(2023, 12, 20), date(2023, 10, 20)):
        coming = {
            (falls_on(birthday, day), member)
            for member in standing(cell, day)
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


@pytest.mark.parametrize("where", [{}, WHERE], ids=["all", "some"])
def test_members_flow_from_their_state_at_the_opening_to_that_at_the_close(told, where) -> None:
    facts, case = told
    cell, last = cell_of(case, where), facts.snapshot.as_of
    for close, opening in ((last, last - timedelta(days=100)), (date(2024, 1, 31), date(2023, 10, 31))):
        expected = defaultdict[tuple[str, str], set[str]](set)
        for member in cell.members:
            then, now = (cell.state(member, day) or "" for day in (opening, close))
            if (then or now) and cell.is_in(member, close if now else opening):
                expected[then, now].add(member)
        found = state_flows(facts, to_day(close), where, to_day(opening))
        counts = {moved: len(members) for moved, members in expected.items()}
        assert {(row.opening_state, row.state): row.members for row in found.itertuples()} == counts
        assert len(expected) > 3
        for moved in (max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)):
            named = members_moved(facts, to_day(close), where, to_day(opening), *moved)
            assert named["member_id"].is_unique and set(named["member_id"]) == expected[moved]
            assert set(named["state"].dropna()) == {moved[1]} - {""}


@pytest.mark.parametrize("where", [{}, WHERE], ids=["all", "some"])
def test_ages_are_those_of_the_year_of_birth(told, where) -> None:
    facts, case = told
    cell, day = cell_of(case, where), facts.snapshot.as_of
    groups = {1950: "65+", 1959: "65+", 1985: "35–44", 1999: "25–34", 2007: "<18", None: None}
    assert day.year == 2024
    expected, active = Counter[str | None](), Counter[str | None]()
    for member in standing(cell, day):
        known = [row["birth_year"] for row in cell.versions[member] if row["valid_from"] <= day]
        group = groups[next((year for year in reversed(known) if year), None)]
        expected[group] += 1
        active[group] += cell.state(member, day) == "active"
    found = age_groups(facts, to_day(day), where)
    labels = [None if pd.isna(group) else group for group in found["group"]]
    assert dict(zip(labels, found["members"], strict=True)) == expected
    assert dict(zip(labels, found["active"], strict=True)) == active


@pytest.mark.parametrize("where", [{}, WHERE], ids=["all", "some"])
def test_a_buyer_counts_once_in_each_category(told, where) -> None:
    facts, case = told
    cell, last = cell_of(case, where), facts.snapshot.as_of
    first, among = last - timedelta(days=300), set(standing(cell, last))
    bought = {
        (row["member_id"], category)
        for row in cell.sales
        if first <= row["day"] <= last and row["member_id"] in among
        for category in row["categories"] or ()
    }
    everybody = {member for member, _category in bought}
    expected = Counter(category for _member, category in bought)
    found = categories_bought(facts, to_day(last), where, to_day(first))
    assert dict(zip(found["category"], found["buyers"], strict=True)) == expected and len(expected) == 3
    assert found["share"].to_list() == pytest.approx([count / len(everybody) for count in found["buyers"]])
    assert found["buyers"].is_monotonic_decreasing


@pytest.mark.parametrize("where", [{}, WHERE], ids=["all", "some"])
def test_gaps_between_purchase_days_are_counted_by_their_length(told, where) -> None:
    facts, case = told
    cell, last = cell_of(case, where), facts.snapshot.as_of
    ends = (7, 14, 30, 60, 90, 180, 365, 10**6)
    expected = [0] * len(ends)
    for member in cell.members:
        for before, after in pairwise(cell.sale_days[member]):
            if cell.is_in(member, last) and last - YEAR <= after <= last:
                expected[next(place for place, end in enumerate(ends) if (after - before).days <= end)] += 1
    assert list(days_between(facts, to_day(last), where)) == expected
    assert sum(expected) > 10


def test_a_benefit_is_used_where_the_tier_of_the_day_grants_it(told) -> None:
    facts, case = told
    cell, last = cell_of(case, {}), facts.snapshot.as_of
    granted = {
        (tier["name"], one["name"]): one for tier in case.document["tiers"] for one in tier["benefits"]
    }
    uses, cost = Counter[str](), Counter[str]()
    for row in cell.rows["activities"]:
        name = row.get("reference")
        used = granted.get((cell.tier(row["member_id"], row["day"]), name))
        if row["kind"] == "benefit" and used is not None:
            uses[name] += 1
            cost[name] += round(float(used["cost_per_use"]) * 100)
    entitled = Counter(
        name for member in standing(cell, last) for tier, name in granted if tier == cell.tier(member, last)
    )
    found = benefit_uses(facts, to_day(last), {}, to_day(date(2020, 1, 1))).set_index("benefit")
    assert found["uses"].to_dict() == {name: uses[name] for _tier, name in granted} and sum(uses.values()) > 5
    assert found["members"].to_dict() == {name: entitled[name] for _tier, name in granted}
    assert found["cost"].to_dict() == {name: cost[name] for _tier, name in granted}


def test_before_and_after_compares_the_same_members(told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paired, "FEWEST", 2)
    facts, case = told
    cell, changed = cell_of(case, {}), date(2023, 12, 1)
    first, last = changed - timedelta(days=90), changed + timedelta(days=89)
    there = [
        member
        for member in cell.members
        if cell.versions[member] and (joined := cell.versions[member][-1]["joined_on"]) and joined <= first
        if not cell.has_left(member, last)
    ]
    before, after = (
        [
            sum(a <= row["day"] <= b for row in cell.of("purchases", member) if row["kind"] == "sale")
            for member in there
        ]
        for a, b in ((first, changed - timedelta(days=1)), (changed, last))
    )
    found = compared_around(facts, to_day(facts.snapshot.as_of), {}, to_day(changed))
    assert found is not None and found.days == 90 and found.members == len(there) > 5
    purchases, bought = found.measures["purchases"], found.measures["bought"]
    assert purchases.before == pytest.approx(sum(before) / len(there))
    assert purchases.after == pytest.approx(sum(after) / len(there))
    assert bought.after == pytest.approx(sum(count > 0 for count in after) / len(there))
    reach = 1.959964 * stdev(b - a for a, b in zip(before, after, strict=True)) / len(there) ** 0.5
    assert (purchases.low, purchases.high) == pytest.approx(
        (purchases.change - reach, purchases.change + reach)
    )
    assert compared_around(facts, to_day(changed) + 20, {}, to_day(changed)) is None


def test_who_asks_what_is_just_being_counted_waits_for_that(told: tuple[SnapshotFacts, Case]) -> None:
    begun, may_end, asked_for = Event(), Event(), list[int]()

    def question(_: SnapshotFacts, day: int) -> pd.DataFrame:
        asked_for.append(day)
        begun.set()
        assert may_end.wait(60)
        return pd.DataFrame(
            {"tier": ["base", "gold"], **dict.fromkeys(ATTRIBUTES, "North"), "members": [day, 2]}
        )

    with ThreadPoolExecutor(2) as readers:
        first = readers.submit(by_crowd, told[0], {"member_tier": ["base"]}, question, 5)
        assert begun.wait(60)
        second = readers.submit(by_crowd, told[0], {"member_tier": ["gold"]}, question, 5)
        assert not wait([second], 0.2).done
        may_end.set()
        assert [one.result()["members"].to_list() for one in (first, second)] == [[5], [2]]
    assert asked_for == [5]


def test_what_could_not_be_counted_is_asked_anew(told: tuple[SnapshotFacts, Case]) -> None:
    answers: list[pd.DataFrame] = []

    def question(_: SnapshotFacts) -> pd.DataFrame:
        return answers.pop()

    with pytest.raises(IndexError):
        by_crowd(told[0], {}, question)
    answers.append(pd.DataFrame({"members": [3]}))
    assert by_crowd(told[0], {}, question)["members"].to_list() == [3]
