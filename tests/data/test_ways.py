"""Ways of members: which sets of places hold a row, and which of them lie in a cell."""

from __future__ import annotations

import numpy as np
import pytest

from data.rollups.ways import Ways, ways_of
from loyalty_core.arrays import in_short

PLACES, MEMBERS = 200, 3_000


def walked(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Members, guests among them, at places; in the short types that dealings have."""
    random = np.random.default_rng(seed)
    member = random.integers(-1, MEMBERS, 5_000)
    place = np.where(member < 0, 7, (member * 31 + random.integers(0, 3, len(member)) ** 3) % PLACES)
    return member.astype(np.int32), in_short(place)


@pytest.mark.parametrize("seed", range(3))
def test_a_cell_holds_each_row_of_a_way_just_once(seed: int, monkeypatch) -> None:
    monkeypatch.setattr("data.rollups.ways.MOST_SETS", 700 if seed else 2**14)
    member, place = walked(seed)
    ways: Ways = ways_of(member, place, MEMBERS)
    counted = ways.of_member[member] >= 0
    assert counted.all() == (seed == 0) and counted.any() and len(ways.begins) > 300
    rows, sets = ways.sets_with(member, place)
    assert set(rows) == set(np.flatnonzero(counted)) and sets.max() < ways.sets
    cell = np.random.default_rng(seed).integers(-1, 3, PLACES)  # as filters and slices would
    inside, into = ways.sets_inside(cell)
    assert len(set(inside)) == len(inside)
    cell_of = dict(zip(inside.tolist(), into.tolist(), strict=True))
    found = [
        (row, cell_of[one]) for row, one in zip(rows.tolist(), sets.tolist(), strict=True) if one in cell_of
    ]
    expected = [(row, cell[place[row]]) for row in np.flatnonzero(counted & (cell[place] >= 0))]
    assert sorted(found) == expected
