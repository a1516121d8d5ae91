"""Who may be contacted is told in files of members as it is told in lists of actions."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data.contactable import Contactable, contactable_on, counted, known_of, leaving
from data.live import live_history
from data.rollups.snapshot_facts import SnapshotFacts
from data.workspace import Workspace
from loyalty_core.days import to_day
from loyalty_core.portraits import portraits_of
from loyalty_core.rules.programme import Programme


def test_consent_and_contacts_are_those_of_portraits(demo_workspace: Path) -> None:
    workspace = Workspace.open(demo_workspace)
    snapshot, programme = workspace.latest(), workspace.programme
    facts, history = SnapshotFacts(snapshot, programme), live_history(snapshot, programme)
    days = [to_day(snapshot.as_of) - back for back in (400, 45, 0)]
    columns = ["consent", "contacts"]
    for day, plain in zip(days, portraits_of(history, programme, days), strict=True):
        told = contactable_on(facts, day).sort_values("member_id").set_index("member_id")
        assert told.index.tolist() == plain["member_id"].astype(str).tolist()
        assert (told[columns].to_numpy() == plain[columns].to_numpy()).all()
    assert set(told["consent"]) >= {0, 1} and told["contacts"].max() > 1


def test_who_withdrew_is_silent_and_who_is_not_enrolled_may_not_be_contacted(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    workspace.apply_programme(Programme(name="club"))
    first, later = pd.Timestamp("2026-01-01"), pd.Timestamp("2026-02-01")
    lines = [
        ("a", first, True),
        ("b", first, True),
        ("b", later, False),
        ("c", first, True),
        ("d", first, None),
    ]
    versions = pd.DataFrame([*lines, ("c", later, None)], columns=["member_id", "valid_from", "consent"])
    versions = versions.astype({"consent": "boolean"}).assign(joined_on=first.date(), left_on=None)
    versions["valid_from"] = versions["valid_from"].dt.date
    versions.loc[len(versions)] = ["e", later.date(), True, first.date(), later.date()]
    contacts = pd.DataFrame(
        [
            (f"{member}{n}", "x", member, "held_out" if n == 9 else "treated", later)
            for member, n in [("a", 0), ("a", 1), ("a", 2), ("a", 3), ("a", 9), ("b", 0)]
        ],
        columns=["contact_id", "campaign_id", "member_id", "arm", "planned_at"],
    ).assign(planned_at=lambda rows: rows["planned_at"].dt.tz_localize("UTC"))
    with workspace.writer("test") as writer:
        writer.append("members", versions)
        writer.append("contacts", contacts)
        writer.publish("test")
    facts = SnapshotFacts(workspace.latest(), workspace.programme)
    rows = pd.DataFrame({"member_id": ["e", "b", "a", "d", "c"]})
    known = known_of(contactable_on(facts, to_day(later.date())), rows)
    assert counted(known) == Contactable(members=5, silent=4, enough=1)
    told = leaving(rows, known)
    assert told["may_be_contacted"].tolist() == ["no", "no", "yes", "unknown", "unknown"]
    assert told["contacts_30_days"].fillna(-1).tolist() == [-1, 1, 4, 0, 0]
    before = known_of(contactable_on(facts, to_day(first.date())), rows)
    assert leaving(rows, before)["may_be_contacted"].tolist() == ["unknown", "yes", "yes", "unknown", "yes"]
