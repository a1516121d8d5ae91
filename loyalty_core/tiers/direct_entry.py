"""Dated offers in which one purchase gives a tier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER, to_day
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import DirectEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One offer in integers; `asked` is a flag per code of categories, the last for unknown, or None."""

    tier: int
    first_day: int
    last_day: int
    purchase_of: int  # minor units
    asked: Flags | None
    valid_months: int  # 0: as long as the tier otherwise holds

    def taken(self, day: Ints, amount_minor: Ints, categories: Ints) -> Flags:
        """Which purchases fulfil the offer: the days, the amount, and a category asked for."""
        fulfilled = (day >= self.first_day) & (day <= self.last_day) & (amount_minor >= self.purchase_of)
        return fulfilled if self.asked is None else fulfilled & self.asked[categories]


def offers_of(programme: Programme, categories: tuple[str, ...]) -> tuple[Offer, ...]:
    """The programme's offers from the lowest tier up; `categories` are the labels of codes, as "a|b"."""
    return tuple(
        _offer(programme, number, offer, categories)
        for number, tier in enumerate(programme.tiers)
        for offer in tier.direct
    )


def _offer(programme: Programme, tier: int, offer: DirectEntry, categories: tuple[str, ...]) -> Offer:
    wanted = set(offer.categories)
    held = [not wanted.isdisjoint(label.split("|")) for label in categories]
    return Offer(
        tier=tier,
        first_day=to_day(offer.first_day) if offer.first_day else int(np.iinfo(np.int32).min),
        last_day=to_day(offer.last_day) if offer.last_day else int(NEVER),
        purchase_of=programme.minor(offer.purchase_of or 0),
        asked=np.array([*held, False]) if wanted else None,
        valid_months=offer.valid_months or 0,
    )
