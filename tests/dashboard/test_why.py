"""Why a number changed: every page tells it of its tiles, and the parts come to the tile's own change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboard.i18n import words
from loyalty_core.metrics.dictionary import METRICS
from tests.dashboard.reader import opened

# A tile of each page: stocks and flows of members, points, and shares whose members may be in several slices.
TILES = {
    "members": "members_enrolled",
    "value": "repeat_rate",
    "points": "points_issued",
    "tiers": "tier_upgrades",
    "campaigns": "contacted",
    "engagement": "members_uncontacted",
    "overview": "members_silent",
}
FILTERS = [{}, {"region": ["North", "South"]}, {"tier": ["silver"], "period": "quarter", "against": "year"}]


NUMBER = re.compile(r"[+−]?[\d,]*\.?\d+")
NO_SUMS = {"value": "repurchase_cycle", "engagement": "nps"}


def numbers(text: str) -> list[float]:
    """The numbers that are written, without their units."""
    return [float(one.replace(",", "").replace("−", "-")) for one in NUMBER.findall(text)]


@pytest.mark.parametrize("filters", FILTERS, ids=["everybody", "two regions", "a tier in a quarter"])
@pytest.mark.parametrize(("path", "name"), TILES.items())
def test_the_parts_come_to_the_change_that_the_tile_tells(
    demo: Path, monkeypatch: pytest.MonkeyPatch, path: str, name: str, filters: dict[str, str]
) -> None:
    page = opened(f"views/{path}.py", demo, monkeypatch, **filters)
    (told,) = [one.proto.help for one in page.caption if one.value == words(METRICS[name].label)]
    (exactly,) = [line for line in told.split("\n\n") if line.startswith("Exactly")]
    now, before = numbers(exactly)
    page.button(key=f"why:{name}").click().run()
    assert not page.exception and not page.error
    parts = page.dataframe[-1].value["In all"]
    *each, whole = [numbers(one)[0] for one in parts]
    rounding = 0.051 if "%" in exactly else 0.006
    assert len(each) > 1
    assert whole == pytest.approx(now - before, abs=2 * rounding)
    assert sum(each) == pytest.approx(whole, abs=rounding * len(each))
    (sentence,) = [one.value for one in page.markdown if " in all, " in one.value]
    assert sentence.startswith(f"**{words(METRICS[name].label)}: ")
    change, part = numbers(sentence.split(": ", 1)[1])[:2]
    assert change * part >= 0  # what moved it the other way is no part of the change


@pytest.mark.parametrize(("path", "name"), NO_SUMS.items())
def test_what_does_not_add_up_over_members_cannot_be_asked(
    demo: Path, monkeypatch: pytest.MonkeyPatch, path: str, name: str
) -> None:
    asked = {
        one.key: one.disabled
        for one in opened(f"views/{path}.py", demo, monkeypatch).button
        if one.label == "Why?"
    }
    assert asked.pop(f"why:{name}") and not all(asked.values())
