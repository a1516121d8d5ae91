"""How many join in a what-if, whom members bring, and what joining gives."""

from __future__ import annotations

from typing import Any

from dashboard.i18n import N_, _
from dashboard.sandbox import part, scenario_words
from dashboard.sandbox.part import Around, Sheet, Values, number
from loyalty_core.documents import validated
from simulation.scenario import Scenario
from simulation.scenario_calendar import JoiningLine


def _told(around: Around, scenario: Scenario) -> str:
    told = _(", ").join(scenario_words.joining(scenario.joining))
    return told[:1].upper() + told[1:]


def _values(around: Around, scenario: Scenario) -> dict[str, Any]:
    line = scenario.joining
    return {
        "factor": part.in_percent(line.factor),
        "referrals_a_year": line.referrals_a_year,
        "points": None if line.points is None else float(line.points),
    }


def _fields(around: Around) -> None:
    number("factor", _("Joining, % of the usual"), 0.0, 1000.0, 5.0)
    number(
        "referrals_a_year",
        _("Friends whom a member brings in a year"),
        0.0,
        50.0,
        0.1,
        placeholder=_("none beside those who join anyway"),
    )
    number("points", _("Points given for joining"), 0.0, 1e12, 50.0, placeholder=_("as usual"))


def _entered(around: Around, shown: Values) -> JoiningLine:
    names = ("referrals_a_year", "points")
    factor = part.of_percent(shown["factor"])
    document = part.given({"factor": factor} | {name: shown[name] for name in names})
    return validated(JoiningLine, document, "joining")


def _usual(scenario: Scenario) -> JoiningLine:
    return JoiningLine()


SHEET = Sheet(
    name="joining",
    of="joining",
    title=N_("Joining"),
    icon=":material/person_add:",
    told=_told,
    values=_values,
    fields=_fields,
    entered=_entered,
    without=_usual,
)
