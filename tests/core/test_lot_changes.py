"""Changes of lots from close to close, held against every lot looked at anew at each close."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from loyalty_core.facts import ENTRY_KINDS
from loyalty_core.points.lot_changes import PARTS, LotChanges, lot_changes
from loyalty_core.points.lot_ledger import LotLedger, lot_ledger
from tests.core.generated import generated

PART_OF = {"redeem": "redeemed", "expire": "expired"}
PLACES = 3


def case(seed: int) -> tuple[LotLedger, LotChanges, np.ndarray, np.ndarray]:
    """A ledger, its changes, closes, and the place of each member at each, some outside; most stay."""
    history, random = generated(seed).history, np.random.default_rng(seed)
    ledger = lot_ledger(history, 10**6)
    closes = np.sort(random.choice(np.arange(ledger.lot_day.min() - 9, ledger.use_day.max() + 9), 7, False))
    places = np.repeat(random.integers(-1, PLACES, (len(history.members), 1)), len(closes), axis=1)
    moved = random.random(places.shape) < 0.3
    places[moved] = random.integers(-1, PLACES, moved.sum())
    return ledger, lot_changes(ledger), closes, places.astype(np.int32)


def rows(*columns: np.ndarray) -> list[tuple[int, ...]]:
    """Arrays of one length as rows of plain numbers."""
    return list(zip(*(column.tolist() for column in columns), strict=True))


def looked_at_anew(ledger: LotLedger, close: int, place: np.ndarray) -> Counter:
    """Points by part, place, day and expiry, lot by lot and use by use."""
    found: Counter = Counter()
    lots = rows(ledger.lot_member, ledger.lot_day, ledger.lot_expires_on)
    for (member, *batch), points in zip(lots, ledger.lot_points.tolist(), strict=True):
        if batch[0] <= close and place[member] >= 0:
            found["came", int(place[member]), *batch] += points
    for lot, day, kind, points in rows(ledger.use_lot, ledger.use_day, ledger.use_kind, ledger.use_points):
        member, *batch = lots[lot]
        if day <= close and place[member] >= 0:
            found[PART_OF.get(ENTRY_KINDS[kind], "went"), int(place[member]), *batch] += points
    return found


@pytest.mark.parametrize("seed", range(4))
def test_what_changed_from_close_to_close_is_what_all_lots_tell_at_each(seed: int) -> None:
    ledger, changes, closes, places = case(seed)
    batches = rows(changes.batches.lot_day, changes.batches.lot_expires_on)
    assert len(set(batches)) == len(batches)
    followed = changes.at_closes(closes, places.T, PLACES)
    for close, place, points in zip(closes, places.T, followed, strict=True):
        found = {
            (PARTS[part], at, *batches[batch]): int(points[part, at, batch])
            for part, at, batch in rows(*np.nonzero(points))
        }
        assert found == looked_at_anew(ledger, close, place)


@pytest.mark.parametrize("seed", range(4))
def test_batches_tell_all_lots_together(seed: int) -> None:
    ledger, changes, closes, places = case(seed)
    alike = np.zeros(len(places), np.int32)
    followed = changes.of_all.at_closes(closes, [np.zeros(1, np.int32)] * len(closes), 1)
    for close, points in zip(closes, followed, strict=True):
        expected = looked_at_anew(ledger, close, alike)
        for part, total in zip(PARTS, points.sum(axis=(1, 2)), strict=True):
            assert total == sum(points for key, points in expected.items() if key[0] == part)
    for name in ("lot_points", "use_points", "left", "redeemed", "expired"):
        assert getattr(changes.batches, name).sum() == getattr(ledger, name).sum()
