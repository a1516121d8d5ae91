"""Portraits that are kept: the same as drawn anew, whatever was asked for before and however little fits."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import pandas as pd
import pytest

from data.rollups import kept_portraits
from data.rollups.kept_portraits import KeptPortraits
from loyalty_core.days import to_day
from loyalty_core.portraits import portraits
from tests.core.generated import BEGIN, generated

CASE = generated(5, members=20)
LAST = to_day(BEGIN + timedelta(days=400))


@cache
def drawn(day: int) -> pd.DataFrame:
    return portraits(CASE.history, CASE.programme, day)


@pytest.mark.parametrize("room", [kept_portraits.KEPT_BYTES, 20_000, 0])
def test_kept_portraits_are_those_drawn_anew_whatever_was_asked_before(
    room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_portraits, "KEPT_BYTES", room)
    kept = KeptPortraits(CASE.history, CASE.programme)
    for days in ([LAST], [LAST - 90, LAST - 30, LAST], [LAST - 30, LAST - 200, LAST - 30], []):
        found = list(kept.of(days))
        assert len(found) == len(days)
        for day, one in zip(days, found, strict=True):
            pd.testing.assert_frame_equal(one, drawn(day))


def test_portraits_are_drawn_once_where_they_fit() -> None:
    kept = KeptPortraits(CASE.history, CASE.programme)
    first, second = (list(kept.of([LAST - 30, LAST])) for _ in range(2))
    assert all(one is again for one, again in zip(first, second, strict=True))
