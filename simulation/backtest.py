"""Forecasts of a programme's own past, made as if the rest of it were not known, and held against it.

At each origin the simulation is calibrated on what was known the day before, the customer-base model chosen
on it as well, run forward, and compared with what came, week by week from the origin, beside plain forecasts.
By how much forecasts were off at earlier origins decides how far later ones spread; nothing is fitted to the
weeks that are tested.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from loyalty_core.arrays import Flags, Floats, Ints
from loyalty_core.counting.period_facts import period_facts
from loyalty_core.days import NEVER, add_months, to_date
from loyalty_core.errors import InputError
from loyalty_core.history import History
from loyalty_core.history_parts import first_day, rows_of, select
from loyalty_core.offers import Offers, Rows
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme
from simulation.arm import Arm
from simulation.behaviour import Behaviour
from simulation.calibrated_points import unused_so_far
from simulation.calibration import Calibration, calibrate
from simulation.continuation import continued
from simulation.coverage import widened, widening
from simulation.engine import simulate
from simulation.journal import Facts
from simulation.last_day import day_after
from simulation.model_choice import Choice, chosen_model
from simulation.outset import Outset, outset
from simulation.parcels import Parcel, parcels
from simulation.replications import SHARD_SIZE, results
from simulation.rivals import hiatus, last_year, naive
from simulation.shard import Shard, cuts
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
_HAPPENS_LATER = {"delivered_on", "opened_on", "clicked_on", "claimed_on", "redeemed_on"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One origin: what came in each week from it on, and what the simulation and plain forecasts said."""

    origin: int
    weeks: Periods
    actual: Forecasts
    samples: Forecasts  # replications × weeks, as chance alone spreads them
    plain: Mapping[str, Forecasts]
    factor: float  # by how much earlier origins widen the intervals of all metrics
    model: str | None = None  # key of the customer-base model, chosen on what was known

    def spread(self, metric: str) -> Floats:
        """The samples of a metric, as far apart as earlier origins say."""
        return widened(self.samples[metric], self.factor)


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


def known_by(history: History, day: int) -> History:
    """The history as it stood at the close of a day: who had joined, and what had happened."""
    bought = history.purchases.day <= day
    nothing_more = replace(
        history,
        members=replace(
            history.members, left_on=np.where(history.members.left_on > day, NEVER, history.members.left_on)
        ),
        versions=rows_of(
            history.versions,
            (history.versions.valid_from <= day) | _firsts(history.versions.member),
            bought,
        ),
        purchases=rows_of(history.purchases, bought, bought),
        entries=rows_of(history.entries, history.entries.day <= day, bought),
        tier_changes=rows_of(history.tier_changes, history.tier_changes.day <= day, bought),
        activities=rows_of(history.activities, history.activities.day <= day, bought),
        offers=_known_offers(history.offers, day),
    )
    return select(nothing_more, history.members.joined_on <= day)


def _known_offers(offers: Offers, day: int) -> Offers:
    """What had been offered by the close of a day, and what had become of it."""
    return replace(
        offers,
        contacts=_known_rows(offers.contacts, offers.contacts.day <= day, day),
        coupons=_known_rows(offers.coupons, offers.coupons.offered_on <= day, day),
    )


def _known_rows(rows: Rows, known: Flags, day: int) -> Rows:
    kept = {name: getattr(rows, name)[known] for name in rows.__slots__}
    later = {name: np.where(kept[name] > day, NEVER, kept[name]) for name in _HAPPENS_LATER & kept.keys()}
    return replace(rows, **kept | later)


def weekly(history: History, programme: Programme, weeks: Periods) -> dict[str, Floats]:
    """What a history tells of each week: flows within it, stocks at its close."""
    counted = period_facts(history, programme, weeks, columns=METRICS)
    return {name: counted[name].to_numpy(np.float64) for name in METRICS}


def weeks_between(first: int, end: int) -> Periods:
    """Whole weeks from a day on, the last of them over before `end`."""
    begins = np.arange(first, end - 6, 7, dtype=np.int64)
    return Periods(begins, begins + 6, first - 7)


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
        return Test(
            origin=origin,
            weeks=weeks,
            actual=weekly(history, self.programme, weeks),
            samples=self._samples(start, weeks),
            plain=self._plain(known, origin, len(weeks)),
            factor=widening([(one.actual, one.samples) for one in earlier], METRICS),
            model=choice.chosen.model.KEY if choice.chosen else None,
        )

    def _plain(self, known: History, origin: int, weeks: int) -> dict[str, Forecasts]:
        begin = first_day(known)
        assert begin is not None
        past = weekly(known, self.programme, weeks_between(origin - (origin - begin) // 7 * 7, origin))
        active_days = self.programme.lifecycle.active_days
        found: dict[str, Forecasts] = {
            "naive": naive(past, weeks),
            "hiatus": hiatus(past, known, origin, weeks, active_days),
        }
        year_ago = last_year(past, weeks)
        return found if year_ago is None else found | {"last_year": year_ago}

    def _samples(self, start: Outset, weeks: Periods) -> dict[str, Floats]:
        arm = Arm.of(self.programme, start.behaviour, start.effects)
        total = {name: np.zeros((self.replications, len(weeks))) for name in METRICS}
        numbers = range(1, self.replications + 1)
        arms = {number: start.unsure.drawn(arm, start.days, self.seed, number) for number in numbers}
        cut_up = cuts(start, SHARD_SIZE)
        with parcels(start, [self.programme], (), self.executor) as parcel:
            tasks = (
                (parcel(one), arms[number], start.days, weeks, self.seed, number)
                for number in numbers
                for one in cut_up
            )
            for task, counts in results(simulated_weeks, tasks, self.executor, self.cancelled):
                for name, values in counts.items():
                    total[name][task[-1] - 1] += values
        return total


def _calibrated(known: History, programme: Programme, origin: int, choice: Choice) -> Calibration:
    """What was known at the origin. Where nobody had ever redeemed, the programme of the document, which may
    be younger than its data, pulled nobody, either."""
    found = calibrate(known, programme, origin, choice=choice)
    nobody = unused_so_far(known, origin, found.behaviour.redeeming)
    if nobody is None:
        return found
    behaviour = found.behaviour.model_copy(update={"redeeming": nobody})
    return found.model_copy(update={"behaviour": behaviour, "effects": found.effects.only()})


def simulated_weeks(
    parcel: Parcel, arm: Arm, days: tuple[int, int], weeks: Periods, seed: int, replication: int
) -> dict[str, Ints]:
    """What happens to one part of the members in each week of one replication."""
    part: Shard = parcel.opened()
    standing = None if part.accounts[0] is None else part.accounts[0].copy()
    facts = simulate(part.population, arm, days, Streams(seed, replication), standing)
    total = _weekly(facts, part.past, arm.programme, weeks, days[0])
    if facts.friends is not None:
        friends = _weekly(facts.friends, None, arm.programme, weeks, days[0])
        total = {name: values + friends[name] for name, values in total.items()}
    return total


def _weekly(
    facts: Facts, past: History | None, programme: Programme, weeks: Periods, first_day: int
) -> dict[str, Ints]:
    history = continued(facts.population, facts, programme, past, first_day)
    counted = period_facts(history, programme, weeks, columns=METRICS)
    return {name: counted[name].to_numpy(np.int64) for name in METRICS}


def _firsts(member: Ints) -> Flags:
    first: Flags = np.ones(len(member), bool)
    first[1:] = member[1:] != member[:-1]
    return first
