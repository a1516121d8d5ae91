"""The day from which a simulation sets out, and pasts whose last day is not to be believed."""

from __future__ import annotations

import numpy as np

from loyalty_core.days import to_date
from loyalty_core.errors import InputError
from loyalty_core.history import History
from loyalty_core.history_parts import as_of

QUIET_DAYS = 365  # on which nobody did anything
FEW = 0.01  # of all deeds, behind so long a silence: a clock that ran ahead, and not members who came back


def day_after(history: History) -> int:
    """The day after the last event of a history; InputError where there is none, or where but a few deeds lie
    so long behind all others that everybody would seem to have left."""
    last = as_of(history)
    if last is None:
        raise InputError("the workspace holds no purchase yet: run `loyalty demo` or `loyalty import` first")
    _refuse_clocks_ahead(history)
    return last + 1


def _refuse_clocks_ahead(history: History) -> None:
    several = [one.day for one in (history.purchases, history.activities) if len(one.day)]
    if not several:
        return
    first, last = min(int(day.min()) for day in several), max(int(day.max()) for day in several)
    deeds = np.sum([np.bincount(day - first, minlength=last - first + 1) for day in several], axis=0)
    active = np.flatnonzero(deeds)
    behind, whole = deeds[active][::-1].cumsum()[::-1], int(deeds.sum())
    returns = np.flatnonzero((np.diff(active) > QUIET_DAYS) & (behind[1:] < FEW * whole))
    if len(returns):
        before, after = (to_date(first + int(active[returns[0] + step])) for step in (0, 1))
        late = behind[returns[0] + 1]
        raise InputError(
            f"nobody did anything between {before} and {after}, and {late} of {whole} deeds "
            "lie behind: whoever was a customer would seem to have left. If a clock ran ahead there, correct "
            "these days in the source and import it into a new workspace; `loyalty calibrate --until "
            f"{before}` looks at the time before"
        )
