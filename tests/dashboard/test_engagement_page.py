"""The page of engagement and care says what members did, and whom to think of."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.workspace import Workspace
from tests.dashboard.reader import opened

VIEW = "views/engagement.py"
DAY = "(occurred_at AT TIME ZONE 'Asia/Shanghai')::DATE"
LATEST = "(FROM members QUALIFY row_number() OVER (PARTITION BY member_id ORDER BY valid_from DESC) = 1)"


def counted(folder: Path, sql: str) -> int:
    return int(Workspace.open(folder).latest().query(sql).iloc[0, 0])


def test_cards_tell_who_signed_in_whose_birthday_comes_and_who_left(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(VIEW, demo, monkeypatch)
    assert not page.exception and not page.error
    titles = "\n".join(title.value for title in page.subheader)
    signed_in = f"""SELECT count(DISTINCT member_id) FROM activities JOIN {LATEST} USING (member_id)
        WHERE kind = 'sign_in' AND {DAY} >= DATE '2026-10-01' AND left_on IS NULL"""
    assert f"{counted(demo, signed_in)} members signed in during the last month" in titles
    coming = f"""SELECT count(*) FROM {LATEST} WHERE left_on IS NULL AND birthday LIKE '11-%'"""
    assert f"{counted(demo, coming)} members have their birthday in the coming 30 days" in titles
    left = f"SELECT count(*) FROM {LATEST} WHERE left_on BETWEEN DATE '2026-10-01' AND DATE '2026-10-31'"
    gone = counted(demo, left)
    assert (f"{gone} members left in the period" in titles) == (gone > 0)


def test_a_source_without_care_says_so(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(VIEW, small, monkeypatch)
    assert not page.exception and not page.error
    assert [told.value for told in page.info] == [
        "The data tells of no sign-ins, tasks, surveys or complaints."
    ]
    assert not page.metric
