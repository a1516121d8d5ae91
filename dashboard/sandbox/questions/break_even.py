"""What would have to be true: from which value of a rule or supposition on a what-if pays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard import cards, charts, frame
from dashboard.i18n import _, joined
from dashboard.page_record import Column
from dashboard.sandbox import comparison_charts
from dashboard.sandbox.questions import answer
from dashboard.sandbox.questions.answer import Document
from dashboard.sandbox.questions.ranges import EMPTY, ends_of
from dashboard.sandbox.questions.turned import Turned
from dashboard.sandbox.questions.what_if import WhatIf
from data.registry import DONE
from data.tables import Run
from loyalty_core.rules.programme import Programme
from simulation.levers import Lever


def form(what_if: WhatIf, key: Callable[[str], str]) -> dict[str, Any] | None:
    """Which lever is turned, and between which ends; None where these are no range."""
    known = {one.path: one for one in what_if.turned()}
    what, *places = st.columns([2, 1, 1], vertical_alignment="bottom")
    with what:
        path = st.selectbox(
            _("What is turned"), list(known), format_func=lambda one: known[one].label, key=key("lever")
        )
    ends = ends_of(known[path], what_if.programme, places, key)
    if ends is None:
        st.error(_(EMPTY), icon=":material/error:")
        return None
    return {"lever": known[path].asked_between(*ends)}


def asked(what_if: WhatIf, about: dict[str, Any]) -> str:
    """The question in words: the lever and its range."""
    lever = _lever(what_if, about["lever"])
    ends = (lever.written(what_if.programme, end) for end in (lever.low, lever.high))
    return _("{lever}: {low} to {high}").format(lever=lever.label, low=next(ends), high=next(ends))


def show(what_if: WhatIf, run: Run, found: Document) -> None:
    """Where it pays, with every gain that was tried."""
    lever, programme = _lever(what_if, found), what_if.programme
    rests_on = answer.provenance(run, found, answer.replications(run))
    answer.head(sentence(lever, programme, found) if run.status == DONE else _("Still looking"), rests_on)
    ends = _ends(lever, programme, found)
    title = _("{lever}: {first} at {low}, {last} at {high}").format(lever=lever.label, **ends)
    what = _("Gain of the what-if over the programme in force by the value tried; band: 95% interval")
    with st.grid(2, min_column_width=frame.NARROWEST):
        # Slides would draw the values tried at equal distances.
        tried = _columns(lever, programme, found)
        cards.chart(title, _chart(lever, programme, found), "break_even", what, columns=tried[:2])
        cards.table(
            _("Every value that was tried"),
            tried,
            "break_even_tried",
            _("Over the whole span; {runs} for each").format(runs=answer.replications(run)),
        )


def sentence(lever: Turned, programme: Programme, found: Document) -> str:
    """Where the what-if pays, what chance leaves open, and what it supposes itself."""
    at = {name: lever.written(programme, found[name]) for name in ("low", "high", "break_even")}
    at["lever"] = lever.label
    if found["makes_no_difference"]:
        return _("{lever}: the what-if gains nothing and loses nothing from {low} to {high}.").format(**at)
    if found["break_even"] is None or not found["pays"]:
        everywhere = _("{lever}: the what-if pays everywhere from {low} to {high}.")
        nowhere = _("{lever}: the what-if pays nowhere from {low} to {high}.")
        sure = all(answer.is_clear(one["money"], one["half_width"]) for one in found["tried"])
        unsure = "" if sure else _("At some of these values that may be chance.")
        return joined([(everywhere if found["pays"] else nowhere).format(**at), unsure])
    above = _("{lever}: the what-if pays above {break_even}.")
    below = _("{lever}: the what-if pays below {break_even}.")
    open_between = ""
    if found["unsure_between"] is not None:
        low, high = (lever.written(programme, end) for end in found["unsure_between"])
        open_between = _("Chance leaves {low} to {high} open.").format(low=low, high=high)
    again = ""
    if found["turns_again_at"]:
        turns = _("It turns again at {value}.")
        again = turns.format(value=lever.written(programme, found["turns_again_at"][0]))
    return joined(
        [
            (above if found["pays_above"] else below).format(**at),
            again,
            open_between,
            _stands(lever, programme),
        ]
    )


def _stands(lever: Turned, programme: Programme) -> str:
    """What it is now, and in the what-if."""
    now = lever.written(programme, lever.now)
    if lever.tried is None:
        return _("Now it is {value}.").format(value=now)
    tried = lever.written(programme, lever.tried)
    return _("Now it is {value}, in the what-if {tried}.").format(value=now, tried=tried)


def _lever(what_if: WhatIf, about: Document) -> Turned:
    return what_if.named(Lever(path=about["path"], low=about["low"], high=about["high"]))


def _ends(lever: Turned, programme: Programme, found: Document) -> dict[str, str]:
    first, last = found["tried"][0], found["tried"][-1]
    return {
        "low": lever.written(programme, first["value"]),
        "high": lever.written(programme, last["value"]),
        "first": answer.gain(programme, first["money"]),
        "last": answer.gain(programme, last["money"]),
    }


def _columns(lever: Turned, programme: Programme, found: Document) -> list[Column]:
    tried = found["tried"]
    return [
        Column(
            _("Value tried"), [one["value"] for one in tried], lambda value: lever.written(programme, value)
        ),
        Column(_("Gain"), [one["money"] for one in tried], lambda value: answer.gain(programme, value)),
        Column(
            _("95% interval"),
            [answer.interval(programme, one["money"], one["half_width"]) for one in tried],
            str,
        ),
        Column(_("Reading"), [answer.reading(one["money"], one["half_width"]) for one in tried]),
    ]


def _chart(lever: Turned, programme: Programme, found: Document) -> charts.Figure:
    """Gains over the values tried within their band, and where the break-even and today's value lie."""
    figure = comparison_charts.difference(
        [one["value"] for one in found["tried"]],
        [answer.estimate(one["money"], one["half_width"]) for one in found["tried"]],
        lambda value: answer.gain(programme, value),
        lambda value: answer.short_gain(programme, value),
    )
    top, bottom = {"y": 1, "yanchor": "bottom"}, {"y": 0, "yanchor": "bottom", "xanchor": "left", "xshift": 4}
    marks = [
        (lever.now, _("now"), "dot", top),
        (lever.tried, _("what-if"), "dash", top),
        (found["break_even"], _("break-even"), "solid", bottom),
    ]
    seen = [one for one in marks if one[0] is not None and found["low"] <= one[0] <= found["high"]]
    lines = [
        charts.line_at(x=value, line={"width": 1.2, "dash": dash, "color": charts.TEXT})
        for value, _words, dash, _place in seen
    ]
    notes = [charts.note(words, x=value, yref="paper", **place) for value, words, _dash, place in seen]
    written = charts.scale(found["low"], found["high"], lambda value: lever.written(programme, value))
    across = written | {"type": "linear", "range": [found["low"], found["high"]], "tickangle": 0}
    return figure.laid_out(xaxis=across, margin={"t": 30, "r": 26}).noted(notes, lines)
