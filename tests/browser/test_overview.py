"""The morning page, looked at, filtered, and sent on by its address."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from loyalty_core.metrics.dictionary import METRICS
from tests.browser.visit import Go, Visit
from tests.living import Server

pytestmark = pytest.mark.browser


COUNTED = ("members_active", "members_silent", "members_churned")


def _counted(server: Server, *where: str) -> dict[str, Any]:
    """What the command line answers: its only row, with the snapshot and the day."""
    question = ["kpi", "--json", "--workspace", str(server.workspace), "--metrics", ",".join(COUNTED), *where]
    answer = json.loads(CliRunner().invoke(app, question, catch_exceptions=False).stdout)
    (row,) = answer["rows"]
    return answer | row


def _shows(window: Visit, counted: dict[str, Any], lang: str) -> bool:
    """Whether the tiles bear the counted numbers under their names."""
    tiles = window.tiles()
    return all(tiles[METRICS[name].label(lang)] == f"{counted[name]:,}" for name in COUNTED)


def test_the_page_shows_numbers_as_the_command_line_counts_them_and_where_they_come_from(
    go: Go, live_server: Server
) -> None:
    """In either language; the choice of another changes the words, and keeps numbers and filters."""
    everybody = _counted(live_server)
    north = _counted(live_server, "--where", "member_region=North")
    assert all(0 < north[name] < everybody[name] for name in COUNTED)
    window = go("overview", region="North")
    for lang, snapshot in (("en", "snapshot"), ("zh", "快照")):
        if lang == "zh":
            window.page.get_by_text("简体中文", exact=True).click()
            window.settle()
            assert window.query() == {"region": ["North"], "lang": ["zh"]}
        assert len(window.tiles()) == 8
        assert {METRICS[name].label(lang) for name in ("redemption_rate", "repeat_rate")} <= set(
            window.tiles()
        )
        assert _shows(window, north, lang)
        assert f"{snapshot} {north['snapshot']}" in window.text()
        assert north["as_of"][:4] in window.text()
    charts = window.page.locator('[data-testid="stPlotlyChart"]')
    assert charts.count() >= 3
    assert charts.locator("svg.main-svg").count() >= charts.count()

    window.press("clear_filters")
    assert "region" not in window.query()
    assert _shows(window, everybody, "zh")


def _height(window: Visit, key: str) -> float:
    """Of a part of the page, in pixels."""
    box = window.keyed(key).bounding_box()
    assert box is not None
    return box["height"]


def test_a_filter_changes_numbers_and_address_and_going_back_brings_both_back(
    go: Go, live_server: Server
) -> None:
    window = go("overview", width=1280)
    before, row = window.tiles(), _height(window, "filters")
    assert _shows(window, _counted(live_server), "en")
    window.pick("region", "South")
    assert window.query()["region"] == ["South"]
    assert _height(window, "filters") == row
    assert _shows(window, _counted(live_server, "--where", "member_region=South"), "en")
    window.pick("tier", "Bronze")
    assert _height(window, "filters") == row

    window.page.go_back()
    window.settle()
    window.page.go_back()
    window.settle()
    assert "region" not in window.query()
    assert window.tiles() == before


def test_a_wrong_address_is_read_as_far_as_it_makes_sense(go: Go, live_server: Server) -> None:
    window = go("overview", region="Atlantis", period="fortnight", as_of="yesterday", lang="tlh")
    assert window.alerts() == []
    assert _shows(window, _counted(live_server), "en")
