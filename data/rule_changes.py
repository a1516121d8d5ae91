"""The days on which the rules of the programme changed."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date

from data.registry import Registry, programme_of
from data.versions import reigns
from loyalty_core.rules.programme import Programme


@dataclass(frozen=True, slots=True)
class RuleChange:
    """The first day of a version of the programme, and the versions that held before and since."""

    on: date
    before: Programme
    after: Programme


def rule_changes(registry: Registry) -> list[RuleChange]:
    """Every change of the rules, the earliest first."""
    found = [(one.first_day, programme_of(one.version)) for one in reigns(registry.programme_versions())]
    return [
        RuleChange(day, before, after)
        for (_first, before), (day, after) in itertools.pairwise(found)
        if day is not None
    ]
