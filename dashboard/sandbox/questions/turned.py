"""A lever as people read it: what it is called, its range, and how its values are written."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dashboard import figures
from dashboard.sandbox import levers as rules
from dashboard.sandbox.lever import Lever
from loyalty_core.rules.programme import Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A lever for people: its range, what it is now, and what the what-if makes of it where it is a rule that
    was changed; shares are shown in per cent."""

    path: str
    group: str
    name: str
    now: float
    low: float
    high: float
    is_share: bool = False
    is_multiplier: bool = False
    is_money: bool = False
    is_whole: bool = False
    rule: Lever | None = None
    tried: float | None = None

    @property
    def label(self) -> str:
        """Its name within its group: "What members do · Share of sales that come back"."""
        return f"{self.group} · {self.name}"

    @property
    def factor(self) -> int:
        """How many of what is shown are one of what is meant."""
        return 100 if self.is_share else 1

    @property
    def decimals(self) -> int:
        """As many as tell a hundredth of the range in what is shown."""
        if self.is_whole:
            return 0
        width = (self.high - self.low) * self.factor
        least = 0 if self.rule is None else self.rule.decimals
        return max(least, min(2 - math.ceil(math.log10(width)), 4)) if width < 100 else least

    def asked_between(self, low: float, high: float) -> dict[str, float | str]:
        """It as a question names it, between those ends, no finer than its field; what `Lever` takes."""
        finest = {} if self.rule is None else {"finest": self.rule.decimals}
        whole = {"finest": 0} if self.is_whole else {}
        return {"path": self.path, "low": low, "high": high, **finest, **whole}

    def written(self, programme: Programme, value: float | None) -> str:
        """A value of it."""
        if value is None:
            return figures.UNKNOWN
        if self.rule is not None:
            return rules.written(programme, self.rule, round(value, self.rule.decimals))
        shown = figures.decimal(value * self.factor, self.decimals)
        if self.is_money:
            return figures.money(value, programme.currency)
        return f"{shown}%" if self.is_share else f"× {shown}" if self.is_multiplier else shown
