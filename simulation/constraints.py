"""What a search must keep: bounds on figures of the whole span, and on the members who lose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite
from operator import ge, le

from loyalty_core.errors import InputError
from simulation.harm import FIGURES, HARMED

_SIGNS = {"<=": le, ">=": ge}


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A bound on a metric of the whole horizon: an amount, or a share of the baseline's figure; of members
    harmed a share of the members."""

    metric: str
    sign: str
    bound: float
    relative: bool = False

    @classmethod
    def of(cls, text: str) -> Constraint:
        """From `reward_cost<=5000`, `points_outstanding<=110%` or `members_harmed<=5%`; InputError for
        anything else."""
        sign = next((one for one in _SIGNS if one in text), None)
        metric, _, bound = text.partition(sign or "\0")
        try:
            value = float(bound.strip().removesuffix("%"))
        except ValueError:
            value = inf
        if sign is None or not isfinite(value):
            raise InputError(f"constraint {text}: write it like reward_cost<=5000 or revenue>=95%")
        metric, in_percent = metric.strip(), bound.strip().endswith("%")
        if metric not in FIGURES:
            raise InputError(
                f"constraint {text}: no comparison tells this metric; known: {', '.join(FIGURES)}"
            )
        value /= 100 if in_percent else 1
        if metric == HARMED.name and not 0 <= value <= 1:
            raise InputError(f"constraint {text}: this is a share of the members; write it like {metric}<=5%")
        return cls(metric=metric, sign=sign, bound=value, relative=in_percent and metric != HARMED.name)

    def __str__(self) -> str:
        bound = (
            f"{self.bound:.6g}" if not self.relative else f"{self.bound:.6%}".rstrip("%0").rstrip(".") + "%"
        )
        return f"{self.metric}{self.sign}{bound}"

    def excess(self, baseline: float, scenario: float) -> float:
        """How far beyond the bound, in the metric's unit; at most 0 where it holds."""
        bound = self.bound * baseline if self.relative else self.bound
        return scenario - bound if self.sign == "<=" else bound - scenario


def refuse_contradictions(constraints: Sequence[Constraint]) -> None:
    """InputError for two bounds on one metric between which nothing lies."""
    for upper in constraints:
        for lower in constraints:
            same = upper.metric == lower.metric and upper.relative == lower.relative
            if same and upper.sign == "<=" and lower.sign == ">=" and upper.bound < lower.bound:
                raise InputError(f"constraints {upper} and {lower} exclude each other: leave one out")
