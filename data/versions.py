"""Which version of the programme holds on which day.

A version holds from its `effective_on` until the next version's; one without a day holds from the
beginning. Of several with the same day the one applied last holds, as a correction of the others.
So each day has exactly one version; days before the first have the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from data.tables import ProgrammeVersion
from loyalty_core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Reign:
    """The days on which a version holds, both included; None where there is no first or last."""

    version: ProgrammeVersion
    first_day: date | None
    last_day: date | None


def holding(versions: Sequence[ProgrammeVersion], day: date) -> ProgrammeVersion | None:
    """The version that holds on that day, of versions applied last first; None where there is none."""
    begun = [version for version in versions if _begins(version) <= day]
    if begun:
        return max(begun, key=_begins)
    return min(versions, key=_begins, default=None)


def reigns(versions: Sequence[ProgrammeVersion]) -> list[Reign]:
    """The versions that hold at some time, in the order of their days; corrected ones are left out."""
    begins = sorted({_begins(version) for version in versions})
    ends = [day - timedelta(days=1) for day in begins[1:]]
    found = []
    for place, day in enumerate(begins):
        version = holding(versions, day)
        assert version is not None
        first = None if place == 0 else day
        found.append(Reign(version=version, first_day=first, last_day=ends[place] if ends[place:] else None))
    return found


def assert_takes_effect(versions: Sequence[ProgrammeVersion], version: ProgrammeVersion, today: date) -> None:
    """InputError for a backdated version: one that would hold only before the version of today began."""
    present = holding(versions, today)
    if present is not None and _begins(version) < _begins(present) <= today:
        said = "no effective_on" if version.effective_on is None else f"effective_on {version.effective_on}"
        raise InputError(
            f"programme: {said} is before version {present.id}, which holds since {present.effective_on}; "
            f"give that day or a later one"
        )


def _begins(version: ProgrammeVersion) -> date:
    return version.effective_on or date.min
