"""Alerts as people ask for them: a number, whose, and from where on they want to hear of it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from loyalty_core.documents import validated
from loyalty_core.metrics.alerts import Alert, Ground
from loyalty_core.metrics.dictionary import metric_named
from loyalty_core.metrics.metric import Metric, Unit
from loyalty_core.rules.document import Document
from loyalty_core.text import Text

Comparison = Literal["above", "below", "rises", "falls"]
COMPARISONS: dict[Comparison, Text] = {
    "above": Text("is above", "高于"),
    "below": Text("is below", "低于"),
    "rises": Text("rises by more than", "升幅超过"),
    "falls": Text("falls by more than", "降幅超过"),
}
Period = Literal["month", "quarter", "year"]
LOOKS: dict[Period, int] = {"month": 12, "quarter": 4, "year": 1}  # in a year


class AlertRule(Document):
    """Tell when the metric of those members is, or has moved, beyond the threshold.

    The threshold is in the metric's shown unit, of a share in percent; of a movement since the period before
    in percent of it, of a share in percentage points. `where` as filters have it: labels by slice.
    """

    name: Annotated[str, Field(min_length=1, max_length=60)]
    metric: str
    comparison: Comparison
    threshold: Annotated[Decimal, Field(max_digits=15)]
    period: Period = "month"
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _can_be_told(self) -> AlertRule:
        if self.of.per is not None:
            raise ValueError(f"{self.metric} is a figure of each {self.of.per}; choose one of all members")
        for name in set(self.where) - self.of.slices:
            raise ValueError(f"{self.metric} is not known by {name}; choose all members")
        return self

    @property
    def of(self) -> Metric:
        """The metric that is looked at."""
        return metric_named(self.metric)

    @property
    def in_percent(self) -> bool:
        """Whether the threshold is written in percent."""
        return self.of.unit is Unit.SHARE or self.comparison in ("rises", "falls")

    def limit(self, before: float | None) -> float | None:
        """The value beyond which an alert is raised, after a period of that value; None where unknown."""
        if self.comparison in ("above", "below"):
            return float(self.threshold) / (100 if self.in_percent else 1)
        if before is None:
            return None
        step = float(self.threshold) / 100 * (1 if self.of.unit is Unit.SHARE else abs(before))
        return before + step if self.comparison == "rises" else before - step

    def is_met(self, value: float | None, before: float | None) -> bool:
        """Whether a value is beyond the limit; what is unknown is not."""
        limit = self.limit(before)
        if value is None or limit is None:
            return False
        return value > limit if self.comparison in ("above", "rises") else value < limit

    def alert(self, value: float | None, before: float | None) -> Alert | None:
        """The alert that the value of the latest period raises, if any."""
        limit = self.limit(before)
        if value is None or limit is None or not self.is_met(value, before):
            return None
        up = 1 if self.comparison in ("above", "rises") else -1
        return Alert(self.of, Ground.RULE, value, limit, up * self.of.direction)

    def times_met(self, values: Sequence[float | None]) -> int:
        """In how many of those periods but the first it would have been raised, oldest first."""
        return sum(self.is_met(now, before) for before, now in pairwise(values))


def alert_rule(document: dict[str, Any], where: str = "alert") -> AlertRule:
    """The rule that the fields declare; InputError naming the field otherwise."""
    return validated(AlertRule, document, where)
