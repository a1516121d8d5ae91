"""A reading: one metric of one period as people read it, with what it was before, its target and its trend.

A movement is good or bad by the metric's direction and not by its sign: fewer churned members is good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, sqrt

import pandas as pd

from dashboard import figures
from dashboard.i18n import _, words
from dashboard.spans import BEFORE, TARGET, Span
from loyalty_core.metrics.alerts import usual_move
from loyalty_core.metrics.chance import BY_CHANCE
from loyalty_core.metrics.dictionary import METRICS, target_of
from loyalty_core.metrics.metric import Kind, Metric, Unit
from loyalty_core.rules.programme import Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Values are in the metric's shown unit, None where unknown; the trend is a value per month.

    `target` is what is due by the end of the days that are read, `full_target` that of the whole period: more
    where it is still running.
    """

    metric: Metric
    programme: Programme
    value: float | None
    before: float | None
    trend: Sequence[float | None] = ()
    target: float | None = None
    full_target: float | None = None
    against: str = BEFORE
    by_chance: float = 0.0  # deviation of what value and before are apart if chance alone moves them
    as_usual: float = 0.0  # deviation of its changes over as long a time, as the months before had them
    at_least: float | None = None  # of a sampled figure what the sample proves
    of_few: bool = False  # whether so few members are looked at that any movement may be chance
    among: str = ""  # what a count was found among, in words

    @property
    def label(self) -> str:
        return words(self.metric.label)

    @property
    def is_told(self) -> bool:
        """Whether the source tells anything of it, now or in the months that led here."""
        return any(value is not None for value in (self.value, self.before, *self.trend))

    @property
    def change(self) -> float | None:
        """Relative change since the period before; of a share, the difference, as of a score, which is one of
        shares. 0 where both are written alike in full, None where unknown."""
        if self.value is None or self.before is None:
            return None
        if self.metric.unit is Unit.SCORE:
            return (self.value - self.before) / 100
        if self.metric.unit is Unit.SHARE:
            return self.value - self.before
        if not self.before:
            return None
        alike = self.exact(self.value) == self.exact(self.before)
        return 0.0 if alike else self.value / self.before - 1

    @property
    def moved(self) -> int:
        """+1 up, -1 down, 0 where the change would be written as nought or is unknown."""
        change = self.change
        if change is None or abs(change) < 0.0005:
            return 0
        return 1 if change > 0 else -1

    @property
    def verdict(self) -> int:
        """+1 where the movement is good, -1 where it is bad, 0 where it is neither or of few members."""
        return 0 if self.of_few else self.moved * self.metric.direction

    @property
    def is_sampled(self) -> bool:
        """Whether no more is known of it than a sample proves."""
        return self.metric.proved_by != self.metric.name

    @property
    def proved(self) -> float | None:
        """What is held against the target: of a sampled figure what the sample proves, else the value."""
        return self.at_least if self.is_sampled else self.value

    @property
    def meets_target(self) -> bool | None:
        """Whether the target is met; None where there is none or what is held against it is unknown."""
        if self.target is None or self.proved is None:
            return None
        below = self.metric.direction < 0
        return self.proved <= self.target if below else self.proved >= self.target

    def met_in_words(self) -> str:
        """Whether the target is met, of a sampled figure with what is proved; nothing where unknown."""
        if self.meets_target is None:
            return ""
        state = _("on target") if self.meets_target else _("off target")
        if not self.is_sampled:
            return state
        return _("{state}: the sample proves {value} or more").format(
            state=state, value=self.short(self.proved)
        )

    def exact(self, value: float | None) -> str:
        """A value of this metric in full, with its unit."""
        return exact(self.metric, self.programme, value)

    def short(self, value: float | None) -> str:
        """A value of this metric for a tile."""
        return short(self.metric, self.programme, value)

    @property
    def is_running(self) -> bool:
        """Whether only a part of the target is due by now."""
        return self.full_target not in (None, self.target)

    @property
    def aim(self) -> float | None:
        """The target of the whole period."""
        return self.target if self.full_target is None else self.full_target

    @property
    def reached(self) -> float | None:
        """What share of the whole period's target is reached; None where unknown."""
        return None if self.value is None or not self.aim else self.value / self.aim

    @property
    def time_gone(self) -> float | None:
        """What share of the period has passed, as a target sees it: that of it which is due."""
        return None if self.target is None or not self.aim else self.target / self.aim

    def target_in_words(self) -> str:
        """The target; of a period that is still running, also what is reached of it by now."""
        aim = _("Target {target}").format(target=self.short(self.aim))
        return " · ".join(filter(None, (aim, self.progress_in_words())))

    def progress_in_words(self) -> str:
        """How far a target is reached beside how much of its time has passed; nothing of a period that is
        over, or of what is unknown."""
        if not self.is_running or self.reached is None:
            return ""
        return _("{reached} reached, {gone} of the time gone").format(
            reached=figures.share(self.reached, 0), gone=figures.share(self.time_gone, 0)
        )

    def change_in_words(self, *, brief: bool = False) -> str:
        """The change with its sign: +3.1%; of a share, in percentage points, of a score, in points."""
        change = self.change
        if change is None:
            return figures.UNKNOWN
        if self.metric.unit is Unit.SCORE:
            return figures.signed(change * 100)
        if self.metric.unit is Unit.SHARE:
            return figures.brief_points(change) if brief else figures.signed_points(change)
        return figures.signed_share(change)

    def verdict_in_words(self) -> str:
        """Whether the movement is good or bad; nothing where it is neither."""
        return {1: _("better"), -1: _("worse"), 0: ""}[self.verdict]


def exact(metric: Metric, programme: Programme, value: float | None) -> str:
    """A value of the metric in full, with its unit where that is not plain."""
    if metric.unit is Unit.MONEY:
        return figures.money(value, programme.currency)
    if metric.unit is Unit.SHARE:
        return figures.share(value)
    if metric.unit in (Unit.NUMBER, Unit.SCORE):
        return figures.decimal(value, 2)
    if metric.unit is Unit.POINTS:
        return figures.decimal(value, programme.point_decimals)
    return figures.count(value)


def short(metric: Metric, programme: Programme, value: float | None) -> str:
    """A value of the metric for a tile or an axis."""
    if metric.unit is Unit.MONEY:
        return figures.short_money(value, programme.currency)
    if metric.unit is Unit.SHARE:
        return figures.share(value)
    if metric.unit in (Unit.NUMBER, Unit.SCORE):
        return figures.decimal(value)
    return figures.short(value)


def readings(
    names: Sequence[str],
    programme: Programme,
    compared: tuple[pd.Series, pd.Series],
    months: pd.DataFrame,
    span: Span,
    *,
    whole: bool = True,
    few: bool = False,
) -> dict[str, Reading]:
    """A reading per metric from the row of the period before and that of the period, both with what they
    differ by chance, and the rows of the months; the period's row also has what each is `proved_by`.

    `whole` where nobody is filtered out: some targets hold only then. `few` where so few are looked at that
    any movement may be chance.
    """
    before, now = compared
    chances = compared[1:] if span.against == TARGET else compared  # a target does not differ
    due, full = (
        {name: target_of(METRICS[name], programme, whole=whole, months=length) for name in names}
        for length in (span.months, span.full_months)
    )
    return {
        name: Reading(
            metric=METRICS[name],
            programme=programme,
            value=plain(now[name]),
            before=due[name] if span.against == TARGET else plain(before[name]),
            trend=[plain(value) for value in months[name]],
            target=due[name],
            full_target=full[name],
            against=span.against,
            by_chance=_by_chance(name, *chances),
            as_usual=_as_usual(METRICS[name], months[name], span.months),
            at_least=plain(now[METRICS[name].proved_by]),
            of_few=few,
        )
        for name in names
    }


def _by_chance(name: str, *rows: pd.Series) -> float:
    """How far chance puts the figures of all rows apart; nothing of those of which that is unknown."""
    return hypot(*(plain(row[f"{name}{BY_CHANCE}"]) or 0.0 for row in rows))


def _as_usual(metric: Metric, months: pd.Series, length: float) -> float:
    """The deviation of the changes from one span of so many months to the next: that of single months, of
    sums by the root of the length more, of ratios, which are averages, by it less; 0 where fewer than two
    are known."""
    known = usual_move([plain(value) for value in months], 2)
    if known is None:
        return 0.0
    return known[1] / sqrt(length) if metric.kind is Kind.RATIO else known[1] * sqrt(length)


def told(readings: Mapping[str, Reading]) -> dict[str, Reading]:
    """Those of which the source tells anything."""
    return {name: reading for name, reading in readings.items() if reading.is_told}


def plain(value: float | None) -> float | None:
    """A number, or None where it is unknown."""
    return float(value) if value is not None and figures.known(float(value)) else None


def column(frame: pd.DataFrame, name: str) -> list[float | None]:
    """The values of a metric, row by row, None where unknown."""
    return [plain(value) for value in frame[name]]


def closes(frame: pd.DataFrame) -> list[figures.Close]:
    """The period ends of rows in words, for an axis of time."""
    return figures.closes([close.date() for close in frame["period_end"]])
