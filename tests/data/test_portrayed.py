"""Portraits are the same whether they are rolled up when a snapshot is published or made from facts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from data.live import live_history
from data.portrayed import portrayed
from data.rollup_tables import PORTRAITS
from data.rollups import building
from loyalty_core.days import to_day
from loyalty_core.portraits import portraits
from tests.core.generated import generated
from tests.data.test_rollups import facts, published


def test_portraits_of_a_roll_up_are_those_of_the_facts(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(building, "LEAST_ROWS", 0)
    monkeypatch.setattr(building, "ROWS_FOR_PARTS", 0)
    monkeypatch.setattr(building, "PARTS", 2)
    case = generated(3, members=30)
    snapshot = published(tmp_path, case, [facts(case)])
    day = to_day(snapshot.as_of)
    told = portrayed(snapshot, case.programme, day)
    assert sum(file.rows for file in snapshot.files(PORTRAITS.name)) == len(told) > 10
    plain = portraits(live_history(snapshot, case.programme), case.programme, day)
    texts = [name for name in plain if isinstance(plain[name].dtype, pd.CategoricalDtype)]
    for frame in (told, plain):
        frame[texts] = frame[texts].astype(str)
    pd.testing.assert_frame_equal(told[list(plain)], plain, check_dtype=False)
    # Of another day, and under another programme, they are made from the facts.
    before = portrayed(snapshot, case.programme, day - 40)
    history = live_history(snapshot, case.programme)
    assert len(before) == len(portraits(history, case.programme, day - 40))
