"""The deeds of members that a replay walks through, and what a programme asks of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.facts import DECISIONS, ENTRY_KINDS
from loyalty_core.history import History, while_enrolled
from loyalty_core.rules.earning_rules import PURCHASE
from loyalty_core.rules.programme import Programme

SALE, REFUND = "sale", "refund"
INVITED, MEMBERSHIP_FEE = "invitation", "membership_fee"
TOP_UP = "top_up"  # puts its value, in minor units of money, onto the member's prepaid card
PAY_OUT = "pay_out"  # gives so much of its principal back; all of it where there is no value
DECIDED = "adjust or transfer"  # told by the ledger
GIVING = {INVITED: "invitation", MEMBERSHIP_FEE: "paid"}  # activities that give tiers of that entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Deeds of members while enrolled, by member and instant; of one instant top-ups come first, then
    sales, then refunds, then other activities, then what the programme decided, enrolled or not.

    `kind` indexes `kinds`: sale, refund, kinds of activities and decisions; `row` is a place in the
    history's purchases, activities or entries.
    """

    kinds: tuple[str, ...]
    member: Ints
    day: Ints
    at: Ints
    kind: Ints
    row: Ints

    def of_activity(self, deeds: Ints) -> Flags:
        """True where a deed is an activity."""
        acted = np.array([place > 1 and kind != DECIDED for place, kind in enumerate(self.kinds)])
        found: Flags = acted[self.kind[deeds]]
        return found


def walk(
    history: History, programmes: tuple[Programme, ...], last: int, with_decisions: bool = False
) -> Walk:
    """The deeds up to `last`, included, that matter to any of the programmes."""
    bought = history.purchases
    sales = np.flatnonzero(while_enrolled(bought, history.members) & (bought.day <= last))
    kind = (bought.refund | (bought.amount < 0))[sales].astype(np.int16)
    kinds, acted, what = _activities(history, programmes, last)
    done, lines = history.activities, history.entries
    decided = _decisions(history, last) if with_decisions else np.zeros(0, np.int64)
    member = np.concatenate([bought.member[sales], done.member[acted], lines.member[decided]])
    at = np.concatenate([bought.at[sales], done.at[acted], lines.at[decided]])
    kind = np.concatenate([kind, what, np.full(len(decided), len(kinds) + 2, np.int16)])
    turn = np.minimum(kind, 2)
    turn[kind == len(kinds) + 2] = 3
    if TOP_UP in kinds:
        turn[kind == kinds.index(TOP_UP) + 2] = -1
    order = _in_order(member, at, turn)
    day = np.concatenate([bought.day[sales], done.day[acted], lines.day[decided]])[order]
    return Walk(
        kinds=(SALE, REFUND, *kinds, DECIDED),
        member=member[order],
        day=_forward(member[order], day),
        at=at[order],
        kind=kind[order],
        row=np.concatenate([sales, acted, decided])[order],
    )


def kinds_asked(programme: Programme) -> tuple[str, ...]:
    """The kinds of activities that earn, count or give tiers."""
    rules = (rule.when.event for rule in programme.earning.all_rules)
    entries = {tier.entry for tier in programme.tiers}
    giving = (kind for kind, entry in GIVING.items() if entry in entries)
    kinds = dict.fromkeys([*rules, *programme.qualification.activity_scores, *giving])
    return tuple(kind for kind in kinds if kind != PURCHASE)


def details_asked(programme: Programme) -> tuple[str, ...]:
    """What its rules look at in a purchase beside the amount: quantity, store, channel, categories."""
    earning, whens = programme.earning, programme.earning.whens
    asked = {
        "quantity": any(rule.measure == "quantity" for rule in earning.all_rules),
        "store": any(when.stores for when in whens),
        "channel": any(when.channels for when in whens),
        "categories": any(when.categories for when in whens)
        or any(offer.categories for tier in programme.tiers for offer in tier.direct),
    }
    return tuple(name for name, needed in asked.items() if needed)


def tier_named(history: History, programme: Programme, kind: str) -> Ints:
    """The tier that each text of "activities.reference" names, and at the end that of none; -1 for none.

    Only tiers that such an activity gives; without a name the one there is, if it is alone.
    """
    given = [n for n, tier in enumerate(programme.tiers) if tier.entry == GIVING[kind]]
    alone = given[0] if len(given) == 1 else -1
    places = {programme.tiers[number].name: number for number in given}
    texts = history.labels.get("activities.reference", ())
    return np.array([*(places.get(text, -1) for text in texts), alone], np.int32)


def _decisions(history: History, last: int) -> Ints:
    """The places of adjustments and transfers in the ledger of members."""
    entries = history.entries
    decided = np.isin(entries.kind, [ENTRY_KINDS.index(kind) for kind in DECISIONS])
    return np.flatnonzero(decided & (entries.member >= 0) & (entries.day <= last))


def _activities(
    history: History, programmes: tuple[Programme, ...], last: int
) -> tuple[tuple[str, ...], Ints, Ints]:
    """The kinds that matter, the places of such activities, and each one's kind as `Walk` counts them."""
    asked = dict.fromkeys([*(kind for one in programmes for kind in kinds_asked(one)), TOP_UP, PAY_OUT])
    texts = history.labels.get("activities.kind", ())
    kinds = tuple(kind for kind in asked if kind in texts)
    done = history.activities
    if not kinds or not len(done.member):
        return (), np.zeros(0, np.int64), np.zeros(0, np.int16)
    number = np.full(len(texts) + 1, -1, np.int16)
    for place, kind in enumerate(kinds, 2):
        number[texts.index(kind)] = place
    code = number[done.codes["kind"]]
    within = while_enrolled(done, history.members) & (done.day <= last)
    acted = np.flatnonzero((code >= 0) & within)
    return kinds, acted, code[acted]


def _in_order(member: Ints, at: Ints, turn: Ints) -> Ints:
    """The order by member, instant and turn; sorting takes long and is seldom needed."""
    same, together = member[1:] == member[:-1], at[1:] == at[:-1]
    late = (at[1:] < at[:-1]) | (together & (turn[1:] < turn[:-1]))
    if ((member[1:] < member[:-1]) | (same & late)).any():
        return np.lexsort((turn, at, member))
    return np.arange(len(member))


def _forward(member: Ints, day: Ints) -> Ints:
    """Days that never go back for a member, even where a clock is put back over midnight."""
    back = (member[1:] == member[:-1]) & (day[1:] < day[:-1])
    if not back.any():
        return day
    span = np.int64(1) << 32
    latest = np.maximum.accumulate(member.astype(np.int64) * span + day.astype(np.int64) + (span >> 1))
    forward: Ints = ((latest & (span - 1)) - (span >> 1)).astype(np.int32)
    return forward
