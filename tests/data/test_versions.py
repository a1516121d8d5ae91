"""Which version of the programme holds on which day: exactly one, whatever the order of applying."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import live, live_members
from data.derivation import derive
from data.enforcing import put_in_force
from data.live import live_history
from data.portrayed import portrayed
from data.registry import Registry, new_version
from data.rollup_tables import PORTRAITS
from data.rollups import building
from data.rollups.snapshot_facts import SnapshotFacts
from data.tables import ProgrammeVersion
from data.versions import assert_takes_effect, holding, reigns
from data.workspace import Workspace
from loyalty_core.days import to_day
from loyalty_core.errors import InputError
from loyalty_core.kernel.replay import Replay
from loyalty_core.periods import periods
from loyalty_core.rules.programme import Programme

FIRST = date(2026, 1, 1)
TODAY = datetime.now(UTC).date()
days = st.integers(0, 20).map(lambda n: FIRST + timedelta(days=n))


def versions(*begins: date | None) -> list[ProgrammeVersion]:
    """Versions applied in that order, the last one first."""
    made = [new_version(Programme(name="club", effective_on=day)) for day in begins]
    for number, version in enumerate(made, start=1):
        version.id = number
    return made[::-1]


@given(st.lists(st.none() | days, min_size=1, max_size=6), days)
def test_the_latest_that_has_begun_holds_and_of_equals_the_last_applied(begins, day) -> None:
    begun = [
        (begin or date.min, number)
        for number, begin in enumerate(begins, start=1)
        if (begin or date.min) <= day
    ]
    if begun:
        expected = max(begun)[1]
    else:
        first = min(begin for begin in begins if begin is not None)
        expected = max(number for number, begin in enumerate(begins, start=1) if begin == first)
    assert holding(versions(*begins), day).id == expected


@given(st.lists(st.none() | days, min_size=1, max_size=6), st.integers(-5, 25))
def test_every_day_lies_in_the_reign_of_the_version_that_holds(begins, n) -> None:
    known, day = versions(*begins), FIRST + timedelta(days=n)
    (reign,) = [
        one
        for one in reigns(known)
        if (one.first_day is None or one.first_day <= day) and (one.last_day is None or day <= one.last_day)
    ]
    assert reign.version is holding(known, day)


def test_a_correction_of_today_leaves_the_version_of_next_year_in_place(workspace: Workspace) -> None:
    registry, next_year = workspace.registry, TODAY + timedelta(days=60)
    for name, day in [("now", None), ("next", next_year), ("now, mended", None)]:
        registry.apply_programme(Programme(name=name, effective_on=day))
    assert registry.programme_in_force().name == "now, mended"
    assert registry.programme_in_force(next_year).name == "next"
    assert [one.version.name for one in reigns(registry.programme_versions())] == ["now, mended", "next"]


@pytest.mark.parametrize("day", [None, TODAY - timedelta(days=31)])
def test_a_backdated_version_is_refused_and_told_which_day_to_give(
    workspace: Workspace, day: date | None
) -> None:
    registry, since = workspace.registry, TODAY - timedelta(days=30)
    registry.apply_programme(Programme(name="old"))
    registry.apply_programme(Programme(name="club", effective_on=since))
    late = Programme(name="too late", effective_on=day)
    for applying in (registry.apply_programme, registry.programme_once_applied):
        with pytest.raises(InputError, match=f"before version 2, which holds since {since}; give that day"):
            applying(late)
    assert registry.programme_in_force().name == "club"
    registry.apply_programme(Programme(name="in time", effective_on=since))
    assert registry.programme_in_force().name == "in time"


def test_a_version_before_one_that_is_yet_to_come_is_no_backdating() -> None:
    known = versions(TODAY + timedelta(days=10))
    assert_takes_effect(known, new_version(Programme(name="club")), TODAY)


def test_a_version_that_is_not_there_is_named(workspace: Workspace) -> None:
    registry: Registry = workspace.registry
    assert registry.programme_version(registry.apply_programme(Programme(name="club")).id).name == "club"
    with pytest.raises(InputError, match="there is no programme version 9"):
        registry.programme_version(9)


def test_the_programme_in_force_knows_the_tiers_of_those_before_it_and_of_none_after(
    workspace: Workspace,
) -> None:
    registry, later = workspace.registry, TODAY + timedelta(days=30)
    for day, upper in ((None, "silver"), (TODAY, "star"), (later, "lounge")):
        tiers = ({"name": "member"}, {"name": upper, "threshold": 100})
        registry.apply_programme(Programme(name="club", tiers=tiers, effective_on=day))
    assert _known(registry.programme_in_force()) == ["member", "star", "silver"]
    assert _known(registry.programme_in_force(later)) == ["member", "lounge", "silver", "star"]
    assert _known(registry.programme_in_force(TODAY - timedelta(days=1))) == ["member", "silver"]
    corrected = registry.programme_once_applied(Programme(name="club", effective_on=TODAY))
    assert _known(corrected) == ["member", "silver"]


@pytest.mark.parametrize("least_rows", [0, 50_000])
def test_how_far_members_are_goes_by_what_their_activities_counted_for_when_they_did_them(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, least_rows: int
) -> None:
    monkeypatch.setattr(building, "LEAST_ROWS", least_rows)
    applied = [_scoring(*one) for one in SCORES[:2]]
    for programme in applied:
        workspace.apply_programme(programme)
    with workspace.writer("import") as writer:
        for name, frame in _visits().items():
            writer.append(name, frame)
        derive(writer, workspace.registry.programmes_in_turn())
        writer.publish("import")
    _told_as_replayed(workspace)
    put_in_force(workspace, _scoring(*SCORES[2]))
    assert bool(workspace.latest().files(PORTRAITS.name)) == (least_rows == 0)
    _told_as_replayed(workspace)


SCORES = (
    (None, {"visit": 5}),
    (date(2024, 2, 29), {"visit": 1, "flight": 7}),
    (date(2024, 4, 1), {"flight": 3}),
)


def _scoring(effective_on: date | None, scores: dict[str, int]) -> Programme:
    """A programme that has another tier each time the score comes to so much within three months."""
    tiers = [{"name": "member"}]
    for name, least in (("silver", 20), ("gold", 40)):
        tiers.append({"name": name, "reach": {"at_least": {"activity_score": least}}})
    qualification = {"activity_scores": scores, "window": "rolling", "months": 3, "reviews": "monthly"}
    named = {"name": "club", "time_zone": "America/Sao_Paulo", "effective_on": effective_on}
    return Programme(**named, tiers=tiers, qualification=qualification)


def _visits() -> dict[str, pd.DataFrame]:
    """The members, and what they did from January to April, some of it at the last instants of days."""
    random, n = np.random.default_rng(1), 8 * MEMBERS
    hours = random.choice([0, 2, 3, 12], n)  # 3 in UTC is midnight there
    at = pd.Timestamp("2024-01-02", tz="UTC") + pd.to_timedelta(random.integers(0, 119, n) * 24 + hours, "h")
    ids = [f"m{number:02}" for number in range(MEMBERS)]
    return {
        "members": pd.DataFrame({"member_id": ids, "valid_from": FIRST_DAY, "joined_on": FIRST_DAY}),
        "activities": pd.DataFrame(
            {
                "activity_id": [f"a{number}" for number in range(n)],
                "member_id": random.choice(ids, n),
                "kind": random.choice(["visit", "flight", "else"], n, p=[0.6, 0.3, 0.1]),
                "occurred_at": at,
            }
        ),
    }


MEMBERS, FIRST_DAY = 150, date(2024, 1, 1)


def _told_as_replayed(workspace: Workspace) -> None:
    """Portraits, and the members near the next tier, say what the accounts of a replay do."""
    snapshot, programme = workspace.latest(), workspace.programme
    assert pickle.loads(pickle.dumps(programme)).scores_in_turn == programme.scores_in_turn
    day, history = to_day(snapshot.as_of), live_history(snapshot, programme)
    replayed = Replay(history, workspace.registry.programmes_in_turn(), day).run().accounts
    everybody, today = np.arange(MEMBERS), np.full(MEMBERS, day)
    tier, towards = replayed.tier, replayed.standing.progress(everybody, today)
    found = portrayed(snapshot, programme, day)
    assert found["tier"].tolist() == [programme.tiers[place].name for place in tier]
    assert np.where(tier < 2, found["towards_next"], 1000).tolist() == towards.tolist()
    near = (tier < 2) & (towards >= 900)
    assert found["near_upgrade"].tolist() == near.tolist()
    facts = SnapshotFacts(snapshot, programme).of(periods(day - 27, day), columns=["near_upgrade"])
    assert facts["near_upgrade"].tolist() == [near.sum()] and 0 < near.sum() < (tier < 2).sum()


def test_a_member_keeps_the_time_that_was_promised_under_the_version_of_then(workspace: Workspace) -> None:
    """The page of a member tells it as `loyalty explain` does."""
    for effective_on, months in ((None, 6), (date(2024, 7, 1), 24)):
        tiers = [{"name": "member"}, {"name": "gold", "threshold": 100, "valid_months": months}]
        workspace.apply_programme(Programme(name="club", tiers=tiers, effective_on=effective_on))
    with workspace.writer("import") as writer:
        for name, frame in _one_who_bought().items():
            writer.append(name, frame)
        derive(writer, workspace.registry.programmes_in_turn())
        writer.publish("import")
    on = date(2024, 8, 1)
    shown, ahead = live.of(workspace.folder), periods(to_day(on), to_day(on))
    seen = live_members.member(shown, "m1", on, ahead)
    assert seen.tier.outlook.day == to_day(date(2024, 9, 10))


def _one_who_bought() -> dict[str, pd.DataFrame]:
    """A member who spent enough in March, and another purchase that tells how far the data go."""
    bought = {"purchase_id": ["p1", "p2"], "member_id": ["m1", "m2"], "kind": "sale", "amount": [15_000, 100]}
    at = pd.to_datetime(["2024-03-10 12:00", "2024-08-01 12:00"], utc=True)
    ids = {"member_id": ["m1", "m2"], "valid_from": FIRST_DAY, "joined_on": FIRST_DAY}
    return {"members": pd.DataFrame(ids), "purchases": pd.DataFrame(bought | {"occurred_at": at})}


def _known(programme: Programme) -> list[str]:
    return [tier.name for tier in programme.known_tiers]
