"""What a what-if supposes of its own, beside what the programme's past and the library of effects tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from dashboard.i18n import N_, _, ngettext
from dashboard.marks import Mark, Sort
from dashboard.sandbox import scenario_words
from loyalty_core.rules.programme import Programme
from simulation.effects import default_effects
from simulation.evidence import Status
from simulation.scenario import Scenario

SOURCE = "assumption of the scenario"
RESPONSES = {
    "lift": N_("{name}: how much more often those contacted buy"),
    "returns": N_("{name}: share who come back because of it"),
}
OUTSIDE = {"demand": N_("{name}: demand"), "joining": N_("{name}: joining")}

Part = dict[str, Any]


def suppositions(scenario: Scenario) -> list[Part]:
    """Each number, as a result tells what it rests on."""
    return list(_supposed(scenario))


def rest_on(scenario: Scenario, assumptions: Sequence[Part]) -> list[Part]:
    """All that a result rests on: first what the what-if supposes, effects as the result tells them."""
    told = {one["name"]: one for one in assumptions if one["name"] in scenario.effects}
    own = [told.get(one["name"], one) for one in suppositions(scenario)]
    return [*own, *(one for one in assumptions if one["name"] not in told)]


def counted(scenarios: Sequence[Scenario]) -> list[str]:
    """How many of them there are, in words; nothing where there is none."""
    own = len({one["name"] for scenario in scenarios for one in suppositions(scenario)})
    rests = ngettext("rests on {count} assumption of yours", "rests on {count} assumptions of yours", own)
    return [rests.format(count=own)] if own else []


def marks(programme: Programme, scenario: Scenario) -> list[Mark]:
    """What stands on the calendar of a what-if, for its time lines."""
    found = [Mark(one.first_day, one.name, Sort.CAMPAIGN) for one in scenario.campaigns]
    found += [Mark(one.first_day, one.name, Sort.NOTE) for one in scenario.shocks]
    for one in scenario.later:
        told = [scenario_words.changed(programme, path, value) for path, value in one.changes.items()]
        found.append(Mark(one.first_day, _(", ").join(told), Sort.RULES))
    return sorted(found, key=_day)


def _day(mark: Mark) -> date:
    return mark.day


def _supposed(scenario: Scenario) -> Iterator[Part]:
    for campaign in scenario.campaigns:
        for name, label in RESPONSES.items():
            value, ends = getattr(campaign.response, name), getattr(campaign.response, f"{name}_range")
            if value:
                low, high = ends or (None, None)
                yield _part(_(label).format(name=campaign.name), value, campaign.response.source, low, high)
    for shock in scenario.shocks:
        for name, label in OUTSIDE.items():
            if (value := getattr(shock, name)) != 1:
                yield _part(_(label).format(name=shock.name), value)
    known = dict(default_effects().items())
    for key, given in scenario.effects.items():
        effect = known[key]
        value, on = (effect.value, given) if isinstance(given, bool) else (given, True)
        told = _part(scenario_words.effect_name(key), value, SOURCE, effect.low, effect.high)
        yield told | {"name": key, "on": on}
    for path, given in scenario.behaviour.items():
        yield _part(path, given)
    if scenario.joining.factor != 1:
        yield _part(_("How many join, times the usual"), scenario.joining.factor)
    if scenario.joining.referrals_a_year is not None:
        yield _part(_("Friends whom a member brings in a year"), scenario.joining.referrals_a_year)


def _part(
    label: str, value: Any, source: str = SOURCE, low: float | None = None, high: float | None = None
) -> Part:
    return {
        "name": label,
        "label": {"en": label, "zh": label},  # in the reader's language
        "status": Status.ASSUMPTION.value,
        "source": source,
        "value": value,
        "low": low,
        "high": high,
    }
