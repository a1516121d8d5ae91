"""Figures without a card of their own stand on the page that they answer, as `loyalty kpi` has them."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from dashboard.i18n import speaking
from dashboard.readings import short
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import programme_from_yaml
from tests.dashboard.reader import opened
from tests.living import asked

PROGRAMME = programme_from_yaml(files("data").joinpath("programmes/demo.yaml").read_text("utf-8"))
BESIDE = {
    "points": ["points_pending", "points_negative", "expiry_rate"],
    "members": ["growth_rate", "members_left", "join_rate"],
    "value": ["existing_customer_share", "visits_per_day", "arpu", "annual_buyer_share"],
}


def _captions(page) -> str:
    return "\n".join(one.value for one in page.caption)


@pytest.mark.parametrize("view", BESIDE)
def test_they_are_told_beside_their_card_in_either_language(
    view: str, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = BESIDE[view]
    answer = asked("kpi", "--metrics", ",".join(names), "--from", "2026-10-01", "--json", "--workspace", demo)
    [row] = json.loads(answer.output)["rows"]
    for language in ("en", "zh"):
        told = _captions(opened(f"views/{view}.py", demo, monkeypatch, lang=language))
        for name in names:
            with speaking(language):
                value = short(METRICS[name], PROGRAMME, row[name])
            assert f"{METRICS[name].label(language)} {value}" in told


def test_what_filters_cannot_tell_apart_is_left_out(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = _captions(opened("views/members.py", demo, monkeypatch, region="East"))
    assert METRICS["growth_rate"].label("en") in told
    assert METRICS["join_rate"].label("en") not in told
