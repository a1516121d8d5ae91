"""What is counted of the data itself, held against rows whose faults are known."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from data.caring import birthdays_by_day, birthdays_coming
from data.duplicates import members_alike, members_with_a_double
from data.rollups.snapshot_facts import SnapshotFacts
from data.validity import _checked_on, members_outside, quality_facts, values_checked
from data.workspace import Workspace
from loyalty_core.days import to_day
from loyalty_core.metrics.quality_metrics import QUALITY
from loyalty_core.rules.programme import Programme, programme_from_dict

TODAY = date(2026, 3, 31)
DAY = to_day(TODAY)
PROGRAMME = {
    "name": "shop",
    "time_zone": "Asia/Shanghai",
    "tiers": [{"name": "basic"}, {"name": "gold", "threshold": 100}],
}


def profile(member: str, since: str = "2026-01-01", **told: object) -> dict[str, object]:
    return {"member_id": member, "valid_from": pd.Timestamp(since), "joined_on": date(2026, 1, 1), **told}


def published(workspace: Workspace, **tables: list[dict[str, object]]) -> SnapshotFacts:
    programme = programme_from_dict(PROGRAMME)
    workspace.apply_programme(programme)
    with workspace.writer("import") as writer:
        for name, rows in tables.items():
            writer.append(name, pd.DataFrame(rows))
        writer.publish("import")
    return SnapshotFacts(workspace.latest(), programme)


def sale(
    number: int, at: str, amount: int, kind: str = "sale", member: str | None = "a"
) -> dict[str, object]:
    told = {"purchase_id": f"p{number}", "member_id": member, "kind": kind, "amount": amount}
    return told | {"occurred_at": pd.Timestamp(at, tz="UTC")}


@pytest.fixture
def facts(local_workspace: Workspace) -> SnapshotFacts:
    activities = [("survey", 5), ("survey", 6), ("nps", 0), ("nps", 11), ("survey", None), ("sign_in", 99)]
    return published(
        local_workspace,
        members=[
            profile("a", birth_year=1900, birthday="02-29", left_on=None),
            profile("a", "2026-02-01", birth_year=1990, birthday="02-29", left_on=None),  # put right since
            profile("b", birth_year=1900, birthday="02-30", left_on=date(2025, 12, 31)),
            profile("c", birth_year=2027, birthday=None, left_on=date(2026, 1, 1)),
            profile("d", birth_year=2026, birthday="12-31", joined_on=date(2026, 4, 1), left_on=None),
        ],
        purchases=[
            sale(1, "2026-01-05", 100),
            sale(2, "2026-01-06", -1),
            sale(3, "2026-01-07", -50, "refund"),
            sale(4, "2026-01-08", 50, "refund", member=None),
            sale(5, "2026-03-31 15:59", 0),
            sale(6, "2026-03-31 16:00", 100, member="d"),  # midnight where the shop is
        ],
        tier_changes=[
            {"member_id": "a", "occurred_at": pd.Timestamp("2026-01-05", tz="UTC"), "to_tier": "basic"},
            {"member_id": "b", "occurred_at": pd.Timestamp("2026-01-05", tz="UTC"), "to_tier": "platinum"},
        ],
        activities=[
            {
                "activity_id": f"x{number}",
                "member_id": "b",
                "occurred_at": pd.Timestamp("2026-01-05", tz="UTC"),
                "kind": kind,
                "value": value,
            }
            for number, (kind, value) in enumerate(activities)
        ],
    )


def test_each_rule_counts_the_values_it_applies_to_and_those_that_break_it(facts: SnapshotFacts) -> None:
    found = {one.rule.name: (one.values, one.outside) for one in values_checked(facts, TODAY)}
    assert found == {
        "age": (4, 2),  # 126 years old, and not yet born
        "birthday": (3, 1),
        "joining": (4, 1),
        "leaving": (2, 1),
        "sale_day": (6, 1),
        "amount": (6, 2),
        "tier": (2, 1),
        "answer": (5, 3),
    }
    (row,) = [quality_facts(values_checked(facts, TODAY), ())]
    value = {name: metric.value(row, facts.programme)[0] for name, metric in QUALITY.items()}
    assert value["values_outside"] == 12 and value["data_validity"] == 1 - 12 / 32


def test_what_was_found_holds_on_later_days_unless_a_date_is_reached_or_a_year_begins(
    facts: SnapshotFacts,
) -> None:
    days = [date(2026, 1, 7), date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 2), date(2026, 12, 31)]
    found = [values_checked(facts, day) for day in days]
    asked = len(facts.answers)
    assert found == [_checked_on.__wrapped__(facts, day) for day in days]
    assert len({repr(one) for one in found}) == 3  # until somebody joins who is to join, and from then on
    assert values_checked(facts, date(2026, 6, 1)) == found[-1] and len(facts.answers) == asked
    assert values_checked(facts, date(2027, 1, 1)) != found[-1]  # somebody is born


def test_a_sale_dated_at_the_end_of_all_days_is_one_value_outside(local_workspace: Workspace) -> None:
    facts = published(local_workspace, members=[profile("a")], purchases=[sale(1, "9999-12-31", 100)])
    found = {one.rule.name: one.outside for one in values_checked(facts, TODAY)}
    assert found["sale_day"] == 1


def test_the_members_behind_a_rule_are_those_whose_values_break_it(facts: SnapshotFacts) -> None:
    def told(name: str) -> list[tuple[str, float]]:
        rows = members_outside(facts, DAY, TODAY, name)
        return list(zip(rows["member_id"], rows["top"], strict=True))

    assert told("age") == [("b", 1.0), ("c", 1.0)]
    assert told("answer") == [("b", 3.0)] and told("sale_day") == [("d", 1.0)]
    assert told("amount") == [("a", 1.0)]  # the other is a guest's


def test_members_who_share_what_is_their_own_are_alike(local_workspace: Workspace) -> None:
    born = {"birth_year": 1990, "birthday": "05-06"}
    told = {
        "a": {"attributes": ["phone=138-0000 0001", "favourite=Books"]},
        "b": {"attributes": ["phone=(138)00000001", "email=b@x.cn"]},
        "c": {"attributes": ["phone=13800000002", "email=B@X.cn", "name=Li Lei"], **born},
        "d": {"attributes": ["name=lilei", "favourite=Books"], **born},
        "e": {"attributes": ["name=Li Lei"], "birth_year": 1990},  # of whom the day of birth is not known
        "f": {"attributes": ["phone=", "favourite=Books"]},
        "g": {"attributes": ["phone=13800000002"], "left_on": date(2026, 2, 1)},
    }
    rows = [
        profile(member, **{"birth_year": None, "birthday": None, "left_on": None} | each)
        for member, each in told.items()
    ]
    facts = published(local_workspace, members=rows)
    found = {one.name: (one.identified, one.alike) for one in members_alike(facts)}
    assert found == {"email": (2, 2), "name": (2, 2), "phone": (3, 2), "": (4, 4)}
    assert list(found)[-1] == ""
    assert set(members_with_a_double(facts, DAY, "phone")["member_id"]) == {"a", "b"}
    assert set(members_with_a_double(facts, DAY, "")["member_id"]) == {"a", "b", "c", "d"}
    row = quality_facts((), members_alike(facts))
    value = {name: metric.value(row, facts.programme)[0] for name, metric in QUALITY.items()}
    assert (value["likely_duplicates"], value["duplicate_share"]) == (4, 1)


def test_duplicates_are_unknown_where_nothing_tells_people_apart(local_workspace: Workspace) -> None:
    facts = published(local_workspace, members=[profile("a"), profile("b")])
    assert members_alike(facts) == () and members_with_a_double(facts, DAY, "").empty
    row = quality_facts(values_checked(facts, TODAY), ())
    assert QUALITY["likely_duplicates"].value(row, Programme(name="p")) != QUALITY["likely_duplicates"].value(
        row, Programme(name="p")
    )


def test_a_consent_that_is_unknown_of_late_is_unknown(local_workspace: Workspace) -> None:
    def version(member: str, since: str, consent: bool | None) -> dict[str, object]:
        return profile(member, since, birthday="04-02", consent=consent)

    facts = published(
        local_workspace,
        members=[
            version("a", "2026-01-01", True),
            version("a", "2026-02-01", None),
            version("b", "2026-01-01", False),
            version("b", "2026-02-01", True),
            version("c", "2026-01-01", True),
            version("c", "2026-03-31", False),  # told after the day that is looked at
        ],
    )
    found = birthdays_coming(facts, DAY - 1, {}).set_index("member_id")
    assert found["consent"].to_dict() == {"a": -1, "b": 1, "c": 1}
    assert found["contacts"].eq(0).all()
    days = birthdays_by_day(birthdays_coming(facts, DAY - 1, {}), DAY - 1)
    assert days.index[0] == TODAY and len(days) == 30
    assert days[days > 0].to_dict() == {date(2026, 4, 2): 3}
