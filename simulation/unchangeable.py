"""Values of a programme document that a scenario may not change: it would change nothing, or mean nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from loyalty_core.errors import InputError
from loyalty_core.kernel.walk import MEMBERSHIP_FEE, TOP_UP
from loyalty_core.rules.earning_rules import PURCHASE
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import sells_tiers
from simulation.behaviour import Behaviour
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
_REFERRED = ("referral", "referred")
TOLD_BY_THE_PAST = frozenset((*_REFERRED, TOP_UP, MEMBERSHIP_FEE))  # whether members do these is calibrated
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


def refuse_undone(
    paths: Iterable[str], programmes: Sequence[Programme], done: Collection[str], where: str
) -> None:
    """InputError for a path of what is given for a deed that no member does in a run under those programmes:
    one that is not `done`, or pays for a tier where none is sold."""
    if not any(sells_tiers(programme.tiers) for programme in programmes):
        done = {kind for kind in done if kind != MEMBERSHIP_FEE}
    rules = {rule.name: rule.when.event for rule in programmes[0].earning.all_rules}
    for path in paths:
        if (given := _OF_DEEDS.fullmatch(path)) is None:
            continue
        kind = given["kind"] or rules[given["rule"]]
        if kind not in done:
            raise InputError(
                f"{where}: {path}: nobody does {kind} in this run, so that it changes nothing; what members "
                "do is supposed under behaviour (doing, storing) and joining (referrals_a_year)"
            )


def refuse_unpaid(paths: Iterable[str], behaviour: Behaviour, where: str) -> None:
    """InputError for a path of a way to pay that nobody who behaves so takes."""
    for path in paths:
        _refuse_unpaid(path, behaviour, where)


def _refuse_unpaid(path: str, behaviour: Behaviour, where: str) -> None:
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


def done_by(behaviour: Behaviour) -> set[str]:
    """The kinds of deeds that members who behave so do, where the programme lets them."""
    brought = {kind: getattr(behaviour.doing, kind) > 0 for kind in KINDS}
    brought |= dict.fromkeys(_REFERRED, behaviour.referring.a_year > 0)
    brought |= {TOP_UP: not behaviour.storing.nothing, MEMBERSHIP_FEE: not behaviour.subscribing.nothing}
    return {PURCHASE, JOINED, *(kind for kind, is_done in brought.items() if is_done)}
