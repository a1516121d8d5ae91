"""Where a higher tier, or one that is paid for, is the worse bargain."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from loyalty_core.rules.programme import Programme
from loyalty_core.validation.finding import Finding, warning

Told = tuple[str, dict[str, Decimal]]  # a field, and what it says for each tier from the lowest


def lower_tiers_that_earn_more(programme: Programme) -> Iterator[Finding]:
    """A tier at whose reaching members earn less than before."""
    for lower, upper in pairwise(programme.tiers):
        if upper.earn_percent < lower.earn_percent:
            yield warning(
                f"tiers.{upper.name}.earn_percent",
                "{upper} earns {less}%, the lower {lower} {more}%",
                "{upper} 的积分倍率为 {less}%，低于下一等级 {lower} 的 {more}%",
                upper=upper.name,
                lower=lower.name,
                less=upper.earn_percent,
                more=lower.earn_percent,
            )
        for one in programme.earning.multipliers:
            told = [one.percent_by_tier.get(tier.name, one.percent) for tier in (lower, upper)]
            apart = one.when.tiers and upper.name not in one.when.tiers
            if one.percent_by_tier and not apart and told[1] < told[0]:
                yield warning(
                    f"earning.multipliers.{one.name}.percent_by_tier",
                    "{upper} gets {less}%, the lower {lower} {more}%",
                    "{upper} 为 {less}%，低于下一等级 {lower} 的 {more}%",
                    upper=upper.name,
                    lower=lower.name,
                    less=told[1],
                    more=told[0],
                )


def higher_tiers_that_pay_more(programme: Programme) -> Iterator[Finding]:
    """Rewards that ask more points of a higher tier."""
    for field, price in _prices(programme):
        for (lower, less), (upper, more) in pairwise(price.items()):
            if more > less:
                yield warning(
                    field,
                    "{upper} pays {more}, the lower {lower} {less}",
                    "{upper} 需 {more} 积分，高于较低等级 {lower} 的 {less}",
                    upper=programme.tier_label(upper),
                    lower=programme.tier_label(lower),
                    more=more,
                    less=less,
                )


def higher_tiers_whose_points_pay_less(programme: Programme) -> Iterator[Finding]:
    """Points as cash that are worth less, or pay a smaller share, in a higher tier."""
    for field, worth in _cash(programme):
        for (lower, more), (upper, less) in pairwise(worth.items()):
            if less < more:
                yield warning(
                    field,
                    "{upper} gets {less}, the lower {lower} {more}",
                    "{upper} 为 {less}，低于较低等级 {lower} 的 {more}",
                    upper=programme.tier_label(upper),
                    lower=programme.tier_label(lower),
                    more=more,
                    less=less,
                )


def fees_below_what_benefits_cost(programme: Programme) -> Iterator[Finding]:
    """Paid tiers whose benefits of every month cost more than the fee brings."""
    for tier in programme.tiers:
        cost = tier.fee_months * sum((benefit.cost_per_month for benefit in tier.benefits), Decimal(0))
        if tier.entry == "paid" and cost > tier.fee > 0:
            yield warning(
                f"tiers.{tier.name}.fee",
                "brings {fee} for {months} months, whose benefits cost {cost}",
                "{months} 个月收取 {fee}，而同期权益成本为 {cost}",
                fee=tier.fee,
                months=tier.fee_months,
                cost=cost,
            )


def _prices(programme: Programme) -> Iterator[Told]:
    for reward in programme.rewards:
        told = [name for name in _climbed(programme) if not reward.tiers or name in reward.tiers]
        price = {name: reward.points_by_tier.get(name, reward.points) for name in told}
        yield f"rewards.{reward.name}.points_by_tier", price


def _climbed(programme: Programme) -> list[str]:
    """The tiers that one rises through; those that are bought or given stand beside them."""
    return [tier.name for tier in programme.tiers if tier.entry == "open"]


def _cash(programme: Programme) -> Iterator[Told]:
    cash, names = programme.points_as_cash, _climbed(programme)
    if cash is not None:
        worth = {name: cash.value_by_tier.get(name, cash.value_per_point) for name in names}
        yield "points_as_cash.value_by_tier", worth
        share = {name: cash.largest_share_by_tier.get(name, cash.largest_share) for name in names}
        yield "points_as_cash.largest_share_by_tier", share


BARGAIN_CHECKS = (
    lower_tiers_that_earn_more,
    higher_tiers_that_pay_more,
    higher_tiers_whose_points_pay_less,
    fees_below_what_benefits_cost,
)
