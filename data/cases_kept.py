"""What people made of cases of unusual activity: kept under the name of the case, who said so, when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from data.registry import Registry
from data.unusual import Unusual

CASE = "case"  # kind of what is saved
State = Literal["open", "cleared", "confirmed"]


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody made of a case, who ("" where nobody was asked yet), when, and the last day that was
    looked at."""

    state: State
    who: str
    at: datetime
    seen_until: date


def all_said(registry: Registry, zone: ZoneInfo) -> dict[str, Said]:
    """What was made of cases, by their names. Where it was not kept which day was looked at, it was the one
    on which it was said."""
    found = {}
    for one in registry.all_saved(CASE):
        told, at = one.document, one.changed_at.astimezone(zone)
        until = date.fromisoformat(told["seen_until"]) if "seen_until" in told else at.date()
        found[one.name] = Said(told["state"], told.get("who", ""), at, until)
    return found


def said_of(case: Unusual, said: Mapping[str, Said]) -> Said | None:
    """What somebody made of this case; None where nobody did, or what makes it one began only afterwards."""
    one = said.get(case.name)
    return one if one is not None and case.since <= one.seen_until else None


def say(registry: Registry, name: str, state: State, who: str, seen_until: date) -> None:
    """Keep what somebody made of the case of that name as it was seen up to a day."""
    registry.save(CASE, name, {"state": state, "who": who, "seen_until": str(seen_until)})
