"""Members who play the programme are found, and those who merely use it are not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from data.cases_kept import CASE, Said, all_said, said_of, say
from data.rollups.snapshot_facts import SnapshotFacts
from data.unusual import Suspicion, Unusual, unusual
from data.workspace import Workspace
from loyalty_core.days import to_day
from loyalty_core.rules.programme import Programme, Tier

CLUB = Programme(name="club", currency="GBP", time_zone="Asia/Shanghai", tiers=(Tier(name="member"),))
END = datetime(2026, 10, 31, 12, tzinfo=UTC)


def found_in(folder: Path, on: date | None = None) -> dict[tuple[Suspicion, str], Unusual]:
    workspace = Workspace.open(folder)
    snapshot = workspace.latest()
    cases = unusual(SnapshotFacts(snapshot, workspace.programme), to_day(on or snapshot.as_of))
    assert [case.points for case in cases] == sorted((case.points for case in cases), reverse=True)
    return {(case.suspicion, case.member_id): case for case in cases}


def test_those_planted_in_the_demo_are_found(demo_workspace: Path) -> None:
    found = found_in(demo_workspace)
    entries = Workspace.open(demo_workspace).latest().query("SELECT entry_id, member_id FROM entries")
    planted = {"spike": Suspicion.SPIKE, "emptied": Suspicion.EMPTIED, "favour": Suspicion.FAVOURED}
    for mark, suspicion in planted.items():
        members = set(entries.loc[entries["entry_id"].str.contains(f"-{mark}-"), "member_id"])
        assert members and members <= {who for what, who in found if what is suspicion}
    farming = [case for (what, _who), case in found.items() if what is Suspicion.FARMING]
    assert len(farming) == 6 and all(case.numbers["sign_ins"] == 75 for case in farming)
    assert [case.numbers["brought"] for (what, _), case in found.items() if what is Suspicion.RING] == [12]
    assert len(found) <= 16  # few others: who is noticed is worth a look


def deeds(member: str, kind: str, moments: list[datetime], of: str | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "activity_id": [f"{member}-{kind}-{number}" for number in range(len(moments))],
            "member_id": member,
            "occurred_at": moments,
            "kind": kind,
            "reference": of,
        }
    )


def entries(member: str, kind: str, amounts: list[int], moments: list[datetime]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "entry_id": [f"{member}-{kind}-{moment:%m%d%H%M}" for moment in moments],
            "member_id": member,
            "account": "points",
            "kind": kind,
            "amount": amounts,
            "occurred_at": moments,
        }
    )


@pytest.fixture
def club(tmp_path: Path) -> Path:
    """Members just short of what is unusual, and one of each kind just beyond it."""
    nights = [END.replace(hour=19, minute=17) - timedelta(days=day) for day in range(1, 41)]
    spread = [night + timedelta(minutes=7 * place) for place, night in enumerate(nights)]
    sales = pd.DataFrame(
        {"purchase_id": ["p1", "p2"], "member_id": ["buyer", "sleeper"], "kind": "sale", "amount": 1000,
         "occurred_at": [END - timedelta(days=3), END - timedelta(days=200)]}
    )  # fmt: skip
    ledger = [
        entries("sleeper", "earn", [100], [END - timedelta(days=200)]),
        entries("sleeper", "redeem", [-90], [END - timedelta(days=1)]),
        entries("saver", "earn", [100], [END - timedelta(days=200)]),
        entries("saver", "redeem", [-70], [END - timedelta(days=1)]),
        entries("hurried", "earn", [100], [END - timedelta(days=30)]),
        entries("hurried", "redeem", [-10] * 6, [END - timedelta(minutes=10 * nth) for nth in range(6)]),
        entries("calm", "earn", [100], [END - timedelta(days=30)]),
        entries("calm", "redeem", [-10] * 6, [END - timedelta(minutes=13 * nth) for nth in range(6)]),
        entries("friend", "adjust", [5] * 4, [END - timedelta(days=nth) for nth in range(4)]),
        entries("guest", "adjust", [5] * 3, [END - timedelta(days=nth) for nth in range(3)]),
    ]
    activities = [
        deeds("robot", "sign_in", nights), deeds("buyer", "sign_in", nights),
        deeds("reader", "sign_in", spread),
        deeds("host", "referral", [END - timedelta(days=nth) for nth in range(8)]),
        deeds("aunt", "referral", [END - timedelta(days=3 * nth) for nth in range(8)]),
    ]  # fmt: skip
    workspace = Workspace.open(tmp_path / "club")
    workspace.apply_programme(CLUB)
    with workspace.writer("test") as writer:
        writer.append("purchases", sales)
        writer.append("entries", pd.concat(ledger))
        writer.append("activities", pd.concat(activities))
        writer.publish("test")
    return tmp_path / "club"


def test_who_goes_beyond_what_people_do_is_noticed_and_who_does_not_is_not(club: Path) -> None:
    found = found_in(club)
    assert set(found) == {
        (Suspicion.FARMING, "robot"), (Suspicion.RING, "host"), (Suspicion.SPIKE, "hurried"),
        (Suspicion.EMPTIED, "sleeper"), (Suspicion.FAVOURED, "friend"),
    }  # fmt: skip
    assert found[Suspicion.FARMING, "robot"].numbers["minute"] == "03:17"
    assert found[Suspicion.EMPTIED, "sleeper"].numbers["quiet_days"] == 199
    assert found[Suspicion.SPIKE, "hurried"].points == 60


def again(suspicion: Suspicion, days: int) -> tuple[str, pd.DataFrame]:
    """Facts that make the member of the club a case of that kind once more, so many days later."""
    later = END + timedelta(days=days)
    if suspicion is Suspicion.SPIKE:
        at = [later - timedelta(minutes=10 * nth) for nth in range(6)]
        return "entries", entries("hurried", "redeem", [-5] * 6, at)
    if suspicion is Suspicion.FAVOURED:
        at = [later - timedelta(days=nth) for nth in range(4)]
        return "entries", entries("friend", "adjust", [5] * 4, at)
    brought = deeds("host", "referral", [later - timedelta(days=nth) for nth in range(8)])
    return "activities", brought.assign(activity_id=lambda rows: "again-" + rows["activity_id"])


def test_what_was_said_of_a_case_holds_tomorrow_and_not_of_the_next_one(club: Path) -> None:
    registry = Workspace.open(club).registry
    for case in found_in(club, END.date()).values():
        say(registry, case.name, "cleared", "Ann", END.date())
    said = all_said(registry, CLUB.zone)
    for days in (0, 1, 20):
        cases = found_in(club, END.date() + timedelta(days=days)).values()
        assert len(cases) >= 4
        assert {(one.state, one.who) for one in (said_of(case, said) for case in cases)} == {
            ("cleared", "Ann")
        }
    new = (Suspicion.SPIKE, Suspicion.FAVOURED, Suspicion.RING)
    with Workspace.open(club).writer("test") as writer:
        for suspicion in new:
            writer.append(*again(suspicion, 25))
        writer.publish("test")
    found = found_in(club, END.date() + timedelta(days=25))
    open_again = {suspicion for (suspicion, _), case in found.items() if said_of(case, said) is None}
    assert open_again == set(new)
    assert found[Suspicion.SPIKE, "hurried"].since == END.date() + timedelta(days=25)
    assert found[Suspicion.FAVOURED, "friend"].since == END.date() + timedelta(days=22)
    assert found[Suspicion.RING, "host"].since == END.date() + timedelta(days=18)


def test_what_was_kept_without_a_day_holds_of_what_was_there_when_it_was_said(tmp_path: Path) -> None:
    registry = Workspace.open(tmp_path).registry
    saved = registry.save(CASE, "spike m1", {"state": "confirmed"})
    at = saved.changed_at.astimezone(CLUB.zone)
    assert all_said(registry, CLUB.zone) == {"spike m1": Said("confirmed", "", at, at.date())}
