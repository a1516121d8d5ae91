"""How desks keep up: requests, waiting, what is kept of the promise, and what is left undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.days import to_date
from loyalty_core.periods import periods
from loyalty_core.text import Text
from simulation.desks import Desk, Served, requests, served
from simulation.journal import Facts
from simulation.season import Clock
from simulation.streams import Streams

FIGURES = {
    "requests": Text("requests", "请求数"),
    "wait_minutes": Text("minutes until taken up, on average", "平均等待分钟数"),
    "wait_minutes_90": Text("minutes within which nine of ten are taken up", "九成请求的等待分钟数"),
    "within_promise": Text("done as promised", "按承诺完成的比例"),
    "backlog": Text("left undone at the end", "期末未完成数"),
}
KEYS = ["period_end", "desk", "figure"]
WHOLE = ""  # in place of a period's end: over the whole run
_MINUTE_US = 60_000_000


def desk_figures(
    desk: Desk, runs: Sequence[Facts], clock: Clock, streams: Streams, share: float = 1.0
) -> pd.Series[float]:
    """The `FIGURES` of a desk over the whole run and for each month, by `KEYS`; NaN where nothing tells one.

    Waiting times are those of requests asked in the time that were taken up; the promise is looked at for
    all of them that were asked long enough before the run ends. `share` of the members is simulated.
    """
    found = served(desk, requests(desk, runs, streams, clock, share), clock)
    months = periods(clock.first_day, clock.last_day, "month")
    begins, ends = clock.midnight(months.first).tolist(), clock.midnight(months.last + 1).tolist()
    names = [to_date(int(day)).isoformat() for day in months.last]
    spans = [(WHOLE, begins[0], ends[-1]), *zip(names, begins, ends, strict=True)]
    figures = {
        (name, desk.name, figure): value
        for name, begin, end in spans
        for figure, value in _kept_up(desk, found, begin, end, ends[-1]).items()
    }
    return pd.Series(figures, dtype="float64").rename_axis(KEYS)


def whole_run(desk: Desk, figures: pd.Series[float]) -> dict[str, Any]:
    """Plain values: the figures of a desk over a whole run, and its backlog month by month."""
    whole = figures.xs((WHOLE, desk.name), level=("period_end", "desk"))
    backlog = figures.xs((desk.name, "backlog"), level=("desk", "figure")).drop(WHOLE)
    return {
        "desk": desk.name,
        "requests": int(whole["requests"]),
        "wait_minutes": _rounded(whole["wait_minutes"], 1),
        "wait_minutes_90": _rounded(whole["wait_minutes_90"], 1),
        "promised_minutes": desk.promised_minutes,
        "within_promise": _rounded(whole["within_promise"], 4),
        "backlog": [{"period_end": end, "requests": int(left)} for end, left in backlog.items()],
    }


def _kept_up(desk: Desk, found: Served, begin: int, end: int, last_at: int) -> dict[str, float]:
    asked = found.between(begin, end)
    taken = asked.wait[np.isfinite(asked.wait)]
    early = found.between(begin, min(end, last_at - int(desk.promised_minutes * _MINUTE_US) + 1))
    return {
        "requests": len(asked.wait),
        "wait_minutes": float(taken.mean()) if len(taken) else np.nan,
        "wait_minutes_90": float(np.quantile(taken, 0.9)) if len(taken) else np.nan,
        "within_promise": early.within(desk.promised_minutes),
        "backlog": int(found.backlog(np.array([end]))[0]),
    }


def _rounded(value: float, digits: int) -> float | None:
    return None if np.isnan(value) else round(value, digits)
