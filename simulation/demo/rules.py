"""The demo's programme as it changed: a rule change in the middle, and weeks of double points."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from loyalty_core.days import month_starts, to_date
from loyalty_core.rules.document import Label
from loyalty_core.rules.earning_rules import BASE, Multiplier, When
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import Tier
from simulation.demo.calendar import Offer

EASIER = Decimal("0.8")  # of the spend that the highest tier asks for now, before the change
ONLY_NOW = ("birthday_month",)  # multipliers that came with the change


def versions_of(
    programme: Programme, days: tuple[int, int], offers: Sequence[Offer]
) -> tuple[Programme, ...]:
    """The document of the first half and that of the second, from the first of a month on; one where the
    demo is too short for two."""
    changed_on = _changed_on(days)
    if changed_on is None:
        return (_with_double_points(programme, offers),)
    early = [offer for offer in offers if offer.campaign.starts_on < changed_on]
    late = [offer for offer in offers if offer.campaign.ends_on >= changed_on]
    now = programme.model_copy(update={"effective_on": to_date(changed_on)})
    return _with_double_points(_before(programme), early), _with_double_points(now, late)


def _changed_on(days: tuple[int, int]) -> int | None:
    first, last = days
    begins = month_starts(first + 1, last)
    return int(begins[(len(begins) - 1) // 2]) if len(begins) else None


def _with_double_points(programme: Programme, offers: Sequence[Offer]) -> Programme:
    rules = (BASE,) if programme.earning.points_per_unit else ()
    weeks = tuple(
        Multiplier(
            name=offer.campaign.campaign_id,
            label=Label(en=offer.name.split(" · ")[0], zh=offer.name.split(" · ")[-1]),
            when=When(first_day=to_date(offer.campaign.starts_on), last_day=to_date(offer.campaign.ends_on)),
            percent=200,
            rules=rules,
        )
        for offer in offers
        if offer.campaign.kind == "double_points"
    )
    earning = programme.earning
    earning = earning.model_copy(update={"multipliers": (*earning.multipliers, *weeks)})
    return programme.model_copy(update={"earning": earning})


def _before(programme: Programme) -> Programme:
    """As it was: the highest tier by spend was easier to reach, and birthdays gave nothing."""
    earning = programme.earning
    multipliers = tuple(one for one in earning.multipliers if one.name not in ONLY_NOW)
    tiers = list(programme.tiers)
    place = max((at for at, tier in enumerate(tiers) if tier.by_threshold), default=0)
    if place > 1:
        tiers[place] = _easier(tiers[place], tiers[place - 1])
    update = {"earning": earning.model_copy(update={"multipliers": multipliers}), "tiers": tuple(tiers)}
    return programme.model_copy(update=update | {"effective_on": None, "targets": {}})


def _easier(tier: Tier, below: Tier) -> Tier:
    threshold = max(Decimal(round(tier.threshold * EASIER)), below.threshold + 1)
    return tier.model_copy(update={"threshold": threshold})
