"""Wallets lived through by arbitrary acts, held after every one of them against a plain list of events."""

from __future__ import annotations

from collections import Counter, defaultdict
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from loyalty_core.days import day_of
from loyalty_core.points.expiring import expires_on
from loyalty_core.points.lots import Moves
from loyalty_core.points.paid_lots import PaidLots
from loyalty_core.points.wallet import Settled, Wallet
from loyalty_core.rules.point_rules import Expiry
from tests.core.drawn import ZONES, date_or_none, days, ints, microseconds
from tests.core.plain_ledger import Event, PlainLedger, expiry

MEMBERS = 4
everybody = np.arange(MEMBERS)
some_members = st.sets(st.integers(0, MEMBERS - 1), min_size=1).map(sorted)
two_members = st.permutations(range(MEMBERS)).map(lambda order: order[:2])
points_each = st.lists(st.sampled_from([0, 1, 2, 3, 5, 40, 10**12]), min_size=MEMBERS, max_size=MEMBERS)
expiries = st.sampled_from(
    [
        {},
        {"months": 1},
        {"months": 1},
        {"months": 2},
        {"months": 12},
        {"months": 1, "rounded_to": "month"},
        {"months": 1, "rounded_to": "quarter"},
        {"months": 2, "rounded_to": "year"},
        {"on": "03-01"},
        {"on": "02-29", "months": 1},
    ]
)
WAITS = st.sampled_from([0, 0, 1, 7, 30, 45])


class WalletsLived(RuleBasedStateMachine):
    """Four members who earn at once or later, spend, return, are corrected, give, merge and wait.

    Over all lives `begun`, their states are `compared` once at the beginning and after each step.
    """

    begun = compared = 0

    @initialize(
        zone=st.sampled_from(ZONES),
        start=st.sampled_from([datetime(2020, 1, 30, 22, tzinfo=UTC), datetime(2019, 10, 31, 3, tzinfo=UTC)]),
        claw_back=st.sampled_from(["within_balance", "pending_only", "allow_negative", "allow_negative"]),
        inactivity_months=st.sampled_from([None, None, 1, 2]),
    )
    def join(self, zone, start, claw_back, inactivity_months) -> None:
        WalletsLived.begun += 1
        self.zone, self.at = ZoneInfo(zone), start
        self.begin_day()
        self.wallet = Wallet(MEMBERS, inactivity_months)
        self.plain = PlainLedger(MEMBERS, inactivity_months, claw_back)
        self.told = Counter()
        self.moved = defaultdict(lambda: np.zeros(MEMBERS, np.int64))
        self.lot_of = {0: None}  # a lot's number and what it is known by
        self.lots = {}  # what each is known by: member, points, dates
        self.paid, self.spent = PaidLots(200), []

    def begin_day(self) -> None:
        self.day = self.at.astimezone(self.zone).date()
        self.today = int(day_of(ints([microseconds(self.at)]), self.zone)[0])
        assert date_or_none(self.today) == self.day

    @rule(step=st.sampled_from([1, 5, 24, 24, 24 * 15, 24 * 27, 24 * 28, 24 * 29, 24 * 31, 24 * 366]))
    def wait(self, step: int) -> None:
        self.at += timedelta(hours=step)
        self.begin_day()

    @rule(who=some_members, points=points_each, rule=expiries, wait=WAITS, buys=st.booleans())
    def earn(self, who, points, rule, wait, buys) -> None:
        today = self._settle(who)
        gone, wait = expires_on(Expiry(**rule), today), np.array([wait * (n % 2) for n in who])
        assert [date_or_none(day) for day in gone] == [expiry(rule, self.day)] * len(who)
        amount, available_on = ints(points[n] for n in who), today + wait.astype(np.int32)
        numbers = self.wallet.credit(ints(who), today, amount, gone, available_on)
        for place, member in enumerate(who):
            name = f"{len(self.plain.events)}"
            dates = {
                "expires_on": date_or_none(gone[place]),
                "available_on": date_or_none(available_on[place]),
            }
            self._happen("credit", member, points[member], name=name, **dates)
            self.lots[name] = {"member": member, "points": points[member], **dates}
            if numbers[place]:
                assert int(numbers[place]) not in self.lot_of
                self.lot_of[int(numbers[place])] = name
            if buys:
                self._happen("touch", member)
        if buys:
            self.wallet.touch(ints(who), today)
        self.moved["issued"][who] += np.where(available_on > today, 0, amount)

    @rule(who=some_members, points=points_each)
    def redeem(self, who, points) -> None:
        today = self._settle(who)
        before = self.wallet.balance[who]
        moves = self.wallet.spend(ints(who), ints(points[n] for n in who))
        self.wallet.touch(ints(who), today)
        taken = np.bincount(moves.member, moves.points, MEMBERS).astype(np.int64)
        assert taken[who].tolist() == [
            max(min(b, points[n]), 0) for b, n in zip(before.tolist(), who, strict=True)
        ]
        self._tell("spent", moves)
        self.moved["redeemed"] += taken
        for member in who:
            self._happen("spend", member, points[member])
            self.paid.add(moves.part(moves.member == member), ints([member]), ints([len(self.spent)]))
            self.spent.append([member, int(taken[member])])
            self._happen("touch", member)

    @precondition(lambda self: self.spent and len(self.spent) < 190)
    @rule(share=st.sampled_from([1, 2, 3]), pick=st.integers(0, 199))
    def return_what_points_paid_for(self, share, pick) -> None:
        thing = pick % len(self.spent)
        member, points = self.spent[thing]
        today = self._settle([member])
        wanted = -(-points // share)
        moves = self.paid.bring_back(ints([thing]), ints([wanted]))
        assert int(moves.points.sum()) == min(wanted, points)
        self.spent[thing][1] -= min(wanted, points)
        who = np.full(len(moves), member)
        back = self.wallet.restore(who, np.full(len(who), today[0]), moves.points, moves.day)
        for day, amount, came in zip(moves.day, moves.points, back, strict=True):
            assert came == (amount if day > today[0] else 0)
            if came:
                self._happen("credit", member, int(amount), expires_on=date_or_none(day))
        self.moved["adjusted"][member] += back.sum()

    @precondition(lambda self: self.lots)
    @rule(share=st.sampled_from([1, 1, 2, 3]), pick=st.integers(0, 999), known=st.booleans())
    def take_back(self, share, pick, known) -> None:
        lot = list(self.lots.values())[pick % len(self.lots)]
        member, points = lot["member"], lot["points"] // share
        self._settle([member])
        dates = (lot["expires_on"], lot["available_on"]) if known else (date(1969, 12, 31), None)
        available_on = None if dates[1] is None else days([dates[1]])
        pending = int(self.wallet.pending[member])
        found = self.wallet.take_back(
            ints([member]), ints([points]), days([dates[0]]), available_on, self.plain.claw_back
        )
        self._happen("take_back", member, points, expires_on=dates[0], available_on=dates[1])
        parts = [int(part[0]) for part in (found.pending, found.own, found.oldest, found.owed)]
        assert parts == self.plain.life(self.day).results[-1]
        assert int(self.wallet.pending[member]) == pending - parts[0]
        assert int(found.total[0]) == sum(parts) <= points
        self.moved["adjusted"][member] -= sum(parts[1:])

    @rule(who=some_members, points=points_each, up=st.booleans(), rule=expiries)
    def correct(self, who, points, up, rule) -> None:
        today = self._settle(who)
        amount, gone = ints(points[n] for n in who), expires_on(Expiry(**rule), today)
        if up:
            lots = self.wallet.credit(ints(who), today, amount, gone)
            changed = amount
        else:
            changed = -self.wallet.debit(ints(who), amount)
        for place, member in enumerate(who):
            name = f"{len(self.plain.events)}"
            if up:
                dates = {"expires_on": date_or_none(gone[place])}
                self._happen("credit", member, points[member], name=name, **dates)
                self.lot_of |= {int(lots[place]): name} if lots[place] else {}
            else:
                self._happen("spend", member, points[member])
        if not up:
            self._tell_debits(who)
        self.moved["adjusted"][who] += changed

    @rule(pair=two_members, points=st.sampled_from([1, 3, 50, 10**12]))
    def transfer(self, pair, points) -> None:
        self._settle(pair)
        giver, taker = pair
        moves = self.wallet.transfer(ints([giver]), ints([taker]), days([self.day]), ints([points]))
        self._happen("transfer", giver, points, other=taker)
        self._moved_over(moves, giver, taker)

    @rule(pair=two_members)
    def merge(self, pair) -> None:
        self._settle(pair)
        giver, taker = pair
        owed = int(self.wallet.owed[giver])
        waits = int(self.wallet.pending[giver])
        merged = self.wallet.merge(ints([giver]), ints([taker]), days([self.day]))
        assert (int(merged.waiting.points.sum()), merged.owed.tolist()) == (waits, [owed])
        self._happen("merge", giver, other=taker)
        for lot in self.lots.values():
            lot["member"] = taker if lot["member"] == giver else lot["member"]
        self._moved_over(merged.available, giver, taker)
        self.moved["adjusted"][[giver, taker]] += [owed, -owed]
        assert (self.wallet.balance[giver], self.wallet.pending[giver]) == (0, 0)

    @rule()
    def settle(self) -> None:
        self._settle(list(range(MEMBERS)))

    @invariant()
    @precondition(lambda self: hasattr(self, "wallet"))
    def all_agree(self) -> None:
        """Everybody lived on to today, on copies: how long somebody is left alone must not matter."""
        life = self.plain.life(self.day)
        wallet, told, moved = deepcopy(self.wallet), self.told.copy(), dict(self.moved)
        self._note(wallet.settle(everybody, np.full(MEMBERS, self.today, np.int32)), told, moved)
        WalletsLived.compared += 1
        assert told == life.told
        assert wallet.balance.tolist() == [life.members[n].balance for n in range(MEMBERS)]
        assert wallet.pending.tolist() == [life.members[n].pending for n in range(MEMBERS)]
        assert wallet.owed.tolist() == [life.members[n].owed for n in range(MEMBERS)]
        self._identity_holds(wallet, moved)
        self._lots_are_within_bounds(wallet, told)
        nothing_more = wallet.settle(everybody, np.full(MEMBERS, self.today, np.int32))
        assert not len(nothing_more.released) and not len(nothing_more.expired)

    def _identity_holds(self, wallet: Wallet, moved: dict) -> None:
        zero = np.zeros(MEMBERS, np.int64)
        found = moved.get("issued", zero) + moved.get("adjusted", zero)
        found = found - moved.get("redeemed", zero) - moved.get("expired", zero)
        assert found.tolist() == wallet.balance.tolist()
        if self.plain.claw_back != "allow_negative":
            assert (wallet.balance >= 0).all()
        assert (wallet.pending >= 0).all()

    def _lots_are_within_bounds(self, wallet: Wallet, told: Counter) -> None:
        used = Counter()
        gone = [name for what, _, _, name in told if what == "expired" and name in self.lots]
        assert len(gone) == len(set(gone))  # none twice
        for (what, _, day, name), points in told.items():
            if name is None:
                continue
            lot = self.lots.get(name)
            if what == "released":
                assert day == lot["available_on"]
            elif what == "expired":
                used[name] += points
                due = lot and lot["expires_on"] and max(lot["expires_on"], lot["available_on"])
                assert not lot or day == due or self.plain.inactivity_months
                assert not due or day <= due
            else:
                used[name] += points
        for name, points in used.items():
            assert name not in self.lots or points <= self.lots[name]["points"]
        left = wallet.open(everybody)
        assert (left.points > 0).all() and (left.day > self.today).all()
        for member in range(MEMBERS):
            dues = left.day[left.member == member].tolist()
            assert dues == sorted(dues)

    def _settle(self, who: list[int]) -> np.ndarray:
        today = np.full(len(who), self.today, np.int32)
        self._note(self.wallet.settle(ints(who), today), self.told, self.moved)
        return today

    def _note(self, settled: Settled, told: Counter, moved: dict) -> None:
        for name, what, moves in (
            ("released", "issued", settled.released),
            ("expired", "expired", settled.expired),
        ):
            moved[what] = moved.get(what, 0) + np.bincount(moves.member, moves.points, MEMBERS).astype(int)
            _tell(told, name, moves, self.lot_of)
            for member in range(MEMBERS):
                dates = moves.day[moves.member == member].tolist()
                assert dates == sorted(dates)

    def _tell(self, what: str, moves: Moves) -> None:
        _tell(self.told, what, moves, self.lot_of)

    def _tell_debits(self, who: list[int]) -> None:
        """A debit is not told by lot; which lots it took shows in what is left."""
        results = self.plain.life(self.day).results[-len(who) :]
        for member, result in zip(who, results, strict=True):
            for lot, points in result:
                name = lot.name if lot.expires_on else None
                self.told["spent", member, lot.expires_on, name] += points

    def _moved_over(self, moves: Moves, giver: int, taker: int) -> None:
        self._tell("spent", moves)
        self.moved["adjusted"][giver] -= moves.points.sum()
        self.moved["adjusted"][taker] += moves.points.sum()

    def _happen(self, kind, member, points=0, **rest) -> None:
        self.plain.happen(Event(kind, self.day, member, points, **rest))


def _tell(told: Counter, what: str, moves: Moves, lot_of: dict) -> None:
    rows = zip(moves.member, moves.day, moves.lot, moves.points, strict=True)
    for member, day, lot, points in rows:
        told[what, int(member), date_or_none(day), lot_of.get(int(lot))] += int(points)


def test_wallets_lived_through_12000_steps_agree_with_a_plain_list_of_events_after_each() -> None:
    lives = settings(max_examples=350, stateful_step_count=45)
    run_state_machine_as_test(WalletsLived, settings=lives)
    assert WalletsLived.compared - WalletsLived.begun >= 12_000
