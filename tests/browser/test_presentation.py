"""A page in a meeting: whatever the screen, its slide and the keys that turn stand on it whole."""

from __future__ import annotations

import re

import pytest

from tests.browser.visit import Go, Visit

FULL = "() => document.fullscreenElement !== null"
AT_REST = "() => getComputedStyle(document.querySelector('.st-key-slide_next button')).opacity === '0'"


def counter(window: Visit, slide: int) -> float:
    """The lower edge of the counter, in pixels, once that slide is shown."""
    shown = window.page.get_by_text(re.compile(rf"^{slide} / \d+$"))
    shown.wait_for()
    window.page.wait_for_timeout(1500)
    box = shown.bounding_box()
    assert box
    return box["y"] + box["height"]


# The second slide is a chart, and a table of many rows.
@pytest.mark.parametrize(("path", "width", "height"), [("overview", 1366, 768), ("data", 1920, 1080)])
def test_the_arrow_keys_turn_slides_that_fit_the_window(go: Go, path: str, width: int, height: int) -> None:
    window = go(path, width=width, height=height)
    window.keyed("share").get_by_role("button").first.click()
    window.keyed("present_page").get_by_role("button").click()
    assert counter(window, 1) < height
    window.page.keyboard.press("ArrowRight")
    assert counter(window, 2) < height
    assert not window.page.evaluate(
        """() => {
            const slide = document.querySelector('.st-key-slide')
            return slide.scrollHeight > slide.clientHeight + 1
        }"""
    )
    assert window.page.evaluate(FULL)
    window.page.wait_for_function(AT_REST)
    window.page.mouse.move(width / 2, height / 2)
    window.page.wait_for_function(f"() => !({AT_REST})()")
    letters = window.page.evaluate("() => parseFloat(getComputedStyle(document.documentElement).fontSize)")
    window.page.keyboard.press("Escape")
    window.keyed("filters").first.wait_for()
    window.settle()
    usual = window.page.evaluate("() => parseFloat(getComputedStyle(document.documentElement).fontSize)")
    assert usual < letters
    assert not window.page.evaluate(FULL)


def test_who_leaves_the_whole_screen_ends_the_presentation_and_one_opened_by_its_address_stays_in_the_window(
    go: Go,
) -> None:
    window = go("data")
    window.keyed("share").get_by_role("button").first.click()
    window.keyed("present_page").get_by_role("button").click()
    window.keyed("slide_end").wait_for()
    assert window.query()["present"] == ["1"]
    window.page.evaluate("() => document.exitFullscreen()")
    window.keyed("filters").first.wait_for()
    assert "present" not in window.settle().query()
    window.page.goto(f"{window.url}/data?present=1")
    window.keyed("slide_end").wait_for()
    assert not window.page.evaluate(FULL)
