"""What a what-if found, in words: the sentence above the result, and every difference with its interval."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from babel.numbers import format_currency

from dashboard import figures, readings
from dashboard.i18n import N_, _, locale, words
from dashboard.sandbox import scenario_words
from dashboard.sandbox.comparison import Estimate, Found
from loyalty_core.metrics.dictionary import METRICS, Metric, Unit
from loyalty_core.rules.programme import Programme

ONE_RUN = N_("one run only")  # of an estimate that has no interval yet
FEW = 5  # differences of fewer members or purchases are shown with a decimal


def headline(found: Found, programme: Programme, scenario: Mapping[str, Any]) -> str:
    """Cause and effects in one sentence, with intervals: what it is worth, then tiers and cost."""
    if found.changes_nothing:
        return _("Nothing would change: every difference is exactly 0.")
    effects = [
        worth(found, programme),
        *_tier_effects(found, programme, scenario["changes"]),
        *_cost_effects(found, programme),
    ]
    return _("{why}: {so}.").format(why=scenario_words.cause(programme, scenario), so=_("; ").join(effects))


def title(found: Found, programme: Programme, metric: str) -> str:
    """What the chart of a difference shows, as a sentence."""
    estimate = found.in_all("differences", metric)
    label = words(METRICS[metric].label)
    if estimate.mean == 0 and estimate.low in (0, None):
        return _("{metric}: no difference").format(metric=label)
    if estimate.is_of_one_run:
        return _("{metric}: {amount}, {interval}").format(
            metric=label, amount=signed(METRICS[metric], programme, estimate.mean), interval=_(ONE_RUN)
        )
    if not estimate.is_clear:
        return _("{metric}: no clear difference").format(metric=label)
    amount = size(METRICS[metric], programme, estimate.mean)
    if (estimate.mean or 0) > 0:
        return _("{metric}: {amount} higher").format(metric=label, amount=amount)
    return _("{metric}: {amount} lower").format(metric=label, amount=amount)


def tier_title(found: Found, programme: Programme) -> str:
    """What happens to the tiers, as a sentence: the tier that changes most of those that clearly do, the
    higher of two alike."""
    names = [tier.name for tier in reversed(programme.tiers)]
    estimates = {name: found.in_all("differences", "tier_members", name) for name in names}
    changes = [(one.mean, name) for name, one in estimates.items() if one.is_clear and one.mean]
    if any(one.is_of_one_run for one in estimates.values()):
        return _("Tiers: {interval}").format(interval=_(ONE_RUN))
    if not changes:
        return _("Tiers: no clear difference")
    most, name = max(changes, key=lambda change: abs(change[0]))
    sentence = _("{tier}: {count} fewer members") if most < 0 else _("{tier}: {count} more members")
    amount = size(METRICS["tier_members"], programme, most)
    return sentence.format(tier=words(programme.tier_label(name)), count=amount)


def level(metric: Metric, programme: Programme, value: float | None) -> str:
    """An estimated value: money in whole units, because an estimate is not known to the cent."""
    if value is not None and metric.unit is Unit.MONEY:
        return format_currency(
            round(value), programme.currency, format="¤#,##0", locale=locale(), currency_digits=False
        )
    return readings.exact(metric, programme, value)


def size(
    metric: Metric, programme: Programme, value: float | None, beside: Sequence[float | None] = ()
) -> str:
    """How large a difference is, without its sign; of a share, in percentage points. Few members or purchases
    have a decimal, unless they stand beside more."""
    if value is None:
        return figures.UNKNOWN
    if metric.unit is Unit.SHARE:
        return _("{points} pp").format(points=figures.decimal(abs(value) * 100, 2))
    if metric.unit is not Unit.MONEY and 0 < max(abs(one or 0.0) for one in (value, *beside)) < FEW:
        return figures.decimal(abs(value), 1)
    return level(metric, programme, abs(value))


def signed(
    metric: Metric, programme: Programme, value: float | None, beside: Sequence[float | None] = ()
) -> str:
    """A difference with its sign; what is written as nought has none."""
    told = size(metric, programme, value, beside)
    return figures.sign(value) + told if re.search("[1-9]", told) else told


def short_signed(metric: Metric, programme: Programme, value: float | None) -> str:
    """A difference with its sign, for an axis."""
    if value is not None and metric.unit is Unit.SHARE:
        points = figures.sign(value) + figures.decimal(abs(value) * 100, _digits(value * 100, 1))
        return _("{points} pp").format(points=points)
    if value is not None and abs(value) < FEW:
        return figures.sign(value) + figures.decimal(abs(value), _digits(value, 0))
    if value is None:
        return figures.UNKNOWN
    return figures.sign(value) + readings.short(metric, programme, abs(value))


def _digits(value: float, least: int) -> int:
    """How many decimals tell a round step such as 0.25, two at most."""
    told = (digits for digits in (0, 1) if digits >= least and math.isclose(value, round(value, digits)))
    return next(told, 2)


def between(metric: Metric, programme: Programme, estimate: Estimate) -> str:
    """The interval of a difference: "−337 to −287"."""
    return from_to(
        *(signed(metric, programme, end, estimate.values) for end in (estimate.low, estimate.high))
    )


def from_to(low: str, high: str) -> str:
    """An interval of two written values."""
    return (
        figures.UNKNOWN if figures.UNKNOWN in (low, high) else _("{low} to {high}").format(low=low, high=high)
    )


def changed_tiers(programme: Programme, changed: Mapping[str, Any]) -> list[str]:
    """The tiers whose threshold or fee was changed, the lowest first."""
    return [
        one.name
        for one in programme.tiers
        if {f"tiers.{one.name}.threshold", f"tiers.{one.name}.fee"} & {*changed}
    ]


def _tier_effects(found: Found, programme: Programme, changed: Mapping[str, Any]) -> list[str]:
    """Members more or fewer in the first tier whose threshold or fee was changed."""
    effects = []
    for tier in changed_tiers(programme, changed)[:1]:
        estimate = found.in_all("differences", "tier_members", tier)
        if estimate.mean is None:
            continue
        sentence = (
            _("about {count} ({half}) fewer members in {tier} on {day}")
            if estimate.mean < 0
            else _("about {count} ({half}) more members in {tier} on {day}")
        )
        effects.append(
            sentence.format(
                count=figures.count(abs(estimate.mean)),
                half=_(ONE_RUN) if estimate.is_of_one_run else "±" + figures.count(estimate.half_width),
                tier=words(programme.tier_label(tier)),
                day=figures.day(found.period_ends[-1]),
            )
        )
    return effects


def worth(found: Found, programme: Programme) -> str:
    """Whether it pays, and by how much: a part of a sentence."""
    gain, money = found.gain, METRICS["revenue"]
    amount, interval = size(money, programme, gain.mean), between(money, programme, gain)
    if gain.is_of_one_run:
        return _("worth {amount} ({interval})").format(
            amount=signed(money, programme, gain.mean), interval=_(ONE_RUN)
        )
    if not gain.is_clear:
        return _("no clear gain or loss (95% interval {interval})").format(interval=interval)
    pays, costs = (
        _("it pays, by {amount} (95% interval {interval})"),
        _("it loses {amount} (95% interval {interval})"),
    )
    return (pays if (gain.mean or 0.0) > 0 else costs).format(amount=amount, interval=interval)


def _cost_effects(found: Found, programme: Programme) -> list[str]:
    """What it does to reward cost, or to the points outstanding where rewards cost nothing."""
    costs = found.in_all("baseline", "reward_cost").mean or found.in_all("scenario", "reward_cost").mean
    metric = "reward_cost" if costs else "points_outstanding"
    return [_effect(found, programme, metric)] if found.has(metric) else []


def _effect(found: Found, programme: Programme, name: str) -> str:
    metric, estimate = METRICS[name], found.in_all("differences", name)
    label, amount = in_sentence(words(metric.label)), size(metric, programme, estimate.mean)
    if estimate.is_of_one_run:
        change = signed(metric, programme, estimate.mean)
        return _("{metric} {amount} ({interval})").format(metric=label, amount=change, interval=_(ONE_RUN))
    if not estimate.is_clear:
        sentence = _("no clear change of {metric} (95% interval {interval})")
        return sentence.format(metric=label, interval=between(metric, programme, estimate))
    ends = sorted((abs(estimate.low or 0.0), abs(estimate.high or 0.0)))
    interval = from_to(*(size(metric, programme, end) for end in ends))
    rises, falls = (
        _("{metric} rises by {amount} (95% interval {interval})"),
        _("{metric} falls by {amount} (95% interval {interval})"),
    )
    sentence = rises if (estimate.mean or 0.0) > 0 else falls
    return sentence.format(metric=label, amount=amount, interval=interval)


def in_sentence(label: str) -> str:
    """A label that does not begin its sentence."""
    return label[:1].lower() + label[1:]
