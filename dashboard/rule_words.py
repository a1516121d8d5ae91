"""What a change of the rules was about, in the reader's language: thresholds with both values, the rest by
the part of the programme it stands in.
"""

from __future__ import annotations

from dashboard import figures
from dashboard.i18n import N_, _, words
from data.rule_changes import RuleChange

# The parts of the programme's document that members meet; its costs, targets, labels and clock are none.
PARTS = {
    "lifecycle": N_("lifecycle windows"),
    "tiers": N_("tiers and their benefits"),
    "qualification": N_("reviews of tiers"),
    "earning": N_("earning of points"),
    "earning.multipliers": N_("point multipliers"),
    "expiry": N_("expiry of points"),
    "pending": N_("waiting time of points"),
    "refunds": N_("refunds"),
    "stored_value": N_("prepaid cards"),
    "rewards": N_("rewards"),
    "points_as_cash": N_("points as cash"),
    "partners": N_("partners"),
    "coupons": N_("coupons"),
}


def told(change: RuleChange) -> str:
    """What changed, thresholds first; nothing where nothing did that people know of."""
    raised = _thresholds(change)
    fields = [one["field"] for one in change.rules if one["field"] not in raised]
    parts = dict.fromkeys(_part(field) for field in fields)
    return _(", ").join([*raised.values(), *(_(PARTS[part]) for part in parts if part in PARTS)])


def _part(field: str) -> str:
    """The part of the document that a field stands in, the closest of those that have a name."""
    first, _dot, rest = field.partition(".")
    within = f"{first}.{rest.partition('.')[0]}"
    return within if within in PARTS else first


def _thresholds(change: RuleChange) -> dict[str, str]:
    """For each tier whose threshold moved, its field in the document and both values."""
    before = {tier.name: tier for tier in change.before.tiers}
    return {
        f"tiers.{tier.name}.threshold": _("threshold of {tier} {before} → {after}").format(
            tier=words(change.after.tier_label(tier.name)),
            before=figures.whole_money(float(before[tier.name].threshold), change.before.currency),
            after=figures.whole_money(float(tier.threshold), change.after.currency),
        )
        for tier in change.after.tiers
        if tier.name in before and before[tier.name].threshold != tier.threshold
    }
