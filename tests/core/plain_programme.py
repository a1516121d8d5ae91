"""A programme in plain Python, one member and one day at a time: what the arrays are held against.

Written from the words of the programme document alone; it shares no line with the rules it checks.
Dates are `datetime.date`, money and points plain integers, and nothing is clever.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

from loyalty_core.rules.programme import Programme

ONE_DAY = timedelta(days=1)


@dataclass
class Purchase:
    at: datetime  # UTC
    amount: int  # minor units, a refund negative
    name: int = 0


@dataclass
class Lot:
    expires_on: date | None
    left: int
    purchase: int | None = None


@dataclass
class PlainMember:
    """One member's standing; `ledger` holds (kind, day, at, amount, expires_on, purchase)."""

    programme: Programme
    joined_on: date
    left_on: date | None = None
    tier: int = 0
    lots: list[Lot] = field(default_factory=list)
    spends: list[tuple[date, int]] = field(default_factory=list)
    ledger: list[tuple] = field(default_factory=list)
    tier_changes: list[tuple] = field(default_factory=list)  # (reason, day, from, to)

    @property
    def balance(self) -> int:
        return sum(lot.left for lot in self.lots)

    def open_lots(self) -> list[tuple[date, int]]:
        return [(lot.expires_on, lot.left) for lot in self._in_order() if lot.left and lot.expires_on]

    def window(self, day: date) -> int:
        return sum(amount for spent_on, amount in self.spends if self._counts(spent_on, day))

    def expire(self, day: date) -> None:
        for lot in self._in_order():
            if lot.expires_on and lot.expires_on <= day:
                if lot.left:
                    self._write("expire", lot.expires_on, None, -lot.left, None, lot.purchase)
                self.lots.remove(lot)

    def buy(self, day: date, amount: int, at: datetime | None = None, name: int | None = None) -> int:
        points = self.worth(amount)
        expiry = self.programme.expiry.months
        expires_on = months_later(day, expiry) if expiry else None
        if points:
            self.lots.append(Lot(expires_on, points, name))
            self._write("earn", day, at, points, expires_on, name)
        self.spends.append((day, amount))
        if self.programme.qualification.upgrade == "at_once" and self.earned_tier(day) > self.tier:
            self._move("upgrade", day, self.earned_tier(day))
        return points

    def refund(self, day: date, amount: int, at: datetime | None = None, name: int | None = None) -> int:
        taken = self.take(self.worth(amount))
        if taken:
            self._write("reverse", day, at, -taken, None, name)
        self.spends.append((day, -amount))
        return taken

    def grant(self, points: int, expires_on: date | None) -> None:
        self.lots.append(Lot(expires_on, points))

    def take(self, wanted: int) -> int:
        taken = 0
        for lot in self._in_order():
            part = min(lot.left, wanted - taken)
            lot.left -= part
            taken += part
        return taken

    def review(self, day: date) -> None:
        earned = self.earned_tier(day - ONE_DAY)
        down = {"never": self.tier, "one_level": self.tier - 1, "to_earned": earned}
        after = max(earned, down[self.programme.qualification.downgrade])
        if after != self.tier:
            self._move("review", day, after)

    def worth(self, amount: int) -> int:
        """Points for an amount at the present tier."""
        programme = self.programme
        money = Fraction(amount, 10**programme.currency_decimals)
        points = money * Fraction(programme.earning.points_per_unit)
        points *= Fraction(programme.tiers[self.tier].earn_percent, 100)
        return floor(points * 10**programme.point_decimals)

    def earned_tier(self, day: date) -> int:
        money = Fraction(self.window(day), 10**self.programme.currency_decimals)
        return max(
            (n for n, tier in enumerate(self.programme.tiers) if money >= Fraction(tier.threshold)), default=0
        )

    def reviewed_on(self, day: date) -> bool:
        reviews = self.programme.qualification.reviews
        if reviews == "monthly":
            return day.day == 1
        for month, number in (map(int, review.split("-")) for review in reviews):
            if day.month == month and day.day == min(number, calendar.monthrange(day.year, month)[1]):
                return True
        return False

    def enrolled_on(self, day: date) -> bool:
        return self.joined_on <= day and (self.left_on is None or day <= self.left_on)

    def live(self, purchases: list[Purchase], until: date) -> None:
        """Live through every single day from joining on."""
        zone = ZoneInfo(self.programme.time_zone)
        if self.joined_on <= until:
            self.tier_changes.append(("join", self.joined_on, -1, 0))
        day = self.joined_on
        while day <= until:
            if self.reviewed_on(day) and self.joined_on < day and self.enrolled_on(day):
                self.review(day)
            self.expire(day)
            for purchase in purchases:
                if purchase.at.astimezone(zone).date() == day and self.enrolled_on(day):
                    act = self.buy if purchase.amount >= 0 else self.refund
                    act(day, abs(purchase.amount), purchase.at, purchase.name)
            day += ONE_DAY

    def _counts(self, spent_on: date, day: date) -> bool:
        rule = self.programme.qualification
        if rule.window == "rolling":
            return months_later(day, -rule.months) < spent_on <= day
        return spent_on <= day and (rule.window == "since_joining" or spent_on.year == day.year)

    def _in_order(self) -> list[Lot]:
        return sorted(self.lots, key=lambda lot: lot.expires_on or date.max)

    def _move(self, reason: str, day: date, tier: int) -> None:
        self.tier_changes.append((reason, day, self.tier, tier))
        self.tier = tier

    def _write(self, kind, day, at, amount, expires_on, purchase) -> None:
        midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.programme.time_zone))
        self.ledger.append((kind, day, (at or midnight).astimezone(UTC), amount, expires_on, purchase))


def months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
