"""Who is a member when, and what members are from when on, as roll-ups: written by parts, read again
once and kept in memory."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TypeVar

import numpy as np
import pandas as pd

from data.rollup_tables import MEMBER_PROFILES, MEMBER_TIERS, MEMBERSHIPS, PROFILE_SLICES
from data.rollups.combinations import alike_in
from data.rollups.rolled import Rollups
from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER
from loyalty_core.histories import history_from_frames
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme

MOST_CROWDS = 1_000
DAYS_REMEMBERED = 8  # of which what holds of everybody is kept
Asked = TypeVar("Asked", bound=Hashable)
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Attributes:
    """What members are from a day on, by member and day: the number of a combination of labels, of which
    `codes` has the code in each slice. The last one is that of those of whom nothing is known: all -1."""

    member: Ints
    day: Ints
    number: Ints
    codes: Mapping[str, Ints]

    def at(self, day: int, members: int) -> Ints:
        """The combination of each of so many members at the close of a day."""
        rows = np.flatnonzero(self.day <= day)
        found = np.full(members, len(self) - 1, np.int32)
        found[self.member[rows]] = self.number[rows]  # the last of each member stays
        return found

    def __len__(self) -> int:
        return len(next(iter(self.codes.values())))


@dataclass(frozen=True, slots=True)
class RolledMembers:
    """All members by number: when they joined and left, and what they are from when on.

    Members who are alike in every slice are a crowd, of which `crowd_codes` has the code in each.
    """

    joined_on: Ints
    left_on: Ints
    profiles: Attributes
    tiers: Attributes
    crowd_codes: Mapping[str, Ints]
    _crowds: dict[int, Ints] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.joined_on)

    @property
    def crowd_count(self) -> int:
        return len(self.profiles) * len(self.tiers)

    @property
    def are_in_few_crowds(self) -> bool:
        """Whether counts by crowd take little to keep."""
        return self.crowd_count <= MOST_CROWDS

    def crowds(self, day: int) -> Ints:
        """The crowd of every member at the close of a day."""
        if (found := self._crowds.get(day)) is None:
            tier = self.tiers.at(day, len(self))
            found = self.profiles.at(day, len(self)) * np.int32(len(self.tiers)) + tier
            remember(self._crowds, day, found)
        return found


def remember(kept: dict[Asked, Found], asked: Asked, found: Found, most: int = DAYS_REMEMBERED) -> None:
    """Keep what was found of a day or of some, with that of others asked for before."""
    while len(kept) >= most:
        kept.pop(next(iter(kept)), None)
    kept[asked] = found


def member_frames(history: History, programme: Programme) -> dict[str, pd.DataFrame]:
    """The rows of the tables of members, who go by position."""
    versions, moves, members = history.versions, history.tier_changes, history.members
    profiles: dict[str, object] = {"member": versions.member, "day": versions.valid_from}
    for name in PROFILE_SLICES:
        attribute = name.removeprefix("member_")
        profiles[name] = texts(versions.codes[attribute], history.labels.get(f"members.{attribute}", ()))
    tiers = texts(moves.to_tier, [tier.name for tier in programme.known_tiers])
    lives = {"member": np.arange(len(members)), "day": members.joined_on, "left_on": members.left_on}
    return {
        MEMBERSHIPS.name: pd.DataFrame(lives),
        MEMBER_PROFILES.name: pd.DataFrame(profiles),
        MEMBER_TIERS.name: pd.DataFrame({"member": moves.member, "day": moves.day, "member_tier": tiers}),
    }


def texts(codes: Ints, labels: Iterable[str]) -> pd.Categorical:
    """The label of each code, missing for -1."""
    return pd.Categorical.from_codes(codes, pd.Index(list(labels), dtype="str"))


def rolled_members(told: Rollups) -> RolledMembers:
    """The members of the snapshot, read."""
    lives = told.table(MEMBERSHIPS.name).rows(["member", "day", "left_on"])
    place = told.numbered(lives["member"])
    joined_on, left_on = np.zeros((2, len(place)), np.int32)
    joined_on[place], left_on[place] = lives["day"], lives["left_on"]
    profiles = _attributes(told, MEMBER_PROFILES.name, PROFILE_SLICES)
    tiers = _attributes(told, MEMBER_TIERS.name, ("member_tier",))
    codes = {name: np.repeat(code, len(tiers)) for name, code in profiles.codes.items()}
    codes |= {name: np.tile(code, len(profiles)) for name, code in tiers.codes.items()}
    return RolledMembers(joined_on, left_on, profiles, tiers, codes)


def _attributes(told: Rollups, table: str, slices: tuple[str, ...]) -> Attributes:
    rows = told.table(table).rows(["member", "day", *slices])
    alike = alike_in({name: rows[name] for name in slices})
    codes = {name: np.append(code, np.int32(-1)) for name, code in alike.codes.items()}
    return Attributes(told.numbered(rows["member"]).astype(np.int32), rows["day"], alike.number, codes)


def nobody(members: int) -> History:
    """A history of so many members of whom nothing is known."""
    empty = _empty_history()
    never = np.broadcast_to(NEVER, members)
    ids = np.broadcast_to(np.array(None, object), members)
    return replace(empty, members=replace(empty.members, ids=ids, joined_on=never, left_on=never))


@cache
def _empty_history() -> History:
    return history_from_frames({}, Programme(name="nobody"))
