"""Slices: whose attribute a number is cut or filtered by, and the cell of each row under them.

Members and their flows are cut by what the member is on the day in question (region, channel, store,
gender, tier as they stand at its close), purchases also by where they happened, points also by account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

import numpy as np
import numpy.typing as npt

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting import cohorts
from loyalty_core.errors import InputError
from loyalty_core.history import History
from loyalty_core.names import near
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text
from loyalty_core.timeline import Spells, distinct, latest, latest_at, moment, parts, value_at

ATTRIBUTES = ("region", "channel", "store", "gender")
MEMBER_SLICES = frozenset({f"member_{attribute}" for attribute in ATTRIBUTES} | {"member_tier"})
PURCHASE_SLICES = frozenset({"purchase_channel", "purchase_store"})
ACCOUNT = "account"
MEMBER = "member_id"  # every member is a cell, no label of which anybody is told: no slice of a report
OPENING_TIER = "opening_tier"
CAMPAIGN, CONTACT_CHANNEL = "campaign", "contact_channel"
SLICES: dict[str, Text] = {
    "member_region": Text("Region", "会员地区"),
    "member_channel": Text("Joining channel", "入会渠道"),
    "member_store": Text("Home store", "会员门店"),
    "member_gender": Text("Gender", "性别"),
    OPENING_TIER: Text("Tier at the opening", "期初等级"),  # before the tier that it leads to
    "member_tier": Text("Tier", "会员等级"),
    "purchase_channel": Text("Channel of sale", "消费渠道"),
    "purchase_store": Text("Store of sale", "消费门店"),
    ACCOUNT: Text("Account", "账户"),
    CAMPAIGN: Text("Campaign", "活动"),
    CONTACT_CHANNEL: Text("Channel of contact", "触达渠道"),
    cohorts.JOIN_MONTH: Text("Month of joining", "入会月份"),
    cohorts.MEMBERSHIP_MONTH: Text("Months since joining", "入会后第几月"),
    cohorts.EARN_MONTH: Text("Month of earning", "获得月份"),
    cohorts.LOT_AGE: Text("Age of points in months", "积分账龄（月）"),
    cohorts.LOT_EXPIRY: Text("Months to expiry", "距失效（月）"),
}
UNKNOWN = ""  # how a filter names rows whose attribute is unknown
BEFORE_ALL = -(2**31)  # a day on which nothing is known of anybody


@dataclass(frozen=True, slots=True)
class Course:
    """What members are over time: the number of a combination of labels, from a day on until the next row.

    By member and day. `accepted` tells whether the filters let it pass; the last row is of those of whom
    nothing is known yet, guests among them.
    """

    member: Ints
    day: Ints
    number: Ints
    accepted: Flags

    def rows(self, member: Ints, day: Ints) -> Ints:
        """The row of each member and day, -1 (the last one) where nothing is known."""
        return latest(self.member[:-1], self.day[:-1], member, day)


@dataclass(frozen=True)
class Cut:
    """How rows are filtered and grouped. A cell is one combination of labels of the slices in `by`."""

    history: History
    by: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]
    accepted: Mapping[str, Flags]  # per filtered slice, over codes shifted by one (0 = unknown)

    @property
    def slices(self) -> frozenset[str]:
        return frozenset(self.by) | frozenset(self.accepted)

    @property
    def size(self) -> int:
        """Number of possible cells."""
        return prod(len(self.labels[name]) + 1 for name in self.by)

    def cells(self, member: Ints, day: Ints, own: Mapping[str, Ints] | None = None) -> Ints:
        """The cell of each row, -1 where filtered out; `own` holds codes of the row's own attributes."""
        return self._cells(lambda course: course.rows(member, day), np.shape(member), own or {})

    def cells_at(self, bounds: Ints, own: Mapping[str, Ints] | None = None) -> Ints:
        """The cell of every member at the close of each day given; shape members × bounds."""
        n = len(self.history.members)
        return self._cells(
            lambda course: latest_at(course.member[:-1], course.day[:-1], n, bounds),
            (n, len(bounds)),
            own or {},
        )

    def pieces(self, spells: Spells, own: Mapping[str, Ints] | None = None) -> tuple[Spells, Ints]:
        """The spells cut where what their members are changes, `what` their cell, and the spell each is of.

        Those that are filtered out are left out.
        """
        course = self._course(frozenset(own or ()))
        pieces, spell = spells.pieces(course.member[:-1], course.day[:-1])
        of_pieces = {name: codes[spell] if codes.ndim else codes for name, codes in (own or {}).items()}
        cell = self.cells(pieces.member, pieces.start, of_pieces)
        pieces, inside = Spells(pieces.member, pieces.start, pieces.end, cell), cell >= 0
        return (pieces, spell) if inside.all() else (pieces.where(inside), spell[inside])

    def cells_of(self, rows: int, own: Mapping[str, Ints]) -> Ints:
        """The cell of each row where `own` holds the codes of every slice of the cut."""
        return self._cells(lambda course: np.full(rows, -1), (rows,), own)

    def _cells(self, find: Callable[[Course], Ints], shape: tuple[int, ...], own: Mapping[str, Ints]) -> Ints:
        course = self._course(frozenset(own))
        row = find(course) if len(course.number) > 1 else np.zeros(shape, np.int64)
        number, accepted = course.number[row], course.accepted[row]
        for name in own:
            if name in self.by:
                number = number + (own[name] + 1) * self._step(name)
            if name in self.accepted:
                accepted = accepted & self.accepted[name][own[name] + 1]
        return np.where(accepted, number, -1) if self.accepted else np.array(number)

    def _step(self, name: str) -> int:
        """By how much the number of a combination grows from one label of the slice to the next."""
        return prod(len(self.labels[later]) + 1 for later in self.by[self.by.index(name) + 1 :])

    def _course(self, told: frozenset[str]) -> Course:
        """What members are in the slices of the cut, those left out that rows tell themselves."""
        asked = self.slices - told
        if asked not in self._courses:
            self._courses[asked] = self._followed(sorted(asked))
        return self._courses[asked]

    @cached_property
    def _courses(self) -> dict[frozenset[str], Course]:
        return {}

    def _followed(self, names: Sequence[str]) -> Course:
        versions, moves = self.history.versions, self.history.tier_changes
        told = []
        if "member_tier" in names:
            told.append((moves.member, moves.day, {"member_tier": moves.to_tier}))
        if MEMBER in names:
            everybody = np.arange(len(self.history.members))
            told.append((everybody, np.full(len(everybody), BEFORE_ALL), {MEMBER: everybody}))
        attributes = {
            name: versions.codes[name.removeprefix("member_")]
            for name in names
            if name not in ("member_tier", MEMBER)
        }
        if attributes:
            told.append((versions.member, versions.valid_from, attributes))
        member, day = parts(
            distinct(np.concatenate([moment(*one[:2]) for one in told] or [np.zeros(0, np.int64)]))
        )
        number, accepted = np.zeros(len(member) + 1, np.int64), np.ones(len(member) + 1, bool)
        for whose, since, codes in told:
            row = np.append(latest(whose, since, member, day), -1)
            for name, code in codes.items():
                shifted = value_at(row, code, -1) + 1
                if name in self.by:
                    number += shifted * self._step(name)
                if name in self.accepted:
                    accepted &= self.accepted[name][shifted]
        changed = (number[1:] != number[:-1]) | (accepted[1:] != accepted[:-1])
        new = np.append(True, changed[:-1] | (member[1:] != member[:-1]))[: len(member)]
        kept = np.append(np.flatnonzero(new), -1)
        return Course(np.append(member, -1)[kept], np.append(day, 0)[kept], number[kept], accepted[kept])

    def texts(self, cell: Ints) -> dict[str, npt.NDArray[np.object_]]:
        """The label of each cell in every slice of `by`; None where unknown."""
        columns: dict[str, npt.NDArray[np.object_]] = {}
        for name in reversed(self.by):
            cell, code = np.divmod(cell, len(self.labels[name]) + 1)
            columns[name] = np.array([None, *self.labels[name]], object)[code]
        return {name: columns[name] for name in self.by}


def known_slice(name: str) -> str:
    """The name; InputError naming the nearest slice if there is none of that name."""
    if name not in SLICES:
        raise InputError(f"{name} is no slice; {near(name, SLICES)}")
    return name


def slice_labels(history: History, programme: Programme, name: str) -> tuple[str, ...]:
    """The labels of a slice in the order of its codes; InputError naming the nearest slice if unknown."""
    if known_slice(name) in ("member_tier", OPENING_TIER):
        return tuple(tier.name for tier in programme.known_tiers)
    if name in cohorts.COHORT_SLICES | cohorts.LOT_SLICES:
        return cohorts.labels(history, name)
    if name == ACCOUNT:
        return history.labels.get("entries.account", ())
    if name == CAMPAIGN:
        return history.labels.get("campaigns.campaign_id", ())
    whose, attribute = name.split("_")
    return history.labels.get(f"{whose}s.{attribute}", ())


def cut(
    history: History,
    programme: Programme,
    by: Sequence[str] = (),
    where: Mapping[str, Sequence[str]] | None = None,
) -> Cut:
    """The cut by those slices among rows whose label of each slice in `where` is one of those given."""
    where = where or {}
    labels = {name: slice_labels(history, programme, name) for name in (*by, *where)}
    return cut_among(history, labels, by, where)


def cut_among(
    history: History,
    labels: Mapping[str, tuple[str, ...]],
    by: Sequence[str] = (),
    where: Mapping[str, Sequence[str]] | None = None,
) -> Cut:
    """As `cut`, where each slice can have those labels."""
    by, where = tuple(dict.fromkeys(by)), where or {}
    labels = {name: labels[known_slice(name)] for name in (*by, *where)}
    accepted = {name: _accepted(name, wanted, labels[name]) for name, wanted in where.items()}
    return Cut(history, by, labels, accepted)


def cut_by_member(
    history: History, programme: Programme, where: Mapping[str, Sequence[str]] | None = None
) -> Cut:
    """As `cut`, with a cell for each member by id, and one for what is nobody's."""
    everybody = cut(history, programme, (), where)
    return replace(everybody, by=(MEMBER,), labels={**everybody.labels, MEMBER: tuple(history.members.ids)})


def _accepted(name: str, wanted: Sequence[str], labels: tuple[str, ...]) -> Flags:
    known = {UNKNOWN, *labels}
    for label in wanted:
        if label not in known:
            raise InputError(f"{name} has no {label}; {near(label, labels)}")
    return np.array([label in wanted for label in (UNKNOWN, *labels)], bool)
