"""What would be best: values of rules and campaigns that gain most within constraints, on fresh luck."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard import cards, charts
from dashboard.i18n import _, joined, words
from dashboard.page_record import Column
from dashboard.sandbox.questions import answer, proposals
from dashboard.sandbox.questions.answer import Document
from dashboard.sandbox.questions.dots import Marks, dots
from dashboard.sandbox.questions.what_if import WhatIf
from data.tables import Run
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

TRIALS = 20


def form(what_if: WhatIf, key: Callable[[str], str]) -> dict[str, Any] | None:
    """Which rules and campaigns are set, between which ends, and what must be kept; None where that cannot be
    asked."""
    return proposals.form(what_if, key, TRIALS, _("Nothing: only the gain counts"))


def show(what_if: WhatIf, run: Run, found: Document) -> None:
    """The candidates on fresh luck, and the way to try one."""
    if "candidates" not in found:
        if "best_so_far" in found:
            _so_far(what_if, run, found)
        return
    trials = _("{feasible} of {trials} proposals kept the constraints").format(**found)
    answer.head(
        sentence(what_if, run, found), answer.provenance(run, found, trials, answer.replications(run))
    )
    what = _("Tried again on luck that the search never met; what the search found is usually too good")
    names = [_("Candidate {number}").format(number=one + 1) for one in range(len(found["candidates"]))]
    title = _("Gains of the candidates on fresh luck, with 95% intervals")
    gains = _gains(what_if.programme, names, found["candidates"])
    cards.chart(title, _chart(what_if, names, found["candidates"]), "optimum", what, columns=gains)
    columns = _columns(what_if, run, names, found["candidates"])
    cards.table(_("The best candidates"), columns, "optimum_table", what)
    proposals.to_try(what_if, run, names, found["candidates"])


def _so_far(what_if: WhatIf, run: Run, found: Document) -> None:
    """The best proposal of a search that is not over, or was not to be."""
    best = found["best_so_far"]
    told = _("Best so far in the search: {values}; gain {gain}, usually too good.").format(
        values=proposals.in_words(what_if, run, best["values"]),
        gain=answer.gain(what_if.programme, best["searched"]),
    )
    answer.head(told, answer.provenance(run, found, answer.replications(run)))


def sentence(what_if: WhatIf, run: Run, found: Document) -> str:
    """The best candidate, what is to be thought of its gain, and whether the constraints hold."""
    best, programme = found["candidates"][0], what_if.programme
    sure = _("Best found: {values}; gain {gain} (95% interval {interval}).")
    unsure = _("Best found: {values}; gain {gain} (95% interval {interval}): {reading}.")
    told = (sure if answer.is_clear(best["gain"], best["half_width"]) else unsure).format(
        values=proposals.in_words(what_if, run, best["values"]),
        gain=answer.gain(programme, best["gain"]),
        interval=answer.interval(programme, best["gain"], best["half_width"]),
        reading=words(Text(**best["gain_in_words"])),
    )
    if not run.payload["about"]["constraints"]:
        return told
    kept, broken = _("Every constraint is kept."), _("On fresh luck not every constraint is kept.")
    return joined([told, kept if best["holds"] else broken])


def _gains(programme: Programme, names: list[str], candidates: list[Document]) -> list[Column]:
    """What the chart shows."""
    return [
        Column(_("Candidate"), names),
        Column(_("Gain"), [one["gain"] for one in candidates], lambda value: answer.gain(programme, value)),
        Column(
            _("95% interval"),
            [answer.interval(programme, one["gain"], one["half_width"]) for one in candidates],
            str,
        ),
        Column(_("Reading"), [words(Text(**one["gain_in_words"])) for one in candidates]),
        Column(
            _("Gain in the search"),
            [one["searched"] for one in candidates],
            lambda value: answer.gain(programme, value),
        ),
    ]


def _columns(what_if: WhatIf, run: Run, names: list[str], candidates: list[Document]) -> list[Column]:
    """The rules' values of each candidate between its name and what it gains, then what is kept."""
    name, *gains = _gains(what_if.programme, names, candidates)
    rules = proposals.columns(what_if, run, candidates)
    kept = [_("kept") if one["holds"] else _("not kept") for one in candidates]
    bounds = [Column(_("Constraints"), kept)] if run.payload["about"]["constraints"] else []
    return [name, *rules, *gains, *bounds]


def _chart(what_if: WhatIf, names: list[str], candidates: list[Document]) -> charts.Figure:
    """A mark with its interval for each candidate, and pale the gain that the search promised."""
    programme = what_if.programme
    halves, nothing = [one["half_width"] or 0.0 for one in candidates], [0.0] * len(candidates)
    promised = Marks(
        label=_("In the search"),
        values=[one["searched"] for one in candidates],
        below=nothing,
        above=nothing,
        slot="baseline",
        hollow=True,
    )
    fresh = Marks(
        label=_("On fresh luck"),
        values=[one["gain"] for one in candidates],
        below=halves,
        above=halves,
        slot="scenario",
    )
    return dots(
        names,
        [promised, fresh],
        lambda value: answer.gain(programme, value),
        lambda value: answer.short_gain(programme, value),
    )
