"""Forecasts of a programme's own past, made as if the rest of it were not known, and held against it.

At each origin the simulation is calibrated on what was known the day before, the customer-base model chosen
on it as well, run forward, and compared with what came, week by week from the origin and over all these weeks
as one, beside plain forecasts.
By how much forecasts were off at earlier origins decides how far later ones spread; nothing is fitted to the
weeks that are tested.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from loyalty_core.arrays import Floats, Ints
from loyalty_core.counting.period_facts import period_facts
from loyalty_core.days import add_months, to_date
from loyalty_core.errors import InputError
from loyalty_core.history import History
from loyalty_core.history_parts import first_day
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.behaviour import Behaviour
from simulation.calibrated_points import unused_so_far
from simulation.calibration import Calibration, calibrate
from simulation.continuation import continued
from simulation.coverage import widened, widening
from simulation.engine import simulate_together
from simulation.known_by import known_by
from simulation.last_day import day_after
from simulation.model_choice import Choice, chosen_model
from simulation.outset import Outset, outset
from simulation.parcels import Parcel, parcels
from simulation.replications import SHARD_SIZE, results
from simulation.rivals import hiatus, last_year, naive
from simulation.scenario import Scenario
from simulation.shard import cuts
from simulation.streams import Streams
from simulation.uncertainty import MOST_JOINING

METRICS = (
    "purchases",
    "buyers",
    "members_active",
    "members_silent",
    "members_churned",
    "points_issued",
    "points_redeemed",
    "points_outstanding",
)
LEAST_WEEKS_BEFORE, LEAST_WEEKS_TO_LEARN = 8, 6
REPLICATIONS = 40
Forecasts = Mapping[str, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came in each span of time, and what the simulation said: of a flow what happens within the span,
    of a stock its close."""

    actual: Forecasts
    samples: Forecasts  # replications × spans, as chance alone spreads them
    factor: float  # by how much earlier origins widen the intervals of all metrics

    def spread(self, metric: str) -> Floats:
        """The samples of a metric, as far apart as earlier origins say."""
        return widened(self.samples[metric], self.factor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One origin: how each week from it on came out, and all of them as one; what plain forecasts said of the
    weeks."""

    origin: int
    weeks: Periods
    weekly: Outcome
    whole: Outcome  # one span, in which who bought at all is one buyer
    plain: Mapping[str, Forecasts]
    model: str | None = None  # key of the customer-base model, chosen on what was known


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """The tests from the earliest origin on. `warm_ups` of them only say how wide intervals must be."""

    tests: tuple[Test, ...]
    warm_ups: int
    horizon_months: int

    @property
    def judged(self) -> tuple[Test, ...]:
        """Those whose forecasts count."""
        return self.tests[self.warm_ups :]


def backtest(
    history: History,
    programme: Programme,
    origins: int = 3,
    horizon_months: int = 3,
    *,
    replications: int = REPLICATIONS,
    seed: int = 1,
    executor: Executor | None = None,
    progress: Callable[[float], None] = lambda share: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Backtest:
    """Tests at that many origins, each `horizon_months` after the other, the last of them so long before the
    end of the data. The last part of what is known at the first of them is tested before, where it is long
    enough, only to widen intervals.

    InputError where the past is too short for one test.
    """
    end, begin = day_after(history), first_day(history)
    assert begin is not None  # what has a last day has a first one
    judged = _origins(begin, end, origins, horizon_months)
    warm_ups = _warm_ups(begin, *judged[0])
    starts = [*warm_ups, *judged]
    found: list[Test] = []
    for number, (origin, end) in enumerate(starts):
        run = _Run(programme, horizon_months, replications, seed, executor, cancelled)
        found.append(run.test(history, origin, end, found))
        progress((number + 1) / len(starts))
    return Backtest(tests=tuple(found), warm_ups=len(warm_ups), horizon_months=horizon_months)


def _origins(begin: int, end: int, wanted: int, months: int) -> list[tuple[int, int]]:
    """First day and day after the last of the windows that fit, the earliest first."""
    edges = [int(add_months(np.array([end]), -months * back)[0]) for back in range(wanted + 1)]
    found = [
        (start, stop)
        for stop, start in pairwise(edges)
        if start - begin >= max(7 * LEAST_WEEKS_BEFORE, stop - start)
    ]
    if not found and months == 1:
        raise InputError(
            f"the data begin on {to_date(begin)} and end on {to_date(end - 1)}: a backtest takes three "
            "months at least; import more"
        )
    if not found:
        raise InputError(
            f"the data begin on {to_date(begin)} and end on {to_date(end - 1)}: too short a past to test "
            f"{months} months on; ask for a shorter --horizon or import more"
        )
    return found[::-1]


def _warm_ups(begin: int, first: int, end: int) -> list[tuple[int, int]]:
    """The last two windows of what is known at the first origin, where enough is known before each: as long
    as the first that is judged, but no longer than a quarter of what is known."""
    length = min((first - begin) // 7 // 4, (end - first) // 7) * 7
    starts = [first - 2 * length, first - length]
    return [
        (start, start + length) for start in starts if length and start - begin >= 7 * LEAST_WEEKS_TO_LEARN
    ]


def told_of(history: History, programme: Programme, spans: Periods) -> dict[str, Floats]:
    """What a history tells of each week or other span: flows within it, stocks at its close."""
    counted = period_facts(history, programme, spans, columns=METRICS)
    return {name: counted[name].to_numpy(np.float64) for name in METRICS}


def weeks_between(first: int, end: int) -> Periods:
    """Whole weeks from a day on, the last of them over before `end`."""
    begins = np.arange(first, end - 6, 7, dtype=np.int64)
    return Periods(begins, begins + 6, first - 7)


def as_one(weeks: Periods) -> Periods:
    """All weeks as one span."""
    days = int(weeks.last[-1] - weeks.first[0] + 1)
    return Periods(weeks.first[:1], weeks.last[-1:], int(weeks.first[0]) - days)


@dataclass(frozen=True, slots=True)
class _Run:
    programme: Programme
    months: int
    replications: int
    seed: int
    executor: Executor | None
    cancelled: Callable[[], bool]

    def test(self, history: History, origin: int, end: int, earlier: Sequence[Test]) -> Test:
        known, weeks = known_by(history, origin - 1), weeks_between(origin, end)
        choice = chosen_model(known, origin)
        start = outset(
            known,
            self.programme,
            self.months,
            self.seed,
            Behaviour(),
            first_day=origin,
            most_joining=MOST_JOINING,
            choice=choice,
            calibration=_calibrated(known, self.programme, origin, choice),
        )
        factor = widening([(one.weekly.actual, one.weekly.samples) for one in earlier], METRICS)
        spans = weeks, as_one(weeks)
        weekly, whole = (
            Outcome(actual=told_of(history, self.programme, span), samples=samples, factor=factor)
            for span, samples in zip(spans, self._samples(start, spans), strict=True)
        )
        return Test(
            origin=origin,
            weeks=weeks,
            weekly=weekly,
            whole=whole,
            plain=self._plain(known, origin, len(weeks)),
            model=choice.chosen.model.KEY if choice.chosen else None,
        )

    def _plain(self, known: History, origin: int, weeks: int) -> dict[str, Forecasts]:
        begin = first_day(known)
        assert begin is not None
        past = told_of(known, self.programme, weeks_between(origin - (origin - begin) // 7 * 7, origin))
        active_days = self.programme.lifecycle.active_days
        found: dict[str, Forecasts] = {
            "naive": naive(past, weeks),
            "hiatus": hiatus(past, known, origin, weeks, active_days),
        }
        year_ago = last_year(past, weeks)
        return found if year_ago is None else found | {"last_year": year_ago}

    def _samples(self, start: Outset, spans: Sequence[Periods]) -> list[Forecasts]:
        """Of each metric replications × spans, for each way to span the time. Members who share a limit are
        run together."""
        arm, numbers = start.arm(Scenario(), self.programme), range(1, self.replications + 1)
        total = [{name: np.zeros((self.replications, len(one))) for name in METRICS} for one in spans]
        arms = {number: start.unsure.drawn(arm, start.days, self.seed, number) for number in numbers}
        cut_up = cuts(start, SHARD_SIZE)
        groups = [cut_up] if arm.shares else [[one] for one in cut_up]
        with parcels(start, [arm.programme], (), self.executor) as parcel:
            tasks = (
                ([parcel(one) for one in group], arms[number], start.days, spans, self.seed, number)
                for number in numbers
                for group in groups
            )
            for task, counts in results(simulated_spans, tasks, self.executor, self.cancelled):
                for found, of_spans in zip(total, counts, strict=True):
                    for name, values in of_spans.items():
                        found[name][task[-1] - 1] += values
        return [*total]


def _calibrated(known: History, programme: Programme, origin: int, choice: Choice) -> Calibration:
    """What was known at the origin. Where nobody had ever redeemed, the programme of the document, which may
    be younger than its data, pulled nobody, either."""
    found = calibrate(known, programme, origin, choice=choice)
    nobody = unused_so_far(known, origin, found.behaviour.redeeming)
    if nobody is None:
        return found
    behaviour = found.behaviour.model_copy(update={"redeeming": nobody})
    return found.model_copy(update={"behaviour": behaviour, "effects": found.effects.only()})


def simulated_spans(
    group: Sequence[Parcel],
    arm: Arm,
    days: tuple[int, int],
    spans: Sequence[Periods],
    seed: int,
    replication: int,
) -> list[dict[str, Ints]]:
    """What happens to some parts of the members within each of the spans of one replication."""
    parts = [parcel.opened() for parcel in group]
    there = [(part.population, part.standing(arm.programme)) for part in parts]
    runs = simulate_together(there, arm, days, Streams(seed, replication))
    told: list[History] = []
    for part, facts in zip(parts, runs, strict=True):
        told.append(continued(facts.population, facts, arm.programme, part.past, days[0]))
        if facts.friends is not None:
            told.append(continued(facts.friends.population, facts.friends, arm.programme, None, days[0]))
    return [_together([told_of(one, arm.programme, span) for one in told]) for span in spans]


def _together(counts: Sequence[Forecasts]) -> dict[str, Ints]:
    """The counts of all parts, which are whole numbers."""
    return {name: np.sum([one[name] for one in counts], axis=0).astype(np.int64) for name in METRICS}
