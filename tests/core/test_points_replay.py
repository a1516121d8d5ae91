"""Replays under every rule of points, against a plain list of events made from the same purchases.

The programme has one tier and earns a point per currency unit, so that points are plain; what is held
against the plain ledger is when they may be spent, when they go, and what refunds do to them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from math import floor
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from loyalty_core.checks.all_checks import findings
from loyalty_core.counting.period_facts import period_facts
from loyalty_core.facts import ENTRY_KINDS
from loyalty_core.history import History
from loyalty_core.kernel.derived import Derived
from loyalty_core.kernel.derived_frames import derived_frames
from loyalty_core.kernel.replay import replay
from loyalty_core.periods import periods
from loyalty_core.rules.programme import Programme
from tests.core.drawn import ZONES, date_or_none, days, history_of, ints
from tests.core.plain_ledger import Event, Life, PlainLedger, expiry
from tests.core.plain_programme import Purchase

FIRST = date(2020, 1, 1)
LAST = FIRST + timedelta(days=800)
MEMBERS = 2
EXPIRIES = (
    {},
    {"months": 1},
    {"months": 2, "rounded_to": "month"},
    {"months": 6, "rounded_to": "quarter"},
    {"on": "02-29"},
    {"on": "06-30", "months": 3},
)


@st.composite
def programmes(draw) -> Programme:
    refunds = {
        "claw_back": draw(st.sampled_from(["within_balance", "pending_only", "allow_negative"])),
        "restore": draw(st.sampled_from(["as_before", "as_new", "no"])),
    }
    inactivity = draw(st.sampled_from([None, None, 1, 3]))
    return Programme(
        name="points",
        time_zone=draw(st.sampled_from(ZONES)),
        earning={"points_per_unit": 1},
        expiry=draw(st.sampled_from(EXPIRIES)) | {"inactivity_months": inactivity},
        pending={"days": draw(st.sampled_from([0, 0, 7, 30, 45]))},
        refunds=refunds,
        points_as_cash={"value_per_point": "1"},
    )


@dataclass(frozen=True)
class Bought:
    """A sale, or with `of` the refund of an earlier one (its place in the list) or of none that is known."""

    member: int
    at: datetime
    amount: int  # whole currency units, positive
    paid: int = 0  # of it with points
    refund: bool = False
    of: int | None = None


@st.composite
def purchases(draw) -> list[Bought]:
    found: list[Bought] = []
    at = datetime(2020, 1, 1, 12, tzinfo=UTC)
    for _ in range(draw(st.integers(1, 14))):
        at += timedelta(
            hours=draw(st.sampled_from([1, 24, 24 * 6, 24 * 7, 24 * 29, 24 * 31, 24 * 45, 24 * 150]))
        )
        member = draw(st.integers(0, MEMBERS - 1))
        mine = [n for n, one in enumerate(found) if one.member == member and not one.refund]
        if mine and draw(st.booleans()):
            of = draw(st.sampled_from([*mine, *mine, None]))
            amount = draw(
                st.sampled_from([1, 3, 10, 100] + ([found[of].amount] * 3 if of is not None else []))
            )
            found.append(Bought(member, at, amount, refund=True, of=of))
        else:
            amount = draw(st.sampled_from([0, 1, 10, 33, 100]))
            paid = draw(st.sampled_from([0, 0, amount, amount // 2]))
            found.append(Bought(member, at, amount, paid=paid))
    return found


def as_history(bought: list[Bought], programme: Programme) -> tuple[History, list[int]]:
    """The history, and where each of the list stands in it."""
    rows = [Purchase(one.at, -100 * one.amount if one.refund else 100 * one.amount) for one in bought]
    owners = [(one.member, row) for one, row in zip(bought, rows, strict=True)]
    history = history_of([(FIRST - timedelta(days=1), None)] * MEMBERS, owners, programme.time_zone)
    place = [row.name for row in rows]
    paid, of = np.zeros(len(rows), np.int64), np.full(len(rows), -1)
    refund = history.purchases.refund.copy()
    for n, one in enumerate(bought):
        paid[place[n]] = 100 * one.paid
        of[place[n]] = -1 if one.of is None else place[one.of]
        refund[place[n]] = one.refund
    return replace(
        history, purchases=replace(history.purchases, paid_points=paid, refund_of=of, refund=refund)
    ), place


class Told:
    """The purchases up to a day as events of a plain ledger, and the entries that follow from them."""

    def __init__(self, programme: Programme, bought: list[Bought], until: date = LAST):
        self.programme, self.bought = programme, bought
        self.zone = ZoneInfo(programme.time_zone)
        refunds = programme.refunds
        self.ledger = PlainLedger(MEMBERS, programme.expiry.inactivity_months, refunds.claw_back)
        self.entries: Counter = Counter()  # (member, kind, day, available_on, expires_on) and points
        self.earned: dict[int, Event] = {}
        self.spent: dict[int, list[list]] = {}  # of each sale: expiry and points, as they were spent
        self.refunded: Counter = Counter()
        for number, one in enumerate(bought):
            if self.day(one) <= until:
                self._refund(number, one) if one.refund else self._sell(number, one)
        self.life = self.ledger.life(until)
        for (what, member, day, _), points in self.life.told.items():
            if what == "expired":
                self._write(member, "expire", day, -points)

    def day(self, one: Bought) -> date:
        return one.at.astimezone(self.zone).date()

    def dates(self, day: date) -> dict:
        rule = self.programme.expiry.model_dump(exclude={"inactivity_months"})
        wait = timedelta(days=self.programme.pending.days)
        return {"expires_on": expiry(rule, day), "available_on": day + wait}

    def _sell(self, number: int, one: Bought) -> None:
        day = self.day(one)
        self.spent[number] = []
        if one.paid:
            for lot, points in self._happen("spend", day, one.member, one.paid):
                self.spent[number].append([lot.expires_on, points])
                self._write(one.member, "redeem", day, -points)
        points = one.amount - one.paid
        self.earned[number] = Event("credit", day, one.member, points, name=str(number), **self.dates(day))
        self.ledger.events.append(self.earned[number])
        self._happen("touch", day, one.member)
        self._write(one.member, "earn", day, points, **self.dates(day))

    def _refund(self, number: int, one: Bought) -> None:
        if one.of is None:
            self._refund_unknown(one)
            return
        sale = self.bought[one.of]
        before = min(self.refunded[one.of], sale.amount)
        after = min(before + one.amount, sale.amount)
        self.refunded[one.of] += one.amount

        def share(points: int) -> int:
            if not sale.amount:
                return 0
            return floor(points * after / sale.amount) - floor(points * before / sale.amount)

        earned = self.earned[one.of]
        dates = {"expires_on": earned.expires_on, "available_on": earned.available_on}
        self._claw_back(one, share(earned.points), dates, earned.expires_on)
        spent = sum(points for _, points in self.spent[one.of])
        paid = spent + sum(points for _, points in self.spent.get(-one.of - 1, []))
        self._restore(one, share(paid))

    def _refund_unknown(self, one: Bought) -> None:
        """Points that the amount would earn: what the last sale has pending, then the oldest."""
        day, due = self.day(one), one.amount
        sales = [event for event in self.earned.values() if event.member == one.member]
        wait = self.programme.pending.days
        if sales and wait:
            last = sales[-1]
            dates = {"expires_on": last.expires_on, "available_on": last.available_on}
            rule, self.ledger.claw_back = self.ledger.claw_back, "pending_only"
            life = self.ledger.life(day)
            self.ledger.claw_back = rule
            gone = last.expires_on and max(last.expires_on, last.available_on)
            waits = life.members[one.member].waiting()
            there = sum(
                lot.left for lot in waits if (lot.available_on, lot.expires_on) == (last.available_on, gone)
            )
            self._claw_back(one, min(there, due), dates, None)
            due -= min(there, due)
        unknown = {"expires_on": date(1969, 12, 31), "available_on": None}
        self._claw_back(one, due, unknown, None)

    def _claw_back(self, one: Bought, points: int, dates: dict, named: date | None) -> None:
        day = self.day(one)
        pending, *rest = self._happen("take_back", day, one.member, points, **dates)
        self._write(one.member, "reverse", day, -pending, **dates)
        self._write(one.member, "reverse", day, -sum(rest), expires_on=named)

    def _restore(self, one: Bought, points: int) -> None:
        """The last spent first; what would be gone by now stays away."""
        day, restore = self.day(one), self.programme.refunds.restore
        for lot in reversed(self.spent[one.of]):
            part = min(points, lot[1])
            lot[1] -= part
            points -= part
            self.spent.setdefault(-one.of - 1, []).append([lot[0], part])
            gone = self.dates(day)["expires_on"] if restore == "as_new" else lot[0]
            if restore != "no" and part and (gone is None or gone > day):
                self._happen("credit", day, one.member, part, expires_on=gone)
                self._write(one.member, "reverse", day, part, expires_on=gone)

    def _happen(self, kind: str, day: date, member: int, points: int = 0, **dates):
        self.ledger.events.append(Event(kind, day, member, points, **dates))
        return self.ledger.life(day).results[-1]

    def _write(self, member, kind, day, points, expires_on=None, available_on=None) -> None:
        if points:
            waits = available_on if available_on and available_on > day else day
            self.entries[member, kind, day, waits, expires_on] += points


def written(derived: Derived) -> Counter:
    """The derived entries, those alike added up."""
    entries, found = derived.entries, Counter()
    for row in range(len(entries.member)):
        day, available_on = date_or_none(entries.day[row]), date_or_none(entries.available_on[row])
        key = (int(entries.member[row]), ENTRY_KINDS[entries.kind[row]], day, available_on)
        found[*key, date_or_none(entries.expires_on[row])] += int(entries.amount[row])
    return found


def nonzero(counter: Counter) -> dict:
    return {key: points for key, points in counter.items() if points}


def _late_refunds() -> list[Bought]:
    """Refunds of more than a sale of nothing, and one after the last day that is replayed."""
    noon = datetime(2020, 1, 1, 12, tzinfo=UTC)
    sales = [Bought(0, noon, 0), Bought(1, noon + timedelta(days=30), 0)]
    returns = [Bought(0, noon + timedelta(days=150 * n), 1, refund=True, of=0) for n in (1, 2, 3)]
    late = (
        Bought(0, noon + timedelta(days=600), 1),
        Bought(0, noon + timedelta(days=801), 1, refund=True, of=5),
    )
    return [*sales, *returns, *late]


def _refund_of_nothing() -> list[Bought]:
    """It is no purchase, and does not set the clock of inactivity back."""
    noon = datetime(2020, 1, 1, 12, tzinfo=UTC)
    nothing, sale = Bought(0, noon, 0), Bought(0, noon + timedelta(hours=1), 1)
    return [nothing, sale, Bought(0, noon + timedelta(days=1), 0, refund=True, of=0)]


@settings(max_examples=120)
@given(programmes(), purchases())
@example(Programme(name="points", earning={"points_per_unit": 1}), _late_refunds())
@example(Programme(name="points", expiry={"inactivity_months": 1}), _refund_of_nothing())
def test_what_points_do_is_what_the_document_says(programme, bought) -> None:
    told = Told(programme, bought)
    derived = replay(as_history(bought, programme)[0], programme, int(days([LAST])[0]))
    assert nonzero(written(derived)) == nonzero(told.entries)


@settings(max_examples=15, phases=[Phase.generate])  # shrinking frames takes minutes
@given(st.data())
def test_the_ledger_of_a_replay_passes_every_check_and_shows_what_members_hold(data) -> None:
    programme, bought = data.draw(programmes()), data.draw(purchases())
    history, place = as_history(bought, programme)
    last = bought[-1].at.astimezone(programme.zone).date()
    until = int(days([last])[0])
    derived = replay(history, programme)
    ids = np.array([f"p{n}" for n in range(len(bought))], object)
    frames = dict(derived_frames(derived, history.members, ids))
    frames = {name: frame.assign(derived=True) for name, frame in frames.items()}
    assert not frames["entries"]["entry_id"].duplicated().any()
    frames["members"] = _members(history)
    frames["purchases"] = _purchases(bought, place)
    broken = {
        finding.check.name: finding.rows for finding in findings(frames, programme) if len(finding.rows)
    }
    # Who gives back more than was bought is the source's matter.
    broken.pop("no_refund_exceeds_its_sale", None)
    broken.pop("points_are_available_before_they_expire", None)  # as such a programme has it
    assert not broken, {name: rows.to_dict("records") for name, rows in broken.items()}
    there = replace(history, **_tables(derived))
    facts = period_facts(
        there, programme, periods(0, until), columns=["points_outstanding", "points_pending"]
    )
    _agrees(facts, Told(programme, bought, last).life)


def _agrees(facts: pd.DataFrame, life: Life) -> None:
    row = facts.iloc[0]
    assert row["points_outstanding"] == sum(holder.balance for holder in life.members.values())
    assert row["points_pending"] == sum(holder.pending for holder in life.members.values())


def _tables(derived: Derived) -> dict:
    return {"entries": derived.entries, "tier_changes": derived.tier_changes, "labels": dict(derived.labels)}


def _members(history: History) -> pd.DataFrame:
    joined = pd.Timestamp(FIRST - timedelta(days=1))
    return pd.DataFrame({"member_id": history.members.ids, "valid_from": joined, "joined_on": joined})


def _purchases(bought: list[Bought], place: list[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "purchase_id": [f"p{n}" for n in place],
            "member_id": [f"m{one.member}" for one in bought],
            "kind": ["refund" if one.refund else "sale" for one in bought],
            "occurred_at": pd.to_datetime([one.at for one in bought], utc=True),
            "amount": ints(-100 * one.amount if one.refund else 100 * one.amount for one in bought),
            "paid_points": ints(100 * one.paid for one in bought),
            "refund_of": [None if one.of is None else f"p{place[one.of]}" for one in bought],
        }
    )
