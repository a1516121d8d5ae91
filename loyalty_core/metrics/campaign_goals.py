"""What a campaign is meant to reach, in numbers of named metrics beside words: `lift >= 4%; Silent members
buy`.

The column `goal` of the table of campaigns holds parts that semicolons separate. One that compares a name
with something is a number to reach; all else is for people to read, as is a goal of words alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from loyalty_core.counting.cuts import CAMPAIGN
from loyalty_core.errors import InputError
from loyalty_core.metrics.dictionary import METRICS, metrics_for
from loyalty_core.metrics.metric import Metric, Unit
from loyalty_core.names import near

_COMPARED = re.compile(r"(\w+)\s*(>=|<=|≥|≤)\s*(.*)", re.ASCII)
_NUMBER = re.compile(r"([+-]?\d[\d,]*(?:\.\d+)?)\s*(%?)")


class Reached(Enum):
    """Whether a goal was reached: an interval that holds the number shows neither."""

    YES = "yes"
    NO = "no"
    NOT_SHOWN = "not shown"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CampaignGoal:
    """A metric that is to be no less than a number in its shown unit, or no more."""

    metric: Metric
    at_least: bool
    value: float

    def reached(self, value: float | None, low: float | None = None, high: float | None = None) -> Reached:
        """Of a value and, where it is measured on some members only, its interval."""
        if value is None:
            return Reached.UNKNOWN
        ends = (value, value) if low is None or high is None else (low, high)
        kept = {(end >= self.value) if self.at_least else (end <= self.value) for end in ends}
        return Reached.NOT_SHOWN if len(kept) > 1 else Reached.YES if kept.pop() else Reached.NO


def goals_of(text: str) -> tuple[tuple[CampaignGoal, ...], str]:
    """The numbers that a goal names, and its words; InputError for a metric that campaigns do not have, or no
    number."""
    goals, said = [], []
    for part in filter(None, map(str.strip, text.split(";"))):
        if compared := _COMPARED.fullmatch(part):
            goals.append(_goal(part, *compared.groups()))
        else:
            said.append(part)
    return tuple(goals), "; ".join(said)


def _goal(part: str, name: str, sign: str, number: str) -> CampaignGoal:
    known = metrics_for([CAMPAIGN])
    if name not in known:
        raise InputError(f"goal “{part}”: {name} is no metric of a campaign; {near(name, known)}")
    metric = METRICS[name]
    written = _NUMBER.fullmatch(number.strip())
    if written is None or (written[2] and metric.unit is not Unit.SHARE):
        raise InputError(f"goal “{part}”: {number} is no number; write one as 12000, or as 8% of a share")
    value = float(written[1].replace(",", "")) / (100 if written[2] else 1)
    return CampaignGoal(metric, sign in (">=", "≥"), value)
