"""Part of a simulation's members, with all that a worker needs to simulate them without the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER
from loyalty_core.facts import ADJUST, ENTRY_KINDS, POINTS_ACCOUNT
from loyalty_core.history import Entries, History
from loyalty_core.history_parts import rows_of, select
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.standing import standing
from loyalty_core.kernel.walk import MEMBERSHIP_FEE
from loyalty_core.rearranged import rearranged
from loyalty_core.rules.programme import Programme
from loyalty_core.stretches import stretch
from simulation.outset import Outset
from simulation.population import Population


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Members with the same kind of past: `past` and their accounts under each programme, or none of it."""

    population: Population
    past: History | None
    programmes: tuple[Programme, ...]
    accounts: tuple[Accounts | None, ...]

    def standing(self, programme: Programme) -> Accounts | None:
        """A copy of the accounts under one of the programmes, to be moved on; None without a past."""
        accounts = self.accounts[self.programmes.index(programme)]
        return None if accounts is None else accounts.copy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Members whose accounts nobody has opened yet. `past` is theirs in full, None without one."""

    population: Population
    past: History | None
    programmes: tuple[Programme, ...]
    earlier: tuple[Programme, ...]  # documents that held before these
    later: tuple[Programme, ...]  # documents that may follow one of these
    eve: int

    def busiest_first(self) -> Part:
        """The same members in another order: who has bought often, and so may again, comes first.

        What few members do then lies side by side in memory, and is read a line at a time.
        """
        if self.past is None:
            return self
        order = np.argsort(-self.population.repeats, kind="stable")
        return replace(self, population=self.population.part(order), past=rearranged(self.past, order))

    def prepared(self) -> Shard:
        """With their accounts as they stand at the close of `eve`."""
        past = self.past
        return Shard(
            population=self.population,
            past=None if past is None else remembered(past),
            programmes=self.programmes,
            accounts=tuple(
                None if past is None else standing(past, programme, self.eve, self.later, self.earlier)
                for programme in self.programmes
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """Which members make a part: their places among those `known`, or among those who may join."""

    places: Ints  # ascending
    known: bool
    early: bool = False  # of the sample that is simulated before all
    name: str = field(default_factory=lambda: uuid4().hex)

    def __len__(self) -> int:
        return len(self.places)


def cuts(outset: Outset, size: int, first: int | None = None) -> list[Cut]:
    """All members in parts of about `size`. Results do not depend on it.

    Before them stand the `early` parts, a fair sample that the others hold, too: about `first` of the members
    and as many in proportion of those to come; none where there are no more.
    """
    known, joining = outset.members, outset.joining
    found = []
    if first is not None and first < len(known):
        share = first / len(known)
        sample = ((_sample(people, share), people is known) for people in (known, joining))
        found += [Cut(places=places, known=old, early=True) for places, old in sample if len(places)]
    for people in (known, joining):
        stretches = np.array_split(np.arange(len(people)), max(1, -(-len(people) // size)))
        found += [Cut(places=places, known=people is known) for places in stretches if len(places)]
    return found


def part_of(
    outset: Outset, cut: Cut, programmes: Sequence[Programme], later: Sequence[Programme] = ()
) -> Part:
    """The members of a cut, with all that is known of them."""
    people = outset.members if cut.known else outset.joining
    return Part(
        population=people.part(cut.places),
        past=_past_of(outset, cut.places) if cut.known else None,
        programmes=tuple(programmes),
        earlier=outset.earlier,
        later=tuple(later),
        eve=outset.days[0] - 1,
    )


def parts(
    outset: Outset, programmes: Sequence[Programme], size: int, later: Sequence[Programme] = ()
) -> Iterator[Part]:
    """All members in parts of about `size`."""
    return (part_of(outset, cut, programmes, later) for cut in cuts(outset, size))


def shards(outset: Outset, programmes: Sequence[Programme], size: int) -> list[Shard]:
    """All members in parts of about `size`, ready to be simulated."""
    return [part.prepared() for part in parts(outset, programmes, size)]


def _past_of(outset: Outset, places: Ints) -> History:
    first, end = int(places[0]), int(places[-1]) + 1
    if end - first == len(places):
        return stretch(outset.past, first, end)
    mask = np.zeros(len(outset.members), bool)
    mask[places] = True
    return select(outset.past, mask)


def _sample(people: Population, share: float) -> Ints:
    """The places of a share of all: those with the lowest keys, which is as good as by lot."""
    return np.sort(np.argsort(people.keys, kind="stable")[: round(share * len(people))])


def remembered(past: History) -> History:
    """What the figures of later periods need of a past: each member's first and last sale, the balance
    as one entry, the last tier, fees of those who paid any and all of their tiers. Tiers, lots and qualifying
    spend go on in the accounts."""
    sales = np.flatnonzero((past.purchases.member >= 0) & ~past.purchases.refund)
    who = past.purchases.member[sales]
    ends = np.zeros(len(past.purchases.member), bool)
    ends[sales[_firsts(who) | _lasts(who)]] = True
    fees, payers = _fees(past), np.zeros(len(past.members), bool)
    payers[past.activities.member[fees]] = True
    of_tiers = _lasts(past.tier_changes.member) | payers[past.tier_changes.member]
    return replace(
        past,
        purchases=rows_of(past.purchases, ends, ends),
        entries=_balances(past),
        tier_changes=rows_of(past.tier_changes, of_tiers, ends),
        activities=rows_of(past.activities, fees, ends),
    )


def _fees(past: History) -> Flags:
    """Which activities of members are membership fees."""
    names, kinds = past.labels.get("activities.kind", ()), past.activities.codes["kind"]
    code = names.index(MEMBERSHIP_FEE) if MEMBERSHIP_FEE in names else -2
    found: Flags = (kinds == code) & (past.activities.member >= 0)
    return found


def _balances(past: History) -> Entries:
    """One entry of the points account for each member who has any."""
    entries, names = past.entries, past.labels.get("entries.account", ())
    account = names.index(POINTS_ACCOUNT) if POINTS_ACCOUNT in names else -1
    rows = np.flatnonzero((entries.codes["account"] == account) & (account >= 0))
    who = entries.member[rows]
    begins, last = np.flatnonzero(_firsts(who)), rows[_lasts(who)]
    total = np.add.reduceat(entries.amount[rows], begins) if len(begins) else entries.amount[:0]
    return Entries(
        member=entries.member[last],
        day=entries.day[last],
        at=entries.at[last],
        kind=np.full(len(last), ENTRY_KINDS.index(ADJUST), entries.kind.dtype),
        amount=total,
        available_on=entries.day[last],
        expires_on=np.full(len(last), NEVER),
        purchase=np.full(len(last), -1),
        codes={name: np.full(len(last), account if name == "account" else -1) for name in entries.codes},
    )


def _firsts(member: Ints) -> Flags:
    first: Flags = np.ones(len(member), bool)
    first[1:] = member[1:] != member[:-1]
    return first


def _lasts(member: Ints) -> Flags:
    return _firsts(member[::-1])[::-1]
