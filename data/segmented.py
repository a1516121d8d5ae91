"""Segments and the workspace: rules that somebody saved, who is in a segment, and what became of segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from data.live import live_history
from data.portrayed import portrayed
from data.registry import Registry
from data.snapshots import Snapshot
from loyalty_core.history import Flags
from loyalty_core.portraits import portraits, within
from loyalty_core.rules.programme import Programme
from loyalty_core.segments.clusters import Clusters
from loyalty_core.segments.every_segment import Segments
from loyalty_core.segments.own_rules import OwnSegment, own_segment
from loyalty_core.segments.tallies import Tally, tally

KIND = "segment"


def saved_segments(registry: Registry) -> tuple[OwnSegment, ...]:
    """The segments by own rules that somebody saved, by name."""
    return tuple(own_segment(one.document, f"segment {one.name}") for one in registry.all_saved(KIND))


def save_segment(registry: Registry, one: OwnSegment) -> None:
    """Keep the segment under its name, in place of the one before."""
    registry.save(KIND, one.name, one.model_dump(mode="json"))


def members_in(
    snapshot: Snapshot, programme: Programme, registry: Registry, name: str, day: int
) -> list[str]:
    """The ids of the members who are in a segment at the close of a day."""
    found = portrayed(snapshot, programme, day)
    inside = Segments(found, programme, saved_segments(registry)).members(name)
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
    snapshot: Snapshot,
    programme: Programme,
    closes: Sequence[int],
    names: Sequence[str],
    own: Sequence[OwnSegment],
    groups: Clusters | None,
    where: Mapping[str, Sequence[str]],
) -> list[dict[str, Tally]]:
    """By close the figures of each segment of those names, groups being those that were learnt."""
    history = live_history(snapshot, programme)
    told = []
    for close in closes:
        found = within(portraits(history, programme, close), where)
        segments = Segments(found, programme, own, lambda: groups)
        told.append({name: tally(found, segments.members(name)) for name in names})
    return told
