"""Which members of two programmes are the same person: matched by declared keys, or said to be in doubt.

A key is `member_id` or the name of an attribute (name=value, as phone=138…). Values are compared
without case, spaces, dashes and brackets. A member once brought over says so in the attribute
`merged_from`, and is recognised by it ever after.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loyalty_core.errors import InputError
from loyalty_core.names import near

MEMBER_ID, MERGED_FROM = "member_id", "merged_from"
_IGNORED = str.maketrans("", "", " \t-()（）")

Attributes = Mapping[str, Sequence[str]]  # name=value texts by member id


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A value of a key that several members have, or a member whose keys point at several."""

    key: str
    value: str
    here: tuple[str, ...]
    there: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """For members there their id here: `found` by keys, `known` from a merge before.

    All other members there come over as members of their own: those nobody matches (`alone`) and
    those in doubt.
    """

    found: Mapping[str, str]
    known: Mapping[str, str]
    alone: tuple[str, ...]
    doubtful: tuple[str, ...]
    doubts: tuple[Doubt, ...]


def matches(here: Attributes, there: Attributes, keys: Sequence[str], name: str) -> Matches:
    """The members of `there` (called `name`) found among those of `here`; the order of either is no matter.

    One key on which exactly one member of each side agrees is enough; where keys point at different
    members, or a value belongs to several and nothing else tells them apart, nobody is matched.
    InputError for a key that one side lacks altogether.
    """
    known = _merged_before(here, name)
    pairs: set[tuple[str, str]] = set()
    doubts: list[Doubt] = []
    for key in keys:
        own, other = _by_value(here, key, "this workspace"), _by_value(there, key, name)
        for value in sorted(own.keys() & other.keys()):
            ours, theirs = sorted(own[value]), sorted(other[value])
            if len(ours) == len(theirs) == 1:
                pairs.add((theirs[0], ours[0]))
            else:
                doubts.append(Doubt(key=key, value=value, here=tuple(ours), there=tuple(theirs)))
    pairs = {(theirs, ours) for theirs, ours in pairs if theirs not in known}
    doubts += _contradicting(pairs)
    unsure = {member for doubt in doubts if doubt.key == _SEVERAL for member in doubt.there}
    found = {theirs: ours for theirs, ours in sorted(pairs) if theirs not in unsure}
    settled = found.keys() | known.keys()
    doubts = [one for one in doubts if not set(one.there) <= settled]
    doubtful = {member for doubt in doubts for member in doubt.there} - settled
    alone = there.keys() - settled - doubtful
    return Matches(
        found=found,
        known={theirs: ours for theirs, ours in known.items() if theirs in there},
        alone=tuple(sorted(alone)),
        doubtful=tuple(sorted(doubtful)),
        doubts=tuple(doubts),
    )


def origin(name: str, member_id: str) -> str:
    """What the attribute `merged_from` holds of a member."""
    return f"{MERGED_FROM}={name}:{member_id}"


_SEVERAL = "keys together"


def _contradicting(pairs: Iterable[tuple[str, str]]) -> list[Doubt]:
    """Members whose keys point at several members of the other side."""
    of_theirs, of_ours = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for theirs, ours in pairs:
        of_theirs[theirs].add(ours)
        of_ours[ours].add(theirs)
    found = {(tuple(sorted(ours)), (theirs,)) for theirs, ours in of_theirs.items() if len(ours) > 1} | {
        ((ours,), tuple(sorted(theirs))) for ours, theirs in of_ours.items() if len(theirs) > 1
    }
    return [Doubt(key=_SEVERAL, value="", here=here, there=there) for here, there in sorted(found)]


def _merged_before(here: Attributes, name: str) -> dict[str, str]:
    begin = origin(name, "")
    return {
        text.removeprefix(begin): member
        for member, attributes in here.items()
        for text in attributes
        if text.startswith(begin)
    }


def _by_value(members: Attributes, key: str, side: str) -> dict[str, set[str]]:
    """The members that have each value of a key."""
    found: dict[str, set[str]] = defaultdict(set)
    begin = f"{key}="
    for member, attributes in members.items():
        values = (
            [member] if key == MEMBER_ID else [a[len(begin) :] for a in attributes if a.startswith(begin)]
        )
        for value in values:
            if plain := value.translate(_IGNORED).casefold():
                found[plain].add(member)
    if not found and members:
        names = sorted({a.partition("=")[0] for attributes in members.values() for a in attributes})
        raise InputError(f"--keys {key}: no member of {side} has it; {near(key, [MEMBER_ID, *names])}")
    return found
