"""Names that a programme may choose freely, and that are likely mistyped."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from loyalty_core.activity_kinds import ACTIVITY_KINDS
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.rules.earning_rules import PURCHASE
from loyalty_core.rules.programme import Programme
from loyalty_core.validation.finding import Finding, contradiction, warning

_ALIKE = 0.75  # of kinds of activities, which may be new ones


def targets_of_no_metric(programme: Programme) -> Iterator[Finding]:
    """Targets that nothing is held against."""
    for name in programme.targets:
        if name not in METRICS:
            close = get_close_matches(name, METRICS, n=1, cutoff=0)[0]
            yield contradiction(
                f"targets.{name}",
                "there is no metric of that name; did you mean {close}?",
                "没有这个指标；是否指 {close}？",
                close=close,
            )


def activities_spelt_otherwise(programme: Programme) -> Iterator[Finding]:
    """Kinds of activities that are unknown and much like a known one."""
    earning = programme.earning
    asked = {f"earning.rules.{one.name}.when.event": one.when.event for one in earning.all_rules}
    asked |= {f"earning.multipliers.{one.name}.when.event": one.when.event for one in earning.multipliers}
    asked |= {f"qualification.activity_scores.{k}": k for k in programme.qualification.activity_scores}
    known = {PURCHASE, *ACTIVITY_KINDS}
    for field, kind in asked.items():
        if kind not in known and (close := get_close_matches(kind, known, n=1, cutoff=_ALIKE)):
            yield warning(
                field,
                "{kind} is no activity that is known otherwise; did you mean {close}?",
                "{kind} 不是已知的行为类型；是否指 {close}？",
                kind=kind,
                close=close[0],
            )


NAME_CHECKS = (targets_of_no_metric, activities_spelt_otherwise)
