"""Which metrics a card tells of, so that whoever takes it along has their definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dashboard import charts
from dashboard.i18n import _, words
from dashboard.page_record import Card
from loyalty_core.metrics.dictionary import DEFINED
from loyalty_core.metrics.metric import Metric
from loyalty_core.rules.programme import Programme

_PARTS = re.compile(r" · |: |：")  # of what a card is, where figures may stand beside it


def definitions(card: Card, programme: Programme) -> list[str]:
    """Each metric of the card with what it means, in the reader's language."""
    return [definition(DEFINED[name], programme) for name in metrics_of(card)]


def definition(metric: Metric, programme: Programme) -> str:
    """A metric and what it means."""
    return _("{name}: {labels}").format(name=words(metric.label), labels=words(metric.meaning_for(programme)))


def metrics_of(card: Card) -> list[str]:
    """The metrics that its series draw, that it says it tells of, and that it calls by their names."""
    drawn = [name for _label, name, _where, _values in charts.drawn(card.figure)] if card.figure else []
    called = {words(metric.label): name for name, metric in DEFINED.items()}
    named = [called[text] for text in _texts(card) if text in called]
    return list(dict.fromkeys([*drawn, *card.metrics, *named]))


def _texts(card: Card) -> Iterator[str]:
    """All that a card may call a metric by: series, headings, the first column, and figures beside it."""
    if card.figure is not None:
        for trace in card.figure.traces:
            yield trace.get("name", "")
            yield from map(str, trace["y"] if trace.get("orientation") == "h" else ())
    for place, column in enumerate(card.columns):
        yield column.label
        yield from column.texts() if place == 0 and not column.are_members else ()
    for part in _PARTS.split(card.what):
        yield part
        yield part.rpartition(" ")[0]
