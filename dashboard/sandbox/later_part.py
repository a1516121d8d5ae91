"""Rules that change on a day within the run: when, and what then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import streamlit as st

from dashboard import figures
from dashboard.i18n import N_, _
from dashboard.sandbox import levers, part, scenario_words
from dashboard.sandbox.part import Around, Part, Values, entered, key
from simulation.scenario_calendar import Later

LABELS = {"first_day": N_("From this day on"), "changes": N_("What changes then")}
_OTHERS = "changes others"  # for which there is no field


def _told(around: Around, line: Later) -> str:
    changes = [scenario_words.changed(around.programme, path, value) for path, value in line.changes.items()]
    day = figures.day(line.first_day)
    return _("{change} from {day} on").format(change=_(", ").join(changes), day=day)


def _values(around: Around, line: Later | None) -> dict[str, Any]:
    known = {lever.path: lever for lever in levers.levers(around.programme)}
    changes = dict(line.changes) if line else {}
    shown = [path for path, value in changes.items() if path in known and known[path].shows(value)]
    return {
        "first_day": line.first_day if line else around.a_month[1] + timedelta(days=1),
        "changes": shown,
        _OTHERS: {path: value for path, value in changes.items() if path not in shown},
        **{_field(path): changes[path] for path in shown},
    }


def _fields(around: Around) -> None:
    known = {lever.path: lever for lever in levers.levers(around.programme)}
    st.date_input(_(_FIRST), None, part.FIRST, part.LAST, format="YYYY-MM-DD", key=key("first_day"))
    st.multiselect(
        _(_CHANGES),
        list(known),
        format_func=lambda path: _("{name}: {labels}").format(
            name=_(known[path].group), labels=known[path].label
        ),
        placeholder=_("Choose rules"),
        key=key("changes"),
    )
    with st.grid(2, min_column_width=240):
        for path in entered("changes"):
            st.session_state.setdefault(key(_field(path)), known[path].now)
            levers.field(known[path], key(_field(path)))
    for path, value in (entered(_OTHERS) or {}).items():
        st.caption(scenario_words.changed(around.programme, path, value))


def _document(around: Around, shown: Values) -> dict[str, Any]:
    changes = shown[_OTHERS] | {path: shown[_field(path)] for path in shown["changes"]}
    document = {"first_day": shown["first_day"], "changes": changes}
    return {name: value for name, value in document.items() if value}


def _field(path: str) -> str:
    return f"changes {path}"


_FIRST, _CHANGES = LABELS["first_day"], LABELS["changes"]
PART = Part(
    name="later",
    title=N_("Later change"),
    icon=":material/event_upcoming:",
    model=Later,
    labels=LABELS,
    told=_told,
    values=_values,
    fields=_fields,
    document=_document,
    in_time_s_order=True,
)
