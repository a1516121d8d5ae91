"""What the parts of a programme document must agree on: names that exist, amounts no finer than declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from loyalty_core.facts import POINTS_ACCOUNT, STATUS_ACCOUNT, STORED_VALUE_ACCOUNT
from loyalty_core.names import near
from loyalty_core.rules.declaration import Declaration
from loyalty_core.rules.document import Document
from loyalty_core.rules.earning_rules import PURCHASE, Caps, EarningRule, Multiplier, Streak, When
from loyalty_core.rules.point_rules import StoredValue, TopUpBonus
from loyalty_core.rules.reward_rules import CouponRule, Discount, PointsAsCash, Reward
from loyalty_core.rules.tier_rules import Benefit, DirectEntry, Requirement, Tier

Place = tuple[str, Document]
# Fields that hold money, points, and names of tiers (as a list, or as the keys of a table). Rates and
# prices of one point are neither: they may be as fine as one likes.
MONEY: dict[type[Document], tuple[str, ...]] = {
    Tier: ("threshold", "fee"),
    DirectEntry: ("purchase_of",),
    Benefit: ("cost_per_use", "cost_per_month"),
    TopUpBonus: ("from_amount", "bonus"),
    StoredValue: ("low_balance",),
    Reward: ("cost", "face_value", "same_day_spend"),
    CouponRule: ("face_value", "largest", "minimum_spend"),
}
POINTS: dict[type[Document], tuple[str, ...]] = {
    EarningRule: ("points", "round_to"),
    Streak: ("points",),
    Caps: ("event", "day", "month"),
    Reward: ("points", "points_by_tier", "minimum_balance"),
    PointsAsCash: ("step",),
}
TIERS: dict[type[Document], tuple[str, ...]] = {
    When: ("tiers",),
    Multiplier: ("percent_by_tier",),
    Reward: ("points_by_tier", "minimum_balance", "tiers"),
    Discount: ("tiers",),
    PointsAsCash: ("value_by_tier", "largest_share_by_tier"),
    CouponRule: ("tiers", "given_on_entering"),
}


def faults(programme: Declaration) -> Iterator[str]:
    """One line for each name that does not exist and each amount that is too fine, by field."""
    places = list(parts(programme))
    for checked in (_unknown_tiers, _too_fine_amounts, _days_in_order):
        for path, part in places:
            yield from checked(programme, path, part)
    yield from _wrong_partners(programme)
    yield from _money_accounts(programme)


def parts(document: Document, path: str = "") -> Iterator[Place]:
    """Every part of the document with its dotted path; items of a list that have a name, by their name."""
    yield path, document
    for field in type(document).model_fields:
        value, here = getattr(document, field), f"{path}.{field}" if path else field
        if isinstance(value, Document):
            yield from parts(value, here)
        elif isinstance(value, tuple):
            for number, item in enumerate(value):
                if isinstance(item, Document):
                    yield from parts(item, f"{here}.{getattr(item, 'name', number)}")


def _unknown_tiers(programme: Declaration, path: str, part: Document) -> Iterator[str]:
    known = [tier.name for tier in programme.tiers]
    for field in TIERS.get(type(part), ()):
        for name in getattr(part, field):
            if name not in known:
                yield f"{path}.{field}: there is no tier {name}; {near(name, known)}"


def _too_fine_amounts(programme: Declaration, path: str, part: Document) -> Iterator[str]:
    for field, value, decimals, unit in _amounts(programme, part):
        scaled = value.scaleb(decimals)
        if scaled != scaled.to_integral_value():
            place = f"{path}.{field}" if path else field
            yield f"{place}: {value} has more decimals than {unit} ({decimals}); round it, or declare more"


def _amounts(programme: Declaration, part: Document) -> Iterator[tuple[str, Decimal, int, str]]:
    """Field, value, the decimals it may have, and the unit it is in, of each amount of the part."""
    money = programme.currency_decimals, programme.currency
    points = programme.point_decimals, "points"
    for fields, (decimals, unit) in ((MONEY, money), (POINTS, points)):
        for field in fields.get(type(part), ()):
            for value in _decimals(getattr(part, field)):
                yield field, value, decimals, unit
    if part is programme:
        yield "fixed_cost_per_month", programme.fixed_cost_per_month, *money
    if isinstance(part, When) and part.event == PURCHASE:
        for field in ("at_least", "less_than"):
            for value in _decimals(getattr(part, field)):
                yield field, value, *money
    if isinstance(part, Requirement):
        for measure, least in part.at_least.items():
            unit_of = {"spend": money, "status_points": points, "redeemed_points": points}
            yield f"at_least.{measure}", least, *unit_of.get(measure, (0, "a count"))


def _decimals(value: Any) -> Iterable[Decimal]:
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, tuple):
        return list(value)
    return [] if value is None else [value]


def _days_in_order(programme: Declaration, path: str, part: Document) -> Iterator[str]:
    first, last = getattr(part, "first_day", None), getattr(part, "last_day", None)
    if first is not None and last is not None and last < first:
        yield f"{path}: last_day {last} is before first_day {first}; exchange them"


def _wrong_partners(programme: Declaration) -> Iterator[str]:
    roles = {partner.name: partner.role for partner in programme.partners}
    for reward in programme.rewards:
        if reward.partner is None:
            continue
        if reward.partner not in roles:
            yield f"rewards.{reward.name}.partner: there is no partner {reward.partner}; " + near(
                reward.partner, roles
            )
        elif roles[reward.partner] == "issues":
            yield (
                f"rewards.{reward.name}.partner: {reward.partner} issues points and accepts none; "
                "make its role accepts or both"
            )


def _money_accounts(programme: Declaration) -> Iterator[str]:
    for rule in programme.earning.all_rules:
        if rule.account.startswith(STORED_VALUE_ACCOUNT):
            yield (
                f"earning.rules.{rule.name}.account: {rule.account} holds money that was paid in; "
                f"earn into {POINTS_ACCOUNT}, {STATUS_ACCOUNT} or an account of your own"
            )
