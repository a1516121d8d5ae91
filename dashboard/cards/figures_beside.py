"""Figures that need no card of their own: told below the title of the card that they belong to."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from dashboard.i18n import _, words
from dashboard.readings import plain, short
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.programme import Programme


def listed(row: pd.Series, names: Iterable[str], programme: Programme) -> list[str]:
    """Each metric with its value in that row, those that it holds and knows."""
    return [
        _("{name} {value}").format(
            name=words(METRICS[name].label), value=short(METRICS[name], programme, value)
        )
        for name in names
        if name in row and (value := plain(row[name])) is not None
    ]


def with_figures(what: str, now: pd.Series, names: Iterable[str], programme: Programme) -> str:
    """What a card shows, and below it the metrics of the chosen period."""
    figures = listed(now, names, programme)
    if not figures:
        return what
    told = _("In the period and at its close: {figures}").format(figures=" · ".join(figures))
    return " · ".join([what, told])
