"""Actions: the list on screen is the one of the core, and what leaves is recorded as a campaign."""

from __future__ import annotations

import io
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from dashboard import action_choices, live
from dashboard.cli import app
from dashboard.i18n import speaking
from dashboard.member_files import csv_of, excel_of
from dashboard.pages import PAGES
from data.live import live_history
from data.workspace import Workspace
from loyalty_core.actions.hold_out import held_out
from loyalty_core.actions.listing import Terms, listing
from loyalty_core.actions.sight import Sight
from loyalty_core.days import to_day
from loyalty_core.kernel.standing import standing
from loyalty_core.portraits import portraits
from loyalty_core.tiers.explanation import explain
from tests.dashboard.test_pages import opened, words_of


@pytest.fixture
def own(demo: Path, tmp_path: Path) -> Path:
    """A workspace that may be written to."""
    return Path(shutil.copytree(demo, tmp_path / "own"))


def asked(workspace: Path, *words: str) -> str:
    result = CliRunner().invoke(app, ["actions", *words, "--workspace", str(workspace)])
    assert result.exit_code == 0, result.output
    return result.stdout


def page_of(folder: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    page = next(one for one in PAGES if one.url_path == "actions")
    return opened(page, folder, monkeypatch, **query)


def test_a_list_that_leaves_is_a_campaign_with_its_hold_out(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = json.loads(asked(own, "birthday", "--json", "--cap", "1"))
    ids = [row["member_id"] for row in told["rows"]]
    assert ids and [row["rank"] for row in told["rows"]] == list(range(1, len(ids) + 1))
    page = page_of(own, monkeypatch, list="birthday", cap="1")
    assert not page.exception and not page.error
    assert ids[0] in words_of(page)
    page.number_input(key="hold_out").set_value(30)
    assert {"SMS", "App"} <= set(page.selectbox(key="contact_channel").options)
    page.selectbox(key="contact_channel").select("mail")
    next(one for one in page.button if one.label == "Record and prepare the file").click()
    page.run()
    assert not page.exception and not page.error
    snapshot = Workspace.open(own).latest()
    rows = snapshot.query(
        "SELECT member_id, arm, kind, campaigns.channel FROM contacts JOIN campaigns USING (campaign_id) "
        "WHERE starts_with(campaign_id, 'birthday-') AND starts_on > $day",
        {"day": snapshot.as_of},
    )
    assert sorted(rows["member_id"]) == sorted(ids) and set(rows["kind"]) == {"birthday"}
    assert set(rows["channel"]) == {"mail"}
    drawn = dict(zip(ids, held_out(ids, "birthday", 30).tolist(), strict=True))
    assert {row.member_id: row.arm == "held_out" for row in rows.itertuples()} == drawn
    assert f"{len(ids) - sum(drawn.values())} to contact, {sum(drawn.values())} held out" in (
        page.success[0].value
    )
    # Whoever was chosen just now has had the one contact that the cap allows.
    left = json.loads(asked(own, "birthday", "--json", "--cap", "1"))
    assert {row["member_id"] for row in left["rows"]} == {one for one in ids if drawn[one]}
    assert left["left_out"]["contacted_enough"] >= len(ids) - sum(drawn.values())


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", "“Held out (%)” cannot be 95: enter 0 to 90."),
        ("zh", "“对照组（%）”不能是 95：请填 0 到 90。"),
    ],
)
def test_a_share_held_out_that_cannot_be_records_nothing(
    own: Path, monkeypatch: pytest.MonkeyPatch, lang: str, told: str
) -> None:
    page = page_of(own, monkeypatch, list="birthday", lang=lang)
    page.number_input(key="hold_out").set_value(95)
    next(one for one in page.button if one.icon == ":material/outbox:").click()
    page.run()
    assert not page.exception and [one.value for one in page.error] == [told]
    assert page.number_input(key="hold_out").value == 95 and not page.success


def test_the_page_asks_for_a_day_and_whose_members_and_takes_the_day_along_to_each(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = page_of(demo, monkeypatch, list="wake_up", region="North", as_of="2026-06-30", period="year")
    assert not page.exception
    asked_for = {one.key for one in [*page.selectbox, *page.multiselect, *page.date_input, *page.button]}
    assert {"as_of", "region", "in_segment", "chip:region:North", "chip:as_of:2026-06-30"} <= asked_for
    assert not {"period", "against", "from", "to"} & asked_for
    members = next(one.value["Member"] for one in page.dataframe if "Member" in one.value)
    assert len(members) and all(one.endswith("&as_of=2026-06-30") for one in members)
    odd = page_of(demo, monkeypatch, period="decade", against="never", region="Nowhere")
    assert {one.key for one in odd.button if str(one.key).startswith("chip:")} == {"chip:region:Nowhere"}
    custom = page_of(demo, monkeypatch, period="custom", **{"from": "2026-05-01", "to": "2026-05-31"})
    days = {one.key: str(one.value) for one in custom.date_input if one.key in ("as_of", "from", "to")}
    assert days == {"to": "2026-05-31"}
    told = next(one.value["Member"] for one in custom.dataframe if "Member" in one.value)
    assert len(told) and all(one.endswith("&as_of=2026-05-31") for one in told)
    latest = page_of(demo, monkeypatch)
    told = next(one.value["Member"] for one in latest.dataframe if "Member" in one.value)
    assert len(told) and not any("as_of" in one for one in told)


def test_a_double_click_records_one_campaign(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = live.of(own)
    snapshot = live.snapshot(shown)
    history, day = live_history(snapshot, shown.programme), to_day(shown.as_of)
    sight = Sight(portraits(history, shown.programme, day), shown.programme, day)
    found = listing("wake_up", sight, Terms(lift=Decimal("0.1")))
    state = {"hold_out": 10, "contact_channel": "sms"}
    monkeypatch.setattr(action_choices.st, "session_state", state)

    def click(_number: int) -> None:
        with speaking("en"):
            action_choices._record(shown, "wake_up", found, sight)

    with ThreadPoolExecutor(2) as both:
        list(both.map(click, range(2)))
    made = Workspace.open(own).latest().query(
        "SELECT campaign_id FROM campaigns WHERE starts_with(campaign_id, 'wake_up-')"
    )  # fmt: skip
    assert made["campaign_id"].tolist() == [action_choices._desk().recorded.campaign_id]
    assert "actions:refused" not in state


BACK = """
name: sent
time_zone: Asia/Shanghai
files:
  sent:
    match: sent*
    rows:
      - table: contacts
        columns:
          contact_id: contact_id
          campaign_id: campaign_id
          member_id: member_id
          arm: arm
          channel: channel
          planned_at: {from: planned_at, format: "%Y-%m-%dT%H:%M:%SZ", time_zone: UTC}
          delivered_at: {from: arrived, format: "%Y-%m-%d %H:%M"}
"""


def test_contacts_of_a_recorded_list_come_back_by_what_its_file_says(own: Path, tmp_path: Path) -> None:
    sent = pd.read_csv(io.StringIO(asked(own, "wake_up", "--record", "--csv", "--channel", "sms")), dtype=str)
    sent.assign(arrived="2026-11-24 10:00").to_csv(tmp_path / "sent.csv", index=False)
    (tmp_path / "sent.yaml").write_text(BACK, "utf-8")
    words = ["import", str(tmp_path / "sent.csv"), "--mapping", str(tmp_path / "sent.yaml")]
    assert CliRunner().invoke(app, [*words, "--workspace", str(own)]).exit_code == 0
    counted = Workspace.open(own).latest().query(
        "SELECT arm, count(*) AS chosen, count(delivered_at) AS arrived FROM contacts "
        "WHERE campaign_id = $campaign GROUP BY arm ORDER BY arm DESC",
        {"campaign": sent["campaign_id"].iloc[0]},
    )  # fmt: skip
    assert counted["arm"].tolist() == ["treated", "held_out"]
    assert counted["arrived"].tolist() == [len(sent), 0] and counted["chosen"].iloc[0] == len(sent)


def test_nobody_who_has_not_consented_is_on_a_list(demo: Path) -> None:
    snapshot = Workspace.open(demo).latest()
    sql = "SELECT member_id FROM members WHERE consent"
    agreed = set(snapshot.query(sql)["member_id"])
    rows = json.loads(asked(demo, "points_expiring", "--json"))["rows"]
    assert rows and {row["member_id"] for row in rows} <= agreed


def test_the_reader_may_suppose_another_response(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (json.loads(asked(demo, "wake_up", "--json", "--lift", lift)) for lift in ("0.1", "0.2"))
    for low, high in zip(one["rows"], two["rows"], strict=True):
        assert high["expected_gain"] == pytest.approx(2 * low["expected_gain"], abs=0.011)
    page = page_of(demo, monkeypatch, list="wake_up", lift="10")
    assert not page.exception and f"{one['rows'][0]['expected_gain']:.2f}" in words_of(page)


def test_no_cell_of_a_list_is_a_formula() -> None:
    rows = pd.DataFrame({"member_id": ["=1+1", "@x", "m1"], "expected_gain": [1.5, 2.0, -3.0]})
    back = pd.read_csv(io.BytesIO(csv_of(rows)))
    assert back["member_id"].tolist() == ["'=1+1", "'@x", "m1"]
    assert back["expected_gain"].tolist() == [1.5, 2.0, -3.0]
    assert pd.read_excel(io.BytesIO(excel_of(rows)), engine="openpyxl")["member_id"].tolist() == [
        "'=1+1",
        "'@x",
        "m1",
    ]


def test_what_is_missing_for_a_tier_is_what_its_explanation_says(demo: Path) -> None:
    """Portraits reckon from spells of everybody's deeds, explanations from the standing of each member."""
    workspace = Workspace.open(demo)
    snapshot, programme = workspace.latest(), workspace.programme
    history, day = live_history(snapshot, programme), to_day(snapshot.as_of)
    accounts, rows = standing(history, programme, day), portraits(history, programme, day).to_dict("records")
    goals = reviews = 0
    for place, row in enumerate(rows):
        told = explain(accounts.standing, programme, place, day)
        assert row["tier"] == programme.tiers[told.tier].name
        if told.goal is not None and told.goal.missing:
            goals += 1
            assert row["missing"] == max(one.units for one in told.goal.missing)
            assert row["next_tier"] == programme.tiers[told.goal.tier].name and row["towards_next"] < 1000
        if told.outlook is not None and told.outlook.to_keep is not None:
            reviews += 1
            assert row["near_downgrade"] and row["review_on"] == told.outlook.day
            assert row["missing_to_keep"] == max(one.units for one in told.outlook.to_keep.missing)
    assert len(rows) == accounts.n and goals > 100 and reviews > 3
