"""The attributes of one person known in two programmes, version by version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loyalty_core.merge.matching import MERGED_FROM

Version = Mapping[str, Any]  # a row of the table members; None where nothing is known
# Of these the earlier, the later or the stricter of both counts, so that they never differ.
_SETTLED = {"member_id", "valid_from", "joined_on", "left_on", "left_reason", "consent", "attributes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An attribute that the two programmes tell differently; what stands here stays."""

    member_id: str
    attribute: str
    here: str
    there: str


def joined_versions(
    here: Sequence[Version], there: Sequence[Version], merged_from: str
) -> list[dict[str, Any]]:
    """One person's versions from both sides as one: on each day on which either changed, what stands
    here as of that day, and what is known only there.

    Joined on the earlier day; left only who left both, on the later day; to be contacted only who
    agrees wherever asked. Named attributes of both are kept, of one name those from here.
    """
    days = sorted({version["valid_from"] for version in (*here, *there)})
    joined = [day for side in (here, there) if (day := _joined_on(side)) is not None]
    rows = []
    for day in days:
        own, other = _as_of(here, day), _as_of(there, day)
        row = _joined(own, other, merged_from)
        rows.append(row | {"valid_from": day, "joined_on": min(joined, default=None)})
    return rows


def differences(member_id: str, here: Version, there: Version) -> list[Difference]:
    """What the latest versions of both sides tell differently."""
    own, other = _facts(here), _facts(there)
    return [
        Difference(member_id=member_id, attribute=name, here=str(own[name]), there=str(other[name]))
        for name in sorted(own.keys() & other.keys())
        if own[name] != other[name]
    ]


def _facts(version: Version) -> dict[str, Any]:
    columns = {name: value for name, value in version.items() if name not in _SETTLED and value is not None}
    named = dict(text.partition("=")[::2] for text in version["attributes"] or ())
    named.pop(MERGED_FROM, None)
    return columns | named


def _joined(own: Version | None, other: Version | None, merged_from: str) -> dict[str, Any]:
    sides = [side for side in (own, other) if side is not None]
    row = {name: next((side[name] for side in sides if side[name] is not None), None) for name in sides[0]}
    consents = [side["consent"] for side in sides if side["consent"] is not None]
    row["consent"] = all(consents) if consents else None
    left = [side["left_on"] for side in sides]
    row["left_on"] = None if None in left else max(left)
    if row["left_on"] is None:
        row["left_reason"] = None
    row["attributes"] = _named([*(side["attributes"] or () for side in sides), (merged_from,)])
    return row


def _named(sides: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """name=value texts of all sides, those of earlier sides first choice; every origin is kept."""
    found: dict[str, str] = {}
    for side in sides:
        for text in side:
            name = text.partition("=")[0]
            found.setdefault(text if name == MERGED_FROM else name, text)
    return tuple(sorted(found.values()))


def _as_of(versions: Sequence[Version], day: Any) -> Version | None:
    known = [version for version in versions if version["valid_from"] <= day]
    return max(known, key=lambda version: version["valid_from"]) if known else None


def _joined_on(versions: Sequence[Version]) -> Any:
    """The day of joining as told last; None where it is not known."""
    told = [version for version in versions if version["joined_on"] is not None]
    return max(told, key=lambda version: version["valid_from"])["joined_on"] if told else None
