"""From a bar to the members behind it: a click, a chip, the drawer, a file."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator

from loyalty_core.metrics.dictionary import METRICS
from tests.browser.visit import Go, Visit


def test_a_click_on_a_bar_leads_to_the_members_behind_it(go: Go, tmp_path: Path) -> None:
    window = go("overview")
    members = int(window.tiles()["Active members"].replace(",", ""))
    window.keyed("chart_tiers").locator(".bars .point path").last.click(force=True)
    window.settle()
    (tier,) = window.query()["tier"]
    assert window.keyed(f"chip:tier:{tier}").count() == 1
    assert 0 < int(window.tiles()["Active members"].replace(",", "")) < members
    window.press("drawer")
    drawer = window.page.get_by_role("dialog")
    with window.page.expect_download() as taken:
        window.keyed("drawer:file:csv").get_by_role("button").click()
    taken.value.save_as(tmp_path / "members.csv")
    with (tmp_path / "members.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert f"{len(rows):,} members stand behind Members enrolled" in drawer.inner_text()
    assert {row["tier"] for row in rows} == {tier}


@pytest.mark.parametrize(
    ("path", "chart"),
    [
        ("members", "preferences"),
        ("points", "points_ageing"),
        ("campaigns", "coupons"),
        ("campaigns", "response"),
        ("engagement", "birthdays"),
        ("segments", "overlap"),
    ],
)
def test_a_click_on_a_bar_that_no_filter_names_opens_the_drawer(go: Go, path: str, chart: str) -> None:
    window = go(path)
    window.keyed(f"chart_{chart}").locator(".bars .point path").first.click(force=True)
    drawer = window.settle().page.get_by_role("dialog")
    members = re.search(r"([\d,]+) members: ", drawer.inner_text())
    assert members is not None and int(members[1].replace(",", "")) > 0
    if chart == "preferences":
        assert members[1] in window.keyed("card_preferences").inner_text()


def test_a_click_on_a_month_opens_the_drawer_with_those_behind_it(go: Go) -> None:
    window = go("members")
    bars = window.page.locator('[class*="st-key-chart_movement"] .trace.bars').first.locator(".point path")
    bars.nth(8).click(force=True)
    drawer = window.settle().page.get_by_role("dialog")
    assert re.search(r"[1-9][\d,]* members?: New members · ", drawer.inner_text())
    assert window.alerts() == [drawer.inner_text()] and window.barriers() == []
    window.press("drawer:as_of")
    assert "as_of" in window.query()
    assert window.page.get_by_role("dialog").count() == 0


def test_a_tile_tells_over_the_page_why_it_changed(go: Go) -> None:
    window = go("value", width=390, scheme="dark", lang="zh", tier=["basic", "bronze"])
    assert window.sideways() <= 1 and window.barriers() == []
    window.press("why:average_order_value")
    (told,) = window.alerts()
    assert METRICS["average_order_value"].label("zh") in told
    assert window.page.get_by_role("dialog").locator(".bars .point path").count() > 1
    assert window.sideways() <= 1 and window.barriers() == []
    window.page.keyboard.press("Escape")
    assert window.settle().alerts() == []


def tab_to(window: Visit, part: Locator) -> None:
    """Go on with the Tab key until that part of the page has the focus."""
    for _ in range(120):
        window.page.keyboard.press("Tab")
        if part.count() and part.evaluate("part => part.contains(document.activeElement)"):
            return
    raise AssertionError("no way there by the Tab key")


def choose_by_keys(window: Visit, key: str, option: str) -> None:
    """Type what is wanted of a list, and take the first that is found."""
    tab_to(window, window.keyed(key))
    window.page.keyboard.type(option)
    window.page.keyboard.press("Enter")
    window.settle()


def test_the_members_behind_a_bar_are_reached_by_the_keys_alone(go: Go) -> None:
    window = go("points")
    tab_to(window, window.keyed("drawer"))
    window.page.keyboard.press("Enter")
    window.settle()
    choose_by_keys(window, "drawer:place", "Points issued and redeemed")
    choose_by_keys(window, "drawer:series", "Points redeemed")
    drawer = window.page.get_by_role("dialog").inner_text()
    assert re.search(r"[1-9][\d,]* members?: Points redeemed · \w+ 2026", drawer)
    choose_by_keys(window, "drawer:place", "Points that lots still hold, by months since")
    choose_by_keys(window, "drawer:field", "6–12 months")
    drawer = window.page.get_by_role("dialog").inner_text()
    assert re.search(r"[1-9][\d,]* members?: Points by age · 6–12 months", drawer)
    window.page.keyboard.press("Escape")
    assert window.settle().alerts() == []


def test_a_click_on_the_calendar_chooses_the_campaign(go: Go) -> None:
    window = go("campaigns")
    window.keyed("chart_calendar").locator(".bars .point path").first.click(force=True)
    assert "campaign" in window.settle().query()


def test_each_series_of_a_chart_leads_to_its_own_members(go: Go) -> None:
    window = go("tiers")
    for series, figure in ((0, "Members near an upgrade"), (1, "Members near a downgrade")):
        traces = window.page.locator('[class*="st-key-chart_near"] .trace.bars')
        bars = traces.nth(series).locator(".point path")
        drawn = [place for place, bar in enumerate(bars.all()) if (bar.bounding_box() or {}).get("height")]
        bars.nth(drawn[0]).click(force=True)
        drawer = window.settle().page.get_by_role("dialog").inner_text()
        assert figure in drawer and re.search(r"[1-9][\d,]* members?: ", drawer)
        window.page.keyboard.press("Escape")
        window.settle()
