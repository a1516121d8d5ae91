"""The desks of a what-if in its form: who hands out rewards, and who answers members."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.i18n import N_, _
from dashboard.sandbox import finding
from simulation.scenario_calendar import DeskLine

# What the fields show before anybody is put at a desk, by the work that there is.
USUAL = {
    line.work: line
    for line in (
        DeskLine(name="fulfilment", work="fulfilment", places=1, minutes=5),
        DeskLine(name="contact", work="contact", places=1, minutes=6,
                 asked_per_sale=0.01, asked_per_redemption=0.05, asked_per_refund=0.2),
    )
}  # fmt: skip
ASKED = {
    "asked_per_sale": N_("% of sales that lead to a question"),
    "asked_per_redemption": N_("% of redemptions that do"),
    "asked_per_refund": N_("% of refunds that do"),
}
HOURS = {"opens": N_("Opens at"), "closes": N_("Closes at")}
_CLOCK = {f"{hour:02}:{minute}" for hour in range(24) for minute in ("00", "30")} | {"24:00"}

Values = Mapping[str, Any]


def values(desks: Sequence[DeskLine]) -> dict[str, Any]:
    """The fields by name: of each kind of work one desk, without staff where there is none."""
    found: dict[str, Any] = {}
    for work, usual in USUAL.items():
        line = next((one for one in desks if one.work == work), None)
        found |= _shown(line or usual, 0 if line is None else line.places)
    return found


def lines(entered: Values) -> tuple[DeskLine, ...]:
    """The desks that have staff; there are no `problems`."""
    return tuple(_line(work, entered) for work in USUAL if entered[_name(work, "places")])


def problems(entered: Values) -> list[str]:
    """What is wrong with the desks entered, one sentence each."""
    found = []
    for work in (one for one in USUAL if entered[_name(one, "places")]):
        if entered[_name(work, "closes")] <= entered[_name(work, "opens")]:
            found.append(_("{desk}: it must close after it opens.").format(desk=finding.desk_name(work)))
        if work == "contact" and not any(entered[_name(work, name)] for name in ASKED):
            sentence = _("{desk}: say how many sales, redemptions or refunds lead to a question.")
            found.append(sentence.format(desk=finding.desk_name(work)))
    return found


def fields(key: Callable[[str], str]) -> None:
    """Both desks behind a button; `key` is the key of a field of that name."""
    with st.popover(_("Desks"), icon=":material/support_agent:", key="sandbox:desks"):
        for work, column in zip(USUAL, st.columns(len(USUAL)), strict=True):
            with column:
                _desk(work, lambda name, work=work: key(_name(work, name)))


def _desk(work: str, key: Callable[[str], str]) -> None:
    st.markdown(f"**{finding.desk_name(work)}**")
    st.number_input(
        _("Staff"), 0, 10_000, step=1, key=key("places"), help=_("Without staff there is no desk.")
    )
    st.number_input(
        _("Minutes for each, on average"), 0.1, 10_000.0, step=1.0, format="%.1f", key=key("minutes")
    )
    for name, words in HOURS.items():
        st.selectbox(_(words), sorted({*_CLOCK, st.session_state[key(name)]}), key=key(name))
    st.number_input(
        _("Promised within hours"), 0.1, 10_000.0, step=1.0, format="%.1f", key=key("promised_hours")
    )
    for name, words in ASKED.items() if work == "contact" else ():
        st.number_input(_(words), 0.0, 100.0, step=0.5, format="%.1f", key=key(name))


def _shown(line: DeskLine, places: int) -> dict[str, Any]:
    shown = {"places": places} | {name: getattr(line, name) for name in ("minutes", *HOURS, "promised_hours")}
    if line.work == "contact":
        shown |= {name: round(100 * getattr(line, name), 6) for name in ASKED}
    return {_name(line.work, name): value for name, value in shown.items()}


def _line(work: str, entered: Values) -> DeskLine:
    told = {name: entered[_name(work, name)] for name in ("places", "minutes", *HOURS, "promised_hours")}
    if work == "contact":
        told |= {name: entered[_name(work, name)] / 100 for name in ASKED}
    return USUAL[work].model_copy(update=told)


def _name(work: str, field: str) -> str:
    return f"desks.{work}.{field}"
