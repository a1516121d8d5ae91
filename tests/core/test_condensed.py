"""Facts told by some of their slices count what the whole facts count, members who are alike as one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from loyalty_core.counting.condensed import condensed, united
from loyalty_core.counting.cuts import cut_among
from loyalty_core.counting.families import FactFamily
from loyalty_core.counting.finest import MEMBER, slices_of
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.recombined import CodedFacts, CodedRows, recombined
from loyalty_core.histories import history_from_frames
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

LABELS = {"member_gender": ("f", "m"), "member_region": ("North", "South"), "member_tier": ("base", "gold")}
FAMILY = FactFamily(frozenset(LABELS), lambda *_: {}, frozenset({"buyers"}))
SLICES = slices_of(FAMILY)
MONTHS = Periods(np.array([1, 11]), np.array([10, 20]), -9)


def some_facts(random: np.random.Generator, members: np.ndarray) -> CodedFacts:
    """Counts of some, and 400 rows of those members at cells by lot."""

    def rows(count: int, **numbers: np.ndarray) -> CodedRows:
        codes = {name: random.integers(-1, 2, count) for name in SLICES}
        return CodedRows(random.choice([10, 20], count), codes, numbers)

    counted, kept = (
        rows(50, buyers=random.integers(0, 9, 50)),
        rows(400, **{MEMBER: random.choice(members, 400)}),
    )
    return CodedFacts(LABELS, {SLICES: counted}, {SLICES: {"buyers": kept}})


@pytest.mark.parametrize("by", [(), ("member_tier",)])
def test_any_filter_finds_the_same_in_condensed_facts(by: tuple[str, ...]) -> None:
    random = np.random.default_rng(1)
    parts = [some_facts(random, np.arange(1000 * n, 1000 * n + 150)) for n in range(2)]
    whole, filters = united(parts), {"member_region", "member_tier"}
    small = condensed(united([condensed(part, by, filters) for part in parts]), by, filters)
    assert len(small.kept[SLICES]["buyers"].end) < len(whole.kept[SLICES]["buyers"].end) / 2
    nobody = history_from_frames({}, Programme(name="nobody"))
    regions, tiers = [["North"], ["South", ""], None], [["gold"], ["base", "gold"], None]
    for region, tier in product(regions, tiers):
        asked = {"member_region": region, "member_tier": tier}
        where = {name: labels for name, labels in asked.items() if labels and name not in by}
        grid = Grid(MONTHS, cut_among(nobody, LABELS, by, where))
        expected = recombined(whole, grid, [FAMILY])["buyers"]
        assert expected.all()
        assert np.array_equal(recombined(small, grid, [FAMILY])["buyers"], expected)
