"""The days on which the rules of the programme changed."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from data.registry import programme_of
from data.tables import ProgrammeVersion
from data.versions import reigns
from loyalty_core.rules.differences import differences
from loyalty_core.rules.programme import Programme


@dataclass(frozen=True)
class RuleChange:
    """The first day of a version of the programme, and the versions that held before and since."""

    on: date
    before: Programme
    after: Programme

    @cached_property
    def rules(self) -> list[dict[str, Any]]:
        """The rules that differ, as `differences` tells them."""
        return [one for one in differences(self.before, self.after) if one["field"] != "effective_on"]


def rule_changes(versions: Sequence[ProgrammeVersion]) -> list[RuleChange]:
    """Every change of the rules, the earliest first; of versions applied last first."""
    found = [(one.first_day, programme_of(one.version)) for one in reigns(versions)]
    return [
        RuleChange(day, before, after)
        for (_first, before), (day, after) in itertools.pairwise(found)
        if day is not None
    ]
