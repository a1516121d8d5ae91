"""What purchases of a member earned, and why: every rule that applied, that did not, and what was cut."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from loyalty_core.earning.earner import Earner, birthdays
from loyalty_core.earning.earning_words import explained
from loyalty_core.history import History
from loyalty_core.kernel.expected_points import first_purchases, happened, occasions_of
from loyalty_core.kernel.tiers_held import tiers_before
from loyalty_core.rules.earning_rules import PURCHASE
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class EarningExplained:
    """A sale: the day, the tier before it, point units by account, and a text per rule about purchases."""

    day: int
    tier: int
    amount_minor: int
    points: Mapping[str, int]
    why: tuple[Text, ...]


def explain_earning(
    history: History, programme: Programme, own_tiers: bool, asked: Collection[int]
) -> dict[int, EarningExplained]:
    """The explanations of sales, by their places among the purchases of a history of one member.

    Refunds, and sales before joining or after leaving, earn nothing and are not explained. What caps
    and rows of days have used up is what came before. `own_tiers` says that the source told the tiers.
    """
    occasions = occasions_of(history)
    names = (PURCHASE, *history.labels.get("activities.kind", ()))
    earner = Earner(programme, history.labels, birthdays(history.versions, len(history.members)))
    chosen = np.flatnonzero(occasions.counts)
    chosen = chosen[np.argsort(occasions.at[chosen], kind="stable")]
    first = first_purchases(occasions, chosen)
    tier = tiers_before(history, programme, own_tiers, occasions.member[chosen], occasions.at[chosen])
    found: dict[int, EarningExplained] = {}
    for place, index in enumerate(chosen):
        now = slice(place, place + 1)
        event = happened(history, programme, occasions, chosen[now], first[now])
        kind = names[int(occasions.kind[index])]
        why = explained(earner, kind, event, tier[now]) if kind == PURCHASE and index in asked else ()
        earned = earner.earn(kind, event, tier[now])
        if kind == PURCHASE and index in asked:
            found[int(index)] = EarningExplained(
                day=int(occasions.day[index]),
                tier=int(tier[place]),
                amount_minor=int(history.purchases.amount[index]),
                points={name: int(earned.total(name)[0]) for name in dict.fromkeys(earned.accounts)},
                why=why,
            )
    return found
