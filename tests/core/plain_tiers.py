"""One member among the tiers of a programme, day by day: what the arrays of tiers are held against.

Written from the words of the programme document and of `tier_standing`'s introduction; it shares no
line with the rules it checks. Days are `datetime.date`; measures are exact numbers in the units of
the document; nothing is clever.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import Requirement, Tier

ONE_DAY = timedelta(days=1)
FOR_GOOD = date.max


@dataclass
class Deed:
    on: date
    measure: str
    amount: Fraction  # currency units, points or counts


@dataclass
class PlainTiers:
    """`moves` holds (day, from, to, how), how being deed, offer, given or look; `held` the ends of holds."""

    programme: Programme
    joined_on: date
    left_on: date | None = None
    tier: int = 0
    since: date = date.min
    grace_end: date | None = None
    held: dict[int, date] = field(default_factory=dict)
    deeds: list[Deed] = field(default_factory=list)
    moves: list[tuple[date, int, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.since = self.joined_on
        self.rule = self.programme.qualification

    # Another version of the programme

    def under(self, programme: Programme, day: date) -> None:
        """The tier of the same name, or the nearest below it that is left, with what was promised."""
        names = [tier.name for tier in programme.tiers]
        new_name = {old: tier.name for tier in programme.tiers for old in tier.formerly}
        old = [
            tier.model_copy(update={"name": new_name.get(tier.name, tier.name)})
            for tier in self.programme.tiers
        ]
        named = [(names.index(tier.name), n) for n, tier in enumerate(old) if tier.name in names]
        stays = old[self.tier].name in names
        if self.programme.tiers[self.tier].name not in names:
            self.since = day
        while self.tier and old[self.tier].name not in names:
            self.tier -= 1
        self.tier = names.index(old[self.tier].name) if old[self.tier].name in names else 0
        self.programme, self.rule = programme, programme.qualification
        before, self.held = self.held, {}
        for number, was in named:
            end = before.get(was, date.min)
            if number and end >= day and (end < FOR_GOOD or self.usual(number, day) == FOR_GOOD):
                self.held[number] = max(end, self.held.get(number, end))
        runs = self.grace_end is not None and self.grace_end >= day and stays
        if runs and self.tier and self.something_keeps(self.tier):
            return
        self.grace_end = None
        if self.tier and self.usual(self.tier, day) == FOR_GOOD:
            self.held.setdefault(self.tier, FOR_GOOD)
        elif self.tier and self.tier not in self.held:
            self.renew(day - ONE_DAY)

    # The start of a day

    def morning(self, day: date) -> None:
        """Look at the member if a date asks for it: once, however many dates do."""
        if not self.joined_on < day or (self.left_on and day > self.left_on):
            return
        own = self.held.get(self.tier) == day or self.grace_end == day
        if own or self.reviewed_on(day):
            self.look(day)

    def reviewed_on(self, day: date) -> bool:
        reviews = self.rule.reviews
        if reviews == "anniversary":
            return day > self.joined_on and day == self.anniversary_in(day.year)
        if reviews == "monthly":
            return day.day == 1
        wanted = [int(text[3:]) for text in reviews if int(text[:2]) == day.month]
        return any(day.day == min(one, calendar.monthrange(day.year, day.month)[1]) for one in wanted)

    def anniversary_in(self, year: int) -> date:
        return months_later(self.joined_on, 12 * (year - self.joined_on.year))

    def look(self, day: date) -> None:
        eve = day - ONE_DAY
        reached = self.reached(eve, day)
        if reached > self.tier:
            self.move(day, reached, "look")
        elif self.tier == 0 or self.is_held(self.tier, day) or self.in_grace(day):
            return
        elif not self.something_keeps(self.tier):
            self.move(day, self.earned_below(eve, day), "look")
        elif self.keeps(self.tier, eve) or self.stays_anyway(day):
            self.grace_end = None
            self.renew(day)
        elif self.rule.grace_days and self.grace_end != day:
            self.grace_end = day + timedelta(days=self.rule.grace_days)
            self.held.pop(self.tier, None)
        else:
            self.fall(eve, day)

    def in_grace(self, day: date) -> bool:
        return self.grace_end is not None and day < self.grace_end

    def stays_anyway(self, day: date) -> bool:
        stay = months_later(self.since, self.rule.minimum_stay_months)
        return self.rule.downgrade == "never" or day < stay

    def renew(self, day: date) -> None:
        months = self.programme.tiers[self.tier].valid_months
        self.held.pop(self.tier, None)
        if months:
            ends = (months_later(self.since, months * n) for n in range(1, 100))
            self.held[self.tier] = next(end for end in ends if end > day)

    def fall(self, eve: date, day: date) -> None:
        to = self.earned_below(eve, day)
        if self.rule.downgrade == "one_level":
            below = [n for n in range(1, self.tier) if self.what_reaches(n) is not None]
            to = max([0, to, *below])
        self.move(day, to, "look")

    # During a day

    def do(self, day: date, measure: str, amount: Fraction | int) -> None:
        self.deeds.append(Deed(day, measure, Fraction(amount)))

    def lift(self, day: date) -> None:
        if self.rule.upgrade == "at_once" and self.reached(day, day) > self.tier:
            self.move(day, self.reached(day, day), "deed")

    def purchase(self, day: date, amount: Fraction, categories: set[str]) -> None:
        """What the dated offers make of a purchase."""
        for number, tier in enumerate(self.programme.tiers):
            for offer in tier.direct:
                in_time = (offer.first_day or date.min) <= day <= (offer.last_day or date.max)
                large = amount >= (offer.purchase_of or 0)
                holds = not offer.categories or bool(categories & set(offer.categories))
                if in_time and large and holds:
                    months = offer.valid_months
                    until = months_later(day, months) if months else self.usual(number, day)
                    self.give(day, number, until, "offer")

    def invite(self, day: date, number: int) -> None:
        self.give(day, number, self.usual(number, day), "given")

    def pay(self, day: date, number: int) -> None:
        paid = self.held.get(number, day)
        begins = paid if day < paid < FOR_GOOD else day
        self.give(day, number, months_later(begins, self.programme.tiers[number].fee_months), "given")

    def give(self, day: date, number: int, until: date | None, how: str) -> None:
        if until:
            self.held[number] = max(until, self.held.get(number, until))
        if number > self.tier:
            self.move(day, number, how)
        elif number == self.tier and until:
            self.grace_end = None

    # What holds

    def move(self, day: date, to: int, how: str) -> None:
        self.moves.append((day, self.tier, to, how))
        self.tier, self.since, self.grace_end = to, day, None
        if to and not self.is_held(to, day):
            until = self.usual(to, day)
            self.held.pop(to, None)
            if until:
                self.held[to] = until

    def usual(self, number: int, day: date) -> date | None:
        """Until when a tier entered on a day is held, if nothing else is said."""
        months = self.programme.tiers[number].valid_months
        if months:
            return months_later(day, months)
        return None if number == 0 or self.something_keeps(number) else FOR_GOOD

    def is_held(self, number: int, day: date) -> bool:
        return number in self.held and self.held[number] > day

    def something_keeps(self, number: int) -> bool:
        return self.programme.tiers[number].keep is not None or self.what_reaches(number) is not None

    def what_reaches(self, number: int) -> Requirement | None:
        tier = self.programme.tiers[number]
        if number and tier.entry == "open" and tier.threshold:
            return Requirement(at_least={"spend": tier.threshold})
        return tier.reach

    # Measures

    def reached(self, last_day: date, entering: date) -> int:
        best = 0
        for number, tier in enumerate(self.programme.tiers):
            old_enough = months_later(self.joined_on, tier.admission.member_months) <= entering
            stands_below = not tier.admission.from_below or self.tier == number - 1
            if number and self.reaches(number, last_day) and old_enough and stands_below:
                best = number
        return best

    def reaches(self, number: int, last_day: date) -> bool:
        tier = self.programme.tiers[number]
        if tier.newcomer and (last_day - self.joined_on).days < tier.newcomer_days:
            return self.meets(tier.newcomer, last_day)
        asked = self.what_reaches(number)
        return asked is not None and self.meets(asked, last_day)

    def keeps(self, number: int, last_day: date) -> bool:
        keep = self.programme.tiers[number].keep
        return self.meets(keep, last_day) if keep else self.reaches(number, last_day)

    def earned_below(self, eve: date, day: date) -> int:
        found = [0]
        for number in range(1, self.tier):
            tier: Tier = self.programme.tiers[number]
            by_measures = self.what_reaches(number) is not None or tier.newcomer is not None
            earned = by_measures and (self.keeps(number, eve) or self.reaches(number, eve))
            if earned or self.is_held(number, day):
                found.append(number)
        return max(found)

    def meets(self, asked: Requirement, last_day: date) -> bool:
        met = [self.total(name, asked, last_day) >= least for name, least in asked.at_least.items()]
        return all(met) if asked.met == "all" else sum(met) >= asked.met

    def total(self, measure: str, asked: Requirement, last_day: date) -> Fraction:
        first = self.first_day(asked.window or self.rule.window, asked.months or self.rule.months, last_day)
        return sum(
            (deed.amount for deed in self.deeds if deed.measure == measure and first <= deed.on <= last_day),
            Fraction(0),
        )

    def first_day(self, window: str, months: int, last_day: date) -> date:
        """The first day that counts in the window that ends with a day."""
        if window == "rolling":
            return months_later(last_day, -months) + ONE_DAY
        if window == "calendar":
            return date(last_day.year, 1, 1)
        if window == "since_joining":
            return date.min
        start = self.joined_on if window == "joining_year" else self.since
        turns = [months_later(start, 12 * years) for years in range(last_day.year - start.year + 1)]
        return max([start, *(turn for turn in turns if turn <= last_day)])


def months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
