"""Slices: whose attribute a number is cut or filtered by, and the cell of each row under them.

Members and their flows are cut by what the member is on the day in question (region, channel, store,
gender, tier as they stand at its close), purchases also by where they happened, points also by account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod

import numpy as np
import numpy.typing as npt

from loyalty_core.counting import cohorts
from loyalty_core.errors import InputError
from loyalty_core.history import Flags, History, Ints
from loyalty_core.names import near
from loyalty_core.rules.programme import Programme
from loyalty_core.text import Text
from loyalty_core.timeline import latest, latest_at, value_at

ATTRIBUTES = ("region", "channel", "store", "gender")
MEMBER_SLICES = frozenset({f"member_{attribute}" for attribute in ATTRIBUTES} | {"member_tier"})
PURCHASE_SLICES = frozenset({"purchase_channel", "purchase_store"})
ACCOUNT = "account"
OPENING_TIER = "opening_tier"
CAMPAIGN, CONTACT_CHANNEL = "campaign", "contact_channel"
SLICES: dict[str, Text] = {
    "member_region": Text("Region", "会员地区"),
    "member_channel": Text("Channel of joining", "入会渠道"),
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


@dataclass(frozen=True, slots=True)
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
        versions, moves = self.history.versions, self.history.tier_changes

        @lru_cache
        def row(source: str) -> Ints:
            events = versions if source == "versions" else moves
            days = versions.valid_from if source == "versions" else moves.day
            return latest(events.member, days, member, day)

        return self._cells(np.shape(member), row, own or {})

    def cells_at(self, bounds: Ints, own: Mapping[str, Ints] | None = None) -> Ints:
        """The cell of every member at the close of each day given; shape members × bounds."""
        versions, moves, n = self.history.versions, self.history.tier_changes, len(self.history.members)

        @lru_cache
        def row(source: str) -> Ints:
            if source == "versions":
                return latest_at(versions.member, versions.valid_from, n, bounds)
            return latest_at(moves.member, moves.day, n, bounds)

        return self._cells((n, len(bounds)), row, own or {})

    def cells_of(self, rows: int, own: Mapping[str, Ints]) -> Ints:
        """The cell of each row where `own` holds the codes of every slice of the cut."""
        return self._cells((rows,), lambda source: np.zeros(0, np.int64), own)

    def _cells(self, shape: tuple[int, ...], row: Callable[[str], Ints], own: Mapping[str, Ints]) -> Ints:
        cell: Ints = np.zeros(shape, np.int64)
        for name in self.by:
            cell = cell * (len(self.labels[name]) + 1) + self._shifted(name, row, own)
        for name, accepted in self.accepted.items():
            cell = np.where(accepted[self._shifted(name, row, own)], cell, -1)
        return cell

    def _shifted(self, name: str, row: Callable[[str], Ints], own: Mapping[str, Ints]) -> Ints:
        """Codes plus one, so that unknown is 0."""
        if name in own:
            return own[name] + 1
        if name == "member_tier":
            return value_at(row("moves"), self.history.tier_changes.to_tier, -1) + 1
        codes = self.history.versions.codes[name.removeprefix("member_")]
        return value_at(row("versions"), codes, -1) + 1

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
        return tuple(tier.name for tier in programme.tiers)
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


def _accepted(name: str, wanted: Sequence[str], labels: tuple[str, ...]) -> Flags:
    known = {UNKNOWN, *labels}
    for label in wanted:
        if label not in known:
            raise InputError(f"{name} has no {label}; {near(label, labels)}")
    return np.array([label in wanted for label in (UNKNOWN, *labels)], bool)
