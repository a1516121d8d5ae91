"""The simulator's part: a year beside SimPy, what a member costs by the size of a programme, experiments."""

from __future__ import annotations

from typing import Any

from dashboard.benchmark.experiments import experiment
from dashboard.benchmark.watching import Peak
from dashboard.benchmark.years import curve, growth, year
from dashboard.jobs.workers import warm_pool

MOST_MEMBERS = 100_000
LARGE, LARGE_REPLICATIONS = 1_000_000, 1


def simulated(members: int, workers: int) -> dict[str, Any]:
    """How fast members are simulated, at most `MOST_MEMBERS` of them, under `few_rules` and `all_rules`, and
    what a whole experiment with them takes. `us_per_member_year` tells for sizes up to `members` what one
    member costs a processor; where there are more than `MOST_MEMBERS`, `large` is an experiment with up to a
    million, for its memory."""
    size, peak = min(members, MOST_MEMBERS), Peak()
    with warm_pool(1, __name__) as one, warm_pool(workers, __name__) as several, peak.watched():
        few = year(one, several, workers, size, "few")
        everything = year(one, several, workers, size, "all")
    with warm_pool(workers, __name__) as several:  # what years have left in a process is no experiment's
        costs = curve(several, members)
        tried = experiment(several, size)
        large = None if members <= size else experiment(several, min(members, LARGE), LARGE_REPLICATIONS)
    return {
        "members": size,
        "few_rules": few,
        "all_rules": everything,
        "peak_mib": peak.mib,
        "us_per_member_year": costs,
        "growth": growth(costs),
        "experiment": tried,
        "large": large,
    }
