"""Rules that are changed less often: of tiers, bonus days, caps, points once earned, costs of rewards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from dashboard import figures
from dashboard.i18n import N_, _, words
from dashboard.sandbox.lever import Lever, amount, whole
from loyalty_core.rules.earning_rules import PURCHASE
from loyalty_core.rules.programme import Programme
from simulation.head_start import JOINED

MULTIPLIERS, KEEPING, REVIEWS = N_("Points by tier, % of the usual"), N_("To keep a tier"), N_("Reviews")
BONUSES, FURTHER, MOST = (
    N_("Bonus points, % of the usual"),
    N_("Further points"),
    N_("Most points a member earns"),
)
EARNED, COSTS = N_("Points once earned"), N_("What rewards cost")
GROUPS = (MULTIPLIERS, BONUSES, FURTHER, MOST, EARNED, COSTS, KEEPING, REVIEWS)
OF_KEEPING = {  # what a review asks
    "spend": N_("{tier}, spend"),
    "purchases": N_("{tier}, purchases"),
    "status_points": N_("{tier}, status points"),
    "redeemed_points": N_("{tier}, points redeemed"),
    "activity_score": N_("{tier}, activity score"),
}
OF_CAPS = {"event": N_("For one purchase"), "day": N_("In a day"), "month": N_("In a month")}
_DONE = (PURCHASE, JOINED)  # by members of every run; other deeds are supposed in a document first


def rare_levers(programme: Programme) -> Iterator[Lever]:
    """All of them, group by group."""
    yield from _multipliers(programme)
    yield from _bonuses(programme)
    yield from _further(programme)
    yield from _most(programme)
    yield from _earned(programme)
    yield from _costs(programme)
    yield from _keeping(programme)
    yield from _reviews(programme)


def _multipliers(programme: Programme) -> Iterator[Lever]:
    """What each tier earns of the usual points."""
    for tier in programme.tiers:
        label = words(programme.tier_label(tier.name))
        yield whole(f"tiers.{tier.name}.earn_percent", MULTIPLIERS, label, tier.earn_percent, 0, 10_000, 5)


def _keeping(programme: Programme) -> Iterator[Lever]:
    """What a review asks of those who have a tier: what reaches it, unless something else is said."""
    if programme.qualification.downgrade == "never":
        return
    for tier in programme.tiers[1:]:
        asked = tier.keep or tier.reach
        least = asked.at_least if asked else {"spend": tier.threshold} if tier.by_threshold else {}
        for measure, value in least.items():
            decimals = {"spend": programme.currency_decimals, "purchases": 0, "activity_score": 0}
            lever = amount(
                f"tiers.{tier.name}.keep.at_least.{measure}",
                KEEPING,
                _(OF_KEEPING[measure]).format(tier=words(programme.tier_label(tier.name))),
                value,
                decimals.get(measure, programme.point_decimals),
                in_money=measure == "spend",
            )
            as_reached = _("as to reach it")
            yield lever if tier.keep else replace(lever, now=None, written=as_reached, empty=as_reached)


def _reviews(programme: Programme) -> Iterator[Lever]:
    """How long deeds count, how long a tier is held that has a term, and how long who falls may wait."""
    rules = programme.qualification
    if rules.window == "rolling":
        yield whole("qualification.months", REVIEWS, _("Months that count"), rules.months, 1, 120)
    for tier in programme.tiers:
        if tier.valid_months is not None:
            label = _("Months that {tier} is held").format(tier=words(programme.tier_label(tier.name)))
            yield whole(f"tiers.{tier.name}.valid_months", REVIEWS, label, tier.valid_months, 1, 120)
    if rules.downgrade != "never":
        yield whole("qualification.grace_days", REVIEWS, _("Days of grace"), rules.grace_days, 0, 366)


def _bonuses(programme: Programme) -> Iterator[Lever]:
    """What days, birthdays, categories, stores and the like multiply points by; campaigns, which end, are
    tried as such."""
    for one in programme.earning.multipliers:
        if one.when.last_day is not None:
            continue
        label = words(programme.rule_label(one.name))
        yield whole(f"earning.multipliers.{one.name}.percent", BONUSES, label, one.percent, 0, 10_000, 10)


def _further(programme: Programme) -> Iterator[Lever]:
    """What rules beside the usual one give for a purchase or for joining."""
    for rule in programme.earning.rules:
        label, path = words(programme.rule_label(rule.name)), f"earning.rules.{rule.name}"
        if rule.when.event not in _DONE:
            continue
        if rule.points is not None:
            yield _of_points(programme, f"{path}.points", FURTHER, label, rule.points)
        if rule.points_per_unit is not None:
            yield _rate(f"{path}.points_per_unit", FURTHER, label, rule.points_per_unit)


def _most(programme: Programme) -> Iterator[Lever]:
    """The most points for one purchase, in a day and in a month, over all rules."""
    for name, label in OF_CAPS.items():
        now = getattr(programme.earning.caps, name)
        lever = _of_points(programme, f"earning.caps.{name}", MOST, _(label), now or Decimal(0))
        lever = replace(lever, empty=_("no limit"))
        yield lever if now is not None else replace(lever, now=None, written=lever.empty, step=100)


def _earned(programme: Programme) -> Iterator[Lever]:
    """When points may be spent, when idle ones are gone, and what they pay at the till."""
    waiting, idle = programme.pending.days, programme.expiry.inactivity_months
    yield whole("pending.days", EARNED, _("Days until points may be spent"), waiting, 0, 366)
    label = _("Months of inactivity until all are gone")
    lever = replace(whole("expiry.inactivity_months", EARNED, label, idle or 0, 1, 240), empty=_("never"))
    yield lever if idle else replace(lever, now=None, written=lever.empty)
    if cash := programme.points_as_cash:
        sign = figures.currency_sign(programme.currency)
        label = _("A point pays for, in {currency}").format(currency=sign)
        yield _rate("points_as_cash.value_per_point", EARNED, label, cash.value_per_point)
        label = _("Share of a purchase that points may pay")
        share = amount(
            "points_as_cash.largest_share", EARNED, label, cash.largest_share, 2, least=0, fine=True
        )
        yield replace(share, most=1.0, step=0.05)


def _costs(programme: Programme) -> Iterator[Lever]:
    """What each reward costs the programme."""
    digits = programme.currency_decimals
    for reward in programme.rewards:
        label, path = words(programme.reward_label(reward.name)), f"rewards.{reward.name}.cost"
        yield amount(path, COSTS, label, reward.cost, digits, least=0, fine=True, in_money=True)


def _of_points(programme: Programme, path: str, group: str, label: str, value: Decimal) -> Lever:
    return amount(path, group, label, value, programme.point_decimals, least=0)


def _rate(path: str, group: str, label: str, value: Decimal) -> Lever:
    """A small number, with a decimal more than it has so that it can be changed by a little."""
    digits = max(1 - int(value.normalize().as_tuple().exponent), 2)
    return amount(path, group, label, value, digits, fine=True)
