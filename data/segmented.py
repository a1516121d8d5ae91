"""Segments and the workspace: rules that somebody saved, who is in a segment, and what became of segments."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from data.contactable import leaving
from data.elsewhere import elsewhere
from data.portrayed import portrayed_once
from data.registry import Registry
from data.rollups.in_parts import of_each_part
from data.rollups.rolled_members import remember
from data.rollups.snapshot_facts import SnapshotFacts
from data.snapshots import Snapshot
from data.standing import CROWD
from loyalty_core.arrays import Flags
from loyalty_core.history import History
from loyalty_core.periods import Periods
from loyalty_core.portraits import portraits_of, within
from loyalty_core.rules.programme import Programme
from loyalty_core.segments.clusters import Clusters, clusters
from loyalty_core.segments.every_segment import CLUSTERS, FIELD, FIXED, OWN, Segments, compares_members
from loyalty_core.segments.own_rules import OwnSegment, own_segment
from loyalty_core.segments.tallies import Tally, added, tallies, tally, together

KIND = "segment"
CROWDS, LEARNT = "crowds", "learnt"  # what is kept of segments
OfCrowds = list[dict[str, pd.DataFrame]]  # the `tallies` of crowds, by close and name of the segment
CrowdsAsked = tuple[int, Sequence[int], Clusters | None]  # a day, closes, and the groups of that day


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

    def members(self, everybody: SnapshotFacts) -> list[str]:
        """The ids of those who are in it."""
        found = portrayed_once(everybody, self.day)
        groups = partial(learnt, everybody, self.day)
        inside = Segments(found, everybody.programme, self.own, groups).members(self.name)
        return found["member_id"][inside].astype(str).tolist()


def segment_of(name: str, day: int, own: Sequence[OwnSegment]) -> SegmentOfDay:
    """The segment of that name; of those that people wrote the one that it is decides who is in it."""
    return SegmentOfDay(name, day, tuple(one for one in own if name == f"{OWN}.{one.name}"))


def file_rows(found: pd.DataFrame, inside: Flags, programme: Programme) -> pd.DataFrame:
    """The members of a segment as they leave: money in currency units, points as shown; whether they may be
    contacted."""
    rows = found[inside]
    names = ["member_id", "state", "tier", "region", "channel", "days_since_purchase", "purchases"]
    told = rows[names].assign(
        revenue=rows["revenue"] / 10**programme.currency_decimals,
        balance=rows["balance"] / 10**programme.point_decimals,
    )
    return leaving(told, rows)


def adds_up(facts: SnapshotFacts, name: str) -> bool:
    """Whether what became of a segment is worth being found by crowd, once for all filters: where members are
    many, their crowds few, and none is in it for being above others. Fields are too many to be worth it."""
    kept = facts.is_large and facts.members.are_in_few_crowds
    return kept and not compares_members(name) and not name.startswith(f"{FIELD}.")


def names_that_add_up(own: Sequence[OwnSegment], groups: Clusters | None) -> list[str]:
    """The segments that people wrote, if any; else those that all programmes have, and the groups learnt."""
    if own:
        return [f"{OWN}.{one.name}" for one in own]
    divisions = FIXED | {CLUSTERS: groups.segments if groups else ()}
    names = [f"{division}.{one.key}" for division, segments in divisions.items() for one in segments]
    return [name for name in names if not compares_members(name)]


def learnt(facts: SnapshotFacts, day: int) -> Clusters | None:
    """The groups that everybody falls into at the close of a day, kept with what else was found out."""
    question = (LEARNT, day)
    if question not in facts.in_segments:
        remember(facts.in_segments, question, clusters(portrayed_once(facts, day)))
    found: Clusters | None = facts.in_segments[question]
    return found


def every_crowd(
    facts: SnapshotFacts,
    day: int,
    closes: Sequence[int],
    own: Sequence[OwnSegment],
    groups: Callable[[], Clusters | None],
) -> OfCrowds:
    """As `crowds_through_time` of the segments that somebody wrote, or else of all others, the groups being
    those that everybody falls into on a day; kept, too. Looking at all members is what takes long."""
    question = _question(day, closes, own)
    if question not in facts.in_segments:
        with facts.counting:
            if question not in facts.in_segments:
                known = None if own else groups()
                names = names_that_add_up(own, known)
                found = crowds_through_time(facts, closes, names, own, known)
                remember(facts.in_segments, question, found)
    told: OfCrowds = facts.in_segments[question]
    return told


def every_crowd_ahead(
    facts: SnapshotFacts, day: int, closes: Sequence[int], asked: Sequence[Periods]
) -> None:
    """Find what `every_crowd` tells of the segments that nobody wrote, and count those periods, at one go."""
    groups = learnt(facts, day)
    names = names_that_add_up((), groups)
    with facts.counting:
        parts = facts.look_through(asked, partial(_by_crowd, facts.programme, closes, names, (), groups))
        remember(facts.in_segments, _question(day, closes, ()), _of_all(parts, names))


def crowds_asked(everybody: SnapshotFacts) -> list[CrowdsAsked]:
    """What was asked of segments that nobody wrote."""
    asked = [one for one in list(everybody.in_segments) if isinstance(one, tuple) and one[0] == CROWDS]
    days = [(day, closes) for _, day, closes, own in asked if not own]
    return [(day, closes, everybody.in_segments.get((LEARNT, day))) for day, closes in days]


def keep_crowds(facts: SnapshotFacts, asked: CrowdsAsked, parts: Iterable[History]) -> None:
    """Find it out of those members, from what happened to one part of them after the other."""
    day, closes, groups = asked
    names = names_that_add_up((), groups)
    found = [_by_crowd(facts.programme, closes, names, (), groups, history) for history in parts]
    remember(facts.in_segments, _question(day, closes, ()), _of_all(found, names))


def _question(day: int, closes: Sequence[int], own: Sequence[OwnSegment]) -> tuple[Hashable, ...]:
    return CROWDS, day, tuple(closes), tuple(one.model_dump_json() for one in own)


def crowds_through_time(
    facts: SnapshotFacts,
    closes: Sequence[int],
    names: Sequence[str],
    own: Sequence[OwnSegment],
    groups: Clusters | None,
) -> OfCrowds:
    """By close and crowd the figures of each segment of those names, groups being those that were learnt. Of
    many members a part is looked at at a time."""
    parts = facts.of_each_part(partial(_by_crowd, facts.programme, closes, names, own, groups))
    return _of_all(parts, names)


def _of_all(parts: Sequence[OfCrowds], names: Sequence[str]) -> OfCrowds:
    return [
        {name: together((part[name] for part in at), CROWD) for name in names}
        for at in zip(*parts, strict=True)
    ]


def _by_crowd(
    programme: Programme,
    closes: Sequence[int],
    names: Sequence[str],
    own: Sequence[OwnSegment],
    groups: Clusters | None,
    history: History,
) -> OfCrowds:
    told = []
    for found in portraits_of(history, programme, closes):
        segments = Segments(found, programme, own, lambda: groups)
        told.append(tallies(found, {name: segments.members(name) for name in names}, CROWD))
    return told


def picked(told: OfCrowds, name: str, where: Mapping[str, Sequence[str]]) -> list[Tally]:
    """By close the figures of one of the segments, of those who are let pass."""
    return [added(within(at[name], where)) for at in told]


def through_time(
    facts: SnapshotFacts,
    closes: Sequence[int],
    name: str,
    own: Sequence[OwnSegment],
    groups: Clusters | None,
    where: Mapping[str, Sequence[str]],
) -> list[Tally]:
    """By close the figures of one segment, of those who are let pass."""
    if facts.is_large and not compares_members(name):
        return picked(crowds_through_time(facts, closes, [name], own, groups), name, where)
    if facts.is_large:
        return elsewhere(_compared_through_time, facts.snapshot, facts.programme, closes, name, where)
    told = []
    for everybody in facts.portraits.of(closes):
        found = within(everybody, where)
        segments = Segments(found, facts.programme, own, lambda: groups)
        told.append(tally(found, segments.members(name)))
    return told


def _compared_through_time(
    snapshot: Snapshot,
    programme: Programme,
    closes: Sequence[int],
    name: str,
    where: Mapping[str, Sequence[str]],
) -> list[Tally]:
    """As `through_time`, of a segment that compares members: all are put together of each close, in no more
    columns than that takes."""
    parts = of_each_part(snapshot, programme, partial(_passing, programme, closes, where))
    told = []
    for at in zip(*parts, strict=True):
        found = pd.concat(at).sort_values("member_id", ignore_index=True)
        told.append(tally(found, Segments(found, programme).members(name)))
    return told


def _passing(
    programme: Programme, closes: Sequence[int], where: Mapping[str, Sequence[str]], history: History
) -> list[pd.DataFrame]:
    columns = ["member_id", "purchases", "revenue", "balance", "consent"]
    each = (within(found, where)[columns] for found in portraits_of(history, programme, closes))
    return [found.astype({"member_id": "str"}) for found in each]
