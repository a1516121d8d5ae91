"""Which supposition matters most: every one crosses the range of what is known of it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import streamlit as st

from dashboard import cards, charts, figures, theme
from dashboard.i18n import N_, _, ngettext, words
from dashboard.page_record import Column
from dashboard.sandbox.grounds import STATUS
from dashboard.sandbox.questions import answer
from dashboard.sandbox.questions.answer import Document
from dashboard.sandbox.questions.turned import Turned
from dashboard.sandbox.questions.what_if import WhatIf
from dashboard.told import Told
from data.tables import Run
from loyalty_core.text import Text
from simulation.levers import Lever

METHODS = {
    "morris": N_("Morris: how far each moves the gain"),
    "sobol": N_("Sobol: what share of the variance each has (for experts; takes longer)"),
}
SIZES = {"morris": (2, 4, 8, 16), "sobol": (4, 8, 16, 32, 64)}  # of Sobol's points, powers of 2
SHOWN = 8  # bars
LINE = 22  # letters of a name beside its bar


def form(what_if: WhatIf, key: Callable[[str], str]) -> dict[str, Any]:
    """The method, how thorough it is (how many comparisons that takes is told), and what is turned."""
    known = {one.path: one for one in what_if.supposed()}
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    chosen = st.multiselect(
        _("Which suppositions"),
        list(known),
        format_func=lambda path: what_if.named(known[path]).label,
        placeholder=_("All whose range is known"),
        key=key("levers"),
    )
    method = left.selectbox(
        _("Method"), list(METHODS), format_func=lambda one: _(METHODS[one]), key=key("method")
    )

    def told(size: int) -> str:
        runs = size * (len(chosen or known) + (1 if method == "morris" else 2))
        return ngettext("{count} comparison", "{count} comparisons", runs).format(count=figures.count(runs))

    size = right.selectbox(
        _("Thoroughness"), SIZES[method], index=1, format_func=told, key=key(f"{method}:size")
    )
    return {"method": method, "size": size, "levers": [asdict(known[path]) for path in chosen]}


def asked(what_if: WhatIf, about: dict[str, Any]) -> str:
    """The question in words: the method, and what was chosen to be turned."""
    named = [one.name for one in what_if.by_path(about["levers"]).values()]
    chosen, turned = about["method"], _("All whose range is known")
    if named:
        turned = ngettext("{name} alone", "{name} and others, {count} in all", len(named)).format(
            name=named[0], count=len(named)
        )
    return f"{_(METHODS[chosen])} · {turned}"


def show(what_if: WhatIf, run: Run, found: Document) -> None:
    """The suppositions by their influence."""
    if "influences" not in found:
        answer.so_far(what_if.programme, run, found)
        return
    runs = ngettext("{count} comparison", "{count} comparisons", found["runs"]).format(
        count=figures.count(found["runs"])
    )
    answer.head(sentence(what_if, found), answer.provenance(run, found, runs, answer.replications(run)))
    named = [(one, _lever(what_if, one)) for one in found["influences"]]
    moving = [one for one in named if one[0]["size"] > 0][:SHOWN]
    what = words(Text(**found["meaning"]))
    if moving:
        title = _("The {count} that matter most, with 90% intervals").format(count=len(moving))
        cards.chart(title, _chart(what_if, found["method"], moving), "influences", what)
    cards.table(
        _("Every supposition that was turned"),
        _columns(what_if, found["method"], named),
        "influences_table",
        _("Gains from {low} to {high}").format(
            low=answer.gain(what_if.programme, found["gain_low"]),
            high=answer.gain(what_if.programme, found["gain_high"]),
        ),
    )


def sentence(what_if: WhatIf, found: Document) -> str:
    """Which one matters most, and by how much."""
    first = found["influences"][0]
    if not first["size"]:
        return _("Nothing that was turned moves the gain.")
    told = {
        "lever": _lever(what_if, first).label,
        "size": _size(what_if, found["method"], first["size"]),
        "half": _size(what_if, found["method"], first["size_half_width"]),
    }
    if found["method"] == "morris":
        return _("{lever} matters most: across its range the gain moves by {size} (± {half}).").format(**told)
    return _("{lever} matters most: it takes part in {size} of the variance (± {half}).").format(**told)


Named = list[tuple[Document, Turned]]


def _lever(what_if: WhatIf, one: Document) -> Turned:
    return what_if.named(Lever(path=one["path"], low=one["low"], high=one["high"]))


def _size(what_if: WhatIf, method: str, value: float) -> str:
    """An influence: money that is moved, or a share of the variance."""
    if method == "sobol":
        return figures.share(value, 0)
    return figures.whole_money(value, what_if.programme.currency)


def _chart(what_if: WhatIf, method: str, named: Named) -> charts.Figure:
    """Bars with their intervals, and in words at the right edge."""
    sizes, halves = ([one[key] for one, _lever in named] for key in ("size", "size_half_width"))
    labels = ["<br>".join(textwrap.wrap(lever.name, LINE)) for _one, lever in named]
    notes = [f"{_size(what_if, method, size)} ± {_size(what_if, method, half)}"
             for size, half in zip(sizes, halves, strict=True)]  # fmt: skip
    blank = [""] * len(named)
    figure = charts.ranks(labels, sizes, [theme.accent_slot(4)] * len(named), blank, notes)
    bars = {"type": "data", "array": halves, "color": charts.TEXT, "thickness": 1.2, "width": 3}
    longest = max(size + half for size, half in zip(sizes, halves, strict=True))
    reach = figure.layout["xaxis"]["range"][1] * longest / max(sizes)
    drawn = charts.Figure([figure.traces[0] | {"error_x": bars}], figure.layout)
    return drawn.laid_out(xaxis={"range": [0, reach]}, height=max(charts.HEIGHT, 44 * len(named)))


def _columns(what_if: WhatIf, method: str, named: Named) -> list[Column]:
    programme = what_if.programme
    heads = (
        (_("Moves the gain by"), _("± 90%"), _("On average"), _("Spread"))
        if method == "morris"
        else (_("Share in all"), _("± 90%"), _("By itself"), _("± 90% by itself"))
    )
    keys = ("size", "size_half_width", "part", "spread")
    sized = {key: lambda value: _size(what_if, method, value) for key in keys}
    written = sized | ({"part": lambda value: answer.gain(programme, value)} if method == "morris" else {})
    rests_on = [one["status"] for one, _lever in named]
    return [
        Column(_("Supposition"), [lever.label for _one, lever in named]),
        Column(
            _("From"), [Told(lever.written(programme, lever.low), lever.low) for _one, lever in named], str
        ),
        Column(
            _("To"), [Told(lever.written(programme, lever.high), lever.high) for _one, lever in named], str
        ),
        Column(_("Range"), [_(STATUS[status]) for status in rests_on]),
        *(
            Column(head, [one[key] for one, _lever in named], written[key])
            for head, key in zip(heads, keys, strict=True)
        ),
    ]
