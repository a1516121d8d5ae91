"""For what points were given and taken, which account holds them, and why members left, as people say it."""

from __future__ import annotations

from dashboard.i18n import N_, _, words
from loyalty_core.facts import POINTS_ACCOUNT, STORED_VALUE_ACCOUNT, STORED_VALUE_BONUS_ACCOUNT
from loyalty_core.kernel.derived import CASH, PURCHASE
from loyalty_core.rules.programme import Programme

CARD_ACCOUNTS = {STORED_VALUE_ACCOUNT: N_("Principal"), STORED_VALUE_BONUS_ACCOUNT: N_("Bonus")}
LEFT_FOR = {
    "moved away": N_("moved away"),
    "too many messages": N_("too many messages"),
    "points expired": N_("points expired"),
    "prices": N_("prices"),
    "another bookshop": N_("another bookshop"),
    "no reason given": N_("no reason given"),
    "": N_("no reason given"),
}


def account(name: str) -> str:
    """An account beside that of points; nothing for that one, which goes without saying."""
    if name == POINTS_ACCOUNT:
        return ""
    return _(CARD_ACCOUNTS[name]) if name in CARD_ACCOUNTS else name


def given_for(reason: str, programme: Programme) -> str:
    """What points are given for: purchases, or a rule by its name."""
    if reason == PURCHASE:
        return _("Purchases")
    return words(programme.rule_label(reason)) if reason else _("Nothing named")


def taken_for(reason: str, programme: Programme) -> str:
    """What points are redeemed for: cash, what a sale costs, or a reward by its name."""
    if reason == CASH:
        return _("Points as cash")
    if reason == PURCHASE:
        return _("Purchases")
    return words(programme.reward_label(reason)) if reason else _("Nothing named")


def left_for(reason: str) -> str:
    """Why a member left, in the reader's language where the reason is a usual one."""
    return _(LEFT_FOR[reason]) if reason in LEFT_FOR else reason
