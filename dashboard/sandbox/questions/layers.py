"""What an answer rests on: the shares of its uncertainty that chance, suppositions and the past bring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from dashboard import cards, charts, figures, frame, theme
from dashboard.i18n import N_, _, joined, ngettext, words
from dashboard.number_fields import number
from dashboard.page_record import Column
from dashboard.sandbox import finding
from dashboard.sandbox.questions import answer
from dashboard.sandbox.questions.answer import Document
from dashboard.sandbox.questions.what_if import WhatIf
from dashboard.told import Told
from data.tables import Run
from simulation.layers import OUTER, PARTS

SMALLER = {  # by what each part becomes smaller
    "process_share": N_("More members and runs"),
    "assumptions_share": N_("A pilot"),
    "parameters_share": N_("More months of data"),
    "model_share": N_("More months of data"),
    "form_share": N_("A model that misses less, or a pilot"),
}


def form(what_if: WhatIf, key: Callable[[str], str]) -> dict[str, Any]:
    """How often each layer is drawn."""
    with st.columns(2)[0]:
        draws = number(_("Draws of each layer"), 2, 100, OUTER, key=key("draws"))
    return {"draws": draws, "gain": what_if.gain}


def asked(what_if: WhatIf, about: dict[str, Any]) -> str:
    """The question in words."""
    return ngettext("{count} draw of each layer", "{count} draws of each layer", about["draws"]).format(
        count=about["draws"]
    )


def show(what_if: WhatIf, run: Run, found: Document) -> None:
    """The shares of the variance, the largest first."""
    if "process_share" not in found:
        answer.so_far(what_if.programme, run, found)
        return
    answer.head(sentence(what_if, found), answer.provenance(run, found, asked(what_if, run.payload["about"])))
    shares = {name: found[name] for name in PARTS if found.get(name) is not None}
    if not shares:
        return
    ranked = sorted(shares, key=lambda name: -shares[name])
    labels = [answer.begun(words(PARTS[name])) for name in ranked]
    written = [Told(figures.share(shares[name], 0), shares[name]) for name in ranked]
    intervals = [
        finding.from_to(*(figures.share(end, 0) for end in found["intervals"][name])) for name in ranked
    ]
    what = _("Shares of the variance of the gain, each layer drawn by itself")
    with st.grid(2, min_column_width=frame.NARROWEST):
        accent, blank = [theme.slot("scenario")] * len(ranked), [""] * len(ranked)
        bars = charts.ranks(labels, [shares[name] for name in ranked], accent, written, blank)
        cards.chart(_("{part}: {share}").format(part=labels[0], share=written[0]), bars, "layers", what)
        columns = [
            Column(_("Part"), labels),
            Column(_("Share"), written, str),
            Column(_("90% interval"), intervals, str),
            Column(_("Made smaller by"), [_(SMALLER[name]) for name in ranked]),
        ]
        cards.table(_("What the uncertainty is made of"), columns, "layers_table", what)


def sentence(what_if: WhatIf, found: Document) -> str:
    """What most of it rests on, and where nine of ten runs lie."""
    shares = {name: found[name] for name in PARTS if found.get(name) is not None}
    if not shares:
        return _("No run gains or loses anything: there is nothing uncertain.")
    most = max(shares, key=lambda name: shares[name])
    told = _("{part} brings most of the uncertainty, {share} of it.").format(
        part=answer.begun(words(PARTS[most])), share=figures.share(shares[most], 0)
    )
    low, high = (answer.gain(what_if.programme, found[end]) for end in ("low", "high"))
    lies = _("Nine of ten runs gain {low} to {high}.").format(low=low, high=high)
    return joined([told, lies])
