"""A scenario: a programme, behaviour and calendar with some values changed, and how often it is run.

Changes are named by the path of the value, list items by their name: `tiers.gold.threshold`,
`rewards.voucher.points`, `earning.points_per_unit`, `expiry.months`. They hold from the first
simulated day on; those under `later` from a day of their own. docs/scenario-document.md tells every field.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Annotated, Any, Self

import yaml
from pydantic import Field, field_validator, model_validator

from loyalty_core.days import to_day
from loyalty_core.documents import fields_of, validated
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Document, Programme, programme_from_dict
from simulation.arm import Arm
from simulation.behaviour import Behaviour
from simulation.effects import OF_LEDGERS, Effects, default_effects
from simulation.evidence import Status
from simulation.plan import Plan
from simulation.scenario_calendar import Changes, DeskLine, JoiningLine, Later, ShockLine, Value
from simulation.scenario_campaigns import CampaignLine
from simulation.scenario_limits import BudgetLine, ReplenishmentLine
from simulation.stopping import Tolerance
from simulation.unchangeable import (
    TOLD_BY_THE_PAST,
    done_by,
    refuse_idle_effects,
    refuse_of_both,
    refuse_unchangeable,
    refuse_undone,
    refuse_unpaid,
)

LIVE = "live"


class Scenario(Document):
    """One value: what is changed, what is on the calendar, for how many months, in how many replications."""

    name: Annotated[str, Field(min_length=1, max_length=120)] = LIVE
    changes: Changes = Field(default_factory=dict)
    behaviour: Changes = Field(default_factory=dict)
    effects: dict[str, bool | float] = Field(default_factory=dict)  # another value, or switched on or off
    later: tuple[Later, ...] = ()
    campaigns: tuple[CampaignLine, ...] = ()
    shocks: tuple[ShockLine, ...] = ()
    budgets: tuple[BudgetLine, ...] = ()
    replenishment: tuple[ReplenishmentLine, ...] = ()
    desks: tuple[DeskLine, ...] = ()
    joining: JoiningLine = JoiningLine()
    months: int = Field(12, ge=1, le=120)
    replications: int = Field(10, ge=1, le=1000)
    seed: int = Field(1, ge=0, lt=2**63)
    # How closely the difference in money is to be known: an amount, or a share of it like "5%". The
    # replications are then the most that are run.
    tolerance: float | str | None = None

    @field_validator("tolerance")
    @classmethod
    def _can_be_met(cls, given: float | str | None) -> float | str | None:
        if given is not None:
            Tolerance.of(given)
        return given

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        for part in ("campaigns", "shocks", "budgets", "desks"):
            names = [one.name for one in getattr(self, part)]
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{part}: the name {twice[0]} stands twice")
        days = [one.first_day for one in self.later]
        if days != sorted(set(days)):
            raise ValueError("later: give each day once, the earliest first")
        return self

    @property
    def most_joining(self) -> float:
        """The most that joining is multiplied by on any day, or more."""
        return self.joining.factor * math.prod(max(one.joining, 1.0) for one in self.shocks)

    @property
    def changed_paths(self) -> list[str]:
        """The values of the programme that are given, from the first day on or later."""
        return [path for part in (self.changes, *(one.changes for one in self.later)) for path in part]

    def programme(self, base: Programme) -> Programme:
        """`base` with the changes; InputError naming the path where that is no valid programme."""
        return self._changed(base, [self.changes])

    def programmes(self, base: Programme, first_day: int) -> tuple[tuple[int, Programme], ...]:
        """The documents in force from `first_day` on, each with the day from whose start it holds."""
        changes, found = [self.changes], [(first_day, self.programme(base))]
        for later in self.later:
            changes.append(later.changes)
            day = max(to_day(later.first_day), first_day)
            if day == found[-1][0]:
                found.pop()
            found.append((day, self._changed(base, changes)))
        return tuple(found)

    def check(self, base: Programme) -> None:
        """InputError for what cannot be under that programme, whatever its past."""
        refuse_of_both(self.changed_paths, f"scenario {self.name}")
        self.plan(base)
        programmes = self.programmes(base, 0)
        self.effects_of(default_effects())
        done = done_by(self.behaviour_of(Behaviour())) | TOLD_BY_THE_PAST
        self._refuse_undone(programmes, done)

    def effects_of(self, library: Effects) -> Effects:
        """`library` with this scenario's values and switches; InputError naming what there is not."""
        known = [key for key, _ in library.items()]
        if missing := [key for key in self.effects if key not in known]:
            named = ", ".join(key for key in known if key not in OF_LEDGERS)
            raise InputError(f"scenario {self.name}: effects: there is no {missing[0]!r}; known: {named}")
        refuse_idle_effects(self.effects, f"scenario {self.name}")
        document = library.model_dump(mode="json")
        for key, given in self.effects.items():
            document[key] |= {"on": given} if isinstance(given, bool) else _supposed(given, document[key])
        return validated(Effects, document, f"scenario {self.name}: effects")

    def plan(self, base: Programme, share: float = 1.0) -> Plan:
        """What is on the calendar where `share` of the members is simulated; InputError naming the line."""
        programme, where = self.programme(base), f"scenario {self.name}"
        lines = [one.deliveries(programme, f"{where}: replenishment") for one in self.replenishment]
        return Plan(
            campaigns=tuple(
                one.campaign(programme, f"{where}: campaign {one.name}") for one in self.campaigns
            ),
            shocks=tuple(one.shock() for one in self.shocks),
            budgets=tuple(one.budget(programme, f"{where}: budget {one.name}") for one in self.budgets),
            replenishments=tuple(delivery for line in lines for delivery in line),
            desks=tuple(one.desk() for one in self.desks),
            joining=self.joining.factor,
            share=share,
        )

    def arm(
        self, base: Programme, behaviour: Behaviour, library: Effects, first_day: int, share: float = 1.0
    ) -> Arm:
        """All that members meet under this scenario in a run from `first_day` on; InputError for a change of
        what nobody does in it."""
        found = Arm(
            programmes=self.programmes(base, first_day),
            behaviour=self.behaviour_of(behaviour),
            effects=self.effects_of(library),
            plan=self.plan(base, share),
            past=base,
        )
        refuse_unpaid(self.changed_paths, found.behaviour, f"scenario {self.name}")
        self._refuse_undone(found.programmes, done_by(found.behaviour))
        return found

    def _refuse_undone(self, programmes: Sequence[tuple[int, Programme]], done: Collection[str]) -> None:
        held = [programme for _, programme in programmes]
        refuse_undone(self.changed_paths, held, done, f"scenario {self.name}")

    def _changed(self, base: Programme, changes: Sequence[Mapping[str, Value]]) -> Programme:
        document = base.model_dump(mode="json")
        for part in changes:
            for path, value in part.items():
                _set(document, path, value, f"scenario {self.name}")
        points, welcome = [one.multiplier() for one in self.campaigns], self.joining.rule()
        document["earning"]["multipliers"] += [one for one in points if one is not None]
        document["earning"]["rules"] += [] if welcome is None else [welcome]
        changed = programme_from_dict(document, f"scenario {self.name}")
        _ = changed.thresholds_minor, changed.cheapest_reward_units  # too many decimals are found here
        return changed

    def behaviour_of(self, base: Behaviour) -> Behaviour:
        """`base` with this scenario's suppositions; InputError naming the path where one is not possible."""
        document = base.model_dump(mode="json")
        if self.joining.referrals_a_year is not None:
            document["referring"] |= {"a_year": self.joining.referrals_a_year, "source": "the scenario"}
        for path, value in self.behaviour.items():
            if path.startswith("joining."):
                raise InputError(
                    f"scenario {self.name}: behaviour: {path}: give joining: {{factor: …}} instead"
                )
            if path.startswith("goal_gradient."):
                raise InputError(
                    f"scenario {self.name}: behaviour: {path}: give effects: {{goal_gradient: …}} instead"
                )
            _set(document, path, value, f"scenario {self.name}: behaviour")
        return validated(Behaviour, document, f"scenario {self.name}: behaviour")


def scenario_from_yaml(text: str, where: str = "scenario", name: str = "scenario") -> Scenario:
    """The scenario that a YAML text declares, `name` where it gives none; InputError naming the field."""
    document = fields_of(text, where, "name: …, changes: …")
    return scenario_from_dict({"name": name, **document}, where)


def scenario_from_dict(document: Mapping[str, Any], where: str = "scenario") -> Scenario:
    """As `scenario_from_yaml`, from plain values."""
    return validated(Scenario, document, where)


def scenario_to_yaml(scenario: Scenario) -> str:
    """What the scenario says beside the defaults, and how it is run; reads back to an equal one."""
    said = scenario.model_dump(exclude_defaults=True)
    run = {name: getattr(scenario, name) for name in ("months", "replications", "seed")}
    document = {"name": scenario.name} | {name: _plain(one) for name, one in said.items()} | run
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)


def _plain(value: Any) -> Any:
    """A value as people write it in YAML: 0.35, where the document's own is exact."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _supposed(value: float, effect: Mapping[str, Any]) -> dict[str, Any]:
    """What a scenario says of an effect in place of what is known: nobody has found that value."""
    source = f"assumption of the scenario, in place of {effect['value']:g}: {effect['source']}"
    return {"value": value, "on": True, "status": Status.ASSUMPTION.value, "source": source}


def _set(document: Any, path: str, value: Value, where: str) -> None:
    """Changes the one value at `path` in place."""
    place, last = place_of(document, path, where)
    place[last] = value


def place_of(document: Any, path: str, where: str) -> tuple[dict[str, Any], str]:
    """The group in which the value at `path` stands, and its name there; InputError for what the document
    does not have, and for what changes nothing: only its values can be changed."""
    *way, last = path.split(".")
    if last == "name":
        raise InputError(f"{where}: {path}: names stay; other values can be changed")
    refuse_unchangeable(path, where)
    place = document
    for step in way:
        if step == "keep":
            _spell_out(place)
        place = _named(place, step, f"{where}: {path}")
    if isinstance(place, list) or _is_group(_named(place, last, f"{where}: {path}")):
        raise InputError(f"{where}: {path}: this is a group of values; name one of them")
    return place, last


def _spell_out(tier: Any) -> None:
    """A tier of which nothing else is said is kept by what reaches it: written out, that can be changed."""
    if not isinstance(tier, dict) or "keep" not in tier or tier["keep"] is not None:
        return
    if tier["reach"] is not None:
        tier["keep"] = deepcopy(tier["reach"])
    elif float(tier["threshold"]):
        tier["keep"] = {"at_least": {"spend": tier["threshold"]}}


def _named(place: Any, name: str, where: str) -> Any:
    known = _names(place)
    if name not in known:
        raise InputError(f"{where}: there is no {name!r} here; known: {', '.join(known) or 'nothing'}")
    return place[name] if isinstance(place, dict) else next(item for item in place if item["name"] == name)


def _is_group(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(_names(value)))


def _names(place: Any) -> list[str]:
    if isinstance(place, dict):
        return list(place)
    if isinstance(place, list):
        return [item["name"] for item in place if isinstance(item, dict)]
    return []
