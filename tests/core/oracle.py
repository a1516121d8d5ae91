"""The dictionary of metrics once more, in plain Python over rows: slow, obvious, and independent.

Nothing is shared with the product but the words of the dictionary. Rows are dicts in the columns of the
fact tables with `date` and aware `datetime` values; a programme is the document as plain values.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

Row = Mapping[str, object]
ONE = timedelta(days=1)
OFFERS = ("campaigns", "contacts", "coupons")  # nobody is a member for being offered something


def days(first: date, last: date) -> Iterator[date]:
    """Every day from first to last, both included."""
    while first <= last:
        yield first
        first += ONE


def months_before(on: date, months: int) -> date:
    """The same day of an earlier month, or that month's last day."""
    year, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    return date(year, month + 1, min(on.day, monthrange(year, month + 1)[1]))


def ratio(top: int, bottom: int) -> Fraction | None:
    return None if bottom == 0 else Fraction(top, bottom)


@dataclass(frozen=True)
class Span:
    """One period, and the first day of the one before it."""

    first: date
    last: date
    before: date


class Programme:
    """A programme's rows; `cell` says which labels count: a set of them per slice."""

    def __init__(self, rows: Mapping[str, list[Row]], document: Mapping):
        self.document, self.cell = document, {}
        zone = ZoneInfo(document["time_zone"])
        self.rows = {
            name: [
                row | ({"day": row["occurred_at"].astimezone(zone).date()} if "occurred_at" in row else {})
                for row in table
            ]
            for name, table in rows.items()
        }
        self.windows = document["lifecycle"]
        self.tiers = [tier["name"] for tier in document["tiers"]]
        self.sales = [row for row in self.rows["purchases"] if row["member_id"] and row["kind"] == "sale"]
        self.members = sorted(
            {
                row["member_id"]
                for name, table in rows.items()
                for row in table
                if name not in OFFERS and row["member_id"]
            }
        )
        self.sale_days = {
            member: sorted({row["day"] for row in self.sales if row["member_id"] == member})
            for member in self.members
        }
        self.versions = {
            member: sorted(self.of("members", member), key=lambda row: row["valid_from"])
            for member in self.members
        }
        self.changes = {
            member: sorted(self.of("tier_changes", member), key=lambda row: row["occurred_at"])
            for member in self.members
        }
        self.lines = {member: self.of("entries", member) for member in self.members}
        self.joined = {member: self._joined(member) for member in self.members}

    def within(self, cell: Mapping[str, set]) -> Programme:
        """The same programme where only rows with those labels count."""
        found = copy(self)
        found.cell = cell
        return found

    def of(self, table: str, member: str) -> list[Row]:
        return [row for row in self.rows[table] if row["member_id"] == member]

    # What is true of a member on a day

    def _joined(self, member: str) -> date:
        stated = [row["joined_on"] for row in self.versions[member] if row["joined_on"]]
        if stated:
            return stated[-1]
        if self.sale_days[member]:
            return self.sale_days[member][0]
        events = [
            row["day"]
            for name in ("purchases", "entries", "tier_changes", "activities")
            for row in self.of(name, member)
        ]
        return min(events) if events else self.versions[member][0]["valid_from"]

    def left(self, member: str) -> date | None:
        return self.versions[member][-1]["left_on"] if self.versions[member] else None

    def has_left(self, member: str, on: date) -> bool:
        return self.left(member) is not None and self.left(member) <= on

    def enrolled(self, member: str, on: date) -> bool:
        return self.joined[member] <= on and not self.has_left(member, on)

    def since_last_sale(self, member: str, on: date) -> int | None:
        past = [day for day in self.sale_days[member] if day <= on]
        return (on - past[-1]).days if past else None

    def state(self, member: str, on: date) -> str | None:
        if not self.enrolled(member, on):
            return None
        since = self.since_last_sale(member, on)
        if since is None:
            waiting = (on - self.joined[member]).days
            return "new_inactive" if waiting <= self.windows["new_days"] else "never_active"
        if since <= self.windows["active_days"]:
            return "active"
        return "silent" if since <= self.windows["silent_days"] else "churned"

    def version(self, member: str, on: date) -> Row | None:
        holding = [row for row in self.versions[member] if row["valid_from"] <= on]
        return holding[-1] if holding else None

    def tier(self, member: str, on: date) -> str | None:
        moves = [row for row in self.changes[member] if row["day"] <= on]
        return moves[-1]["to_tier"] if moves else None

    # Does it count in this cell

    def attribute(self, member: str | None, name: str, on: date) -> str | None:
        if member is None:
            return None
        if name == "member_tier":
            return self.tier(member, on)
        version = self.version(member, on)
        return version[name.removeprefix("member_")] if version else None

    def is_in(self, member: str | None, on: date) -> bool:
        return all(
            self.attribute(member, name, on) in labels
            for name, labels in self.cell.items()
            if name.startswith("member_")
        )

    def purchase_counts(self, row: Row) -> bool:
        here = all(
            row[name.removeprefix("purchase_")] in labels
            for name, labels in self.cell.items()
            if name.startswith("purchase_")
        )
        return here and self.is_in(row["member_id"], row["day"])

    def sales_in(self, first: date, last: date) -> list[Row]:
        return [row for row in self.sales if first <= row["day"] <= last and self.purchase_counts(row)]

    def buyers(self, first: date, last: date) -> set[str]:
        return {row["member_id"] for row in self.sales_in(first, last)}

    def entries(self, member: str | None = None) -> list[Row]:
        accounts = self.cell.get("account", {"points"}) - {"stored_value", "stored_value_bonus"}
        lines = self.rows["entries"] if member is None else self.lines[member]
        return [row for row in lines if row["account"] in accounts]

    def takes_effect(self, row: Row) -> date:
        return max(row["day"], row["available_on"] or row["day"])

    def moved(self, span: Span, *kinds: str) -> list[Row]:
        return [
            row
            for row in self.entries()
            if row["kind"] in kinds
            and span.first <= self.takes_effect(row) <= span.last
            and self.is_in(row["member_id"], self.takes_effect(row))
        ]

    def points_moved(self, span: Span, *kinds: str) -> int:
        return sum(row["amount"] for row in self.moved(span, *kinds))

    def balance(self, member: str, on: date) -> int:
        return sum(row["amount"] for row in self.entries(member) if self.takes_effect(row) <= on)

    # Members

    def count(self, holds: Callable[[str], bool], on: date) -> int:
        return sum(1 for member in self.members if self.is_in(member, on) and holds(member))

    def in_state(self, state: str, on: date) -> int:
        return self.count(lambda member: self.state(member, on) == state, on)

    def members_enrolled(self, on: date) -> int:
        return self.count(lambda member: self.enrolled(member, on), on)

    def members_left(self, on: date) -> int:
        return self.count(lambda member: self.has_left(member, on), on)

    def members_engaged(self, on: date) -> int:
        def engaged(member: str) -> bool:
            acts = [*self.sale_days[member]]
            acts += [row["day"] for row in self.of("activities", member)]
            acts += [row["day"] for row in self.lines[member] if row["kind"] == "redeem"]
            window = self.windows["active_days"]
            return self.enrolled(member, on) and any(0 <= (on - act).days <= window for act in acts)

        return self.count(engaged, on)

    def consent(self, on: date, *answers: bool) -> int:
        def answered(member: str) -> bool:
            version = self.version(member, on)
            return self.enrolled(member, on) and version is not None and version["consent"] in answers

        return self.count(answered, on)

    def members_reachable(self, on: date) -> int | None:
        return self.consent(on, True) if self.consent(on, True, False) else None

    def reachable_rate(self, on: date) -> Fraction | None:
        reachable = self.members_reachable(on)
        return None if reachable is None else ratio(reachable, self.members_enrolled(on))

    def annual_buyers(self, on: date) -> int:
        def bought(member: str) -> bool:
            since = self.since_last_sale(member, on)
            return self.enrolled(member, on) and since is not None and since < 365

        return self.count(bought, on)

    # Movement

    def happened(self, span: Span, holds: Callable[[str, date], bool]) -> int:
        """Members for whom it holds on some day of the period on which they are in the cell."""
        return sum(
            any(holds(member, day) and self.is_in(member, day) for day in days(span.first, span.last))
            for member in self.members
        )

    def became(self, span: Span, state: str, window: str) -> int:
        turning = self.windows[window] + 1
        return self.happened(
            span,
            lambda member, day: (
                self.state(member, day) == state and self.since_last_sale(member, day) == turning
            ),
        )

    def cohort(self, span: Span, states: set[str], outcome: Callable[[str], bool]) -> Fraction | None:
        """Share with that outcome of the members in one of the states at the opening."""
        opening = span.first - ONE
        members = [
            member
            for member in self.members
            if self.state(member, opening) in states and self.is_in(member, opening)
        ]
        return ratio(sum(map(outcome, members)), len(members))

    def churn_rate(self, span: Span) -> Fraction | None:
        return self.cohort(
            span,
            {"active", "silent"},
            lambda member: self.state(member, span.last) in ("churned", None),
        )

    def bought_in(self, span: Span) -> Callable[[str], bool]:
        return lambda member: any(span.first <= day <= span.last for day in self.sale_days[member])

    def activation_rate(self, on: date) -> Fraction | None:
        joined = [
            member
            for member in self.members
            if 31 <= (on - self.joined[member]).days <= 60 and self.is_in(member, on)
        ]
        activated = [
            member
            for member in joined
            if any(0 <= (day - self.joined[member]).days <= 30 for day in self.sale_days[member])
        ]
        return ratio(len(activated), len(joined))

    def growth_rate(self, on: date) -> Fraction | None:
        try:
            earlier = on.replace(year=on.year - 1)
        except ValueError:
            earlier = date(on.year - 1, 2, 28)
        then = self.members_enrolled(earlier)
        return None if then == 0 else Fraction(self.members_enrolled(on), then) - 1

    def join_rate(self, span: Span) -> Fraction | None:
        guests = [row for row in self.guest_rows(span) if row["kind"] == "sale"]
        at_checkout = sum(
            span.first <= joined <= span.last and joined in self.sale_days[member]
            for member, joined in self.joined.items()
        )
        return ratio(at_checkout, at_checkout + len(guests)) if guests else None

    # Purchases

    def guest_rows(self, span: Span) -> list[Row]:
        return [
            row
            for row in self.rows["purchases"]
            if not row["member_id"] and span.first <= row["day"] <= span.last and self.purchase_counts(row)
        ]

    def bought(self, span: Span) -> list[Row]:
        """Sales to members and their refunds."""
        return [
            row
            for row in self.rows["purchases"]
            if row["member_id"] and span.first <= row["day"] <= span.last and self.purchase_counts(row)
        ]

    def revenue(self, span: Span) -> int:
        return sum(row["amount"] for row in self.bought(span))

    def existing_customer_share(self, span: Span) -> Fraction | None:
        existing = [
            row
            for row in self.bought(span)
            if any(day < span.first for day in self.sale_days[row["member_id"]])
        ]
        return ratio(sum(row["amount"] for row in existing), self.revenue(span))

    def per_average(self, span: Span, holds: Callable[[str, date], bool]) -> Fraction | None:
        length = (span.last - span.first).days + 1
        held = sum(
            holds(member, day) and self.is_in(member, day)
            for day in days(span.first, span.last)
            for member in self.members
        )
        return ratio(self.revenue(span) * length, held)

    def units(self, span: Span) -> int:
        return sum(row["quantity"] or 0 for row in self.bought(span) if row["kind"] == "sale")

    def returned(self, span: Span) -> int:
        return sum(abs(row["quantity"] or 0) for row in self.bought(span) if row["kind"] == "refund")

    def repeat_rate(self, on: date) -> Fraction | None:
        first = on - timedelta(days=364)
        visits: dict[str, set[date]] = {}
        for row in self.sales_in(first, on):
            visits.setdefault(row["member_id"], set()).add(row["day"])
        return ratio(sum(len(found) >= 2 for found in visits.values()), len(visits))

    def rebuy_rate(self, span: Span) -> Fraction | None:
        before = self.buyers(span.before, span.first - ONE)
        return ratio(len(before & self.buyers(span.first, span.last)), len(before))

    def second_purchase_rate(self, on: date) -> Fraction | None:
        cohort = {
            row["member_id"]
            for row in self.sales
            if row["day"] == self.sale_days[row["member_id"]][0]
            and 91 <= (on - row["day"]).days <= 180
            and self.purchase_counts(row)
        }
        again = [
            member
            for member in cohort
            if any(0 < (day - self.sale_days[member][0]).days <= 90 for day in self.sale_days[member])
        ]
        return ratio(len(again), len(cohort))

    # Points

    def outstanding(self, on: date) -> int:
        return sum(self.balance(member, on) for member in self.members if self.is_in(member, on))

    def pending(self, on: date) -> int:
        return sum(
            row["amount"]
            for row in self.entries()
            if row["day"] <= on < self.takes_effect(row) and self.is_in(row["member_id"], on)
        )

    def negative(self, on: date) -> list[int]:
        balances = [self.balance(member, on) for member in self.members if self.is_in(member, on)]
        return [balance for balance in balances if balance < 0]

    def due(self, span: Span) -> int:
        return sum(
            row["amount"]
            for row in self.entries()
            if row["amount"] > 0
            and row["expires_on"]
            and span.first <= row["expires_on"] <= span.last
            and self.is_in(row["member_id"], row["expires_on"])
        )

    def member_redemption_rate(self, span: Span) -> Fraction | None:
        prices = [reward["points"] for reward in self.document["rewards"]]
        if not prices:
            return None
        redeeming = {row["member_id"] for row in self.moved(span, "redeem")}
        cheapest = min(prices) * 10 ** self.document["point_decimals"]

        def could_afford(member: str, day: date) -> bool:
            spent = -sum(
                row["amount"]
                for row in self.entries(member)
                if row["kind"] == "redeem" and self.takes_effect(row) == day
            )
            return self.enrolled(member, day) and self.balance(member, day) + spent >= cheapest

        return ratio(len(redeeming), self.happened(span, could_afford))

    def reward_cost(self, span: Span) -> int | None:
        rewards = {reward["name"]: reward for reward in self.document["rewards"]}
        rate = Fraction(self.document["cost_per_point"])
        if rate == 0 and not any(reward["cost"] for reward in rewards.values()):
            return None
        total = 0
        for row in self.moved(span, "redeem"):
            points = Fraction(-row["amount"], 10 ** self.document["point_decimals"])
            reward = rewards.get(row["reason"])
            each = Fraction(reward["cost"]) / Fraction(reward["points"]) if reward else rate
            total += int(points * each * 10 ** self.document["currency_decimals"] + Fraction(1, 2))
        return total

    # Tiers

    def moving(self, span: Span, direction: int) -> set[str]:
        return {
            row["member_id"]
            for row in self.rows["tier_changes"]
            if span.first <= row["day"] <= span.last
            and self.climb(row) * direction > 0
            and self.is_in(row["member_id"], row["day"])
        }

    def climb(self, row: Row) -> int:
        """Tiers climbed (negative: fallen); 0 on entering the tiers and on leaving them."""
        if row["from_tier"] not in self.tiers or row["to_tier"] not in self.tiers:
            return 0
        return self.tiers.index(row["to_tier"]) - self.tiers.index(row["from_tier"])

    def upgrade_rate(self, span: Span) -> Fraction | None:
        opening = span.first - ONE
        below = [
            member
            for member in self.members
            if self.enrolled(member, opening)
            and self.tier(member, opening) in self.tiers[:-1]
            and self.is_in(member, opening)
        ]
        upgraded = [
            member
            for member in below
            if any(
                span.first <= row["day"] <= span.last and self.climb(row) > 0 for row in self.changes[member]
            )
        ]
        return ratio(len(upgraded), len(below))

    def all_tiers(self) -> Programme:
        """The same cell without regard to tier."""
        return self.within({name: labels for name, labels in self.cell.items() if name != "member_tier"})


def _money(p: Programme, minor: int | Fraction | None) -> Fraction | None:
    return None if minor is None else Fraction(minor) / 10 ** p.document["currency_decimals"]


def _points(p: Programme, units: int) -> Fraction:
    return Fraction(units, 10 ** p.document["point_decimals"])


# Each metric of the dictionary as a function of the programme within one cell and of one period.
METRICS: dict[str, Callable[[Programme, Span], int | Fraction | None]] = {
    "members_enrolled": lambda p, s: p.members_enrolled(s.last),
    "members_new_inactive": lambda p, s: p.in_state("new_inactive", s.last),
    "members_never_active": lambda p, s: p.in_state("never_active", s.last),
    "members_active": lambda p, s: p.in_state("active", s.last),
    "members_silent": lambda p, s: p.in_state("silent", s.last),
    "members_churned": lambda p, s: p.in_state("churned", s.last),
    "members_left": lambda p, s: p.members_left(s.last),
    "members_engaged": lambda p, s: p.members_engaged(s.last),
    "members_reachable": lambda p, s: p.members_reachable(s.last),
    "reachable_rate": lambda p, s: p.reachable_rate(s.last),
    "active_rate": lambda p, s: ratio(p.in_state("active", s.last), p.members_enrolled(s.last)),
    "silent_rate": lambda p, s: ratio(p.in_state("silent", s.last), p.members_enrolled(s.last)),
    "churned_share": lambda p, s: ratio(p.in_state("churned", s.last), p.members_enrolled(s.last)),
    "members_joined": lambda p, s: p.happened(s, lambda member, day: p.joined[member] == day),
    "members_departed": lambda p, s: p.happened(s, lambda member, day: p.left(member) == day),
    "members_lapsed": lambda p, s: p.became(s, "churned", "silent_days"),
    "members_silenced": lambda p, s: p.became(s, "silent", "active_days"),
    "churn_rate": lambda p, s: p.churn_rate(s),
    "wake_up_rate": lambda p, s: p.cohort(s, {"silent"}, p.bought_in(s)),
    "win_back_rate": lambda p, s: p.cohort(s, {"churned"}, p.bought_in(s)),
    "activation_rate": lambda p, s: p.activation_rate(s.last),
    "growth_rate": lambda p, s: p.growth_rate(s.last),
    "join_rate": lambda p, s: p.join_rate(s),
    "purchases": lambda p, s: len(p.sales_in(s.first, s.last)),
    "revenue": lambda p, s: _money(p, p.revenue(s)),
    "guest_revenue": lambda p, s: _money(p, sum(row["amount"] for row in p.guest_rows(s))),
    "member_sales_share": lambda p, s: ratio(
        p.revenue(s), p.revenue(s) + sum(row["amount"] for row in p.guest_rows(s))
    ),
    "average_order_value": lambda p, s: _money(p, ratio(p.revenue(s), len(p.sales_in(s.first, s.last)))),
    "revenue_per_buyer": lambda p, s: _money(p, ratio(p.revenue(s), len(p.buyers(s.first, s.last)))),
    "revenue_per_member": lambda p, s: _money(p, p.per_average(s, p.enrolled)),
    "arpu": lambda p, s: _money(p, p.per_average(s, lambda member, day: p.state(member, day) == "active")),
    "units_per_purchase": lambda p, s: (
        ratio(p.units(s), len(p.sales_in(s.first, s.last))) if p.units(s) else None
    ),
    "revenue_per_unit": lambda p, s: (
        _money(p, ratio(p.revenue(s), p.units(s) - p.returned(s))) if p.units(s) else None
    ),
    "buyers": lambda p, s: len(p.buyers(s.first, s.last)),
    "repeat_rate": lambda p, s: p.repeat_rate(s.last),
    "rebuy_rate": lambda p, s: p.rebuy_rate(s),
    "second_purchase_rate": lambda p, s: p.second_purchase_rate(s.last),
    "existing_customer_share": lambda p, s: p.existing_customer_share(s),
    "purchase_frequency": lambda p, s: ratio(
        len(p.sales_in(s.first, s.last)), len(p.buyers(s.first, s.last))
    ),
    "annual_buyer_share": lambda p, s: ratio(p.annual_buyers(s.last), p.members_enrolled(s.last)),
    "points_opening": lambda p, s: _points(p, p.outstanding(s.first - ONE)),
    "points_issued": lambda p, s: _points(p, p.points_moved(s, "earn")),
    "points_redeemed": lambda p, s: -_points(p, p.points_moved(s, "redeem")),
    "points_expired": lambda p, s: -_points(p, p.points_moved(s, "expire")),
    "points_adjusted": lambda p, s: _points(p, p.points_moved(s, "adjust", "reverse", "transfer")),
    "points_outstanding": lambda p, s: _points(p, p.outstanding(s.last)),
    "points_pending": lambda p, s: _points(p, p.pending(s.last)),
    "points_negative": lambda p, s: _points(p, sum(p.negative(s.last))),
    "members_negative": lambda p, s: len(p.negative(s.last)),
    "redemption_rate": lambda p, s: ratio(-p.points_moved(s, "redeem"), p.points_moved(s, "earn")),
    "member_redemption_rate": lambda p, s: p.member_redemption_rate(s),
    "expiry_rate": lambda p, s: ratio(-p.points_moved(s, "expire"), p.due(s)),
    "tier_members": lambda p, s: p.members_enrolled(s.last),
    "tier_share": lambda p, s: ratio(p.members_enrolled(s.last), p.all_tiers().members_enrolled(s.last)),
    "tier_upgrades": lambda p, s: len(p.moving(s, 1)),
    "tier_downgrades": lambda p, s: len(p.moving(s, -1)),
    "upgrade_rate": lambda p, s: p.upgrade_rate(s),
    "tier_revenue_share": lambda p, s: ratio(p.revenue(s), p.all_tiers().revenue(s)),
}
