"""An account as a list of events in plain Python: every question is answered by living through them again.

Written from the words of the documents; it shares no line with the wallet that it checks.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count

from tests.core.plain_programme import months_later

NOBODY = -1


@dataclass
class Lot:
    name: str | None  # None where the source of points is not told apart: those that stay, those received
    available_on: date
    expires_on: date | None
    left: int
    arrived: int | None = None  # in which order it became available; None while pending

    @property
    def order(self) -> tuple:
        return (self.expires_on or date.max, self.arrived)


@dataclass
class Holder:
    lots: list[Lot] = field(default_factory=list)
    owed: int = 0
    clock: date | None = None  # since when the member has been inactive

    def available(self) -> list[Lot]:
        there = [lot for lot in self.lots if lot.arrived is not None and lot.left]
        return sorted(there, key=lambda lot: lot.order)

    def waiting(self) -> list[Lot]:
        return [lot for lot in self.lots if lot.arrived is None and lot.left]

    @property
    def balance(self) -> int:
        return sum(lot.left for lot in self.available()) - self.owed

    @property
    def pending(self) -> int:
        return sum(lot.left for lot in self.waiting())


@dataclass(frozen=True)
class Event:
    """What was done to a member on a day; `kind` is the name of a method of `Life`."""

    kind: str
    day: date
    member: int
    points: int = 0
    expires_on: date | None = None
    available_on: date | None = None
    name: str | None = None
    other: int = NOBODY


@dataclass
class Life:
    """The members after some events: what they hold, and what was told of them on the way.

    `told` adds up the points of (what, member, day, lot): released and expired lots by the day it
    happened, spent ones by the day they would have been gone. `results` has what each event did.
    """

    members: dict[int, Holder]
    inactivity_months: int | None
    claw_back: str
    ruled_since: date = date.min  # since when inactivity has been a matter of this rule
    told: Counter = field(default_factory=Counter)
    results: list = field(default_factory=list)
    arrivals: count = field(default_factory=count)

    def wait(self, member: int, until: date) -> None:
        """Live on to the start of a day: on each day releases first, then expiries, then inactivity."""
        holder = self.members[member]
        while (day := self._next_day(holder)) and day <= until:
            for lot in holder.waiting():
                if lot.available_on == day:
                    self.told["released", member, day, lot.name] += lot.left
                    self._arrive(holder, lot, day)
            for lot in holder.available():
                gone = lot.expires_on == day
                if gone or self._fades_on(holder) == day:
                    self.told["expired", member, day, _named(lot)] += lot.left
                    lot.left = 0
            if self._fades_on(holder) == day:
                holder.clock = None

    def credit(self, event: Event) -> None:
        lot = Lot(event.name, event.available_on or event.day, event.expires_on, event.points)
        holder = self.members[event.member]
        holder.lots.append(lot)
        if lot.available_on <= event.day:
            self._arrive(holder, lot, event.day)
        elif lot.expires_on:
            lot.expires_on = max(lot.expires_on, lot.available_on)

    def touch(self, event: Event) -> None:
        self.members[event.member].clock = event.day

    def spend(self, event: Event) -> list[tuple[Lot, int]]:
        """The lots that points left, and how many."""
        spent = self._leave(event.member, self.members[event.member].available(), event.points)
        for lot, points in spent:
            self.told["spent", event.member, lot.expires_on, _named(lot)] += points
        return spent

    def take_back(self, event: Event) -> list[int]:
        """What was taken: pending, own, oldest, owed."""
        holder = self.members[event.member]
        dates = (event.available_on, event.expires_on)
        if event.available_on and event.expires_on:
            dates = (event.available_on, max(event.available_on, event.expires_on))
        wanted, taken = event.points, []
        same = [lot for lot in holder.waiting() if (lot.available_on, lot.expires_on) == dates]
        own = [lot for lot in holder.available() if lot.expires_on == dates[1]]
        for lots in (same, own, holder.available()):
            points = sum(points for _, points in self._leave(event.member, lots, wanted))
            taken.append(points)
            wanted -= points
            if self.claw_back == "pending_only":
                wanted = 0
        taken.append(wanted if self.claw_back == "allow_negative" else 0)
        holder.owed += taken[-1]
        return taken

    def transfer(self, event: Event) -> None:
        for lot, points in self.spend(event):
            self._receive(event, lot, points)

    def merge(self, event: Event) -> None:
        giver, taker = self.members[event.member], self.members[event.other]
        clocks = [holder.clock for holder in (giver, taker) if holder.clock]
        self.transfer(replace(event, points=max(giver.balance, 0)))
        taker.lots += [replace(lot) for lot in giver.waiting()]
        paid = sum(points for _, points in self._leave(event.other, taker.available(), giver.owed))
        taker.owed += giver.owed - paid
        taker.clock = max(clocks) if clocks else taker.clock
        self.members[event.member] = Holder()

    def _receive(self, event: Event, lot: Lot, points: int) -> None:
        self._put(event.other, event.day, Lot(None, event.day, lot.expires_on, points))

    def _put(self, member: int, day: date, lot: Lot) -> None:
        self.members[member].lots.append(lot)
        self._arrive(self.members[member], lot, day)

    def _arrive(self, holder: Holder, lot: Lot, day: date) -> None:
        lot.arrived = next(self.arrivals)
        if lot.left and holder.clock is None:
            holder.clock = day
        filled = min(holder.owed, lot.left)
        holder.owed -= filled
        lot.left -= filled

    def _leave(self, member: int, lots: list[Lot], wanted: int) -> list[tuple[Lot, int]]:
        left = []
        for lot in lots:
            points = min(lot.left, wanted)
            lot.left -= points
            wanted -= points
            left += [(lot, points)] if points else []
        return left

    def _next_day(self, holder: Holder) -> date | None:
        holder.lots = [lot for lot in holder.lots if lot.left]
        days = [lot.available_on if lot.arrived is None else lot.expires_on for lot in holder.lots]
        days = [day for day in days if day]
        fades_on = self._fades_on(holder)
        return min([*days, fades_on] if fades_on else days, default=None)

    def _fades_on(self, holder: Holder) -> date | None:
        """When all points are gone if the member stays inactive, no earlier than the rule holds."""
        if not holder.clock or not self.inactivity_months:
            return None
        return max(months_later(holder.clock, self.inactivity_months), self.ruled_since)


def _named(lot: Lot) -> str | None:
    return lot.name if lot.expires_on else None


@dataclass
class PlainLedger:
    """The events of some members under a rule of inactivity and one of claw-back."""

    members: int
    inactivity_months: int | None = None
    claw_back: str = "within_balance"
    events: list[Event] = field(default_factory=list)

    def happen(self, event: Event) -> None:
        """Note the event."""
        self.events.append(event)

    def life(self, until: date) -> Life:
        """Everything from the beginning, everybody lived on to the start of a day."""
        holders = {member: Holder() for member in range(self.members)}
        life = Life(holders, self.inactivity_months, self.claw_back)
        for event in self.events:
            for member in (event.member, event.other):
                if member != NOBODY:
                    life.wait(member, event.day)
            life.results.append(getattr(life, event.kind)(event))
        for member in range(self.members):
            life.wait(member, until)
        return life


def expiry(rule: dict, day: date) -> date | None:
    """The first day on which points earned on `day` are gone, counting day by day."""
    months, rounded, on = rule.get("months"), rule.get("rounded_to"), rule.get("on")
    gone = months_later(day, months) if months else None
    if on:
        gone = gone or day + timedelta(days=1)
        while not _is_on(gone, on):
            gone += timedelta(days=1)
    elif rounded:
        while not _begins(gone := gone + timedelta(days=1), rounded):
            pass
    return gone


def _is_on(day: date, on: str) -> bool:
    month, number = map(int, on.split("-"))
    last = (day + timedelta(days=1)).month != day.month
    return day.month == month and (day.day == number or (last and day.day < number))


def _begins(day: date, period: str) -> bool:
    months = {"month": range(1, 13), "quarter": (1, 4, 7, 10), "year": (1,)}[period]
    return day.day == 1 and day.month in months
