"""Days that stand apart from all others are told on the Data page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dashboard import reader
from tests.data.shop import imported, lines, sale, written


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "1 row is dated far from all others"), ("zh", "1 行的日期远离其他所有行")]
)
def test_days_far_from_all_others_are_told(
    workspace_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str, said: str
) -> None:
    late = "s99,m1,2099-01-01 10:00:00,10.00,1"
    imported(workspace_path, written(tmp_path, lines([*map(sale, range(20)), late])))
    page = reader.opened("views/data.py", workspace_path, monkeypatch, lang=lang)
    assert not page.exception and not page.error
    assert said in str(page.warning[0].proto) and "2099" in str(page.warning[0].proto)
