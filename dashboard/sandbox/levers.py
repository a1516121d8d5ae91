"""What a strategist can change in a what-if: the values of the programme in force, and which are possible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from dashboard import figures, number_fields
from dashboard.i18n import N_, _, words
from loyalty_core.rules.programme import Programme

Number = int | float | None
TIERS, FEES = N_("Tier thresholds"), N_("Membership fees")
EARNING, REWARDS = N_("Earning and expiry"), N_("Reward prices")
MULTIPLIERS, KEEPING, REVIEWS = N_("Points by tier, % of the usual"), N_("To keep a tier"), N_("Reviews")
IN_MONEY = (TIERS, FEES)
COLUMNS = ((TIERS, FEES), (EARNING,), (REWARDS,))  # groups that stand one below the other
FOLDED = (MULTIPLIERS, KEEPING, REVIEWS)
OF_KEEPING = {  # what a review asks
    "spend": N_("{tier}, spend"),
    "purchases": N_("{tier}, purchases"),
    "status_points": N_("{tier}, status points"),
    "redeemed_points": N_("{tier}, points redeemed"),
    "activity_score": N_("{tier}, activity score"),
}
EXPIRY = "expiry.months"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """One value of the programme: its path in a scenario, what it is now, and the steps of its field."""

    path: str
    group: str
    label: str
    now: Number
    written: str  # the value in force, for people
    least: int | float
    step: int | float
    most: int | float
    decimals: int = 0
    empty: str = ""  # what it means that there is no value, for people, where there may be none

    @property
    def in_money(self) -> bool:
        """Whether its value is a sum of money."""
        return self.group in IN_MONEY or self.path.endswith(".spend")

    def shows(self, value: object) -> bool:
        """Whether its field can show that value: a document may give finer ones, or other kinds."""
        if value is None:
            return bool(self.empty)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return self.least <= value <= self.most and round(value, self.decimals) == value


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
    usual = [*thresholds, *fees, _earn_rate(programme), _expiry(programme), *prices]
    return [*usual, *_multipliers(programme), *_keeping(programme), *_reviews(programme)]


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
    return _lever(
        programme,
        path=f"tiers.{tier.name}.{field}",
        group=group,
        label=words(programme.tier_label(tier.name)),
        value=getattr(tier, field),
        decimals=programme.currency_decimals,
    )


def _price(programme: Programme, rank: int) -> Lever:
    reward = programme.rewards[rank]
    return _lever(
        programme,
        path=f"rewards.{reward.name}.points",
        group=REWARDS,
        label=words(programme.reward_label(reward.name)),
        value=reward.points,
        decimals=programme.point_decimals,
    )


def _multipliers(programme: Programme) -> Iterator[Lever]:
    """What each tier earns of the usual points."""
    for tier in programme.tiers:
        label = words(programme.tier_label(tier.name))
        yield _whole(f"tiers.{tier.name}.earn_percent", MULTIPLIERS, label, tier.earn_percent, 0, 10_000, 5)


def _keeping(programme: Programme) -> Iterator[Lever]:
    """What a review asks of those who have a tier: what reaches it, unless something else is said."""
    if programme.qualification.downgrade == "never":
        return
    for tier in programme.tiers[1:]:
        asked = tier.keep or tier.reach
        least = asked.at_least if asked else {"spend": tier.threshold} if tier.by_threshold else {}
        for measure, value in least.items():
            decimals = {"spend": programme.currency_decimals, "purchases": 0, "activity_score": 0}
            lever = _lever(
                programme,
                path=f"tiers.{tier.name}.keep.at_least.{measure}",
                group=KEEPING,
                label=_(OF_KEEPING[measure]).format(tier=words(programme.tier_label(tier.name))),
                value=value,
                decimals=decimals.get(measure, programme.point_decimals),
            )
            as_reached = _("as to reach it")
            yield lever if tier.keep else replace(lever, now=None, written=as_reached, empty=as_reached)


def _reviews(programme: Programme) -> Iterator[Lever]:
    """How long deeds count, how long a tier is held that has a term, and how long who falls may wait."""
    rules = programme.qualification
    if rules.window == "rolling":
        yield _whole("qualification.months", REVIEWS, _("Months that count"), rules.months, 1, 120)
    for tier in programme.tiers:
        if tier.valid_months is not None:
            label = _("Months that {tier} is held").format(tier=words(programme.tier_label(tier.name)))
            yield _whole(f"tiers.{tier.name}.valid_months", REVIEWS, label, tier.valid_months, 1, 120)
    if rules.downgrade != "never":
        yield _whole("qualification.grace_days", REVIEWS, _("Days of grace"), rules.grace_days, 0, 366)


def _whole(path: str, group: str, label: str, now: int, least: int, most: int, step: int = 1) -> Lever:
    """A lever in whole numbers."""
    written = figures.count(now)
    return Lever(
        path=path, group=group, label=label, now=now, written=written, least=least, step=step, most=most
    )


def _lever(
    programme: Programme, *, path: str, group: str, label: str, value: Decimal, decimals: int
) -> Lever:
    """A lever whose field moves in round steps; decimals only where the value has some."""
    digits = 0 if value == value.to_integral_value() else decimals
    now = float(value) if digits else int(value)
    return Lever(
        path=path,
        group=group,
        label=label,
        now=now,
        written=figures.decimal(now, digits) if digits else figures.count(now),
        least=10.0**-digits if digits else 1,
        most=1e9 if digits else 10**9,
        step=_round_step(now) if not digits else 10.0**-digits,
        decimals=digits,
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


def _round_step(value: float) -> int:
    """A tenth of the value's size: 100 for 4,000; at least 1."""
    return max(10 ** (len(str(int(value))) - 2), 1)
