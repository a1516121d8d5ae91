"""A programme's first weeks: what they cannot tell yet is in no title."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard import figures
from tests.dashboard.reader import opened


def test_no_title_tells_who_bought_again_where_nobody_could(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened("views/value.py", demo, monkeypatch, as_of="2024-11-20")
    titles = [one.value for one in page.subheader]
    assert [one for one in titles if figures.UNKNOWN in one.split()] == []
    assert any(one.startswith("Repeat rate was ") for one in titles)
