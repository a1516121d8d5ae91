"""The page of engagement and care says what members did, and whom to think of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from data.workspace import Workspace
from tests.dashboard.reader import opened

VIEW = "views/engagement.py"
DAY = "(occurred_at AT TIME ZONE 'Asia/Shanghai')::DATE"
LATEST = "(FROM members QUALIFY row_number() OVER (PARTITION BY member_id ORDER BY valid_from DESC) = 1)"


def counted(folder: Path, sql: str) -> int:
    return int(Workspace.open(folder).latest().query(sql).iloc[0, 0])


def test_cards_tell_who_signed_in_and_whose_birthday_comes(
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


def test_a_card_tells_who_left_and_none_where_nobody_did(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = f"SELECT count(*) FROM {LATEST} WHERE strftime(left_on, '%Y-%m') = "
    for close, is_told in (("2026-08-31", False), ("2026-09-30", True)):
        gone = counted(demo, f"{left} '{close[:7]}'")
        assert (gone > 0) is is_told
        page = opened(VIEW, demo, monkeypatch, as_of=close)
        assert not page.exception and not page.error
        leavers = [title.value for title in page.subheader if "left in the period" in title.value]
        assert [re.sub(r"\D.*", "", title) for title in leavers] == [str(gone)] * is_told


@pytest.mark.parametrize("chosen", [{"tier": "bronze"}, {"region": "North"}])
def test_whom_nobody_contacted_is_told_alike_by_tile_and_card(
    chosen: dict[str, str], demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(VIEW, demo, monkeypatch, **chosen)
    [tile] = [one.value for one in page.metric if one.label == "Members not contacted"]
    [card] = [one.value for one in page.subheader if "not been contacted" in one.value]
    assert re.sub(r"\D.*", "", card) == tile and int(tile) > 0


def test_a_source_without_care_says_so(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(VIEW, small, monkeypatch)
    assert not page.exception and not page.error
    assert [told.value for told in page.info] == [
        "The data tells of no sign-ins, tasks, surveys or complaints."
    ]
    assert not page.metric
