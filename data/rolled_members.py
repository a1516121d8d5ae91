"""Who is a member when, and what members are from when on, as roll-ups: written by parts, read again
once and kept in memory."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd

from data.rollup_tables import MEMBER_PROFILES, MEMBER_TIERS, MEMBERSHIPS, PROFILE_SLICES
from loyalty_core.arrays import Ints
from loyalty_core.history import History
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import value_at

if TYPE_CHECKING:
    from data.rolled import Rollups

DAYS_REMEMBERED = 8  # of which what holds of everybody is kept
Asked = TypeVar("Asked", bound=Hashable)
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Attributes:
    """Codes of some slices (-1 where unknown) from a day on, by member and day."""

    member: Ints
    day: Ints
    codes: Mapping[str, Ints]

    def rows(self, day: int, members: int) -> Ints:
        """The row of each of so many members at the close of a day, -1 where there is none."""
        rows, found = np.flatnonzero(self.day <= day), np.full(members, -1, np.int64)
        found[self.member[rows]] = rows  # the last of each member stays
        return found


@dataclass(frozen=True, slots=True)
class RolledMembers:
    """All members by number: when they joined and left, and what they are from when on."""

    joined_on: Ints
    left_on: Ints
    profiles: Attributes
    tiers: Attributes
    _codes: dict[int, dict[str, Ints]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.joined_on)

    def codes(self, day: int, names: Iterable[str]) -> dict[str, Ints]:
        """What every member is at the close of a day: codes of those slices that members have, -1 unknown."""
        if (known := self._codes.get(day)) is None:
            remember(self._codes, day, known := {})
        for told in (self.profiles, self.tiers):
            if asked := [name for name in names if name in told.codes and name not in known]:
                row = told.rows(day, len(self))
                known.update({name: value_at(row, told.codes[name], np.int32(-1)) for name in asked})
        return {name: known[name] for name in names if name in known}


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
    return RolledMembers(
        joined_on,
        left_on,
        _attributes(told, MEMBER_PROFILES.name, PROFILE_SLICES),
        _attributes(told, MEMBER_TIERS.name, ("member_tier",)),
    )


def _attributes(told: Rollups, table: str, slices: tuple[str, ...]) -> Attributes:
    rows = told.table(table).rows(["member", "day", *slices])
    return Attributes(told.numbered(rows["member"]), rows["day"], {name: rows[name] for name in slices})
