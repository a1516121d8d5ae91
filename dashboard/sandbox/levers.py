"""What a strategist can change in a what-if: the values of the programme in force, and which are possible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from dashboard import figures, number_fields
from dashboard.i18n import N_, _, words
from dashboard.sandbox.lever import Lever, Number, amount
from dashboard.sandbox.rare_levers import rare_levers
from loyalty_core.rules.programme import Programme

TIERS, FEES = N_("Tier thresholds"), N_("Membership fees")
EARNING, REWARDS = N_("Earning and expiry"), N_("Reward prices")
COLUMNS = ((TIERS, FEES), (EARNING,), (REWARDS,))  # groups that stand one below the other
EXPIRY = "expiry.months"


def levers(programme: Programme) -> list[Lever]:
    """All levers of the programme, in the reader's language."""
    by_spend = (rank for rank, tier in enumerate(programme.tiers) if rank and tier.by_threshold)
    thresholds = [_of_tier(programme, rank, "threshold", TIERS) for rank in by_spend]
    fees = [
        _of_tier(programme, rank, "fee", FEES)
        for rank, tier in enumerate(programme.tiers)
        if tier.entry == "paid" and tier.fee
    ]
    prices = [_price(programme, rank) for rank in range(len(programme.rewards))]
    return [*thresholds, *fees, _earn_rate(programme), _expiry(programme), *prices, *rare_levers(programme)]


def changes(programme: Programme, entered: Mapping[str, Number]) -> dict[str, Number]:
    """The values that differ from the programme in force, by path."""
    return {
        lever.path: entered[lever.path]
        for lever in levers(programme)
        if lever.path in entered and entered[lever.path] != lever.now
    }


def out_of_order(programme: Programme, entered: Mapping[str, object]) -> list[str]:
    """A sentence for each threshold that does not lie above the one below it."""
    found, below, height = [], words(programme.tier_label(programme.tiers[0].name)), 0.0
    for lever in (one for one in levers(programme) if one.group == TIERS):
        value = entered.get(lever.path, lever.now)
        if not isinstance(value, int | float):
            continue
        if value <= height:
            found.append(
                _("{tier} needs a threshold above that of {lower} ({amount}).").format(
                    tier=lever.label, lower=below, amount=written(programme, lever, height)
                )
            )
        below, height = lever.label, float(value)
    return found


def field(lever: Lever, key: str) -> None:
    """Where its value is entered; the one in force stands in the label."""
    number_fields.number(
        _("{name} (now {value})").format(name=lever.label, value=lever.written),
        lever.least,
        lever.most,
        step=lever.step,
        format=f"%.{lever.decimals}f" if lever.decimals else "%d",
        placeholder=lever.empty,
        key=key,
        called=f"{_(lever.group)} · {lever.label}",
        may_be_empty=bool(lever.empty),
    )


def written(programme: Programme, lever: Lever, value: Number) -> str:
    """A value of the lever for people, of money with the currency's sign."""
    if value is None:
        return lever.empty
    if lever.in_money:
        exact = figures.money if lever.decimals else figures.whole_money
        return exact(value, programme.currency)
    return figures.decimal(value, lever.decimals) if lever.decimals else figures.count(value)


def _of_tier(programme: Programme, rank: int, field: Literal["threshold", "fee"], group: str) -> Lever:
    """A sum of money that a tier names."""
    tier = programme.tiers[rank]
    return amount(
        f"tiers.{tier.name}.{field}",
        group,
        words(programme.tier_label(tier.name)),
        getattr(tier, field),
        programme.currency_decimals,
        in_money=True,
    )


def _price(programme: Programme, rank: int) -> Lever:
    reward = programme.rewards[rank]
    return amount(
        f"rewards.{reward.name}.points",
        REWARDS,
        words(programme.reward_label(reward.name)),
        reward.points,
        programme.point_decimals,
    )


def _earn_rate(programme: Programme) -> Lever:
    now = float(programme.earning.points_per_unit)
    digits = max(2, -int(programme.earning.points_per_unit.normalize().as_tuple().exponent))
    return Lever(
        path="earning.points_per_unit",
        group=EARNING,
        label=_("Points per {currency}").format(currency=figures.whole_money(1, programme.currency)),
        now=now,
        written=figures.decimal(now, digits),
        least=0.0,
        most=1000.0,
        step=0.1,
        decimals=digits,
    )


def _expiry(programme: Programme) -> Lever:
    now = programme.expiry.months
    return Lever(
        path=EXPIRY,
        group=EARNING,
        label=_("Months until points expire"),
        now=now,
        empty=_("never"),
        written=_("never") if now is None else figures.count(now),
        least=1,
        most=240,
        step=1,
    )
