"""By how much the numbers of compared periods differ by chance alone."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from data.rollups import SnapshotFacts
from data.standing import Where
from loyalty_core.counting.period_facts import PERIOD
from loyalty_core.metrics.chance import deviations
from loyalty_core.metrics.dictionary import columns_of
from loyalty_core.periods import Periods


def deviations_by_chance(
    facts: SnapshotFacts, names: Sequence[str], compared: Sequence[Periods], where: Where
) -> pd.DataFrame:
    """One standard deviation of each of the metrics, of the members of the filters, by `period_end` of the
    periods; NaN where unknown."""
    counted = [facts.of(periods, (), where, columns_of(names)) for periods in compared]
    found = [deviations(rows, names, facts.programme).set_index(rows[PERIOD[-1]]) for rows in counted]
    return pd.concat(found)
