"""Segments: what the page tells is what plain counting finds, and own rules are saved and held."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.pages import PAGES
from data.rollups.snapshot_facts import SnapshotFacts
from data.segmented import SegmentOfDay, file_rows, save_segment, saved_segments
from data.workspace import Workspace
from loyalty_core.days import to_day
from loyalty_core.rules.programme import Programme
from loyalty_core.segments.own_rules import own_segment
from tests.dashboard.test_pages import opened, words_of


def page_of(folder: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    page = next(one for one in PAGES if one.url_path == "segments")
    return opened(page, folder, monkeypatch, **query)


def test_a_rule_is_written_saved_and_given_up_on_the_page(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path(shutil.copytree(demo, tmp_path / "own"))
    page = page_of(own, monkeypatch, division="own")
    page.selectbox(key="rule:0:trait:0").set_value("purchases").run()
    page.number_input(key="rule:0:value:0:purchases").set_value(3)
    for name, complaint in (("", "Give the segment a name."), ("v1.5", "a name without a full stop")):
        page.text_input(key="rule:0:name").set_value(name)
        page.button(key="rule:save").click().run()
        assert complaint in page.error[0].value
    page.text_input(key="rule:0:name").set_value("silver abroad")
    page.button(key="rule:save").click().run()
    assert not page.exception and not page.error
    workspace = Workspace.open(own)
    assert [one.name for one in saved_segments(workspace.registry)] == ["silver abroad"]
    snapshot = workspace.latest()
    day = to_day(snapshot.as_of)
    written = SegmentOfDay("own.silver abroad", day, saved_segments(workspace.registry))
    inside = written.members(SnapshotFacts(snapshot, workspace.programme))
    plain = snapshot.query(
        """SELECT member_id FROM purchases WHERE kind = 'sale' AND member_id IS NOT NULL
        AND timezone($zone, occurred_at) >= $day - INTERVAL 364 DAY
        AND member_id NOT IN (SELECT member_id FROM members WHERE left_on <= $day)
        GROUP BY member_id HAVING count(*) >= 3 ORDER BY member_id""",
        {"day": snapshot.as_of, "zone": workspace.programme.time_zone},
    )
    assert inside == plain["member_id"].tolist() and inside
    assert f"{len(inside)} members" in words_of(page)
    assert page.text_input(key="rule:1:name").value == ""  # the form is empty for the next one
    page.button(key="rule:drop:silver abroad").click().run()
    assert saved_segments(workspace.registry) == ()


def test_a_rule_is_changed_and_renamed(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Path(shutil.copytree(demo, tmp_path / "own"))
    registry = Workspace.open(own).registry
    spent = {"trait": "revenue", "comparison": "at_least", "value": "12.50"}
    silent = {"trait": "state", "comparison": "is_not", "value": "silent"}
    save_segment(registry, own_segment({"name": "old", "match": "any", "conditions": [spent, silent]}))
    page = page_of(own, monkeypatch, division="own")
    page.button(key="rule:edit:old").click().run()
    assert page.number_input(key="rule:1:value:0:revenue").value == 12.5
    assert page.selectbox(key="rule:1:value:1:state").value == "silent"
    page.text_input(key="rule:1:name").set_value("new")
    page.number_input(key="rule:1:value:0:revenue").set_value(1000.0)
    page.button(key="rule:less").click().run()
    page.button(key="rule:save").click().run()
    assert not page.exception and not page.error
    [kept] = saved_segments(registry)
    assert (kept.name, kept.match) == ("new", "any")
    assert [one.value for one in kept.conditions] == ["1000.00"]
    assert "Spent in 365 days at least CN¥1,000.00." in page.table[-1].value.to_string()


def test_groups_are_described_in_words(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = page_of(demo, monkeypatch, division="cluster")
    assert not page.exception and not page.error
    assert "is the largest segment" in page.header[0].value
    workspace = Workspace.open(demo)
    found = SegmentOfDay("cluster.1", to_day(date(2026, 10, 31)))
    largest = found.members(SnapshotFacts(workspace.latest(), workspace.programme))
    assert f": {len(largest)} members" in words_of(page)


def test_a_file_of_members_says_whose_consent_nobody_knows() -> None:
    found = pd.DataFrame(
        {
            "member_id": ["a", "b", "c", "d"],
            "state": "active",
            "tier": "gold",
            "region": None,
            "channel": None,
        }
        | {"days_since_purchase": 1, "purchases": 1, "revenue": 12_50, "balance": 3, "consent": [1, 0, -1, 1]}
        | {"contacts": [0, 5, 2, 1]}
    )
    rows = file_rows(found, np.array([True, True, True, False]), Programme(name="p"))
    assert rows["may_be_contacted"].tolist() == ["yes", "no", "unknown"]
    assert rows["contacts_30_days"].tolist() == [0, 5, 2]
    assert rows["revenue"].tolist() == [12.5] * 3


def test_a_file_of_a_segment_is_offered_with_how_many_of_it_may_not_be_contacted(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.open(demo)
    snapshot = workspace.latest()
    inside = SegmentOfDay("lifecycle.silent", to_day(snapshot.as_of))
    members = inside.members(SnapshotFacts(snapshot, workspace.programme))
    agreed = snapshot.query(
        "SELECT arg_max_null(consent, valid_from) AS agreed FROM members "
        "WHERE list_contains($members, member_id) GROUP BY member_id",
        {"members": members},
    )["agreed"]
    without = int((~agreed.fillna(False).astype(bool)).sum())
    assert 0 < without < len(members)
    page = page_of(demo, monkeypatch, division="lifecycle", segment="lifecycle.silent")
    assert f"Of {len(members)} members, {without} may not be contacted" in words_of(page)
    page = page_of(demo, monkeypatch, division="lifecycle", segment="lifecycle.silent", lang="zh")
    told = words_of(page)
    assert f"中有 {without} 名不可联系" in told and "may_be_contacted" in told and "contacts_30_days" in told


def test_saved_rules_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    registry = Workspace.open(tmp_path).registry
    written = own_segment(
        {
            "name": "忠诚会员",
            "match": "any",
            "conditions": [{"trait": "revenue", "comparison": "at_least", "value": "12.50"}],
        }
    )
    save_segment(registry, written)
    save_segment(registry, written)
    assert saved_segments(registry) == (written,)


def test_segments_called_alike_are_told_apart_by_their_divisions(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = page_of(demo, monkeypatch, division="rfm", segment="rfm.none", **{"with": "value.none"})
    titles = " ".join(one.value for one in page.subheader)
    assert "“Recency and frequency: No purchase” are also in “Value: No purchase”" in titles


def test_the_page_asks_for_a_day_and_whose_members_alone(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = page_of(demo, monkeypatch, region="North", as_of="2026-06-30", period="year", against="year")
    assert not page.exception
    asked_for = {one.key for one in [*page.selectbox, *page.multiselect, *page.date_input, *page.button]}
    assert {"as_of", "region", "in_segment", "chip:region:North", "chip:as_of:2026-06-30"} <= asked_for
    assert not {"period", "against", "from", "to"} & asked_for
