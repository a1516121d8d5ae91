"""Values of a programme document that a scenario may not change: it would change nothing, or mean nothing."""

from __future__ import annotations

import re

from loyalty_core.errors import InputError

# What members hold and did is told in these.
_WRITTEN_IN = ("currency", "currency_decimals", "point_decimals", "time_zone")
# Words for people, and what neither a run nor a figure of a comparison looks at.
_NOTHING = re.compile(
    r"(.*\.)?label\.(en|zh)|labels\..*|tiers\.[^.]*\.formerly|rewards\.[^.]*\.(face_value|partner)|partners\..*"
    r"|fixed_cost_per_month|lifecycle\.new_days|stored_value\.low_balance|tiers\.[^.]*\.benefits\.[^.]*\.cost_per_use"
)


def refuse_unchangeable(path: str, where: str) -> None:
    """InputError for a path of the document whose change would not be seen in any run."""
    if path in _WRITTEN_IN:
        raise InputError(f"{where}: {path}: what has happened so far is told in it; leave it as it is")
    if path == "effective_on":
        raise InputError(f"{where}: {path}: changes hold from the first day on; give another day under later")
    if _NOTHING.fullmatch(path):
        raise InputError(f"{where}: {path}: nothing that is simulated or compared rests on it; leave it out")
