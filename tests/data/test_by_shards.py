"""A history that is read shard by shard is the history."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data import by_shards
from data.live import live_history
from data.workspace import Workspace
from loyalty_core.history import History
from simulation.mapped import on_disk


def plain(value: Any) -> Any:
    """Arrays with their types, whatever they lie in."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return (value.dtype.str, value.tolist()) if isinstance(value, np.ndarray) else value


def read(folder: Path) -> tuple[History, History]:
    """At one go, and as a run reads it."""
    workspace = Workspace.open(folder)
    snapshot, programme = workspace.latest(), workspace.programme
    assert snapshot is not None and programme is not None
    return live_history(snapshot, programme), by_shards.laid_down(snapshot, programme, on_disk)


def test_shards_together_tell_what_the_whole_snapshot_tells(
    demo_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_shards, "LARGE", 0)
    whole, together = read(demo_workspace)
    assert (whole.purchases.member < 0).any() and (whole.purchases.refund_of >= 0).any()
    assert len(whole.offers.coupons.member) and len(whole.offers.contacts.member)
    assert plain(together) == plain(whole)


def test_a_small_snapshot_is_read_at_one_go(demo_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_shards, "only_shards", None)
    whole, together = read(demo_workspace)
    assert plain(together) == plain(whole)
