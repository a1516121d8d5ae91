"""Marks on every time line: when rules changed, when campaigns began, and what people wrote down themselves.

What people write, and what they say instead of the data, is kept in the registry, for all who use the
workspace; `mark_form` is where they do so.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from html import escape
from typing import TYPE_CHECKING

from dashboard import charts, figures, live, rule_words, theme
from dashboard.charts import Figure
from dashboard.i18n import _
from dashboard.live import Live
from loyalty_core.days import to_day

if TYPE_CHECKING:
    from data.rule_changes import RuleChange

KIND = "mark"  # of the notes that are saved
REWORDED = "reworded mark"  # of what is said instead of the data's words; nothing where a mark is hidden
LONGEST = 80  # letters of a note, and of a name
ROW = 0.08  # of a chart's height, that signs take
_A_MONTH = timedelta(days=31)


class Sort(Enum):
    """What a mark tells of, as it is drawn."""

    RULES = "◆"
    CAMPAIGN = "●"
    NOTE = "▼"


# The size and the colour of each sign.
SIGNS = {
    Sort.RULES: (11, theme.slot("baseline")),
    Sort.CAMPAIGN: (7, theme.slot("never")),
    Sort.NOTE: (11, theme.slot("scenario")),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What happened on a day; `name` tells it from every other."""

    day: date
    words: str
    sort: Sort
    name: str = ""

    def told(self) -> str:
        return _("{day}: {words}").format(day=figures.day(self.day), words=self.words)


def marks(shown: Live) -> list[Mark]:
    """All marks up to the last day with facts, earliest first, as people want them worded."""
    said = reworded(shown)
    found = [*_rule_changes(shown), *_campaigns(shown), *_notes(shown)]
    worded = [replace(mark, words=said.get(mark.name, mark.words)) for mark in found]
    held = (mark for mark in worded if mark.words and mark.day <= shown.as_of)
    return sorted(held, key=lambda mark: mark.day)


def reworded(shown: Live) -> dict[str, str]:
    """What people say instead of what the data say, by the mark's name; nothing of those that are hidden."""
    saved = live.opened(shown.workspace).registry.all_saved(REWORDED)
    return {one.name: one.document["words"] for one in saved}


def _rule_changes(shown: Live) -> list[Mark]:
    """The days on which another version of the programme began, and what it changed first."""
    changes = live.rule_changes(shown)
    return [Mark(one.on, _changed(one), Sort.RULES, f"rules {one.on}") for one in changes]


def _changed(change: RuleChange) -> str:
    told = rule_words.told(change)
    return _("Rules changed: {changes}").format(changes=told) if told else _("Rules changed")


def _campaigns(shown: Live) -> list[Mark]:
    from data.offered import campaigns

    return [
        Mark(one.starts_on, figures.in_one_language(one.name), Sort.CAMPAIGN, f"campaign {one.id}"[:LONGEST])
        for one in live.asked(shown, campaigns, to_day(shown.as_of))
    ]


def _notes(shown: Live) -> list[Mark]:
    return [
        Mark(date.fromisoformat(saved.document["day"]), saved.document["words"], Sort.NOTE, saved.name)
        for saved in live.opened(shown.workspace).registry.all_saved(KIND)
    ]


def drawn(figure: Figure, marks: Sequence[Mark]) -> tuple[Figure, list[Mark]]:
    """The figure with the marks on its axis of time, each at the close of its period, and those it holds."""
    points = charts.closes(figure)
    closes = [date.fromisoformat(close) for _point, close in points]
    if not closes:
        return figure, []
    step = closes[1] - closes[0] if len(closes) > 1 else _A_MONTH
    held = [mark for mark in marks if closes[0] - step < mark.day <= closes[-1]]
    at = {mark: bisect_left(closes, mark.day) for mark in held}
    if not held:
        return figure, []
    signs, lines = [], []
    for place in sorted(set(at.values())):
        those = [mark for mark in held if at[mark] == place]
        foremost = min((mark.sort for mark in those), key=list(Sort).index)
        signs.append(_sign(points[place][0], foremost, those))
        if foremost is Sort.RULES:
            dotted = {"width": 1, "dash": "dot", "color": SIGNS[foremost][1]}
            lines.append(charts.line_at(x=points[place][0], line=dotted))
    return _below_a_row(figure).noted(signs, lines), held


def _below_a_row(figure: Figure) -> Figure:
    """The figure with room for signs above all that it draws."""
    bottom, top = figure.layout["yaxis"]["range"]
    return figure.laid_out(yaxis={"range": [bottom, top + ROW * (top - bottom)]})


def _sign(point: str, sort: Sort, marks: Sequence[Mark]) -> charts.Part:
    """A sign above a point of time, which says on hover what happened."""
    size, colour = SIGNS[sort]
    told = "<br>".join(escape(mark.told()) for mark in marks)
    place = {"x": point, "y": 1, "yref": "paper", "yanchor": "top"}
    return charts.note(sort.value, hovertext=told, font={"size": size, "color": colour}, **place)
