"""How often arms are really simulated."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from simulation import replications, work


def counted_arms(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How many arms of each replication this process simulates from now on, those of a sample included."""
    found = Counter[int]()

    def watched(group: Any, arms: Any, days: Any, seed: int, replication: int) -> Any:
        found[replication] += len(arms)
        return work.simulated_counts(group, arms, days, seed, replication)

    monkeypatch.setattr(replications, "simulated_counts", watched)
    return found
