"""The record of what a page drew, in its order: files, slides and the presentation are made of it, so that
they show what stands on screen and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from dashboard.charts import Figure
    from dashboard.marks import Mark
    from dashboard.picks import Crowds
    from dashboard.readings import Reading
    from dashboard.watch_page import WatchPage
    from loyalty_core.rules.programme import Programme


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its values as they are, and how one is written; texts where it is not said.
    Members lead to their own pages on screen."""

    label: str
    values: Sequence[Any]
    written: Callable[[Any], str] | None = None
    are_members: bool = False

    def texts(self) -> list[str]:
        """The values as they stand on screen."""
        return [value if self.written is None else self.written(value) for value in self.values]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A chart or a table under the sentence that says what it shows, and what it is in words; a chart that
    only screens can draw is both."""

    key: str
    title: str
    what: str
    figure: Figure | None = None
    columns: Sequence[Column] = ()
    metrics: Sequence[str] = ()  # that it tells of, beside those that it draws or calls by their names


@dataclass(frozen=True, slots=True)
class Part:
    """What stands under one sentence of a page: where its figures come from, and its cards."""

    sentence: str
    provenance: str
    cards: Sequence[Card]


@dataclass(slots=True)
class PageRecord:
    """One page as it was drawn: title, sentence, where figures come from, tiles and cards."""

    title: str = ""
    sentence: str = ""
    provenance: str = ""
    choices: str = ""
    tiles: list[Reading] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)  # of the time that its charts may show
    corner: DeltaGenerator | None = None  # beside the title: where the page can be taken along
    chips: DeltaGenerator | None = None  # the filters in force, where there are any
    page: WatchPage | None = None  # where numbers are asked of
    programme: Programme | None = None  # whose windows definitions tell
    behind: dict[str, Crowds] = field(default_factory=dict)  # members of bars and fields, by what the card is
    answers: list[tuple[int, str, str]] = field(default_factory=list)  # cards before, sentence, provenance

    def answered(self, sentence: str, provenance: str) -> None:
        """A further sentence over the cards that follow, whose figures come from elsewhere."""
        self.answers.append((len(self.cards), sentence, provenance))

    def parts(self) -> list[Part]:
        """The page under its own sentence, then each further one, with their cards."""
        heads = [(0, self.sentence, self.provenance), *self.answers]
        ends = [*(first for first, _sentence, _provenance in self.answers), len(self.cards)]
        return [
            Part(sentence, provenance, self.cards[first:end])
            for (first, sentence, provenance), end in zip(heads, ends, strict=True)
        ]


_NOW: ContextVar[PageRecord | None] = ContextVar("page record", default=None)


@contextmanager
def recording() -> Iterator[PageRecord]:
    """Takes down what is drawn within the block."""
    record = PageRecord()
    token = _NOW.set(record)
    try:
        yield record
    finally:
        _NOW.reset(token)


def now() -> PageRecord:
    """The page that is being drawn; one that nobody will ask for where only a part is drawn anew."""
    return _NOW.get() or PageRecord()
