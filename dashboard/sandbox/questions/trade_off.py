"""What has to be given up for what: proposals of which none is better at both of two aims, on fresh luck."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from dashboard import cards, charts, figures, theme
from dashboard.i18n import N_, _, words
from dashboard.page_record import Column
from dashboard.sandbox import finding
from dashboard.sandbox.comparison import TABLED, Found
from dashboard.sandbox.questions import answer, proposals
from dashboard.sandbox.questions.answer import Document
from dashboard.sandbox.questions.what_if import WhatIf
from data.tables import Run
from loyalty_core.rules.programme import Programme
from simulation.harm import FIGURES, HARMED
from simulation.trade_offs import MONEY, Aim

TRIALS = 60
USUAL = (MONEY, "members_active:up")
_SLOTS = {True: "scenario", False: "baseline"}  # whether it lies on the front
_WAYS = {1.0: N_("more: {figure}"), -1.0: N_("less: {figure}")}


def form(what_if: WhatIf, key: Callable[[str], str]) -> dict[str, Any] | None:
    """Two aims, what may change and what must be kept; None where that cannot be asked."""
    compared = Found(what_if.run.result or {})
    told = [HARMED.name, *(one for one in TABLED if one in FIGURES and compared.has(one))]
    known = [MONEY, *(f"{one}:{_way(one)}" for one in told)]
    with st.grid(2, min_column_width=190, gap="medium"):
        first = _aim(_("First aim"), known, USUAL[0], key("first"))
        second = _aim(_("Second aim"), [one for one in known if one != first], USUAL[1], key("second"))
    about = proposals.form(what_if, key, TRIALS, _("Nothing: only both aims count"))
    return about and about | {"aims": [first, second]}


def asked(what_if: WhatIf, about: dict[str, Any]) -> str:
    """The question in words: both aims, what may change and what must be kept."""
    return _("; ").join([*map(_in_words, about["aims"]), proposals.asked(what_if, about)])


def show(what_if: WhatIf, run: Run, found: Document) -> None:
    """The front as a chart and as a table, and the way to try a proposal."""
    if "choices" not in found:
        return
    choices, aims = found["choices"], [Aim.of(one) for one in found["aims"]]
    trials = _("{feasible} of {trials} proposals kept the constraints").format(**found)
    answer.head(sentence(found), answer.provenance(run, found, trials, answer.replications(run)))
    names = [_("Proposal {number}").format(number=one + 1) for one in range(len(choices))]
    what = _("Changes beside the programme in force on luck that the search never met, with 95% intervals")
    changes = _changes(what_if.programme, names, choices, aims)
    title = _("{first} beside {second}").format(
        first=_figure(aims[0]), second=finding.in_sentence(_figure(aims[1]))
    )
    cards.chart(title, _chart(what_if.programme, names, choices, aims), "front", what, columns=changes)
    name, *others = changes
    table = [name, *proposals.columns(what_if, run, choices), *others]
    cards.table(_("The proposals of the front"), table, "front_table", what)
    proposals.to_try(what_if, run, names, choices)


def sentence(found: Document) -> str:
    """How many proposals none of the others beats at both aims."""
    first, second = (finding.in_sentence(_in_words(one)) for one in found["aims"])
    best = [one for one in found["choices"] if one["on_front"]]
    if len(best) == 1:
        return _("One proposal is best at both: {first}, {second}.").format(first=first, second=second)
    told = _("None of {count} proposals is better at both than another: {first}, {second}.")
    return told.format(count=figures.count(len(best)), first=first, second=second)


def _aim(label: str, known: list[str], usual: str, key: str) -> str:
    place = known.index(usual) if usual in known else 0
    chosen: str = st.selectbox(label, known, place, format_func=_in_words, key=key)
    return chosen


def _way(metric: str) -> str:
    return "down" if FIGURES[metric].direction < 0 else "up"


def _in_words(aim: str) -> str:
    known = Aim.of(aim)
    return _figure(known) if known.metric == MONEY else _(_WAYS[known.sign]).format(figure=_figure(known))


def _figure(aim: Aim) -> str:
    return _("Gain in money") if aim.metric == MONEY else words(FIGURES[aim.metric].label)


def _written(programme: Programme, aim: Aim) -> Callable[[float | None], str]:
    """How a change of it is told."""
    return partial(finding.signed, FIGURES["revenue" if aim.metric == MONEY else aim.metric], programme)


def _short(programme: Programme, aim: Aim) -> charts.Written:
    """The same for an axis."""
    return partial(finding.short_signed, FIGURES["revenue" if aim.metric == MONEY else aim.metric], programme)


def _changes(programme: Programme, names: list[str], found: list[Document], aims: list[Aim]) -> list[Column]:
    """What the chart shows."""
    columns = [Column(_("Proposal"), names)]
    for place, aim in enumerate(aims):
        write = _written(programme, aim)
        changes = [(one["changes"][place], one["half_widths"][place]) for one in found]
        intervals = [
            figures.UNKNOWN if half is None else finding.from_to(write(mean - half), write(mean + half))
            for mean, half in changes
        ]
        columns.append(Column(_figure(aim), [mean for mean, _half in changes], write))
        columns.append(Column(_("{figure}, 95% interval").format(figure=_figure(aim)), intervals, str))
    front = [_("yes") if one["on_front"] else _("no") for one in found]
    return [*columns, Column(_("On the front"), front)]


def _chart(programme: Programme, names: list[str], found: list[Document], aims: list[Aim]) -> charts.Figure:
    """A mark for each proposal, its intervals across and upright; pale those that another one beats."""
    across, upright = (_axis(programme, aim, found, place) for place, aim in enumerate(aims))
    mark = {
        "type": "scatter",
        "mode": "markers+text",
        **{name: [one["changes"][place] for one in found] for place, name in enumerate("xy")},
        **{f"error_{name}": _reach(found, place) for place, name in enumerate("xy")},
        "text": [str(place + 1) for place in range(len(found))],
        "textposition": "top right",
        "marker": {"size": 11, "color": [theme.slot(_SLOTS[one["on_front"]]) for one in found]},
        "customdata": [_told(programme, name, one, aims) for name, one in zip(names, found, strict=True)],
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    figure = charts.framed(names, [mark], upright, showlegend=False, hovermode="closest")
    return figure.laid_out(xaxis=across | {"type": "linear", "zeroline": False})


def _axis(programme: Programme, aim: Aim, found: list[Document], place: int) -> charts.Part:
    """Of one aim, as wide as the intervals."""
    changes = [(one["changes"][place], one["half_widths"][place] or 0.0) for one in found]
    ends = [end for mean, half in changes for end in (mean - half, mean + half)]
    return charts.scale(min(ends), max(ends), _short(programme, aim)) | {"title": {"text": _figure(aim)}}


def _reach(found: list[Document], place: int) -> charts.Part:
    halves = [one["half_widths"][place] or 0.0 for one in found]
    look = {"color": charts.TEXT, "thickness": 1.4, "width": 4}
    return look | {"type": "data", "array": halves, "visible": any(halves)}


def _told(programme: Programme, name: str, one: Document, aims: list[Aim]) -> str:
    changes = zip(aims, one["changes"], strict=True)
    first, second = (_written(programme, aim)(change) for aim, change in changes)
    return _("{name}: {first}, {second}").format(name=name, first=first, second=second)
