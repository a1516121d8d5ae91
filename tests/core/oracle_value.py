"""What members are worth once more, in plain Python over rows; see `oracle.py`."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

from tests.core.oracle import ONE, Programme, Span, days, ratio


def top_fifth_share(p: Programme, s: Span) -> Fraction | None:
    spent = dict.fromkeys(p.buyers(s.first, s.last), 0)
    for row in p.bought(s):
        if row["member_id"] in spent:
            spent[row["member_id"]] += row["amount"]
    most = sorted(spent.values(), reverse=True)
    fifth = next(n for n in range(len(most) + 1) if 5 * n >= len(most))
    return ratio(sum(most[:fifth]), p.revenue(s))


def repurchase_cycle(p: Programme, on: date) -> int | None:
    """Followed day by day: of the intervals still going on, which share ends on that day."""
    ended, open_for = [], []
    for member in p.members:
        bought = [day for day in p.sale_days[member] if day <= on]
        if not bought or not p.is_in(member, on):
            continue
        ended += [(later - day).days for day, later in pairwise(bought)]
        left = p.left(member)
        until = min(on, left) if left else on
        open_for.append(max((until - bought[-1]).days, 0))
    staying = Fraction(1)
    for length in range(max([*ended, *open_for], default=0) + 1):
        at_risk = sum(found >= length for found in ended + open_for)
        if at_risk:
            staying *= 1 - Fraction(ended.count(length), at_risk)
        if at_risk and staying <= Fraction(1, 2):
            return length
    return None


def month(on: date) -> int:
    return on.year * 12 + on.month


def months_in(p: Programme, s: Span) -> list[tuple[str, date]]:
    """Member and last day of every calendar month of a membership that ends in the period."""
    found = []
    for end in days(s.first, s.last):
        if (end + ONE).day != 1:
            continue
        for member, joined in p.joined.items():
            age = month(end) - month(joined)
            label = {"join_month": f"{joined:%Y-%m}", "membership_month": str(age)}
            chosen = all(label[name] in p.cell[name] for name in label if name in p.cell)
            if 0 <= age <= 60 and chosen and p.is_in(member, end):
                found.append((member, end))
    return found


def retention_curve(p: Programme, s: Span) -> Fraction | None:
    members = months_in(p, s)
    bought = [(m, end) for m, end in members if month(end) in map(month, p.sale_days[m])]
    return ratio(len(bought), len(members))


def comings(p: Programme, first: date, last: date) -> list[dict]:
    check_ins = [
        row | {"channel": None, "store": None} for row in p.rows["activities"] if row["kind"] == "sign_in"
    ]
    sales = [row for row in p.rows["purchases"] if row["kind"] == "sale"]
    return [row for row in (*sales, *check_ins) if first <= row["day"] <= last]


def visits_per_day(p: Programme, s: Span) -> Fraction:
    rows = [row for row in comings(p, s.first, s.last) if p.purchase_counts(row)]
    members = {(row["member_id"], row["day"]) for row in rows if row["member_id"]}
    guests = [row for row in rows if not row["member_id"]]
    return Fraction(len(members) + len(guests), (s.last - s.first).days + 1)


def return_visit_rate(p: Programme, s: Span) -> Fraction | None:
    ever = [row["day"] for row in comings(p, date.min, s.last) if row["member_id"]]
    if not ever or min(ever) >= s.first:
        return None
    rows = [row for row in comings(p, s.first, s.last) if p.purchase_counts(row)]
    visitors = {row["member_id"] for row in rows if row["member_id"]}
    before = {row["member_id"] for row in comings(p, s.first - timedelta(days=365), s.first - ONE)}
    return ratio(len(visitors & before), len(visitors))


def untold(p: Programme, _: Span) -> None:
    """The customer-base models ask for 50 members who bought again; see test_customer_base.py."""
    assert sum(len(bought) > 1 for bought in p.sale_days.values()) < 50


PREDICTED = [
    f"{name}{end}" for name in ("predicted_purchases", "lifetime_value") for end in ("", "_low", "_high")
]

METRICS = {
    "retention_curve": retention_curve,
    "return_visit_rate": return_visit_rate,
    "repurchase_cycle": lambda p, s: repurchase_cycle(p, s.last),
    "top_fifth_share": top_fifth_share,
    "visits_per_day": visits_per_day,
} | dict.fromkeys(PREDICTED, untold)
