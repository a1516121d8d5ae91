"""What a metric is: a column of period facts, or one divided by another, with its name and meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from math import lcm

import numpy as np
import numpy.typing as npt
import pandas as pd

from loyalty_core.counting.cuts import SLICES
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text

Values = npt.NDArray[np.float64]
Weight = Callable[[Programme], Fraction | None]


class Kind(Enum):
    """Flows add up over periods, stocks are taken at a close, ratios do neither."""

    FLOW = "flow"
    STOCK = "stock"
    RATIO = "ratio"


class Unit(Enum):
    """What a value counts; a share is shown as a percentage, a score is a difference of shares times 100."""

    MEMBERS = "members"
    PURCHASES = "purchases"
    MONEY = "money"
    POINTS = "points"
    COUNT = "count"
    SHARE = "share"
    NUMBER = "number"
    SCORE = "score"


class Section(Enum):
    """The chapters of the dictionary."""

    MEMBERS = "members"
    MOVEMENT = "movement"
    PURCHASES = "purchases"
    POINTS = "points"
    STORED_VALUE = "stored_value"
    TIERS = "tiers"
    CAMPAIGNS = "campaigns"
    CARE = "care"
    BUSINESS = "business"


SECTIONS: dict[Section, Text] = {
    Section.MEMBERS: Text("Members", "会员"),
    Section.MOVEMENT: Text("Movement", "流动"),
    Section.PURCHASES: Text("Purchases and value", "消费与价值"),
    Section.POINTS: Text("Points", "积分"),
    Section.STORED_VALUE: Text("Coupons and stored value", "优惠券与储值"),
    Section.TIERS: Text("Tiers", "等级"),
    Section.CAMPAIGNS: Text("Campaigns and contact", "活动与触达"),
    Section.CARE: Text("Care and quality", "服务与质量"),
    Section.BUSINESS: Text("The programme as a business", "经营效益"),
}


@dataclass(frozen=True, slots=True)
class Term:
    """A column times what the programme says it weighs; unknown where the programme does not say."""

    column: str
    weight: Weight


def times(factor: int) -> Weight:
    """A weight that is the same in every programme."""
    return lambda _: Fraction(factor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One number: the column `top` of period facts; for a ratio divided by the sum of those of `bottom`.

    Either may be terms instead: columns with weights, which are added up. The sum of the top is in
    minor units of money or in point units where the metric's unit is one of those.

    `direction` is +1 where up is good, -1 where down is good, 0 where neither. `slices` are those
    it may be cut and filtered by. `target` is in the shown unit, None where the trade has none.
    `meaning` and `formula` name windows in braces: show `meaning_for` and `formula_for` a programme.
    """

    name: str
    label: Text
    meaning: Text
    formula: Text
    section: Section
    kind: Kind
    unit: Unit
    direction: int
    slices: frozenset[str]
    top: str | tuple[Term, ...] = ()
    bottom: tuple[str | Term, ...] = ()
    bottom_is_days: bool = False  # the bottom adds up over days: its daily average divides
    a_day: bool = False  # the daily average of the top
    bottom_above_0: bool = False  # unknown, too, where the bottom is negative
    needs: tuple[str, ...] = ()  # columns that `worked_out` reads
    # What is no quotient of columns, in integer units, from the columns that it needs.
    worked_out: Callable[[Mapping[str, Values], Programme], Values] | None = None
    bounds: tuple[str, ...] = ()  # the metrics of its 95 % interval: low and high, or low where one-sided
    per: str | None = None  # a figure per label of this slice, which the facts must be cut by
    known_by: str | None = None  # unknown where this column is 0: the source says nothing about it
    asks: Callable[[Programme], bool] | None = None  # unknown where the programme does not declare it
    target: float | None = None

    @property
    def columns(self) -> frozenset[str]:
        """The columns of period facts that it needs."""
        known_by = () if self.known_by is None else (self.known_by,)
        return frozenset((*map(_column, (*self._top, *self.bottom)), *self.needs, *known_by))

    @property
    def proved_by(self) -> str:
        """The metric that is held against the target: what a sample proves at least, else itself."""
        return self.bounds[0] if len(self.bounds) == 1 else self.name

    @property
    def _top(self) -> tuple[str | Term, ...]:
        return (self.top,) if isinstance(self.top, str) else self.top

    def meaning_for(self, programme: Programme) -> Text:
        """What the number means, with the windows by which the programme counts."""
        return self.meaning.filled(**windows(programme))

    def formula_for(self, programme: Programme) -> Text:
        """How it is counted, other metrics by their names, with the programme's windows."""
        return self.formula.filled(**windows(programme))

    def value(self, facts: pd.DataFrame, programme: Programme) -> Values:
        """Currency units, points, counts or shares for each row of the facts; NaN where unknown."""
        self._check(facts)
        if self.worked_out is not None:
            columns = {name: facts[name].to_numpy(np.float64) for name in self.needs}
            value = self.worked_out(columns, programme) / self._scale(programme)
        else:
            value = self._quotient(facts, programme)
        if self.known_by is not None:
            value = np.where(facts[self.known_by] == 0, np.nan, value)
        return value if self.asks is None or self.asks(programme) else np.full(len(value), np.nan)

    def parts(self, facts: pd.DataFrame, programme: Programme) -> tuple[Values, Values | None]:
        """Of each row what the value is the quotient of: the top in shown units, and the bottom; of what
        is no quotient the value and none."""
        self._check(facts)
        top, times = _sum(facts, self._top, programme)
        scale = self._scale(programme) * times
        if self.a_day:
            return np.asarray(top / (_lengths_days(facts) * scale)), None
        return np.asarray(top / scale), self._divisor(facts, programme) if self.bottom else None

    def _quotient(self, facts: pd.DataFrame, programme: Programme) -> Values:
        if self.a_day or not self.bottom:
            return self.parts(facts, programme)[0]
        # Divided in whole units, so that a quotient is rounded but once.
        top, times = _sum(facts, self._top, programme)
        bottom = self._divisor(facts, programme)
        if self.bottom_above_0:
            bottom = np.maximum(bottom, 0)
        return over(top, bottom * (self._scale(programme) * times))

    def _check(self, facts: pd.DataFrame) -> None:
        """InputError where the facts are not cut as the metric needs, or cut as it cannot be."""
        if self.per is not None and self.per not in facts:
            raise InputError(f"{self.name} is a figure per {self.per}; add that slice")
        if not self.columns <= set(facts):
            wrong = [name for name in SLICES if name in facts and name not in self.slices]
            how = f"by {' and '.join(wrong)}" if wrong else "that way"
            may = ", ".join(name for name in SLICES if name in self.slices)
            rest = f"it can be by {may}" if may else "it is a figure of the whole programme"
            raise InputError(f"{self.name} cannot be cut or filtered {how}; {rest}")

    def _divisor(self, facts: pd.DataFrame, programme: Programme) -> Values:
        bottom, times = _sum(facts, self.bottom, programme)
        bottom = bottom / times
        if self.bottom_is_days:
            return np.asarray(bottom / _lengths_days(facts))
        if self.per is not None:
            keys = [facts[name] for name in ("period_end", *SLICES) if name in facts and name != self.per]
            cells = pd.Series(bottom, facts.index).groupby(keys, dropna=False, sort=False)
            return np.asarray(cells.transform("sum").to_numpy(np.float64))
        return bottom

    def _scale(self, programme: Programme) -> int:
        """Integer units of the top column in one shown unit."""
        if self.unit is Unit.MONEY:
            return int(10**programme.currency_decimals)
        if self.unit is Unit.POINTS:
            return int(10**programme.point_decimals)
        return 1


def _column(part: str | Term) -> str:
    return part if isinstance(part, str) else part.column


def _sum(facts: pd.DataFrame, parts: tuple[str | Term, ...], programme: Programme) -> tuple[Values, int]:
    """The sum of the parts times a whole number, and that number, so that nothing is rounded on the way."""
    weights = [Fraction(1) if isinstance(part, str) else part.weight(programme) for part in parts]
    known = [weight for weight in weights if weight is not None]
    if len(known) < len(weights):
        return np.full(len(facts), np.nan), 1
    times = lcm(*(weight.denominator for weight in known))
    columns = [facts[_column(part)].to_numpy(np.float64) for part in parts]
    total = sum(
        (column * float(weight * times) for column, weight in zip(columns, known, strict=True)),
        np.zeros(len(facts)),
    )
    return total, times


def _lengths_days(facts: pd.DataFrame) -> Values:
    days = (facts["period_end"] - facts["period_first"]).dt.days
    return np.asarray(days.to_numpy(np.float64) + 1)


def over(top: Values, bottom: Values) -> Values:
    """The quotient, NaN where the bottom is 0."""
    return np.asarray(np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom != 0))


def windows(programme: Programme) -> dict[str, int]:
    """The days that texts of metrics name in braces: the windows, and the first day beyond each."""
    days = programme.lifecycle.model_dump()
    return days | {"silent_from": days["active_days"] + 1, "churned_from": days["silent_days"] + 1}
