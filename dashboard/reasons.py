"""For what points were given and taken, as people say it."""

from __future__ import annotations

from dashboard.i18n import _, words
from loyalty_core.kernel.derived import CASH, PURCHASE
from loyalty_core.rules.programme import Programme


def given_for(reason: str, programme: Programme) -> str:
    """What points are given for: purchases, or a rule by its name."""
    if reason == PURCHASE:
        return _("Purchases")
    return words(programme.rule_label(reason)) if reason else _("Nothing named")


def taken_for(reason: str, programme: Programme) -> str:
    """What points are redeemed for: cash, or a reward by its name."""
    if reason == CASH:
        return _("Points as cash")
    return words(programme.reward_label(reason)) if reason else _("Nothing named")
