"""The morning page, looked at, filtered, and sent on by its address."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from loyalty_core.metrics.dictionary import METRICS
from tests.browser.visit import Visit
from tests.living import Server, loyalty

pytestmark = pytest.mark.browser
Go = Callable[..., Visit]


def _counted(server: Server, *question: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the command line answers: the whole document, and its only row."""
    told = loyalty("kpi", "--json", "--workspace", server.workspace, *question)
    answer = json.loads(told.stdout)
    (row,) = answer["rows"]
    return answer, row


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_shows_numbers_as_the_command_line_counts_them_and_where_they_come_from(
    go: Go, live_server: Server, lang: str
) -> None:
    window = go("overview", lang=lang)
    tiles = window.tiles()
    assert len(tiles) == 8
    counted = ("members_active", "members_silent", "members_churned")
    answer, row = _counted(live_server, "--metrics", ",".join(counted))
    for name in counted:
        assert tiles[METRICS[name].label(lang)] == f"{row[name]:,}"
    for name in ("redemption_rate", "repeat_rate"):
        assert METRICS[name].label(lang) in tiles

    assert f"{'snapshot' if lang == 'en' else '快照'} {answer['snapshot']}" in window.text()
    assert answer["as_of"][:4] in window.text()
    charts = window.page.locator('[data-testid="stPlotlyChart"]')
    assert charts.count() >= 3
    assert charts.locator("svg.main-svg").count() >= charts.count()


def test_a_filter_changes_numbers_and_address_and_the_address_brings_both_back(
    go: Go, live_server: Server
) -> None:
    window = go("overview")
    everybody = window.tiles()
    window.pick("region", "North")
    in_the_north = window.tiles()
    assert window.query()["region"] == ["North"]
    _, row = _counted(live_server, "--metrics", "members_active", "--where", "member_region=North")
    assert in_the_north["Active members"] == f"{row['members_active']:,}" != everybody["Active members"]

    again = go("overview", **window.query())
    assert again.tiles() == in_the_north
    again.press("clear_filters")
    assert "region" not in again.query()
    assert again.tiles() == everybody


def test_the_language_changes_the_words_and_keeps_numbers_and_filters(go: Go) -> None:
    window = go("overview", region="North")
    english = window.tiles()
    window.page.get_by_text("简体中文", exact=True).click()
    window.settle()
    chinese = window.tiles()
    assert window.query() == {"region": ["North"], "lang": ["zh"]}
    assert not set(english) & set(chinese)
    assert chinese["活跃会员"] == english["Active members"]


def test_going_back_in_the_browser_brings_the_view_back(go: Go) -> None:
    window = go("overview")
    before = window.tiles()
    window.pick("region", "South")
    window.page.go_back()
    window.settle()
    assert "region" not in window.query()
    assert window.tiles() == before


def test_a_wrong_address_is_read_as_far_as_it_makes_sense(go: Go) -> None:
    window = go("overview", region="Atlantis", period="fortnight", as_of="yesterday", lang="tlh")
    assert window.alerts() == []
    assert window.tiles() == go("overview").tiles()
