"""Every question that can be asked of a what-if."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dashboard.i18n import N_
from dashboard.sandbox.questions import (
    break_even,
    influences,
    layers,
    optimum,
    proposals,
    trade_off,
    trust,
    winning,
)
from dashboard.sandbox.questions.answer import Document
from dashboard.sandbox.questions.what_if import WhatIf
from data.tables import Run

About = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One kind of question: its words, the form that says what it is about (None while that is incomplete),
    how often each comparison is run unless told otherwise (None where the question says so itself), what was
    asked in words, and the answer on screen."""

    words: str
    what: str
    button: str
    replications: int | None
    simulates: bool = True
    form: Callable[[WhatIf, Callable[[str], str]], About | None]
    asked: Callable[[WhatIf, About], str]
    show: Callable[[WhatIf, Run, Document], None]


QUESTIONS = {
    "break-even": Question(
        words=N_("When does it pay?"),
        what=N_(
            "Looks for the value of one rule or supposition at which the what-if is worth exactly what is in "
            "force; every value meets the same luck."
        ),
        button=N_("Look for the break-even"),
        replications=4,
        form=break_even.form,
        asked=break_even.asked,
        show=break_even.show,
    ),
    "layers": Question(
        words=N_("What makes it uncertain?"),
        what=N_(
            "Draws anew, one after the other, how members respond, what the past leaves open, and which "
            "model holds, and tells how much of the uncertainty each brings."
        ),
        button=N_("Split the uncertainty"),
        replications=None,
        form=layers.form,
        asked=layers.asked,
        show=layers.show,
    ),
    "influences": Question(
        words=N_("What matters most?"),
        what=N_(
            "Lets every supposition cross the range of what is known of it, and ranks them by how far the "
            "gain moves."
        ),
        button=N_("Rank the suppositions"),
        replications=2,
        form=influences.form,
        asked=influences.asked,
        show=influences.show,
    ),
    "best": Question(
        words=N_("What is best?"),
        what=N_(
            "Looks for the values of some rules that gain most within what must be kept; the best are run "
            "again on luck that the search never met."
        ),
        button=N_("Look for the best"),
        replications=2,
        form=optimum.form,
        asked=proposals.asked,
        show=optimum.show,
    ),
    "trade-offs": Question(
        words=N_("What for what?"),
        what=N_(
            "Looks for values of some rules of which none is better at both of two aims, within what must be "
            "kept; those found are run again on luck that the search never met."
        ),
        button=N_("Weigh up both aims"),
        replications=2,
        form=trade_off.form,
        asked=trade_off.asked,
        show=trade_off.show,
    ),
    "trust": Question(
        words=N_("Can it be trusted?"),
        what=N_(
            "Forecasts the programme's own past as if it were not known, holds that against what came, and "
            "looks at what this answer rests on."
        ),
        button=N_("Test it"),
        replications=None,
        form=trust.form,
        asked=trust.asked,
        show=trust.show,
    ),
    "winners": Question(
        words=N_("Who wins, who loses?"),
        what=N_(
            "Replays what all members did in the last year under both sets of rules, and compares tiers and "
            "points, member by member."
        ),
        button=N_("Replay the last year"),
        simulates=False,
        replications=None,
        form=winning.form,
        asked=winning.asked,
        show=winning.show,
    ),
}
