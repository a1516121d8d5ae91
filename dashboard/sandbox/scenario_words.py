"""What a what-if changes, in words: its first changes by name, how many more there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dashboard import figures
from dashboard.i18n import N_, _, ngettext, words
from dashboard.sandbox import levers, rare_levers
from dashboard.sandbox.lever import Lever
from dashboard.sandbox.run_fields import NEVER_SHARE
from loyalty_core.rules.programme import Programme
from simulation.effects import default_effects
from simulation.scenario import Scenario
from simulation.scenario_calendar import DeskLine, JoiningLine

NAMED_CHANGES = 2
_SENTENCES = {  # of a changed value, by its group
    levers.FEES: N_("{name} for a fee of {value}"),
    levers.REWARDS: N_("{name} for {value} points"),
    levers.EARNING: N_("{value} points per {currency}"),
    rare_levers.MULTIPLIERS: N_("{name} with {value}% of the usual points"),
    rare_levers.BONUSES: N_("{name} with {value}% of the usual points"),
    rare_levers.FURTHER: N_("{name}: {value} points"),
    rare_levers.MOST: N_("most points, {name}: {value}"),
    rare_levers.EARNED: N_("{name}: {value}"),
    rare_levers.COSTS: N_("{name} at a cost of {value}"),
    rare_levers.KEEPING: N_("to keep {name}: {value}"),
    rare_levers.REVIEWS: N_("{name} at {value}"),
}
DESKS = {"fulfilment": N_("Fulfilment desk"), "contact": N_("Contact centre")}


def cause(programme: Programme, document: Mapping[str, Any]) -> str:
    """What a scenario's document changes, the first two by name: "Gold raised to 5,000"."""
    named = list(_named(programme, Scenario.model_validate(document)))
    more = len(named) - NAMED_CHANGES
    if more > 0:
        rest = ngettext("{count} more change", "{count} more changes", more).format(count=more)
        named = [*named[:NAMED_CHANGES], rest]
    if named and "." not in named[0].split(maxsplit=1)[0]:  # a path stays as it is
        named[0] = named[0][:1].upper() + named[0][1:]
    return _(", ").join(named) or _("No change")


def changed(programme: Programme, path: str, value: Any) -> str:
    """One changed value of the programme."""
    lever = next((one for one in levers.levers(programme) if one.path == path), None)
    if lever is None or not lever.shows(value):
        return value_at(path, value)
    return _sentence(lever, value).format(
        name=lever.label,
        value=levers.written(programme, lever, value),
        currency=figures.whole_money(1, programme.currency),
    )


def value_at(path: str, value: Any) -> str:
    """A value of a document by its path, which has no other name."""
    return f"{path} → {written(value)}"


def supposed(path: str, value: Any) -> str:
    """What is supposed of members, in words where the form has a field for it."""
    if path == NEVER_SHARE and isinstance(value, int | float):
        return _("{share} of members who never redeem").format(share=figures.share(value, 0))
    return value_at(path, value)


def effect(key: str, given: bool | float) -> str:
    """One effect of the library that was switched or given another value."""
    name = effect_name(key)
    if isinstance(given, bool):
        return (_("{effect} switched on") if given else _("{effect} switched off")).format(effect=name)
    return _("{effect} at {value}").format(effect=name, value=written(given))


def effect_name(key: str) -> str:
    """What an effect of the library is called."""
    known = dict(default_effects().items())
    return words(known[key].name.text) if key in known else key


def joining(line: JoiningLine) -> Iterator[str]:
    """What is supposed of those who join, one by one; nothing where it is as usual."""
    if line.factor != 1:
        yield _("joining at {percent} of the usual").format(percent=figures.share(line.factor, 0))
    if line.referrals_a_year is not None:
        yield _("{count} friends brought a member and year").format(count=written(line.referrals_a_year))
    if line.points is not None:
        yield _("{points} points for joining").format(points=written(float(line.points)))


def desk_name(name: str) -> str:
    """What a desk is called; those of the form in the reader's language."""
    return _(DESKS[name]) if name in DESKS else name


def written(value: Any) -> str:
    """A value of a document for people."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,.6g}".replace("-", "−")


def _named(programme: Programme, scenario: Scenario) -> Iterator[str]:
    for path, value in scenario.changes.items():
        yield changed(programme, path, value)
    for campaign in scenario.campaigns:
        yield _("campaign “{name}”").format(name=campaign.name)
    for shock in scenario.shocks:
        yield _("supposing “{name}”").format(name=shock.name)
    for later in scenario.later:
        for path, value in later.changes.items():
            told = changed(programme, path, value)
            yield _("{change} from {day} on").format(change=told, day=figures.day(later.first_day))
    for key, given in scenario.effects.items():
        yield effect(key, given)
    for path, value in scenario.behaviour.items():
        yield supposed(path, value)
    for budget in scenario.budgets:
        yield _("budget “{name}”").format(name=budget.name)
    for delivery in scenario.replenishment:
        yield _("more of {reward}").format(reward=words(programme.reward_label(delivery.reward)))
    yield from joining(scenario.joining)
    for desk in scenario.desks:
        yield _staffed(desk)


def _staffed(desk: DeskLine) -> str:
    return _("{desk} with a staff of {count}").format(
        desk=desk_name(desk.name), count=figures.count(desk.places)
    )


def _sentence(lever: Lever, value: Any) -> str:
    up = value is not None and (lever.now is None or value > lever.now)
    if lever.group == levers.TIERS:
        return _("{name} threshold raised to {value}") if up else _("{name} threshold lowered to {value}")
    if lever.path == levers.EXPIRY:
        return _("Points that never expire") if value is None else _("Points expiring after {value} months")
    return _(_SENTENCES[lever.group])
