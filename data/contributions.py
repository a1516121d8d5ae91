"""What each slice of a snapshot's members contributed to the change of a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from data.rollups.snapshot_facts import SnapshotFacts
from loyalty_core.days import to_date
from loyalty_core.metrics.contributions import Explained, explained
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.periods import Periods


def contributed(
    facts: SnapshotFacts,
    name: str,
    by: str,
    compared: Sequence[Periods],
    where: Mapping[str, Sequence[str]],
) -> Explained:
    """As `explained`, between the first and the last of the periods compared."""
    metric = METRICS[name]
    closes = [pd.Timestamp(to_date(close)) for one in compared for close in one.last]

    def both(by: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
        counted = pd.concat([facts.of(one, by, where, metric.columns) for one in compared], ignore_index=True)
        before, now = (counted[counted["period_end"] == close] for close in (closes[0], closes[-1]))
        return before, now

    return explained(metric, facts.programme, by, both([by]), both([]))
