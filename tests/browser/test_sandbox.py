"""A what-if from the form to the answer, while others go on working."""

from __future__ import annotations

import re
import time

import pytest

from tests.browser.visit import Go, Visit

pytestmark = pytest.mark.browser

GOLD = "sandbox:tiers.gold.threshold"
RUN_SECONDS = 180


def _run(window: Visit) -> None:
    window.page.get_by_role("button", name="Run the what-if").click()


def _until_over(window: Visit) -> None:
    """Wait until the progress bar has gone and the page has come to rest."""
    end = time.monotonic() + RUN_SECONDS
    window.page.wait_for_timeout(1000)
    while window.page.locator(".st-key-progress").count() and time.monotonic() < end:
        window.page.wait_for_timeout(500)
    window.settle()


def _size(window: Visit, months: int, replications: int, members: int) -> None:
    window.type("sandbox:months", str(months))
    window.type("sandbox:replications", str(replications))
    window.type("sandbox:members", str(members))


def test_a_higher_gold_threshold_is_tried_out_and_answered_with_intervals(go: Go) -> None:
    window = go("sandbox")
    window.type(GOLD, "9000")
    _size(window, months=3, replications=3, members=400)
    _run(window)
    window.page.locator('.st-key-progress [data-testid="stProgress"]').wait_for()
    run = window.page.wait_for_function("() => new URL(location).searchParams.get('run')").json_value()

    _until_over(window)
    assert window.alerts() == []
    text = window.text()
    assert "9,000" in text
    assert "95%" in text
    assert "3 replications" in text
    assert window.page.locator('[data-testid="stPlotlyChart"]').count() >= 3
    assert window.page.locator('[data-testid="stDataFrame"]').count() >= 1

    # Somebody else opens the same address, in the other language.
    colleague = go("sandbox", run=run, lang="zh")
    assert colleague.alerts() == []
    assert "9,000" in colleague.text()
    assert colleague.keyed(GOLD).locator("input").input_value() == "9000"


def test_a_strategist_asks_from_which_value_on_it_would_pay(go: Go) -> None:
    window = go("sandbox")
    window.type("sandbox:earning.points_per_unit", "1.5")
    _size(window, months=1, replications=2, members=200)
    _run(window)
    _until_over(window)

    window.page.get_by_role("radio", name="When does it pay?").click()
    window.settle()
    window.press("ask:run")
    window.page.wait_for_function("() => new URL(location).searchParams.get('ask')")
    _until_over(window)
    assert window.alerts() == []
    assert "Every value that was tried" in window.text()

    # Somebody else opens the same address, in the other language.
    query = {name: values[0] for name, values in window.query().items()}
    colleague = go("sandbox", **(query | {"lang": "zh"}))
    assert colleague.alerts() == []
    assert "试过的全部取值" in colleague.text()


def test_an_impossible_order_of_thresholds_is_refused_on_the_form(go: Go) -> None:
    window = go("sandbox")
    window.type(GOLD, "1")
    _run(window)
    window.settle()
    (sentence,) = window.alerts()
    assert re.search(r"gold", sentence, re.IGNORECASE)
    assert "run" not in window.query()


def test_a_long_run_blocks_nobody_and_can_be_cancelled(go: Go) -> None:
    window = go("sandbox")
    window.type(GOLD, "8000")
    _size(window, months=60, replications=200, members=1200)
    _run(window)
    window.page.locator(".st-key-progress").wait_for()

    other = go("overview", region="West")
    assert other.alerts() == []
    assert window.page.locator(".st-key-progress").count() == 1, "the run should still be going on"

    window.page.locator(".st-key-progress").get_by_role("button").click()
    _until_over(window)
    assert "Cancelled" in window.text()
    assert window.alerts() == []


def test_a_campaign_is_written_line_by_line_and_stands_in_the_document_and_the_answer(go: Go) -> None:
    window = go("sandbox")
    window.type(GOLD, "9000")
    window.press("sandbox:campaigns:new")
    window.keyed("sandbox:line:kind").locator("input").click()  # the other choices stay as they are
    window.page.get_by_role("option", name="Win-back", exact=True).click()
    window.settle()
    window.type("sandbox:line:name", "Spring letter")
    window.type("sandbox:line:response.returns_range.low", "5")
    window.press("sandbox:line keep")
    assert any("give both ends, or none" in alert for alert in window.alerts())
    assert window.barriers() == []
    window.type("sandbox:line:response.returns_range.high", "9")
    window.type("sandbox:line:response.returns", "6")
    window.press("sandbox:line keep")
    assert window.alerts() == []
    assert "Spring letter: Win-back" in window.text()

    window.press("sandbox:document:new")
    document = window.page.locator('[role="dialog"] textarea').input_value()
    assert "tiers.gold.threshold: 9000" in document and "returns: 0.06" in document
    window.page.keyboard.press("Escape")
    window.settle()
    assert window.keyed(GOLD).locator("input").input_value() == "9000"

    _size(window, months=3, replications=3, members=400)
    _run(window)
    window.page.locator(".st-key-progress").wait_for()
    _until_over(window)
    assert window.alerts() == []
    assert "campaign “Spring letter”" in window.text()
    assert "rests on 1 assumption of yours" in window.text()
