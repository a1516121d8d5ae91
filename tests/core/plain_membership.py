"""One member living through a whole programme in plain Python, day by day: what the replay is held against.

Put together from the plain tiers, the plain earning and the plain ledger, each written from the words
of the documents; what lies between them (payments, refunds, what is written down) is written here in
the same way. Dates are `datetime.date`, money and points whole numbers, and nothing is clever.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from zoneinfo import ZoneInfo

from loyalty_core.rules.programme import Programme
from tests.core.plain_earning import Event, PlainEarner
from tests.core.plain_ledger import Event as Booking
from tests.core.plain_ledger import Holder, Life, expiry
from tests.core.plain_tiers import PlainTiers

ONE_DAY = timedelta(days=1)
ME = 0


@dataclass
class Done:
    """A sale, a refund (`of` names the sale), an activity (`value`, `names` a tier), or what the programme
    decided: points adjusted or moved (`value`, signed, on `account`, with the dates of a lot)."""

    name: str
    at: datetime  # UTC
    kind: str
    amount: int = 0  # minor units, positive for refunds too
    quantity: int = 1
    store: str | None = None
    channel: str | None = None
    categories: tuple[str, ...] = ()
    paid: int = 0  # with points, minor units
    by_card: int = 0  # with stored value, minor units
    of: str | None = None
    value: int | None = None
    names: str | None = None
    account: str = "points"
    expires_on: date | None = None
    available_on: date | None = None


DECISIONS = ("adjust", "transfer")


@dataclass
class Sold:
    """What refunds need to know of a sale."""

    amount: int
    earned: dict[str, int]
    available_on: date
    expires_on: date | None
    spent: list[list]  # [expiry, points that have not come back], in the order of spending
    card: Charged
    refunded: int = 0

    def share(self, amount: int, of: int) -> int:
        """The part of something that goes back with the next `amount`."""
        upto, before = min(self.refunded + amount, self.amount), min(self.refunded, self.amount)
        return of * upto // self.amount - of * before // self.amount


@dataclass
class Charged:
    """What a sale took from the member's card: `lots` are [expiry, bonus that has not come back]."""

    principal: int = 0
    bonus: int = 0
    lots: list[list] = field(default_factory=list)
    back: int = 0


@dataclass
class PlainMembership:
    """`lines` and `changes` are what the derived tables should hold of the member.

    `later` are further versions of the programme by the day from which each holds.
    """

    programme: Programme
    joined_on: date
    left_on: date | None = None
    born: tuple[int, int] | None = None
    others: dict[str, int] = field(default_factory=dict)
    sold: dict[str, Sold] = field(default_factory=dict)
    dates_of_last_sale: tuple[date, date | None] | None = None
    later: dict[date, Programme] = field(default_factory=dict)
    lines: list[tuple] = field(default_factory=list)
    changes: list[tuple] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first = self.programme
        for day in sorted(self.later):
            if day <= self.joined_on:
                self.programme = self.later[day]
        programme = self.programme
        self.zone = ZoneInfo(programme.time_zone)
        self.tiers = PlainTiers(programme, self.joined_on, self.left_on)
        self.earner = PlainEarner(programme, self.born)
        inactivity = programme.expiry.inactivity_months
        self.life = Life({ME: Holder()}, inactivity, programme.refunds.claw_back)
        self.principal = 0
        self.bonus = Life({ME: Holder()}, programme.stored_value.bonus_expiry.inactivity_months, "")
        self.rule_of = {rule.name: rule for rule in programme.earning.all_rules}
        accounts = {rule.account for rule in programme.earning.all_rules} - {"points"}
        self.others = dict.fromkeys(accounts, 0)

    def live(self, deeds: list[Done], until: date) -> None:
        if self.joined_on <= until:
            self.changes.append((self.midnight(self.joined_on), "join", None, self.tier))
        order = {"top_up": -1, "sale": 0, "refund": 1, "adjust": 3, "transfer": 3}
        began = {one.name: one.at for one in deeds}
        # Whoever names a sale that is yet to come names none.
        deeds = [replace(one, of=None) if one.of and began[one.of] > one.at else one for one in deeds]
        deeds = sorted(deeds, key=lambda one: (one.at, order.get(one.kind, 2), one.name))
        day = self.joined_on
        while day <= until:
            if day in self.later and day > self.joined_on:
                self.change(self.later[day], day)
            self.begin(day)
            for deed in (deed for deed in deeds if deed.at.astimezone(self.zone).date() == day):
                if deed.kind in DECISIONS:
                    self.decide(deed, day)
                elif not self.left_on or day <= self.left_on:
                    {"sale": self.buy, "refund": self.refund}.get(deed.kind, self.act)(deed, day)
            day += ONE_DAY
        self.write_expiries()

    def change(self, programme: Programme, day: date) -> None:
        """Another version holds from the start of a day; what the member did and holds stays."""
        before = self.tier
        self.tiers.under(programme, day)
        self.programme = self.earner.programme = programme
        if self.tier != before and not (self.left_on and self.left_on < day):
            self.changes.append((self.midnight(day), "change of programme", before, self.tier))
        self.life.claw_back = programme.refunds.claw_back
        bonus = programme.stored_value.bonus_expiry
        for life, rule in ((self.life, programme.expiry), (self.bonus, bonus)):
            life.inactivity_months, life.ruled_since = rule.inactivity_months, day
        self.rule_of = {rule.name: rule for rule in programme.earning.all_rules}
        for account in {rule.account for rule in programme.earning.all_rules} - {"points"}:
            self.others.setdefault(account, 0)

    @property
    def tier(self) -> str:
        return self.programme.tiers[self.tiers.tier].name

    @property
    def balance(self) -> int:
        return self.life.members[ME].balance

    def begin(self, day: date) -> None:
        self.tiers.morning(day)
        self.write_moves(self.midnight(day))
        self.life.wait(ME, day)
        self.bonus.wait(ME, day)

    def buy(self, deed: Done, day: date) -> None:
        card = self.charge(deed, day)
        spent = self.pay(deed, day)
        amount = deed.amount
        if self.programme.points_as_cash and not self.programme.points_as_cash.earns_points:
            amount = max(amount - deed.paid, 0)
        first = self.dates_of_last_sale is None
        event = self.event(deed, day, amount)
        sold = Sold(
            deed.amount, self.earn(deed, day, replace(event, first=first)), *self.dates(day), spent, card
        )
        self.sold[deed.name], self.dates_of_last_sale = sold, self.dates(day)
        self.life.touch(Booking("touch", day, ME))
        self.tiers.do(day, "spend", self.money(deed.amount))
        self.tiers.do(day, "purchases", 1)
        self.tiers.lift(day)
        self.tiers.purchase(day, self.money(deed.amount), set(deed.categories))
        self.write_moves(deed.at, one_for_offers=True)

    def refund(self, deed: Done, day: date) -> None:
        self.tiers.do(day, "spend", -self.money(deed.amount))
        sold = self.sold.get(deed.of) if deed.of else None
        if deed.of and not sold:
            return  # of a sale outside the membership, which earned nothing
        if sold:
            due = {account: sold.share(deed.amount, points) for account, points in sold.earned.items()}
            if sold.refunded < sold.amount <= sold.refunded + deed.amount:
                self.tiers.do(day, "purchases", -1)
            dates = (sold.available_on, sold.expires_on)
            pending, taken = self.take_back(day, due.get("points", 0), *dates)
        else:
            today = deepcopy(self.earner)
            today.given, today.streaks = [], {}
            due = self.totals(today.earn(self.event(deed, day, deed.amount)))
            dates = self.dates_of_last_sale or (None, None)
            pending, taken = self.take_back_unknown(day, due.get("points", 0), *dates)
        self.write(deed.at, "points", "reverse", -pending, "refund", deed.name, dates[1], dates[0])
        lot = sold.expires_on if sold else None
        self.write(deed.at, "points", "reverse", -taken, "refund", deed.name, lot)
        for account in self.others:
            negative = self.programme.refunds.claw_back == "allow_negative"
            within = max(min(due.get(account, 0), self.others[account]), 0)
            points = due.get(account, 0) if negative else within
            self.others[account] -= points
            self.write(deed.at, account, "reverse", -points, "refund", deed.name, None)
            if account == "status":
                self.tiers.do(day, "status_points", -self.points(points))
        if sold:
            self.give_back(deed, day, sold)
            self.reload(deed, day, sold)
            sold.refunded += deed.amount

    def act(self, deed: Done, day: date) -> None:
        if deed.kind == "top_up" and (deed.value or 0) > 0:
            self.top_up(deed, day)
        if deed.kind == "pay_out":
            self.pay_out(deed, day)
        gives = {"invitation": "invitation", "membership_fee": "paid"}.get(deed.kind)
        earns = any(rule.when.event == deed.kind for rule in self.rule_of.values())
        counts = deed.kind in self.programme.qualification.activity_scores
        if not earns and not counts and not any(tier.entry == gives for tier in self.programme.tiers):
            return  # the programme does not know it as a deed
        self.earn(deed, day, self.event(deed, day, 0))
        score = self.programme.qualification.activity_scores.get(deed.kind, 0)
        self.tiers.do(day, "activity_score", score)
        self.tiers.lift(day)
        self.write_moves(deed.at)
        number = self.named_tier(gives, deed.names) if gives else None
        if number is not None:
            {"invitation": self.tiers.invite, "paid": self.tiers.pay}[gives](day, number)
        self.write_moves(deed.at, given=gives)

    def decide(self, deed: Done, day: date) -> None:
        """What the programme decided happens as it stands; what is not there is owed."""
        if deed.account.startswith("stored_value"):
            self.decide_on_card(deed, day)
            return
        if deed.account != "points":
            if not any(deed.account in known for known in self.accounts_of_versions()):
                return
            self.others[deed.account] = self.others.get(deed.account, 0) + deed.value
            if deed.account == "status" and (not self.left_on or day <= self.left_on):
                self.tiers.do(day, "status_points", self.points(deed.value))
                self.tiers.lift(day)
                self.write_moves(deed.at)
            return
        if deed.value > 0:
            self.life.credit(Booking("credit", day, ME, deed.value, deed.expires_on, deed.available_on))
            return
        waits = deed.available_on is not None and deed.available_on > day
        names_lot = deed.expires_on is not None or waits
        lot = deed.expires_on if names_lot else date.min
        rule, self.life.claw_back = self.life.claw_back, "allow_negative"
        self.take_back(day, -deed.value, deed.available_on if waits else None, lot)
        self.life.claw_back = rule

    def accounts_of_versions(self) -> list[set[str]]:
        versions = (self.first, *self.later.values())
        return [{rule.account for rule in one.earning.all_rules} for one in versions]

    def named_tier(self, entry: str, name: str | None) -> int | None:
        could = [n for n, tier in enumerate(self.programme.tiers) if tier.entry == entry]
        if name is None:
            return could[0] if len(could) == 1 else None
        return next((n for n in could if self.programme.tiers[n].name == name), None)

    def earn(self, deed: Done, day: date, event: Event) -> dict[str, int]:
        """Every rule's line, the accounts' totals, and the lot."""
        given = self.earner.earn(event)
        available_on, expires_on = self.dates(day)
        for name, points in given.items():
            account = self.rule_of[name].account
            dates = (available_on, expires_on) if account == "points" else (day, None)
            reason = "purchase" if name == "base" else name
            self.write(deed.at, account, "earn", points, reason, deed.name, dates[1], dates[0])
        totals = self.totals(given)
        if totals.get("points"):
            booking = Booking("credit", day, ME, totals["points"], expires_on, available_on, deed.name)
            self.life.credit(booking)
        for account in self.others:
            self.others[account] += totals.get(account, 0)
        self.tiers.do(day, "status_points", self.points(totals.get("status", 0)))
        return totals

    def totals(self, given: dict[str, int]) -> dict[str, int]:
        found: dict[str, int] = {}
        for name, points in given.items():
            account = self.rule_of[name].account
            found[account] = found.get(account, 0) + points
        return found

    def event(self, deed: Done, day: date, amount: int) -> Event:
        kind = "purchase" if deed.kind in ("sale", "refund") else deed.kind
        return Event(
            kind,
            day,
            self.tier,
            self.money(amount),
            deed.quantity,
            deed.value,
            deed.store,
            deed.channel,
            frozenset(deed.categories),
        )

    # Points

    def pay(self, deed: Done, day: date) -> list[list]:
        """Points that pay for a part of a sale: no more than is there, is allowed, or is needed."""
        rule = self.programme.points_as_cash
        if not rule or not deed.paid:
            return []
        units = 10**self.programme.point_decimals
        minor = 10**self.programme.currency_decimals
        worth = Fraction(rule.value_by_tier.get(self.tier, rule.value_per_point)) * minor / units
        room = floor(deed.amount * Fraction(rule.largest_share_by_tier.get(self.tier, rule.largest_share)))
        step = 1 if rule.step is None else int(rule.step * units)
        possible = [n for n in range(0, max(self.balance, 0) + 1, step) if floor(n * worth) <= room]
        largest = max(floor(n * worth) for n in possible)
        most = next(n for n in possible if floor(n * worth) == largest)
        points = min(most, ceil(ceil(deed.paid / worth) / step) * step)
        lots = self.life.spend(Booking("spend", day, ME, points))
        self.write(deed.at, "points", "redeem", -points, "points as cash", deed.name, None)
        self.tiers.do(day, "redeemed_points", self.points(points))
        return [[lot.expires_on, points] for lot, points in lots]

    def take_back(self, day: date, points: int, available_on: date | None, expires_on: date | None):
        """What was taken while it waited, and what was there or is owed."""
        booking = Booking("take_back", day, ME, points, expires_on, available_on)
        pending, *others = self.life.take_back(booking)
        return pending, sum(others)

    def take_back_unknown(self, day: date, points: int, available_on: date, expires_on: date | None):
        """From what the last sale has pending, else the oldest."""
        rule, self.life.claw_back = self.life.claw_back, "pending_only"
        pending, _ = self.take_back(day, points, available_on, expires_on)
        self.life.claw_back = rule
        return pending, self.take_back(day, points - pending, None, date.min)[1]

    def give_back(self, deed: Done, day: date, sold: Sold) -> None:
        rule = self.programme.refunds.restore
        if rule == "no":
            return
        wanted = sold.share(deed.amount, sum(points for _, points, *_ in sold.spent) + self.returned(sold))
        back: dict[date | None, int] = {}
        for lot in reversed(sold.spent):
            points = min(lot[1], wanted)
            wanted -= points
            lot[1] -= points
            lot[2:] = [sum(lot[2:]) + points]
            gone = self.dates(day)[1] if rule == "as_new" else lot[0]
            if gone is None or gone > day:
                back[gone] = back.get(gone, 0) + points
        for gone, points in back.items():
            self.write(deed.at, "points", "reverse", points, "restored", deed.name, gone)
            if points:
                self.life.credit(Booking("credit", day, ME, points, gone))

    def returned(self, sold: Sold) -> int:
        return sum(sum(lot[2:]) for lot in sold.spent)

    # The card

    def top_up(self, deed: Done, day: date) -> None:
        rule = self.programme.stored_value
        steps = [step for step in rule.bonuses if deed.value >= step.from_amount * self.minor]
        best = max(steps, key=lambda step: step.from_amount, default=None)
        bonus = int(best.bonus * self.minor) + floor(deed.value * Fraction(best.bonus_share)) if best else 0
        asked = rule.bonus_expiry
        gone = expiry({"months": asked.months, "rounded_to": asked.rounded_to, "on": asked.on}, day)
        self.principal += deed.value
        self.bonus.credit(Booking("credit", day, ME, bonus, gone, name=deed.name))
        self.bonus.touch(Booking("touch", day, ME))
        self.write(deed.at, "stored_value", "earn", deed.value, "top-up", deed.name, None, day)
        self.write(deed.at, "stored_value_bonus", "earn", bonus, "top-up", deed.name, gone, day)

    def pay_out(self, deed: Done, day: date) -> None:
        """Principal that the customer is given back: what is asked for, all where nothing is said."""
        asked = self.principal if deed.value is None else max(deed.value, 0)
        paid = min(asked, self.principal)
        self.principal -= paid
        self.write(deed.at, "stored_value", "adjust", -paid, "paid out", deed.name, None)

    def decide_on_card(self, deed: Done, day: date) -> None:
        """What the ledger says of the card happens, and never more leaves than is there."""
        if deed.account == "stored_value":
            self.principal = max(self.principal + deed.value, 0)
        elif deed.value > 0:
            self.bonus.credit(Booking("credit", day, ME, deed.value, deed.expires_on))
        else:
            lot = deed.expires_on or date.min
            self.bonus.take_back(Booking("take_back", day, ME, -deed.value, lot, None))

    def charge(self, deed: Done, day: date) -> Charged:
        """What a sale says that the card paid, as far as it is there."""
        if not deed.by_card:
            return Charged()
        there = self.bonus.members[ME].balance
        paid = min(deed.by_card, self.principal + there)
        match self.programme.stored_value.consumption:
            case "principal_first":
                bonus = paid - min(paid, self.principal)
            case "bonus_first":
                bonus = min(paid, there)
            case _:
                bonus = paid * there // max(self.principal + there, 1)
        lots = self.bonus.spend(Booking("spend", day, ME, bonus))
        self.bonus.touch(Booking("touch", day, ME))
        self.principal -= paid - bonus
        self.write(deed.at, "stored_value", "redeem", bonus - paid, "stored value", deed.name, None)
        self.write(deed.at, "stored_value_bonus", "redeem", -bonus, "stored value", deed.name, None)
        return Charged(paid - bonus, bonus, [[lot.expires_on, left] for lot, left in lots])

    def reload(self, deed: Done, day: date, sold: Sold) -> None:
        """What paid for what is refunded comes back: bonus rounded down, the last spent first."""
        card = sold.card
        paid = card.principal + card.bonus
        after = card.back + sold.share(deed.amount, paid)
        wanted = card.bonus * after // max(paid, 1) - card.bonus * card.back // max(paid, 1)
        principal = after - card.back - wanted
        card.back = after
        self.principal += principal
        self.write(deed.at, "stored_value", "reverse", principal, "restored", deed.name, None)
        back: dict[date | None, int] = {}
        for lot in reversed(card.lots):
            part = min(lot[1], wanted)
            wanted -= part
            lot[1] -= part
            if part and (lot[0] is None or lot[0] > day):
                back[lot[0]] = back.get(lot[0], 0) + part
        for gone, part in back.items():
            self.bonus.credit(Booking("credit", day, ME, part, gone))
            self.write(deed.at, "stored_value_bonus", "reverse", part, "restored", deed.name, gone)

    @property
    def minor(self) -> int:
        return 10**self.programme.currency_decimals

    def dates(self, day: date) -> tuple[date, date | None]:
        rule = self.programme.expiry
        asked = {"months": rule.months, "rounded_to": rule.rounded_to, "on": rule.on}
        return day + timedelta(days=self.programme.pending.days), expiry(asked, day)

    def money(self, minor: int) -> Fraction:
        return Fraction(minor, 10**self.programme.currency_decimals)

    def points(self, units: int) -> Fraction:
        return Fraction(units, 10**self.programme.point_decimals)

    # What is written down

    def midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    def write(self, at, account, kind, amount, reason, name, expires_on, available_on=None) -> None:
        if amount:
            self.lines.append((at, account, kind, amount, reason, name, available_on, expires_on))

    def write_expiries(self) -> None:
        for account, life in (("points", self.life), ("stored_value_bonus", self.bonus)):
            for (what, _, day, name), points in life.told.items():
                if what == "expired":
                    self.write(self.midnight(day), account, "expire", -points, "expiry", name, None)

    def write_moves(self, at: datetime, one_for_offers: bool = False, given: str | None = None) -> None:
        reasons = {"deed": "upgrade", "offer": "direct", "look": "review", "given": given}
        moves, self.tiers.moves = self.tiers.moves, []
        names = [tier.name for tier in self.programme.tiers]
        offers = [move for move in moves if move[3] == "offer"] if one_for_offers else []
        for _, before, after, how in (move for move in moves if move not in offers):
            self.changes.append((at, reasons[how], names[before], names[after]))
        if offers:
            self.changes.append((at, "direct", names[offers[0][1]], names[offers[-1][2]]))
