"""What purchases of a member earned, and why: every rule that applied, that did not, and what was cut."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loyalty_core.earning.earning_words import explained
from loyalty_core.history import History
from loyalty_core.kernel.expected_points import earners_in_turn, first_purchases, happened, occasions_of
from loyalty_core.rules.earning_rules import PURCHASE
from loyalty_core.rules.versions import Versions
from loyalty_core.text import Text
from loyalty_core.tiers.tiers_held import tiers_before


@dataclass(frozen=True, slots=True, kw_only=True)
class EarningExplained:
    """A sale: the day, the tier before it, point units by account, and a text per rule about purchases."""

    day: int
    tier: str
    amount_minor: int
    points: Mapping[str, int]
    why: tuple[Text, ...]


def explain_earning(
    histories: Sequence[History], versions: Versions, asked: Collection[int]
) -> dict[int, EarningExplained]:
    """The explanations of sales, by their places among the purchases of a history of one member.

    There is a history for each version: the same rows, with that version's numbers of tiers. Refunds, and
    sales before joining or after leaving, earn nothing and are not explained. What caps and rows of days
    have used up is what came before.
    """
    history, occasions = histories[-1], occasions_of(histories[-1])
    names = (PURCHASE, *history.labels.get("activities.kind", ()))
    chosen = np.flatnonzero(occasions.counts)
    chosen = chosen[np.argsort(occasions.at[chosen], kind="stable")]
    first, version = first_purchases(occasions, chosen), versions.places_at(occasions.day[chosen])
    who, at = occasions.member[chosen], occasions.at[chosen]
    tiers = [
        tiers_before(one, programme, who, at)
        for one, programme in zip(histories, versions.programmes, strict=True)
    ]
    earners, held = earners_in_turn(history, versions), -1
    found: dict[int, EarningExplained] = {}
    for place, index in enumerate(chosen):
        while held < version[place]:
            earner, held = next(earners), held + 1
        now, tier = slice(place, place + 1), tiers[held]
        event = happened(history, versions.programmes[held], occasions, chosen[now], first[now])
        kind = names[int(occasions.kind[index])]
        why = explained(earner, kind, event, tier[now]) if kind == PURCHASE and index in asked else ()
        earned = earner.earn(kind, event, tier[now])
        if kind == PURCHASE and index in asked:
            found[int(index)] = EarningExplained(
                day=int(occasions.day[index]),
                tier=versions.programmes[held].tiers[int(tier[place])].name,
                amount_minor=int(history.purchases.amount[index]),
                points={name: int(earned.total(name)[0]) for name in dict.fromkeys(earned.accounts)},
                why=why,
            )
    return found
