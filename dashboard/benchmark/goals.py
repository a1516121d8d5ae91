"""What the product is meant to reach on two cores, beside what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MEMBERS = 1_000_000  # the size that the goals of the live programme are stated for
SIMULATED_MEMBERS = 100_000


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure by its place in the answer, and the least or the most that it should be."""

    figure: str
    meaning: str
    least: float | None = None
    most: float | None = None
    members: int = MEMBERS

    def met(self, measured: float) -> bool:
        """Whether the figure is as it should be."""
        return (self.least is None or measured >= self.least) and (self.most is None or measured <= self.most)


GOALS = (
    Goal("intake.ratio_to_pandas_sqlite", "times as fast as pandas into SQLite, 3 the wish", least=2),
    Goal("publish.s", "seconds to publish", most=60),
    Goal("kpi.p95_ms", "ms, 95 of 100 questions", most=300),
    Goal("kpi.ratio_to_postgresql", "times as fast as SQL over raw tables", least=20),
    Goal("replay.s", "seconds to replay all purchases", most=30),
    Goal("pages.first_figures_p95_ms", "ms until a page's first figures, 95 of 100", most=1000),
    Goal("pages.filter_p95_ms", "ms until a filtered page is there, 95 of 100", most=500),
    Goal("pages.people_p95_ms", "ms until all is there, twenty people, 95 of 100 clicks", most=1000),
    Goal("pages.segments.filter_p95_ms", "ms until a page of a segment is there, 95 of 100", most=500),
    Goal("pages.segments.people_p95_ms", "ms until it is, twenty people, 95 of 100 clicks", most=1000),
    Goal("pages.peak_mib", "MiB that the dashboard's server holds at most", most=3072),
    Goal("peak_mib", "MiB held at most", most=4096),
    Goal("simulate.all_rules.ratio_to_simpy_events", "purchases for each bare event of SimPy, 20 the wish",
         least=10, members=SIMULATED_MEMBERS),
    Goal("simulate.few_rules.ratio_to_simpy_events", "the same under few rules", least=10,
         members=SIMULATED_MEMBERS),
    Goal("simulate.all_rules.two_workers",
         "times as fast with two workers, as two_bare_processes are here at best", least=1.8,
         members=SIMULATED_MEMBERS),
    Goal("simulate.growth", "times what a member costs in any smaller programme", most=1.2),
    Goal("simulate.experiment.first_s", "seconds to a first paired estimate", most=1,
         members=SIMULATED_MEMBERS),
    Goal("simulate.experiment.whole_s", "seconds for 20 paired replications of 24 months, nothing kept",
         most=30, members=SIMULATED_MEMBERS),
    Goal("simulate.experiment.nobody_joins.whole_s", "seconds for these if nobody joined meanwhile",
         most=30, members=SIMULATED_MEMBERS),
    Goal("simulate.experiment.beside_kept.whole_s", "seconds for another scenario beside the same baseline",
         most=30, members=SIMULATED_MEMBERS),
    Goal("simulate.large.mib_per_million", "MiB for a million members, files that are mapped left out",
         most=3072),
)  # fmt: skip


def compared(found: Mapping[str, Any], members: int) -> list[str]:
    """A line for each goal, with what was measured of so many members."""
    return [_line(goal, _figure(found, goal.figure), members) for goal in GOALS]


def _figure(found: Mapping[str, Any], place: str) -> float | None:
    figure: Any = found
    for name in place.split("."):
        figure = (figure or {}).get(name)
    return figure


def _line(goal: Goal, measured: float | None, members: int) -> str:
    wanted = f"at least {goal.least:g}" if goal.least is not None else f"at most {goal.most:g}"
    text = f"{goal.figure} {wanted} ({goal.meaning}): "
    if measured is None:
        return f"{text}not measured"
    outcome = "met" if goal.met(measured) else "missed"
    stated = "" if members >= goal.members else f"; stated for {goal.members:,} members"
    return f"{text}{measured:g}, {outcome}{stated}"
