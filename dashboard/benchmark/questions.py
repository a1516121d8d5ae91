"""Random questions of one KPI, one month, week or day and two filters, and the same in SQL over raw tables.

A KPI is a metric with the interval that belongs to it. The SQL takes what members are at the day in question
from their versions, as the product does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from loyalty_core.counting.cuts import SLICES
from loyalty_core.days import to_date
from loyalty_core.metrics.dictionary import METRICS
from loyalty_core.periods import Step, periods

STEPS: tuple[Step, ...] = ("month", "week", "day")
LAST_DAYS = 31  # of which each day is rolled up

_SPENT = """FROM purchases p JOIN profiles v ON v.member_id = p.member_id
    AND p.day >= v.since AND p.day < v.until {tier} WHERE p.day BETWEEN {first} AND {last} {filters}"""
_BOOKED = """FROM entries e JOIN profiles v ON v.member_id = e.member_id
    AND e.day >= v.since AND e.day < v.until {tier} WHERE e.day BETWEEN {first} AND {last} {filters}"""
_STANDING = """FROM profiles v {tier} WHERE v.joined <= {last} AND {last} >= v.since AND {last} < v.until
    {filters}"""
_RECENT = "SELECT 1 FROM purchases b WHERE b.member_id = v.member_id AND b.kind = 'sale' AND b.day <= {last}"
IN_SQL: dict[str, tuple[str, str]] = {  # and the day on which the tier counts
    "purchases": (f"SELECT count(*) FILTER (WHERE kind = 'sale') {_SPENT}", "p.day"),
    "revenue": (f"SELECT coalesce(sum(amount), 0) / 100.0 {_SPENT}", "p.day"),
    "buyers": (f"SELECT count(DISTINCT p.member_id) FILTER (WHERE kind = 'sale') {_SPENT}", "p.day"),
    "points_issued": (f"SELECT coalesce(sum(points) FILTER (WHERE kind = 'earn'), 0) {_BOOKED}", "e.day"),
    "points_redeemed": (
        f"SELECT coalesce(-sum(points) FILTER (WHERE kind = 'redeem'), 0) {_BOOKED}",
        "e.day",
    ),
    "points_outstanding": (
        """SELECT coalesce(sum(e.points), 0) FROM entries e JOIN profiles v ON v.member_id = e.member_id
        AND {last} >= v.since AND {last} < v.until {tier} WHERE e.day <= {last} {filters}""",
        "{last}",
    ),
    "members_enrolled": (f"SELECT count(*) {_STANDING}", "{last}"),
    "members_active": (
        f"SELECT count(*) {_STANDING} AND EXISTS ({_RECENT} AND b.day >= {{last}} - 90)",
        "{last}",
    ),
    "members_silent": (
        f"SELECT count(*) {_STANDING} AND EXISTS ({_RECENT} AND b.day >= {{last}} - 180)"
        f" AND NOT EXISTS ({_RECENT} AND b.day >= {{last}} - 90)",
        "{last}",
    ),
}


@dataclass(frozen=True, slots=True)
class Question:
    """One KPI in one period among the rows with those labels."""

    metric: str
    step: Step
    first: int
    last: int
    where: dict[str, list[str]]

    @property
    def metrics(self) -> list[str]:
        """The metric, and the bounds of its interval."""
        return [self.metric, *METRICS[self.metric].bounds]

    @property
    def by(self) -> tuple[str, ...]:
        """The slice whose labels the KPI has a figure each of, if it is such a one."""
        per = METRICS[self.metric].per
        return () if per is None else (per,)

    def in_sql(self) -> str | None:
        """The same over raw tables; None where it was not written down."""
        if self.metric not in IN_SQL:
            return None
        sql, tier_day = IN_SQL[self.metric]
        tier = ""
        if "member_tier" in self.where:
            held = f"{tier_day} >= t.since AND {tier_day} < t.until"
            tier = f"JOIN tiers t ON t.member_id = v.member_id AND {held}"
        days = {"first": _day(self.first), "last": _day(self.last)}
        filters = " ".join(f"AND {_column(name)} = '{texts[0]}'" for name, texts in self.where.items())
        return sql.format(tier=tier.format(**days), filters=filters, **days)


def _day(day: int) -> str:
    return f"DATE '{to_date(day)}'"


def _column(name: str) -> str:
    whose, attribute = name.split("_")
    return "t.tier" if attribute == "tier" else f"{'v' if whose == 'member' else 'p'}.{attribute}"


def kpis(labels: Mapping[str, Sequence[str]]) -> list[str]:
    """The KPIs that can be filtered by two slices that have labels."""
    bounds = {name for metric in METRICS.values() for name in metric.bounds}
    return [name for name in METRICS if name not in bounds and len(_filters(name, labels)) > 1]


def _filters(name: str, labels: Mapping[str, Sequence[str]]) -> list[str]:
    metric = METRICS[name]
    return [one for one in SLICES if one in metric.slices and one != metric.per and labels.get(one)]


def questions(
    count: int,
    asked: Sequence[str],
    days: tuple[int, int],
    labels: Mapping[str, Sequence[str]],
    seed: int = 1,
) -> list[Question]:
    """So many questions about those KPIs, any pair of filters and any period; the same for the same seed."""
    random, found = Random(seed), []
    begun = {"day": days[1] - LAST_DAYS + 1}
    spans = {step: periods(max(begun.get(step, days[0]), days[0]), days[1], step) for step in STEPS}
    for _ in range(count):
        metric, step = random.choice(list(asked)), random.choice(STEPS)
        slices = random.sample(_filters(metric, labels), 2)
        where = {name: [random.choice(list(labels[name]))] for name in slices}
        place = random.randrange(len(spans[step]))
        span = int(spans[step].first[place]), int(spans[step].last[place])
        found.append(Question(metric, step, *span, where))
    return found
