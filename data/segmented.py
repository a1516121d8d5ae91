"""Segments and the workspace: rules that somebody saved, who is in a segment, and what became of segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.live import live_history
from data.portrayed import portrayed
from data.registry import Registry
from data.rollups import SnapshotFacts
from data.snapshots import Snapshot
from loyalty_core.arrays import Flags
from loyalty_core.portraits import portraits_of, within
from loyalty_core.rules.programme import Programme
from loyalty_core.segments.clusters import Clusters
from loyalty_core.segments.every_segment import Segments, compares_members
from loyalty_core.segments.own_rules import OwnSegment, own_segment
from loyalty_core.segments.tallies import Tally, tally, together

KIND = "segment"
Through = list[dict[str, Tally]]  # by close and name of the segment


def saved_segments(registry: Registry) -> tuple[OwnSegment, ...]:
    """The segments by own rules that somebody saved, by name."""
    return tuple(own_segment(one.document, f"segment {one.name}") for one in registry.all_saved(KIND))


def save_segment(registry: Registry, one: OwnSegment) -> None:
    """Keep the segment under its name, in place of the one before."""
    registry.save(KIND, one.name, one.model_dump(mode="json"))


@dataclass(frozen=True, slots=True)
class SegmentOfDay:
    """A segment by name as it stands at the close of a day; `own` are the segments that people wrote."""

    name: str
    day: int
    own: tuple[OwnSegment, ...] = ()

    def members(self, snapshot: Snapshot, programme: Programme) -> list[str]:
        """The ids of those who are in it."""
        found = portrayed(snapshot, programme, self.day)
        inside = Segments(found, programme, self.own).members(self.name)
        return found["member_id"].astype(str)[inside].tolist()


def file_rows(found: pd.DataFrame, inside: Flags, programme: Programme) -> pd.DataFrame:
    """The members of a segment as they leave: money in currency units, points as shown."""
    rows = found[inside]
    names = ["member_id", "state", "tier", "region", "channel", "days_since_purchase", "purchases"]
    return rows[names].assign(
        revenue=rows["revenue"] / 10**programme.currency_decimals,
        balance=rows["balance"] / 10**programme.point_decimals,
        may_be_contacted=np.where(rows["consent"] == 1, "yes", "no"),
    )


def through_time(
    facts: SnapshotFacts,
    closes: Sequence[int],
    names: Sequence[str],
    own: Sequence[OwnSegment],
    groups: Clusters | None,
    where: Mapping[str, Sequence[str]],
) -> Through:
    """By close the figures of each segment of those names, groups being those that were learnt."""
    programme = facts.programme

    def of_part(portraits: Iterable[pd.DataFrame]) -> Through:
        told = []
        for everybody in portraits:
            found = within(everybody, where)
            segments = Segments(found, programme, own, lambda: groups)
            told.append({name: tally(found, segments.members(name)) for name in names})
        return told

    if not facts.is_large:
        return of_part(facts.portraits.of(closes))
    # What is known of many is not kept: it would fill the memory.
    together_at_once = any(map(compares_members, names))
    histories = [live_history(facts.snapshot, programme)] if together_at_once else facts.histories()
    parts = [of_part(portraits_of(history, programme, closes)) for history in histories]
    return [{name: together(part[name] for part in at) for name in names} for at in zip(*parts, strict=True)]
