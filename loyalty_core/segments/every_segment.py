"""All segments of the members of a day, by name: `lifecycle.active`, `cluster.2`, `own.regulars abroad`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from loyalty_core.arrays import Flags
from loyalty_core.errors import InputError
from loyalty_core.names import near
from loyalty_core.rules.programme import Programme
from loyalty_core.segments.clusters import Clusters, clusters
from loyalty_core.segments.division import (
    LIFECYCLE,
    NOWHERE,
    RFM,
    VALUE,
    Division,
    Segment,
    by_field,
    by_lifecycle,
    by_rfm,
    by_value,
)
from loyalty_core.segments.own_rules import OwnSegment, in_words, members_of
from loyalty_core.text import Text

CLUSTERS, OWN, FIELD = "cluster", "own", "field"
DIVISIONS: dict[str, Text] = {
    "lifecycle": Text("Lifecycle", "生命周期"),
    "rfm": Text("Recency and frequency", "近度与频次"),
    "value": Text("Value", "价值"),
    CLUSTERS: Text("Groups found", "聚类群组"),
    OWN: Text("Own rules", "自定义规则"),
}
# Divisions whose segments are the same in every programme.
FIXED: dict[str, tuple[Segment, ...]] = {"lifecycle": LIFECYCLE, "rfm": RFM, "value": VALUE}
# What names a segment; fields are too many to divide by, and are named by the grid that shows them.
_NAMES = (*DIVISIONS, FIELD)
_DIVIDE: dict[str, Callable[[pd.DataFrame], Division]] = {
    "lifecycle": by_lifecycle,
    "rfm": by_rfm,
    "value": by_value,
    FIELD: by_field,
}


def compares_members(name: str) -> bool:
    """Whether who is in the segment depends on what all others did, too: on who spends most."""
    return name.partition(".")[0] == "value"


@dataclass(frozen=True)
class Segments:
    """The segments of some portraits; groups are learnt of these, unless `groups` tells them."""

    found: pd.DataFrame
    programme: Programme
    own: Sequence[OwnSegment] = ()
    groups: Callable[[], Clusters | None] | None = None
    _divided: dict[str, Division] = field(default_factory=dict, repr=False)

    @property
    def everybody(self) -> Flags:
        """All members."""
        return np.ones(len(self.found), bool)

    def of(self, division: str) -> tuple[Segment, ...]:
        """The segments of a division, in its order; none where members cannot be told apart by it."""
        if division == OWN:
            return tuple(
                Segment(one.name, Text.same(one.name), in_words(one, self.programme)) for one in self.own
            )
        return self._division(division).segments

    def members(self, name: str) -> Flags:
        """Whose portraits are in the segment; InputError where no segment is called so."""
        division, _, key = name.partition(".")
        if division not in _NAMES:
            raise InputError(f"{name} is no segment; {near(division, _NAMES)}")
        known = [one.key for one in self.of(division)]
        if key not in known:
            raise InputError(f"{name} is no segment; {near(key, known)}")
        if division == OWN:
            rule = next(one for one in self.own if one.name == key)
            return members_of(rule, self.found, self.programme)
        return self._division(division).members(key)

    def _division(self, name: str) -> Division:
        if name not in self._divided:
            self._divided[name] = _DIVIDE[name](self.found) if name in _DIVIDE else self._grouped()
        return self._divided[name]

    def _grouped(self) -> Division:
        groups = clusters(self.found) if self.groups is None else self.groups()
        return groups.divide(self.found) if groups else Division((), np.full(len(self.found), NOWHERE))
