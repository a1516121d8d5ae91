"""Care and quality once more, in plain Python over rows; see `oracle.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from math import comb

from tests.core.oracle import Programme, Row, Span, months_before, ratio
from tests.core.oracle_offers import on


def acts(p: Programme, kind: str, first: date, last: date) -> list[Row]:
    return [
        row
        for row in p.rows["activities"]
        if row["kind"] == kind and first <= row["day"] <= last and p.is_in(row["member_id"], row["day"])
    ]


def of_period(p: Programme, s: Span, kind: str) -> list[Row]:
    return acts(p, kind, s.first, s.last)


def known(p: Programme, s: Span, kind: str) -> bool:
    return bool(acts(p, kind, date.min, s.last))


def values(p: Programme, s: Span, kind: str, among: range) -> list[int]:
    return [row["value"] for row in of_period(p, s, kind) if row["value"] in among]


def satisfaction(p: Programme, s: Span) -> Fraction | None:
    answers = values(p, s, "survey", range(1, 6))
    return ratio(sum(answer in (4, 5) for answer in answers), len(answers))


def nps(p: Programme, s: Span) -> Fraction | None:
    answers = values(p, s, "nps", range(11))
    promoters, detractors = sum(a >= 9 for a in answers), sum(a <= 6 for a in answers)
    return None if not answers else Fraction(100 * (promoters - detractors), len(answers))


def complaints_per_thousand(p: Programme, s: Span) -> Fraction | None:
    complaints = ratio(1000 * len(of_period(p, s, "complaint")), p.members_enrolled(s.last))
    return complaints if known(p, s, "complaint") else None


def sign_in_rate(p: Programme, s: Span) -> Fraction | None:
    def signed_in(member: str) -> bool:
        mine = [row for row in p.of("activities", member) if row["kind"] == "sign_in"]
        return p.enrolled(member, s.last) and any(s.first <= row["day"] <= s.last for row in mine)

    share = ratio(p.count(signed_in, s.last), p.members_enrolled(s.last))
    return share if known(p, s, "sign_in") else None


def days_signed_in(p: Programme, s: Span) -> dict[str, set[date]]:
    """The days of the period on which each member of the close signed in, of those who did."""
    found = {
        member: {
            row["day"]
            for row in p.of("activities", member)
            if row["kind"] == "sign_in" and s.first <= row["day"] <= s.last
        }
        for member in p.members
        if p.enrolled(member, s.last) and p.is_in(member, s.last)
    }
    return {member: days for member, days in found.items() if days}


def sign_in_frequency(p: Programme, s: Span) -> Fraction | None:
    days = days_signed_in(p, s)
    return ratio(sum(map(len, days.values())), len(days))


def members_on_streak(p: Programme, s: Span) -> int | None:
    week = Span(s.last - timedelta(days=6), s.last, s.before)
    every_day = sum(len(days) == 7 for days in days_signed_in(p, week).values())
    return every_day if known(p, s, "sign_in") else None


def tasks_completed(p: Programme, s: Span) -> list[Row]:
    offered = of_period(p, s, "task_offered")
    return [
        offer
        for offer in offered
        if any(
            row["kind"] == "task"
            and row["reference"] == offer["reference"]
            and row["occurred_at"] >= offer["occurred_at"]
            and row["day"] <= s.last
            for row in p.of("activities", offer["member_id"])
        )
    ]


def contacts(p: Programme, member: str) -> list[date]:
    sent = [row for row in p.rows["contacts"] if row["member_id"] == member and row["arm"] == "treated"]
    told = [row["day"] for row in p.of("activities", member) if row["kind"] == "contact"]
    return [on(p, row["planned_at"]) for row in sent] + told


def members_uncontacted(p: Programme, s: Span) -> int | None:
    window = [s.last - timedelta(days=back) for back in range(30)]
    made = [(member, day) for member in p.members for day in contacts(p, member)]
    if not any(day <= s.last and p.is_in(member, day) for member, day in made):
        return None
    lately = {member for member, day in made if day in window}
    return p.count(lambda member: p.enrolled(member, s.last) and member not in lately, s.last)


def sampled(p: Programme, s: Span) -> list[int]:
    return values(p, s, "quality_sample", range(2))


def data_accuracy_low(p: Programme, s: Span) -> float | None:
    """The accuracy at which so many right fields, or more, would be found in one sample of twenty."""
    sample = sampled(p, s)
    n, right = len(sample), sum(sample)
    if not n:
        return None

    def at_least(accuracy: Fraction) -> float:
        terms = (comb(n, k) * accuracy**k * (1 - accuracy) ** (n - k) for k in range(right, n + 1))
        return float(sum(terms))

    low, high = Fraction(0), Fraction(1)
    for _ in range(50 if right else 0):
        middle = (low + high) / 2
        low, high = (middle, high) if at_least(middle) < 0.05 else (low, middle)
    return float(low)


def profile_freshness(p: Programme, s: Span) -> Fraction | None:
    changes = [
        (member, row["valid_from"])
        for member, rows in p.versions.items()
        for row in rows[1:]
        if row["valid_from"] <= s.last and p.is_in(member, row["valid_from"])
    ]
    after = months_before(s.last, 3)

    def fresh(member: str) -> bool:
        days = [row["valid_from"] for row in p.versions[member]]
        return p.enrolled(member, s.last) and any(after < day <= s.last for day in days)

    return ratio(p.count(fresh, s.last), p.members_enrolled(s.last)) if changes else None


METRICS: dict[str, Callable[[Programme, Span], int | float | Fraction | None]] = {
    "satisfaction": satisfaction,
    "nps": nps,
    "complaints_per_thousand": complaints_per_thousand,
    "sign_in_rate": sign_in_rate,
    "members_signed_in": lambda p, s: len(days_signed_in(p, s)) if known(p, s, "sign_in") else None,
    "sign_in_frequency": sign_in_frequency,
    "members_on_streak": members_on_streak,
    "tasks_offered": lambda p, s: len(of_period(p, s, "task_offered")),
    "tasks_completed": lambda p, s: len(tasks_completed(p, s)),
    "task_completion_rate": lambda p, s: ratio(
        len(tasks_completed(p, s)), len(of_period(p, s, "task_offered"))
    ),
    "referrals": lambda p, s: len(of_period(p, s, "referral")) if known(p, s, "referral") else None,
    "members_uncontacted": members_uncontacted,
    "data_accuracy": lambda p, s: ratio(sum(sampled(p, s)), len(sampled(p, s))),
    "data_accuracy_low": data_accuracy_low,
    "profile_freshness": profile_freshness,
}
