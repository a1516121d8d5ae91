"""A page in a meeting: whatever the screen, its slide and the keys that turn stand on it whole."""

from __future__ import annotations

import pytest

from tests.browser.visit import Go, Visit


def counter(window: Visit, slide: int, slides: int) -> float:
    """The lower edge of the counter, in pixels, once that slide is shown."""
    shown = window.page.get_by_text(f"{slide} / {slides}", exact=True)
    shown.wait_for()
    window.page.wait_for_timeout(1500)
    box = shown.bounding_box()
    assert box
    return box["y"] + box["height"]


# The second slide is a chart, and a table of many rows.
@pytest.mark.parametrize(
    ("path", "slides", "width", "height"), [("overview", 6, 1366, 768), ("data", 4, 1920, 1080)]
)
def test_the_arrow_keys_turn_slides_that_fit_the_window(
    go: Go, path: str, slides: int, width: int, height: int
) -> None:
    window = go(path, width=width, height=height)
    window.keyed("share").get_by_role("button").first.click()
    window.keyed("present_page").get_by_role("button").click()
    assert counter(window, 1, slides) < height
    window.page.keyboard.press("ArrowRight")
    assert counter(window, 2, slides) < height
    assert not window.page.evaluate(
        """() => {
            const slide = document.querySelector('.st-key-slide')
            return slide.scrollHeight > slide.clientHeight + 1
        }"""
    )
    letters = window.page.evaluate("() => parseFloat(getComputedStyle(document.documentElement).fontSize)")
    window.page.keyboard.press("Escape")
    window.keyed("filters").first.wait_for()
    window.settle()
    usual = window.page.evaluate("() => parseFloat(getComputedStyle(document.documentElement).fontSize)")
    assert usual < letters
