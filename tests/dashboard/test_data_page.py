"""The Data page says whether the facts can be trusted, and keeps what somebody made of a case."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from dashboard import cases
from dashboard.cli import app
from data.cases_kept import CASE
from data.quality import ATTRIBUTES, known_shares, tables_held
from data.rollups.snapshot_facts import SnapshotFacts
from data.workspace import Workspace
from tests.dashboard import reader


def opened(folder: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    return reader.opened("views/data.py", folder, monkeypatch, **query)


def test_a_case_is_settled_and_stays_so(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = shutil.copytree(demo, tmp_path / "own")
    page = opened(own, monkeypatch)
    table = next(one.value for one in page.dataframe if "Noticed for" in one.value)
    assert set(table["State"]) == {"open"}
    page.selectbox(key="case:said").select(cases.CLEARED)
    page.button(key="case:keep").click().run()
    assert [one.value for one in page.error] == ["Write who says so: it is kept with the case."]
    assert not Workspace.open(own).registry.all_saved(CASE)
    page.text_input(key="case:who").set_value("Ann")
    page.button(key="case:keep").click().run()
    (saved,) = Workspace.open(own).registry.all_saved(CASE)
    assert saved.document == {"state": "cleared", "who": "Ann", "seen_until": "2026-10-31"} and not page.error
    again = next(one.value for one in page.dataframe if "Noticed for" in one.value)
    assert sorted(again["State"]) == ["cleared", *["open"] * (len(table) - 1)]
    assert "Ann · " in again["Said by"].iloc[-1] and set(again["Said by"].iloc[:-1]) == {""}
    assert saved.name.endswith(again["Member"].iloc[-1].removeprefix("member?member="))


def test_checks_and_reconciliation_are_run_when_asked(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(demo, monkeypatch, checks="1")
    assert not page.exception and not page.error
    checks = next(one.value for one in page.dataframe if "Check" in one.value)
    assert set(checks["State"]) <= {"holds", "warning"} and len(checks) > 20
    assert "checks hold." in page.header[0].value


def test_faults_of_the_data_are_told_in_figures(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(demo, monkeypatch)
    shown = {tile.label: int(tile.value.replace(",", "")) for tile in page.metric if "%" not in tile.value}
    rules = next(one.value for one in page.dataframe if "Rule" in one.value)
    outside = rules["Outside"].str.replace(",", "").astype(int)
    assert shown["Values outside their rules"] == outside.sum() > 0
    assert rules["Rule"].iloc[0] == "Members are between 0 and 110 years old"  # some are born in 1900
    alike = next(one.value for one in page.dataframe if "Share it with another" in one.value)
    assert list(alike.iloc[:, 0]) == ["Phone number"]
    assert shown["Likely duplicates"] == int(alike["Share it with another"].iloc[-1]) > 0
    checked = rules["Values"].str.replace(",", "").astype(int).sum()
    known = int(alike["Members with it"].iloc[-1])
    beneath = {caption.value for caption in page.caption}
    assert {f"of {checked:,} values checked", f"of {known:,} members who can be told apart"} <= beneath


def test_the_page_asks_for_a_day_and_for_nothing_that_has_no_say_in_it(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = opened(demo, monkeypatch, as_of="2026-06-30")
    page = opened(demo, monkeypatch, as_of="2026-06-30", region="North", period="year", against="year")
    assert not page.exception
    asked_for = {one.key for one in [*page.selectbox, *page.multiselect, *page.date_input, *page.button]}
    assert "as_of" in asked_for
    assert not {"period", "against", "region", "tier", "in_segment", "chip:region:North"} & asked_for
    told = [[(one.value, one.delta) for one in each.metric] for each in (plain, page)]
    assert told[0] == told[1] != []
    assert page.query_params["region"] == "North"  # for the pages that it has a say in


def test_an_accuracy_is_on_target_once_the_sample_proves_it(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(demo, monkeypatch)
    shown = {tile.label: float(tile.value.rstrip("%")) for tile in page.metric}
    assert shown["Data accuracy, at least"] < 95 < shown["Data accuracy"]
    assert f"at least {shown['Data accuracy, at least']}%" in {one.value for one in page.caption}
    [judged] = [badge.value for badge in page.markdown if "Target 95" in badge.value]
    assert judged.startswith(":red-badge")


SALES = """
name: till
time_zone: Asia/Shanghai
programme: {name: till, time_zone: Asia/Shanghai}
files:
  sales:
    match: sales*
    rows:
      - table: purchases
        columns:
          purchase_id: receipt
          member_id: card
          kind: {value: sale}
          occurred_at: {from: day, format: "%Y-%m-%d"}
          amount: paid
"""


def test_where_no_source_tells_of_members_no_attribute_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "till.yaml").write_text(SALES, "utf-8")
    (tmp_path / "sales.csv").write_text("receipt,card,day,paid\nr1,m1,2026-03-01,10\n", "utf-8")
    words = ["import", str(tmp_path / "sales.csv"), "--mapping", str(tmp_path / "till.yaml")]
    assert CliRunner().invoke(app, [*words, "--workspace", str(tmp_path / "own")]).exit_code == 0
    page = opened(tmp_path / "own", monkeypatch)
    titles = [one.value for one in page.subheader]
    assert not page.exception and "The data reaches to 1 Mar 2026" in titles
    assert "No unusual activity was found" in titles
    assert not any("is known for" in title for title in titles)


def test_attributes_are_known_by_the_latest_version_of_each_member(demo: Path) -> None:
    workspace = Workspace.open(demo)
    facts = SnapshotFacts(workspace.latest(), workspace.programme)
    versions = facts.snapshot.query("SELECT * FROM members").sort_values(["member_id", "valid_from"])
    latest = versions.groupby("member_id").tail(1)
    stayed = latest[latest["left_on"].isna()]
    assert len(stayed) < len(latest) < len(versions)
    assert known_shares(facts) == pytest.approx({name: stayed[name].notna().mean() for name in ATTRIBUTES})


def test_the_day_of_the_latest_fact_is_that_of_the_programme(demo: Path) -> None:
    workspace = Workspace.open(demo)
    ahead = workspace.programme.model_copy(update={"time_zone": "Pacific/Kiritimati"})
    here, there = (
        {one.table: one.last_on for one in tables_held(SnapshotFacts(workspace.latest(), programme))}
        for programme in (workspace.programme, ahead)
    )
    last = workspace.latest().query("SELECT max(occurred_at) AS at FROM purchases")["at"].iloc[0]
    assert here["purchases"] == last.tz_convert(workspace.programme.zone).date()
    assert there["purchases"] == last.tz_convert(ahead.zone).date()
    assert here["members"] == there["members"]  # a day is the same day everywhere
