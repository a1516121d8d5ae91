"""A scenario: a programme and a behaviour with some values changed, and how long and how often it is run.

Changes are named by the path of the value, list items by their name: `tiers.gold.threshold`,
`rewards.voucher.points`, `earning.points_per_unit`, `expiry.months`. They hold from the first
simulated day on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import yaml
from pydantic import Field, field_validator

from loyalty_core.documents import fields_of, validated
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Document, Programme, programme_from_dict
from simulation.behaviour import Behaviour
from simulation.stopping import Tolerance

Value = bool | int | float | str | list[str] | None
LIVE = "live"


class Scenario(Document):
    """One value: what is changed, for how many months, in how many replications, with which seed."""

    name: Annotated[str, Field(min_length=1, max_length=120)] = LIVE
    changes: dict[str, Value] = Field(default_factory=dict)
    behaviour: dict[str, Value] = Field(default_factory=dict)
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

    def programme(self, base: Programme) -> Programme:
        """`base` with the changes; InputError naming the path where that is no valid programme."""
        document = base.model_dump(mode="json")
        for path, value in self.changes.items():
            _set(document, path, value, f"scenario {self.name}")
        changed = programme_from_dict(document, f"scenario {self.name}")
        _ = changed.thresholds_minor, changed.cheapest_reward_units  # too many decimals are found here
        return changed

    def behaviour_of(self, base: Behaviour) -> Behaviour:
        """`base` with this scenario's suppositions; InputError naming the path where one is not possible."""
        document = base.model_dump(mode="json")
        for path, value in self.behaviour.items():
            _set(document, path, value, f"scenario {self.name}: behaviour")
        return validated(Behaviour, document, f"scenario {self.name}: behaviour")


def scenario_from_yaml(text: str, where: str = "scenario", name: str = "scenario") -> Scenario:
    """The scenario that a YAML text declares, `name` where it gives none; InputError naming the field."""
    document = fields_of(text, where, "name: and changes:")
    return scenario_from_dict({"name": name, **document}, where)


def scenario_from_dict(document: Mapping[str, Any], where: str = "scenario") -> Scenario:
    """As `scenario_from_yaml`, from plain values."""
    return validated(Scenario, document, where)


def scenario_to_yaml(scenario: Scenario) -> str:
    """The scenario in full; reads back to an equal one."""
    return yaml.safe_dump(scenario.model_dump(mode="json"), allow_unicode=True, sort_keys=False)


def _set(document: Any, path: str, value: Value, where: str) -> None:
    """Changes the one value at `path` in place; only values that the document has can be changed."""
    *way, last = path.split(".")
    place = document
    for step in way:
        place = _named(place, step, f"{where}: {path}")
    if isinstance(place, list) or _is_group(_named(place, last, f"{where}: {path}")):
        raise InputError(f"{where}: {path}: this is a group of values; name one of them")
    place[last] = value


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
