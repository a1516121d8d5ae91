"""What a programme does to what the members of a history did: its ledger and tiers, derived.

The replay walks through the programme's reviews and, between two of them, through the purchases,
refunds and activities of everybody, in the order of their instants; of one instant top-ups of
prepaid cards come first, then purchases, then activities. It only drives `Accounts`. Rules may
change: of several programmes each holds from the start of its `effective_on` until the next one
does. What no rule says, that points were adjusted or moved between members, can be taken from the
history's ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER
from loyalty_core.earning.earner import birthdays
from loyalty_core.facts import EARN, POINTS_ACCOUNT, REDEEM, REVERSE, STORED_VALUE_ACCOUNTS
from loyalty_core.history import History
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.derived import (
    CASH,
    REFUND,
    RESTORED,
    Derived,
    DerivedRows,
    reason_of,
)
from loyalty_core.kernel.outcomes import Outcome, Sale
from loyalty_core.kernel.replayed_cards import ReplayedCards
from loyalty_core.kernel.replayed_lots import ReplayedLots
from loyalty_core.kernel.replayed_sales import ReplayedSales
from loyalty_core.kernel.walk import (
    DECIDED,
    GIVING,
    INVITED,
    PAY_OUT,
    SALE,
    TOP_UP,
    details_asked,
    kinds_asked,
    tier_named,
    walk,
)
from loyalty_core.kernel.walk import REFUND as TAKEN_BACK
from loyalty_core.points.lots import places, summed
from loyalty_core.rounds import rounds
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.versions import Mark, Versions
from loyalty_core.tiers.tier_moves import (
    CHANGE,
    DIRECT,
    INVITATION,
    JOIN,
    PAID,
    REVIEW,
    UPGRADE,
    TierMoves,
)


def replay(
    history: History,
    programme: Programme | Sequence[Programme],
    until_day: int | None = None,
    with_decisions: bool = False,
) -> Derived:
    """The ledger and tier changes that the programme implies for the deeds up to a day, included.

    Without a day, up to the last event of the history. Deeds count from the day of joining to the
    day of leaving. After leaving, tiers are reviewed no more and points go on falling due. Entries
    and tier changes that the history already has are not looked at, save, `with_decisions`, its
    adjustments and transfers: these are carried out as they stand, and not derived once more. Members
    are independent: the history of some of them gives the rows of these.
    """
    last = last_day(history) if until_day is None else until_day
    return Replay(history, programme, last, with_decisions).run().rows.derived()


def last_day(history: History) -> int:
    """The last day with a purchase, entry or activity, else the last joining; -1 in an empty history."""
    events = (history.purchases.day, history.entries.day, history.activities.day)
    joined_on = int(history.members.joined_on.max(initial=-1))
    return max((int(days.max()) for days in events if len(days)), default=joined_on)


class Replay:
    """One run of the replay: the accounts it drives and the rows it writes."""

    def __init__(
        self,
        history: History,
        programme: Programme | Sequence[Programme],
        last: int,
        with_decisions: bool = False,
    ):
        self.history, self.purchases, self.last = history, history.purchases, last
        self.versions = Versions.of(programme)
        self.walk = walk(history, self.versions.programmes, last, with_decisions)
        decides_on = history.labels.get("entries.account", ()) if with_decisions else ()
        has_cards = TOP_UP in self.walk.kinds or not set(STORED_VALUE_ACCOUNTS).isdisjoint(decides_on)
        self.rows = DerivedRows(self.versions.programmes, has_cards)
        self.lots = ReplayedLots(self.walk, self.rows, POINTS_ACCOUNT)
        self.cards = ReplayedCards(history, self.walk, self.rows) if has_cards else None
        members = history.members
        begin = int(members.joined_on.min(initial=last))
        self.calendar = self.versions.calendar(begin + 1, last)
        several = len(self.versions.programmes) > 1
        self._begin(self.versions.at(begin))
        self.accounts = Accounts(
            self.programme,
            members.joined_on,
            members.left_on,
            birthdays(history.versions, len(members)),
            history.labels,
            several,
        )
        self.sales = ReplayedSales(self.purchases, self.versions.programmes)

    def run(self) -> Replay:
        """Walk through everything; the replay itself."""
        self._join()
        stage = np.searchsorted([mark.day for mark in self.calendar], self.walk.day, side="right")
        held = 0
        for now, deeds in rounds(self.walk.member, stage):
            self._keep(self.calendar[held:now])
            held = now
            self._live(deeds)
        self._keep(self.calendar[held:])
        self._settle(np.arange(self.accounts.n), np.full(self.accounts.n, self.last, np.int32))
        return self

    def _join(self) -> None:
        """Everybody enters the lowest tier that there is on the day of joining."""
        joined_on = self.history.members.joined_on
        joined = np.flatnonzero(joined_on <= self.last)
        days, place = np.unique(joined_on[joined], return_inverse=True)
        lowest = [self.rows.tiers.index(self.versions.at(int(day)).tiers[0].name) for day in days]
        self.rows.tier_change(JOIN, joined, joined_on[joined], -1, np.array(lowest, np.int32)[place])

    def _begin(self, programme: Programme) -> None:
        """What depends on the programme in force."""
        self.programme, self.asked = programme, kinds_asked(programme)
        self.codes = np.array([self.rows.tiers.index(tier.name) for tier in programme.tiers], np.int32)
        self.details = details_asked(programme)
        self.gives = {
            kind: tier_named(self.history, programme, kind) for kind in self.walk.kinds if kind in GIVING
        }

    def _keep(self, marks: Sequence[Mark]) -> None:
        for mark in marks:
            if mark.programme is None:
                self._write_reviews(self.accounts.review(mark.day))
            else:
                self._change(mark.programme, mark.day)

    def _change(self, programme: Programme, day: int) -> None:
        """Let another programme hold from the start of a day: what falls due on it is told by its rules."""
        everybody = np.arange(self.accounts.n)
        self._settle(everybody, np.full(len(everybody), day - 1, np.int32))
        before = self.codes[self.accounts.tier]
        self.accounts = self.accounts.under(programme, day)
        self._begin(programme)
        after = self.codes[self.accounts.tier]
        members = self.history.members
        there = (members.joined_on < day) & (members.left_on >= day)
        self.rows.tier_change(CHANGE, everybody[there], np.int32(day), before[there], after[there])

    def _live(self, deeds: Ints) -> None:
        """One deed of each of several members."""
        self._settle(self.walk.member[deeds], self.walk.day[deeds])
        kind = self.walk.kind[deeds]
        first = int(kind[0]) if len(kind) else 0
        for number in [first] if (kind == first).all() else np.unique(kind):
            self._do(self.walk.kinds[number], deeds[kind == number])

    def _do(self, kind: str, deeds: Ints) -> None:
        if kind == SALE:
            self._sell(deeds)
        elif kind == TAKEN_BACK:
            named = self.sales.named_by(self.walk.row[deeds]) >= 0
            self._refund(deeds[~named], known=False)
            self._refund(deeds[named], known=True)
        elif kind == DECIDED:
            self._decide(deeds)
        else:
            self._act(kind, deeds)

    def _sell(self, deeds: Ints) -> None:
        walk, rows = self.walk, self.walk.row[deeds]
        who, day, at = walk.member[deeds], walk.day[deeds], walk.at[deeds]
        if self.cards is not None:
            self.cards.pay(self.accounts.open_cards(), deeds)
        paid = self.purchases.paid_points[rows] if self.sales.takes_points else None
        bought = self.accounts.buy(who, day, self.purchases.amount[rows], paid, **self._details(rows))
        self.sales.note(rows, who, bought)
        if paid is not None:
            self.rows.entry(REDEEM, CASH, who, day, -self.sales.points_spent(rows), at=at, purchase=rows)
        self._write(bought, deeds, purchase=rows)
        self.rows.tier_change(
            DIRECT, who, day, self.codes[bought.tier_lifted], self.codes[bought.tier_after], at=at
        )

    def _act(self, kind: str, deeds: Ints) -> None:
        if kind == TOP_UP and self.cards is not None:
            self.cards.top_up(self.accounts.open_cards(), deeds)
        if kind == PAY_OUT and self.cards is not None:
            self.cards.pay_out(self.accounts.open_cards(), deeds)
        if kind not in self.asked:
            return  # a deed under another version only
        walk, rows = self.walk, self.walk.row[deeds]
        activities = self.history.activities
        gives = self.gives[kind][activities.codes["reference"][rows]] if kind in self.gives else None
        who, day = walk.member[deeds], walk.day[deeds]
        done = self.accounts.act(who, day, kind, activities.value[rows], gives)
        self._write(done, deeds, activity=rows)
        reason = INVITATION if kind == INVITED else PAID
        before, after = self.codes[done.tier_lifted], self.codes[done.tier_after]
        self.rows.tier_change(reason, who, day, before, after, at=walk.at[deeds])

    def _decide(self, deeds: Ints) -> None:
        """What the programme decided; the ledger has the rows already."""
        entries, labels = self.history.entries, self.history.labels.get("entries.account", ())
        code = entries.codes["account"][self.walk.row[deeds]]
        for place in np.unique(code[code >= 0]):
            own, account = deeds[code == place], labels[place]
            who, day, row = self.walk.member[own], self.walk.day[own], self.walk.row[own]
            amount, gone = entries.amount[row], entries.expires_on[row]
            if account in STORED_VALUE_ACCOUNTS:
                self.accounts.open_cards().decide(who, day, amount, account, gone)
            elif account in self.sales.accounts:
                before = self.codes[self.accounts.tier[who]]
                after = self.accounts.decide(who, day, amount, account, gone, entries.available_on[row])
                self.rows.tier_change(UPGRADE, who, day, before, self.codes[after], at=self.walk.at[own])

    def _write(self, done: Outcome, deeds: Ints, **behind: Ints) -> None:
        """What purchases or activities earned, and the tier that measures lifted them to."""
        who, day, at = self.walk.member[deeds], self.walk.day[deeds], self.walk.at[deeds]
        self.lots.note(done.lot, deeds)
        by_rule = done.by_rule
        for rule, account, points in zip(by_rule.rules, by_rule.accounts, by_rule.points, strict=True):
            dated = (
                {"available_on": done.available_on, "expires_on": done.expires_on}
                if account == POINTS_ACCOUNT
                else {}
            )
            self.rows.entry(
                EARN, reason_of(rule), who, day, points, account=account, at=at, **behind, **dated
            )
        self.rows.tier_change(
            UPGRADE, who, day, self.codes[done.tier_before], self.codes[done.tier_lifted], at=at
        )

    def _refund(self, deeds: Ints, known: bool) -> None:
        if not len(deeds):
            return
        walk, rows = self.walk, self.walk.row[deeds]
        who, day, at = walk.member[deeds], walk.day[deeds], walk.at[deeds]
        amount = -self.purchases.amount[rows]
        of = self.sales.named_by(rows)
        sale = self.sales.sale(of) if known else None
        refunded = self.accounts.refund(who, day, amount, sale, **self._details(rows))
        write = partial(self.rows.entry, REVERSE, REFUND, who, day, at=at, purchase=rows)
        write(-refunded.pending, available_on=refunded.available_on, expires_on=refunded.expires_on)
        # A claw-back that knows its sale names the lot by its expiry.
        write(-refunded.available, expires_on=sale.expires_on if sale is not None else NEVER)
        for account, taken in refunded.taken.items():
            if account != POINTS_ACCOUNT:
                write(-taken, account=account)
        if sale is not None:
            self._give_back(deeds, of, sale, amount)
            if self.cards is not None:
                self.cards.bring_back(self.accounts.open_cards(), deeds, sale, amount)
            self.sales.count_refund(of, amount)

    def _give_back(self, deeds: Ints, of: Ints, sale: Sale, amount: Ints) -> None:
        """Bring back the points that paid for what is refunded."""
        who, lots = self.walk.member[deeds], self.sales.bring_back(of, sale, amount)
        if not len(lots):
            return
        back = summed(self.accounts.give_back(lots, self.walk.day[deeds[places(who, lots.member)]]))
        behind = deeds[places(who, back.member)]
        self.rows.entry(
            REVERSE,
            RESTORED,
            back.member,
            self.walk.day[behind],
            back.points,
            at=self.walk.at[behind],
            purchase=self.walk.row[behind],
            expires_on=back.day,
        )

    def _details(self, rows: Ints) -> dict[str, Ints]:
        """What the rules look at beside the amount; pieces that came back count as pieces."""
        bought = self.purchases
        found = {name: bought.codes[name][rows] for name in self.details if name != "quantity"}
        if "quantity" in self.details:
            pieces = bought.quantity[rows]
            found["quantity"] = np.where(bought.amount[rows] < 0, np.abs(pieces), pieces)
        return found

    def _settle(self, who: Ints, day: Ints) -> None:
        """Let what fell due happen, and write it down."""
        self.lots.write_expired(self.accounts.expire(who, day))
        if self.cards is not None:
            self.cards.write_expired(self.accounts.expired_bonus())
        self._write_reviews(self.accounts.moved())

    def _write_reviews(self, moves: TierMoves) -> None:
        before, after = self.codes[moves.from_tier], self.codes[moves.to_tier]
        self.rows.tier_change(REVIEW, moves.member, moves.day, before, after)
