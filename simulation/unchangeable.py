"""Values of a programme document that a scenario may not change: it would change nothing, or mean nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from loyalty_core.errors import InputError
from loyalty_core.kernel.walk import MEMBERSHIP_FEE, TOP_UP
from loyalty_core.rules.earning_rules import PURCHASE
from simulation.arm import Arm
from simulation.doing import KINDS
from simulation.effects import OF_LEDGERS
from simulation.head_start import JOINED

# What members hold and did is told in these.
_WRITTEN_IN = ("currency", "currency_decimals", "point_decimals", "time_zone")
OF_BOTH = ("margin_share", "cost_per_point")  # what the programme is, whatever it decides
# Words for people, and what neither a run nor a figure of a comparison looks at.
_NOTHING = re.compile(
    r"(.*\.)?label\.(en|zh)|labels\..*|tiers\.[^.]*\.formerly|rewards\.[^.]*\.(face_value|partner)|partners\..*"
    r"|fixed_cost_per_month|lifecycle\.new_days|stored_value\.low_balance|tiers\.[^.]*\.benefits\.[^.]*\.cost_per_use"
)
# What is given for deeds of a kind, by a rule or towards a tier.
_OF_DEEDS = re.compile(r"earning\.rules\.(?P<rule>[^.]*)\..*|qualification\.activity_scores\.(?P<kind>.*)")


def refuse_unchangeable(path: str, where: str) -> None:
    """InputError for a path of the document whose change would not be seen in any run."""
    if path in _WRITTEN_IN:
        raise InputError(f"{where}: {path}: what has happened so far is told in it; leave it as it is")
    if path == "effective_on":
        raise InputError(f"{where}: {path}: changes hold from the first day on; give another day under later")
    if _NOTHING.fullmatch(path):
        raise InputError(f"{where}: {path}: nothing that is simulated or compared rests on it; leave it out")


def refuse_of_both(paths: Iterable[str], where: str) -> None:
    """InputError for what one side alone cannot have: its difference would be told as a gain."""
    for path in paths:
        if path in OF_BOTH:
            raise InputError(
                f"{where}: {path}: this is what a sale brings or a point costs, whatever the rules, and "
                "would be told as a gain; ask break-even or sensitivity, which turn it on both sides"
            )


def refuse_undone(paths: Collection[str], arm: Arm, where: str) -> None:
    """InputError for a path of what is given for a deed that no member of the run ever does, or of a way in
    which nobody pays."""
    for path in paths:
        _refuse_unpaid(path, arm, where)
    done, rules = _done(arm), {rule.name: rule.when.event for rule in arm.programme.earning.all_rules}
    for path in paths:
        if (given := _OF_DEEDS.fullmatch(path)) is None:
            continue
        kind = given["kind"] or rules[given["rule"]]
        if kind not in done:
            raise InputError(
                f"{where}: {path}: nobody does {kind} in this run, so that it changes nothing; what members "
                "do is supposed under behaviour (doing, storing) and joining (referrals_a_year)"
            )


def _refuse_unpaid(path: str, arm: Arm, where: str) -> None:
    behaviour = arm.behaviour
    if path.startswith("points_as_cash.") and behaviour.paying.nothing:
        raise InputError(
            f"{where}: {path}: nobody pays with points in this run, so that it changes nothing; say under "
            "behaviour on which share of sales members would (paying.with_points)"
        )
    if path.startswith("stored_value.") and behaviour.storing.nothing:
        raise InputError(
            f"{where}: {path}: nobody uses a prepaid card in this run, so that it changes nothing; say under "
            "behaviour which share of members would (storing.holders)"
        )


def refuse_idle_effects(keys: Iterable[str], where: str) -> None:
    """InputError for an effect of the library by which no member of a run is moved."""
    for key in keys:
        if key in OF_LEDGERS:
            raise InputError(
                f"{where}: effects: {key} is told of ledgers, and moves nobody in a run; leave it out, or "
                "give behaviour: redeeming.never_share"
            )


def _done(arm: Arm) -> set[str]:
    """The kinds of deeds that members of a run do."""
    behaviour = arm.behaviour
    brought = {kind: getattr(behaviour.doing, kind) > 0 for kind in KINDS}
    brought |= dict.fromkeys(("referral", "referred"), behaviour.referring.a_year > 0)
    brought |= {TOP_UP: not behaviour.storing.nothing, MEMBERSHIP_FEE: arm.sells_tiers}
    return {PURCHASE, JOINED, *(kind for kind, is_done in brought.items() if is_done)}
