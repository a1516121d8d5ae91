"""What the rules give for every purchase and activity of a history, at the tiers that members had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.earning.earner import Earner, Events, birthdays, earning_amount, events
from loyalty_core.history import History, while_enrolled
from loyalty_core.rounds import rounds
from loyalty_core.rules.earning_rules import PURCHASE
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.versions import Versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasions:
    """The purchases of a history and then its activities, n events in all."""

    member: Ints
    day: Ints
    at: Ints
    kind: Ints  # 0 for purchases, else 1 + the code of the activity's kind
    counts: Flags  # whether it may earn: sales and activities of members while enrolled

    def __len__(self) -> int:
        return len(self.member)


def occasions_of(history: History) -> Occasions:
    """All that may have earned points."""
    purchases, activities, members = history.purchases, history.activities, history.members
    sold = while_enrolled(purchases, members) & ~purchases.refund & (purchases.amount >= 0)
    return Occasions(
        member=np.append(purchases.member, activities.member),
        day=np.append(purchases.day, activities.day),
        at=np.append(purchases.at, activities.at),
        kind=np.append(np.zeros(len(sold), np.int64), activities.codes["kind"].astype(np.int64) + 1),
        counts=np.append(sold, while_enrolled(activities, members)),
    )


def expected_points(
    history: History, versions: Versions, occasions: Occasions, tiers: Sequence[Ints]
) -> dict[str, Ints]:
    """Point units that the rules of the day give for each occasion, by account: of all accounts that rules
    name. `tiers` are, for each version, those of each occasion's member."""
    found: dict[str, Ints] = {
        rule.account: np.zeros(len(occasions), np.int64)
        for one in versions.programmes
        for rule in one.earning.all_rules
    }
    names = (PURCHASE, *history.labels.get("activities.kind", ()))
    version = versions.places_at(occasions.day)
    asked = [_kinds_asked(one, names) for one in versions.programmes]
    earning = np.array([[code in kinds for code in range(len(names))] for kinds in asked])
    counted = np.flatnonzero(occasions.counts)
    counted = counted[np.lexsort((occasions.at[counted], occasions.member[counted]))]
    earns = earning[version[counted], occasions.kind[counted]]
    chosen, first = counted[earns], first_purchases(occasions, counted)[earns]
    earner, held = earners_in_turn(history, versions), -1
    for stage, places in rounds(occasions.member[chosen], version[chosen]):
        while held < stage:
            now_in_force, held = next(earner), held + 1
        programme = versions.programmes[stage]
        for code in np.unique(occasions.kind[chosen[places]]):
            now = places[occasions.kind[chosen[places]] == code]
            index = chosen[now]
            event = happened(history, programme, occasions, index, first[now])
            earned = now_in_force.earn(names[int(code)], event, tiers[stage][index])
            for account in dict.fromkeys(earned.accounts):
                found[account][index] = earned.total(account)
    return found


def _kinds_asked(programme: Programme, names: Sequence[str]) -> set[int]:
    """Codes of the kinds of events that some rule is about."""
    asked = {rule.when.event for rule in programme.earning.all_rules}
    return {code for code, name in enumerate(names) if name in asked}


def earners_in_turn(history: History, versions: Versions) -> Iterator[Earner]:
    """The rules of one version after the other, each going on from those before."""
    birthday, before = birthdays(history.versions, len(history.members)), None
    for programme in versions.programmes:
        earner = Earner(programme, history.labels, birthday, remember=len(versions.programmes) > 1)
        if before is not None:
            earner.go_on_from(before)
        yield earner
        before = earner


def first_purchases(occasions: Occasions, chosen: Ints) -> Flags:
    """Whether each of the chosen, in order of member and instant, is its member's first purchase."""
    first = np.zeros(len(chosen), bool)
    bought = np.flatnonzero(occasions.kind[chosen] == 0)
    _, begins = np.unique(occasions.member[chosen[bought]], return_index=True)
    first[bought[begins]] = True
    return first


def happened(
    history: History, programme: Programme, occasions: Occasions, index: Ints, first: Flags
) -> Events:
    """Occasions of one kind as the earner takes them."""
    member, day = occasions.member[index], occasions.day[index]
    bought = len(history.purchases.member)
    if index[0] >= bought:
        return events(member, day, value=history.activities.value[index - bought])
    purchases = history.purchases
    return events(
        member,
        day,
        amount_minor=earning_amount(programme, purchases.amount[index], purchases.paid_points[index]),
        quantity=purchases.quantity[index],
        **{name: purchases.codes[name][index] for name in ("store", "channel", "categories")},
        first=first,
    )
