"""The Sandbox while the members' past is being read ahead of the first what-if."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dashboard import reader

VIEW = "views/sandbox.py"
TOLD = {"en": "The members' past is being read", "zh": "正在读取会员历史"}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("at_work", "known"), [(True, False), (True, True), (False, False)])
def test_it_is_said_as_long_as_somebody_reads_what_is_not_yet_known(
    at_work: bool, known: bool, lang: str, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.sandbox.past_reading.is_at_work", lambda folder: at_work)
    monkeypatch.setattr("dashboard.sandbox.past_reading.is_awaited", lambda *asked: not known)
    page = reader.opened(VIEW, small, monkeypatch, lang=lang)
    said = any(TOLD[lang] in str(line.value) for line in page.caption)
    assert not page.exception and said == (at_work and not known)
