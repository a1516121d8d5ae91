"""What the world outside does in a what-if: a competitor opens, a shop is closed, a season fails."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import figures
from dashboard.i18n import N_, _
from dashboard.sandbox import part
from dashboard.sandbox.part import Around, Part, Values, entered, key, number
from simulation.scenario_calendar import ShockLine

LABELS = {
    "name": N_("What happens"),
    **part.DAYS,
    "demand": N_("Demand, % of the usual"),
    "joining": N_("Joining, % of the usual"),
    "regions": N_("Only who lives in"),
    "channels": N_("Only who usually buys through"),
}
PLACES = ("regions", "channels")


def _label(name: str) -> str:
    return _(LABELS[name])


def _told(around: Around, line: ShockLine) -> str:
    told = [part.span(around, line)]
    if line.demand != 1:
        told.append(_("demand {percent} of the usual").format(percent=figures.share(line.demand, 0)))
    if line.joining != 1:
        told.append(_("joining {percent} of the usual").format(percent=figures.share(line.joining, 0)))
    places = (*line.regions, *line.channels)
    told.append(_(", ").join(figures.of_data(around.programme, one) for one in places))
    return _("{name}: {what}").format(name=line.name, what=" · ".join(one for one in told if one))


def _values(around: Around, line: ShockLine | None) -> dict[str, Any]:
    first, last = around.a_month
    shown = line or ShockLine(name="x", first_day=first, last_day=last, demand=0.9)
    return {
        "name": shown.name if line else "",
        "first_day": shown.first_day,
        "last_day": shown.last_day,
        "demand": part.in_percent(shown.demand),
        "joining": part.in_percent(shown.joining),
        **{name: list(getattr(shown, name)) for name in PLACES},
    }


def _fields(around: Around) -> None:
    example = _("such as: a competitor opens")
    st.text_input(_label("name"), max_chars=120, placeholder=example, key=key("name"))
    with st.grid(2, min_column_width=240):
        part.days()
        number("demand", _label("demand"), 0.0, 1000.0, 5.0, help=_("100 is as usual, 0 is closed."))
        number("joining", _label("joining"), 0.0, 1000.0, 5.0)
        for name in PLACES:
            known = dict.fromkeys([*getattr(around, name), *(entered(name) or ())])
            if known:
                st.multiselect(
                    _label(name),
                    tuple(known),
                    format_func=lambda one: figures.of_data(around.programme, one),
                    placeholder=_("All"),
                    key=key(name),
                )


def _document(around: Around, shown: Values) -> dict[str, Any]:
    return part.given(
        {
            "name": " ".join(shown["name"].split()),
            "first_day": shown["first_day"],
            "last_day": shown["last_day"],
            "demand": part.of_percent(shown["demand"]),
            "joining": part.of_percent(shown["joining"]),
            **{name: shown.get(name) for name in PLACES},
        }
    )


PART = Part(
    name="shocks",
    title=N_("Outside event"),
    icon=":material/storm:",
    model=ShockLine,
    labels=LABELS,
    told=_told,
    values=_values,
    fields=_fields,
    document=_document,
)
