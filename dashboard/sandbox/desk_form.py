"""The desks of a what-if in its form: who hands out rewards, and who answers members."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.i18n import N_, _
from dashboard.number_fields import Number, number
from dashboard.sandbox import scenario_words
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
    known, found = _shown_ones(desks), dict[str, Any]()
    for work, usual in USUAL.items():
        line = known.get(work)
        found |= _shown(line or usual, 0 if line is None else line.places)
    return found


def lines(entered: Values, desks: Sequence[DeskLine] = ()) -> tuple[DeskLine, ...]:
    """`desks` as they are with what was entered: the first of each kind of work, if it has staff."""
    known = _shown_ones(desks)
    firsts = {
        work: _line(known.get(work, usual), entered)
        for work, usual in USUAL.items()
        if entered[_name(work, "places")]
    }
    rest = [firsts.pop(one.work, None) if one is known[one.work] else one for one in desks]
    return (*(one for one in rest if one is not None), *firsts.values())


def problems(desks: Sequence[DeskLine]) -> list[str]:
    """What is wrong with desks as they were entered, one sentence each."""
    found = []
    for one in desks:
        desk = scenario_words.desk_name(one.name)
        if one.closes <= one.opens:
            found.append(_("{desk}: it must close after it opens.").format(desk=desk))
        if one.work == "contact" and not any(getattr(one, name) for name in ASKED):
            sentence = _("{desk}: say how many sales, redemptions or refunds lead to a question.")
            found.append(sentence.format(desk=desk))
    return found


def fields(key: Callable[[str], str]) -> None:
    """Both desks behind a button; `key` is the key of a field of that name."""
    with st.popover(_("Desks"), icon=":material/support_agent:", key="sandbox:desks"):
        for work, column in zip(USUAL, st.columns(len(USUAL)), strict=True):
            with column:
                _desk(work, lambda name, work=work: key(_name(work, name)))


def _desk(work: str, key: Callable[[str], str]) -> None:
    desk = scenario_words.desk_name(work)

    def field(name: str, label: str, least: Number, most: Number, step: Number, **more: Any) -> None:
        number(label, least, most, step=step, key=key(name), called=f"{desk} · {label}", **more)

    st.markdown(f"**{desk}**")
    field("places", _("Staff"), 0, 10_000, 1, help=_("Without staff there is no desk."))
    field("minutes", _("Minutes for each, on average"), 0.01, 10_000.0, 1.0, format="%.1f")
    for name, words in HOURS.items():
        st.selectbox(_(words), sorted({*_CLOCK, st.session_state[key(name)]}), key=key(name))
    field("promised_hours", _("Promised within hours"), 0.01, 10_000.0, 1.0, format="%.1f")
    for name, words in ASKED.items() if work == "contact" else ():
        field(name, _(words), 0.0, 100.0, 0.5, format="%.1f")


def _shown(line: DeskLine, places: int) -> dict[str, Any]:
    shown = {"places": places} | {name: getattr(line, name) for name in ("minutes", *HOURS, "promised_hours")}
    if line.work == "contact":
        shown |= {name: round(100 * getattr(line, name), 6) for name in ASKED}
    return {_name(line.work, name): value for name, value in shown.items()}


def _shown_ones(desks: Sequence[DeskLine]) -> dict[str, DeskLine]:
    """The first desk of each kind of work."""
    return {one.work: one for one in reversed(desks)}


def _line(before: DeskLine, entered: Values) -> DeskLine:
    names = ("places", "minutes", *HOURS, "promised_hours")
    told = {name: entered[_name(before.work, name)] for name in names}
    if before.work == "contact":
        told |= {name: round(entered[_name(before.work, name)] / 100, 8) for name in ASKED}
    return before.model_copy(update=told)


def _name(work: str, field: str) -> str:
    return f"desks.{work}.{field}"
