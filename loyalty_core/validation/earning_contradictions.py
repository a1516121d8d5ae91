"""Contradictions among earning rules: some that never give anything, some that another always beats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import TypeVar

from loyalty_core.rules.earning_rules import PURCHASE, EarningRule, Multiplier
from loyalty_core.rules.programme import Programme
from loyalty_core.validation.coverage import applies, beats, gives_as_much, never_holds, percent_of
from loyalty_core.validation.demands import gives_something
from loyalty_core.validation.finding import Finding, contradiction, warning
from loyalty_core.validation.tier_contradictions import ways_barred

_Rule = TypeVar("_Rule", EarningRule, Multiplier)


def rules_that_never_apply(programme: Programme) -> Iterator[Finding]:
    """Rules and multipliers whose conditions no event can meet."""
    barred = frozenset(ways_barred(programme))
    parts: tuple[tuple[str, Sequence[EarningRule | Multiplier]], ...] = (
        ("rules", programme.earning.rules),
        ("multipliers", programme.earning.multipliers),
    )
    for part, declared in parts:
        for one in declared:
            if (why := never_holds(programme, one.when, barred)) is not None:
                yield contradiction(
                    f"earning.{part}.{one.name}.when",
                    "never applies: {why}",
                    "永不适用：{why}",
                    why=why,
                )


def rules_that_give_nothing(programme: Programme) -> Iterator[Finding]:
    """Rules whose rate, number, cap, tier or rounding leaves nothing."""
    for rule in programme.earning.rules:
        field = f"earning.rules.{rule.name}"
        if not gives_something(rule):
            yield contradiction(
                field, "gives nothing: its points or a cap are 0", "不发放任何积分：积分或上限为 0"
            )
        elif (most := _most_of_fixed(programme, rule)) is not None and most < (rule.round_to or 0):
            yield contradiction(
                f"{field}.round_to",
                "gives nothing: at most {most} points, rounded down to multiples of {step}",
                "不发放任何积分：最多 {most} 分，且向下取整至 {step} 的倍数",
                most=float(most),
                step=rule.round_to,
            )
    caps = programme.earning.caps
    if 0 in (caps.event, caps.day, caps.month):
        yield contradiction(
            "earning.caps", "a cap of 0: nobody earns any points", "上限为 0：没有人能获得积分"
        )
    if not any(gives_something(rule) for rule in programme.earning.all_rules):
        yield warning("earning", "nothing earns points", "没有任何规则发放积分")


def _most_of_fixed(programme: Programme, rule: EarningRule) -> Fraction | None:
    """The most that a fixed number rounded down comes to before rounding; None for any other rule."""
    if rule.points is None or rule.rounding != "down":
        return None
    most = Fraction(rule.points)
    if rule.with_tier:
        most = most * max(tier.earn_percent for tier in programme.tiers) / 100
    for one in programme.earning.multipliers:
        if applies(one, rule):
            most = most * max(100, *(percent_of(one, tier.name) for tier in programme.tiers)) / 100
    return most


def rules_that_another_beats(programme: Programme) -> Iterator[Finding]:
    """Of a group the rules that never count, as another gives as much wherever they apply."""
    yield from _beaten(
        programme,
        "rules",
        programme.earning.all_rules,
        lambda one, other: gives_as_much(programme, one, other),
        all_compete=False,
    )


def multipliers_that_another_beats(programme: Programme) -> Iterator[Finding]:
    """Of a group the multipliers that never count, as another is as large wherever they apply."""
    yield from _beaten(
        programme,
        "multipliers",
        programme.earning.multipliers,
        lambda one, other: beats(programme, one, other),
        all_compete=programme.earning.stacking == "best",
    )


def _beaten(
    programme: Programme,
    part: str,
    declared: Sequence[_Rule],
    as_much: Callable[[_Rule, _Rule], bool],
    all_compete: bool,
) -> Iterator[Finding]:
    for place, other in enumerate(declared):
        for rank, one in enumerate(declared):
            compete = all_compete or (one.group is not None and one.group == other.group)
            if one is other or not compete or not as_much(one, other):
                continue
            if as_much(other, one) and place < rank:
                continue  # equals: the first of them counts
            yield contradiction(
                f"earning.{part}.{other.name}",
                "never counts: {one} gives at least as much wherever it applies",
                "从不生效：凡适用之处，{one} 给予的不少于它",
                one=one.name,
            )
            break


def multipliers_of_nothing(programme: Programme) -> Iterator[Finding]:
    """Multipliers that no rule meets, or that change nothing."""
    for one in programme.earning.multipliers:
        field = f"earning.multipliers.{one.name}"
        named = [rule for rule in programme.earning.all_rules if not one.rules or rule.name in one.rules]
        if not any(applies(one, rule) for rule in named):
            yield contradiction(
                f"{field}.when.event",
                "never applies: it is about {event}, and no rule it multiplies is",
                "永不适用：其事件为 {event}，而所乘的规则均非此事件",
                event=one.when.event,
            )
        elif one.percent == 100 and all(percent == 100 for percent in one.percent_by_tier.values()):
            yield warning(
                f"{field}.percent", "changes nothing: 100% of the points", "不改变任何积分：倍率为 100%"
            )


def tiers_apart_from_their_multiplier(programme: Programme) -> Iterator[Finding]:
    """Percentages told for tiers to which the multiplier does not apply."""
    for one in programme.earning.multipliers:
        outside = set(one.percent_by_tier) - set(one.when.tiers)
        if one.when.tiers and outside:
            yield warning(
                f"earning.multipliers.{one.name}.percent_by_tier",
                "has no effect for {tier}: the multiplier is for {tiers} only",
                "对 {tier} 无效：该倍数仅适用于 {tiers}",
                tier=min(outside),
                tiers=", ".join(one.when.tiers),
            )


def activities_without_a_cap(programme: Programme) -> Iterator[Finding]:
    """Points for what can be done again and again at no cost."""
    whole = programme.earning.caps
    for rule in programme.earning.rules:
        caps = (rule.caps.day, rule.caps.month, whole.day, whole.month)
        free = rule.when.event != PURCHASE and rule.streak is None and gives_something(rule)
        if free and rule.account == "points" and not any(cap is not None for cap in caps):
            yield warning(
                f"earning.rules.{rule.name}.caps",
                "no cap: {event} gives points however often it is done",
                "没有上限：{event} 无论重复多少次都发放积分",
                event=rule.when.event,
            )


def points_for_the_smallest_purchase(programme: Programme) -> Iterator[Finding]:
    """Fixed points for purchases of any size."""
    for rule in programme.earning.rules:
        fixed = rule.points is not None or rule.measure == "count"
        again = rule.when.event == PURCHASE and not rule.when.first_purchase
        if fixed and again and rule.account == "points" and not rule.when.at_least and gives_something(rule):
            yield warning(
                f"earning.rules.{rule.name}.when.at_least",
                "gives its points for a purchase of any size: one basket paid in ten parts earns ten times",
                "任何金额的消费都发放固定积分：一单拆成十单可得十倍积分",
            )


EARNING_CHECKS = (
    rules_that_never_apply,
    rules_that_give_nothing,
    rules_that_another_beats,
    multipliers_that_another_beats,
    multipliers_of_nothing,
    tiers_apart_from_their_multiplier,
    activities_without_a_cap,
    points_for_the_smallest_purchase,
)
