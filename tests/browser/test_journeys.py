"""What people do over several pages: lists that leave and come back, alerts, marks, views, a member."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pptx import Presentation

from data.workspace import Workspace
from tests.browser.visit import Go, Visit
from tests.dashboard.test_actions_page import BACK
from tests.living import Server, asked, running_dashboard

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def own(demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A dashboard on a copy of the demo that may be written to."""
    copy = shutil.copytree(demo_workspace, tmp_path_factory.mktemp("journeys") / "own")
    with running_dashboard(copy) as server:
        yield server


def open_part(window: Visit, key: str) -> None:
    """Open a popover or an expander by its key."""
    window.keyed(key).locator("button, summary").first.click()
    window.settle()


def choose(window: Visit, key: str, option: str) -> None:
    """Choose from a list that stands in a popover, which must stay open."""
    window.keyed(key).locator("input").click()
    window.page.get_by_role("option", name=option, exact=True).click()
    window.settle()


def test_a_list_leaves_with_some_held_out_and_its_contacts_come_back(
    go: Go, own: Server, tmp_path: Path
) -> None:
    window = go("actions", server=own, list="wake_up")
    window.type("hold_out", "50")
    window.main().get_by_role("button", name="Record and prepare the file").click()
    said = window.settle().main().locator('[data-testid="stAlertContentSuccess"]').inner_text()
    campaign, treated, held = re.search(
        r"campaign (\S+): ([\d,]+) to contact, ([\d,]+) held out", said
    ).groups()
    assert int(held) > 0 and abs(int(held) - int(treated)) < 0.5 * (int(held) + int(treated))
    with window.page.expect_download() as coming:
        window.keyed("file:csv").get_by_role("button").click()
    with Path(coming.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == int(treated) and {row["campaign_id"] for row in rows} == {campaign}

    with (tmp_path / "sent.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "arrived"])
        writer.writeheader()
        writer.writerows({**row, "arrived": "2026-11-24 10:00"} for row in rows)
    (tmp_path / "sent.yaml").write_text(BACK, "utf-8")
    back = (
        "import",
        tmp_path / "sent.csv",
        "--mapping",
        tmp_path / "sent.yaml",
        "--workspace",
        own.workspace,
    )
    assert asked(*back).status == 0
    sql = "SELECT count(delivered_at) AS arrived FROM contacts WHERE campaign_id = $campaign"
    counted = Workspace.open(own.workspace).latest().query(sql, {"campaign": campaign})
    assert counted["arrived"].tolist() == [len(rows)]
    member = go("member", server=own, member=rows[0]["member_id"])
    member.page.get_by_role("tab", name="Campaigns").click()
    assert re.search(r"contacts that arrived: [1-9]", member.settle().text())
    assert member.alerts() == []


def test_an_alert_is_written_waits_in_the_inbox_and_is_answered(go: Go, own: Server) -> None:
    window = go("overview", server=own)
    open_part(window, "inbox")
    open_part(window, "alert_form")
    window.type("alert:name", "Too quiet")
    choose(window, "alert:metric", "Silent members")
    window.type("alert:threshold", "0")
    window.press("alert:keep")
    told = window.main().get_by_text("Too quiet: Silent members is above 0")
    assert told.count() == 1
    alert = window.page.locator('[class*="st-key-alert-rule"]').filter(has_text="Too quiet")
    alert.get_by_role("button", name="Answer").click()
    window.settle()
    window.page.get_by_label("Who says so").last.fill("Ann")
    window.page.get_by_label("Why", exact=True).last.fill("expected")
    window.page.get_by_label("Why", exact=True).last.press("Tab")
    window.settle().page.get_by_role("button", name="Seen").last.click()
    assert "seen by Ann: expected" in window.settle().text()
    again = go("overview", server=own)
    open_part(again, "inbox")
    assert "seen by Ann: expected" in again.text()


def test_a_mark_stands_on_the_charts_is_reworded_and_goes(go: Go, own: Server) -> None:
    window = go("overview", server=own)

    def told() -> str:
        return " ".join(window.page.locator('[data-testid="stPlotlyChart"]').evaluate_all(
            "charts => charts.map(chart => chart.closest('[aria-label]')?.ariaLabel ?? chart.outerHTML)"
        ))  # fmt: skip

    open_part(window, "marks")
    window.type("mark:words", "Shop rebuilt")
    window.press("mark:write")
    assert "Shop rebuilt" in told()
    choose(window, "mark:chosen", "31 Oct 2026: Shop rebuilt")
    window.type("mark:words", "Shop reopened")
    window.press("mark:write")
    assert "Shop reopened" in told() and "Shop rebuilt" not in told()
    choose(window, "mark:chosen", "31 Oct 2026: Shop reopened")
    window.press("mark:remove")
    assert "Shop reopened" not in told()


def test_a_saved_view_brings_back_what_was_chosen(go: Go, own: Server) -> None:
    window = go("overview", server=own, region="North", period="quarter")
    tiles = window.tiles()
    open_part(window, "views")
    window.type("view:name", "North this quarter")
    window.press("view:save")
    other = go("points", server=own, lang="zh")
    open_part(other, "views")
    other.page.get_by_role("link", name="North this quarter").click()
    other.settle()
    assert other.query() == {"region": ["North"], "period": ["quarter"], "lang": ["zh"]}
    assert list(other.tiles().values())[:4] == list(tiles.values())[:4]


def test_a_member_is_found_by_a_part_of_their_number(go: Go, own: Server) -> None:
    window = go("member", server=own)
    window.type("member", "M000012")
    window.settle()
    assert "M0000123" not in window.page.url
    window.type("member", "M0000123")
    window.settle()
    assert window.query()["member"] == ["M0000123"]
    assert "M0000123" in window.text() and window.keyed("card_glance").count() == 1 and window.alerts() == []


def test_slides_taken_along_say_what_the_page_said_and_nothing_leaves_them(go: Go, own: Server) -> None:
    window = go("tiers", server=own, region="North")
    open_part(window, "share")
    with window.page.expect_download() as coming:
        window.keyed("take_deck").get_by_role("button").click()
    deck = Presentation(str(coming.value.path()))
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    shown = [plain(one) for one in window.main().locator("h2, h3").all_inner_texts()]
    assert len(titles) > 4 and [plain(one) for one in titles] == shown
    for slide in deck.slides:
        assert "Region: North" in slide.notes_slide.notes_text_frame.text
        for shape in slide.shapes:
            assert min(shape.left, shape.top) >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top + shape.height <= deck.slide_height


def plain(text: str) -> str:
    """The words alone, without what holds numbers and their units together."""
    return " ".join(text.replace("\u2060", "").split())
