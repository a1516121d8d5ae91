"""Looking closer: at a segment, at the members behind a figure, at what people want to be told of."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from dashboard import member_files, picks
from dashboard.cli import app
from dashboard.picks import Crowd
from data.alerts_kept import alert_rules, answers
from data.segmented import saved_segments
from data.state_flows import members_moved
from data.workspace import Workspace
from loyalty_core.days import to_day
from tests.dashboard.reader import opened
from tests.dashboard.test_overview import counted
from tests.dashboard.test_pages import words_of

# Members of the demo by the days since their last purchase at the close of a day, who had not left.
SINCE = """SELECT member_id FROM members WHERE member_id NOT IN (
        SELECT member_id FROM members WHERE left_on <= $day
    ) AND member_id IN (
        SELECT member_id FROM purchases WHERE kind = 'sale' GROUP BY member_id
        HAVING date_diff('day', CAST(max(timezone($zone, occurred_at)) AS DATE), $day) BETWEEN $from AND $to
    ) GROUP BY member_id ORDER BY member_id"""


@pytest.fixture
def own(demo: Path, tmp_path: Path) -> Path:
    """A demo workspace that may be written to."""
    return Path(shutil.copytree(demo, tmp_path / "own"))


def tiles(page: AppTest) -> dict[str, str]:
    return {tile.label: tile.value for tile in page.metric}


def said(page: AppTest) -> str:
    """The words on the page, without what keeps them from being taken for signs of layout."""
    return words_of(page).replace("\\", "")


def silent(workspace: Workspace) -> list[str]:
    """The silent members at the end, by plain counting."""
    windows, snapshot = workspace.programme.lifecycle, workspace.latest()
    days = {"from": windows.active_days + 1, "to": windows.silent_days, "day": snapshot.as_of}
    return snapshot.query(SINCE, days | {"zone": workspace.programme.time_zone})["member_id"].tolist()


def test_the_drawer_names_the_members_behind_a_figure_and_keeps_them_to_be_looked_at_alone(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_by: list[pd.DataFrame] = []
    monkeypatch.setattr(member_files, "offered", lambda _name, rows, _key: left_by.append(rows()))
    page = opened("views/overview.py", own, monkeypatch, behind="members_silent")
    page.button(key="drawer").click().run()
    workspace = Workspace.open(own)
    expected = silent(workspace)
    (rows,) = [one.value for one in page.dataframe if "Last purchase" in one.value]
    assert [link.split("member=")[1] for link in rows["Member"]] == expected
    assert set(rows["State"]) == {"Silent"}
    assert f"Of {len(expected)} members, " in said(page) and "may not be contacted" in said(page)
    left = left_by[-1]
    assert left["member_id"].tolist() == expected and {"yes", "no"} <= set(left["may_be_contacted"])
    assert left["contacts_30_days"].ge(0).all()
    page.text_input(key="drawer:name").set_value("to call")
    page.button(key="drawer:keep").click().run()
    assert not page.exception and not page.error
    (kept,) = saved_segments(workspace.registry)
    assert (kept.name, list(kept.members)) == ("to call", expected)
    page.run()
    assert tiles(page)["Silent members"] == str(len(expected)) and tiles(page)["Active members"] == "0"
    page.button(key="chip:in_segment:own.to call").click().run()
    assert "in_segment" not in page.query_params and not page.error
    assert tiles(page)["Silent members"] == str(len(expected)) and tiles(page)["Active members"] != "0"


def test_the_drawer_takes_the_day_along_to_each_member(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened("views/overview.py", demo, monkeypatch, behind="members_silent", as_of="2026-06-30")
    page.button(key="drawer").click().run()
    (rows,) = [one.value for one in page.dataframe if "Last purchase" in one.value]
    assert len(rows) and all(link.endswith("&as_of=2026-06-30") for link in rows["Member"])


def test_a_field_of_a_grid_opens_the_drawer_with_its_members_once(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened("views/members.py", demo, monkeypatch)
    (moved,) = [one.value for one in page.dataframe if "→ Silent" in one.value]
    counted = moved.set_index("At the opening").at["Active", "→ Silent"]
    day = to_day(Workspace.open(demo).latest().as_of)
    asked = (day, {}, day - 31, "active", "silent")
    page.session_state[picks.ASKED] = (Crowd("Active → Silent", picks.ENROLLED, members_moved, asked),)
    page.run()
    assert f"{counted} members: **Active → Silent**" in said(page)
    (rows,) = [one.value for one in page.dataframe if "Last purchase" in one.value]
    assert len(rows) == int(counted) and set(rows["State"]) == {"Silent"} and not page.exception
    assert "Active → Silent" not in said(page.run())


def asked_by_key(page: AppTest, place: str, text: str, series: str = "") -> str:
    """What the drawer says of a bar; choosing there draws the drawer alone anew, which these tests cannot."""
    chosen = {"drawer:place": place, "drawer:field": text, **({"drawer:series": series} if series else {})}
    for name, value in chosen.items():
        page.session_state[name] = value
    page.button(key="drawer").click().run()
    assert not page.exception and not page.error
    return said(page)


@pytest.mark.parametrize("filters", [{}, {"region": "North"}], ids=["everybody", "a region"])
def test_the_members_behind_a_month_are_as_many_as_its_bar(
    demo: Path, monkeypatch: pytest.MonkeyPatch, filters: dict[str, str]
) -> None:
    where = {"member_region": ["North"]} if filters else {}
    facts = counted(demo, where, date(2026, 6, 30))
    moves = "Members who joined, fell silent, lapsed and left, by month"
    for place, series, column in (
        (moves, "New members", "members_joined"),
        (moves, "Members lapsed", "members_lapsed"),
        ("Members by lifecycle state", "Silent members", "members_silent"),
    ):
        page = opened("views/members.py", demo, monkeypatch, **filters)
        told = asked_by_key(page, place, "Jun 2026", f"{series} · Jun 2026")
        members = int(facts[column])
        assert members and f"{members} member" in told and f"**{series} · Jun 2026**" in told
    page.button(key="drawer:as_of").click().run()
    assert page.query_params["as_of"] == "2026-06-30"


def test_the_months_of_a_tier_are_those_of_its_own_members(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = counted(demo, {"member_tier": ["silver"]}, date(2026, 6, 30))
    page = opened("views/tiers.py", demo, monkeypatch, tier="gold")
    told = asked_by_key(page, "Members per tier", "Jun 2026", "Members per tier · Silver · Jun 2026")
    assert f"{int(facts['members_enrolled'])} members: " in told


def test_the_drawer_opens_over_a_page_that_has_files_of_its_own(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened("views/segments.py", demo, monkeypatch)
    assert " members: " in asked_by_key(page, "Members in one segment, in both, and in the other", "Both")


def test_a_rule_is_written_tells_and_is_dismissed(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened("views/overview.py", own, monkeypatch)
    page.text_input(key="alert:name").set_value("Quiet ones")
    page.selectbox(key="alert:metric").set_value("members_silent")
    page.text_input(key="alert:threshold").set_value("a few")
    page.button(key="alert:keep").click().run()
    assert "threshold" in page.error[0].value
    page.text_input(key="alert:threshold").set_value("0")
    page.button(key="alert:keep").click().run()
    registry = Workspace.open(own).registry
    assert [one.name for one in alert_rules(registry)] == ["Quiet ones"]
    value = len(silent(Workspace.open(own)))
    sentence = f"Quiet ones: Silent members is above 0; it is {value}."
    assert sentence in said(page) and "would have told 12 times in 12 months" in said(page)
    assert sentence in digest(own)
    (name,) = [one.key.removeprefix("seen:") for one in page.button if one.key.startswith("seen:rule:")]
    page.text_input(key=f"who:{name}").set_value("Ann").run()
    page.text_input(key=f"why:{name}").set_value("expected").run()
    page.button(key=f"dismissed:{name}").click().run()
    assert "dismissed by Ann: expected" in said(page)
    assert answers(registry)[name].state == "dismissed"
    assert sentence not in digest(own)


def digest(workspace: Path) -> list[str]:
    told = CliRunner().invoke(app, ["digest", "--workspace", str(workspace), "--json"])
    return [one["sentence"] for one in json.loads(told.stdout)["alerts"]]
