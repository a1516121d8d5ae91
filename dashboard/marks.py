"""Marks on every time line: when rules changed, when campaigns began, and what people wrote down themselves.

What people write is kept in the registry, for all who use the workspace.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from dashboard import charts, figures, live, theme
from dashboard.charts import Figure
from dashboard.definitions import plain as unmarked
from dashboard.i18n import _
from dashboard.live import Live
from loyalty_core.days import to_day
from loyalty_core.rules.differences import differences

if TYPE_CHECKING:
    from data.registry import Registry
    from data.rule_changes import RuleChange
    from data.tables import Saved

KIND = "mark"  # of what is saved
LONGEST = 80
MOST_CHANGES, SHOWN = 2, 12
_DAY, _WORDS = "mark:day", "mark:words"
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
    """What happened on a day."""

    day: date
    words: str
    sort: Sort

    def told(self) -> str:
        return _("{day}: {words}").format(day=figures.day(self.day), words=self.words)


def marks(shown: Live) -> list[Mark]:
    """All marks up to the last day with facts, earliest first."""
    found = [*_rule_changes(shown), *_campaigns(shown), *_notes(shown)]
    return sorted((mark for mark in found if mark.day <= shown.as_of), key=lambda mark: mark.day)


def _rule_changes(shown: Live) -> list[Mark]:
    """The days on which another version of the programme began, and what it changed first."""
    from data.rule_changes import rule_changes

    changes = rule_changes(live.opened(shown.workspace).registry)
    return [Mark(one.on, _changed(one), Sort.RULES) for one in changes]


def _changed(change: RuleChange) -> str:
    changes = [one for one in differences(change.before, change.after) if one["field"] != "effective_on"]
    told = [f"{one['field']} {one['from']} → {one['to']}" for one in changes[:MOST_CHANGES]]
    rest = len(changes) - len(told)
    more = [_("{count} more").format(count=rest)] if rest else []
    return _("Rules changed: {changes}").format(changes=_(", ").join([*told, *more]))


def _campaigns(shown: Live) -> list[Mark]:
    from data.offered import campaigns

    return [
        Mark(one.starts_on, figures.in_one_language(one.name), Sort.CAMPAIGN)
        for one in live.asked(shown, campaigns, to_day(shown.as_of))
    ]


def _notes(shown: Live) -> list[Mark]:
    return [
        Mark(date.fromisoformat(saved.document["day"]), saved.document["words"], Sort.NOTE)
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
    signs, lines = [], []
    for place in sorted(set(at.values())):
        those = [mark for mark in held if at[mark] == place]
        foremost = min((mark.sort for mark in those), key=list(Sort).index)
        signs.append(_sign(points[place][0], foremost, those))
        if foremost is Sort.RULES:
            dotted = {"width": 1, "dash": "dot", "color": SIGNS[foremost][1]}
            lines.append(charts.line_at(x=points[place][0], line=dotted))
    return figure.noted(signs, lines), held


def _sign(point: str, sort: Sort, marks: Sequence[Mark]) -> charts.Part:
    """A sign above a point of time, which says on hover what happened."""
    size, colour = SIGNS[sort]
    told = "<br>".join(escape(mark.told()) for mark in marks)
    place = {"x": point, "y": 1, "yref": "paper", "yanchor": "top"}
    return charts.note(sort.value, hovertext=told, font={"size": size, "color": colour}, **place)


def offer(shown: Live) -> None:
    """What is marked, the latest first, and a form to write down more."""
    with st.popover(_("Marks"), icon=":material/flag:", type="tertiary", key="marks", width="content"):
        registry = live.opened(shown.workspace).registry
        with st.form("mark", border=False, clear_on_submit=True):
            st.date_input(
                _("Day"), shown.as_of, min_value=live.begins(shown), max_value=shown.as_of, key=_DAY
            )
            st.text_input(_("What happened"), max_chars=LONGEST, key=_WORDS)
            st.form_submit_button(_("Mark it"), on_click=_write, args=(registry,), key="mark:write")
        for saved in reversed(registry.all_saved(KIND)):
            _removable(registry, saved)
        told = [mark for mark in marks(shown) if mark.sort is not Sort.NOTE][-SHOWN:]
        st.caption("\n\n".join(f"{mark.sort.value} {unmarked(mark.told())}" for mark in reversed(told)))


def _write(registry: Registry) -> None:
    day, words = st.session_state[_DAY], st.session_state[_WORDS].strip()
    if words:
        name = f"{day.isoformat()} {words}"[:LONGEST]
        registry.save(KIND, name, {"day": day.isoformat(), "words": words})


def _removable(registry: Registry, saved: Saved) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        mark = Mark(date.fromisoformat(saved.document["day"]), saved.document["words"], Sort.NOTE)
        st.caption(f"{Sort.NOTE.value} {unmarked(mark.told())}", width="stretch")
        st.button(
            _("Remove"),
            key=f"mark:remove:{saved.id}",
            type="tertiary",
            on_click=registry.forget,
            args=(KIND, saved.name),
        )
