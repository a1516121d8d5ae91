"""What a programme does to the purchases of a history: its ledger and tiers, derived.

`replay` walks through the programme's reviews and, between two of them, through the purchases of
everybody; `standing` stops at a day and says where everybody is. Both only drive `Accounts`.
"""

from __future__ import annotations

import numpy as np

from loyalty_core.accounts import Accounts
from loyalty_core.derived import JOIN, REVIEW, UPGRADE, Derived, DerivedRows
from loyalty_core.facts import EARN, EXPIRE, POINTS_ACCOUNT, REVERSE
from loyalty_core.history import Activities, Flags, History, Ints, Members, Purchases, TierChanges
from loyalty_core.programme import Programme
from loyalty_core.rounds import rounds
from loyalty_core.tiers import review_days


def replay(history: History, programme: Programme, until_day: int | None = None) -> Derived:
    """The ledger and tier changes that the programme implies for the purchases up to a day, included.

    Without a day, up to the last event of the history. Purchases count from the day of joining to
    the day of leaving. After leaving, tiers are reviewed no more and points expire by their age. A
    refund follows `Accounts.refund`. Entries and tier changes that the history already has are not
    looked at.
    """
    last = last_day(history) if until_day is None else until_day
    return _Replay(history, programme, last).run()


def last_day(history: History) -> int:
    """The last day with a purchase, entry or activity, else the last joining; -1 in an empty history."""
    events = (history.purchases.day, history.entries.day, history.activities.day)
    joined_on = int(history.members.joined_on.max(initial=-1))
    return max((int(days.max()) for days in events if len(days)), default=joined_on)


def enrolled(members: Members, day: int) -> Ints:
    """The members who have joined by the close of `day` and not left."""
    return np.flatnonzero((members.joined_on <= day) & (members.left_on > day))


def standing(history: History, programme: Programme, day: int) -> Accounts:
    """The accounts of the members `enrolled` at the close of `day`, in that order.

    Tiers from the tier changes, lots from the ledger, qualifying spend from the purchases. Points
    come in lots with the expiry that the ledger gives them and leave oldest expiry first, whatever
    took them; should they be overdrawn, what comes in first fills the gap. A lot that fell due
    and is still there goes on the day after `day`.
    """
    who = enrolled(history.members, day)
    place = np.full(len(history.members) + 1, -1, np.int64)  # the last one answers guests
    place[who] = np.arange(len(who))
    accounts = Accounts(programme, history.members.joined_on[who], history.members.left_on[who])
    _put_tiers(accounts, history.tier_changes, place, day)
    _put_points(accounts, history, place, day)
    _put_spend(accounts, history, place, day)
    return accounts


class _Replay:
    """One run of the replay: the accounts it drives and the rows it writes."""

    def __init__(self, history: History, programme: Programme, last: int):
        self.members, self.purchases, self.last = history.members, history.purchases, last
        self.programme = programme
        self.accounts = Accounts(programme, self.members.joined_on, self.members.left_on)
        self.rows = DerivedRows(programme)
        # Lots are numbered from 1 as they arise, at most one per purchase.
        self.purchase_of_lot = np.zeros(len(self.purchases.member) + 1, np.int64)

    def run(self) -> Derived:
        joined_on = self.members.joined_on
        self._join(np.flatnonzero(joined_on <= self.last))
        reviews = review_days(self.programme, int(joined_on.min(initial=self.last)) + 1, self.last)
        index = np.flatnonzero(
            while_enrolled(self.purchases, self.members) & (self.purchases.day <= self.last)
        )
        stage = np.searchsorted(reviews, self.purchases.day[index], side="right")
        held = 0
        for now, events in rounds(self.purchases.member[index], stage):
            self._review(reviews[held:now])
            held = now
            self._purchase(index[events])
        self._review(reviews[held:])
        self._expire(np.arange(self.accounts.n), np.full(self.accounts.n, self.last, np.int32))
        return self.rows.derived()

    def _join(self, who: Ints) -> None:
        self.rows.tier_change(JOIN, who, self.members.joined_on[who], -1, 0)

    def _review(self, days: Ints) -> None:
        for day in days:
            moves = self.accounts.review(int(day))
            self.rows.tier_change(REVIEW, moves.member, day, moves.from_tier, moves.to_tier)

    def _purchase(self, index: Ints) -> None:
        self._expire(self.purchases.member[index], self.purchases.day[index])
        refund = self.purchases.amount[index] < 0
        self._buy(index[~refund])
        self._refund(index[refund])

    def _buy(self, index: Ints) -> None:
        who, day, at = self.purchases.member[index], self.purchases.day[index], self.purchases.at[index]
        bought = self.accounts.buy(who, day, self.purchases.amount[index])
        self.purchase_of_lot[bought.lot] = index
        self.rows.entry(EARN, index, who, day, bought.earned, at=at, expires_on=bought.expires_on)
        self.rows.tier_change(UPGRADE, who, day, bought.tier_before, bought.tier_after, at=at)

    def _refund(self, index: Ints) -> None:
        who, day, at = self.purchases.member[index], self.purchases.day[index], self.purchases.at[index]
        taken = self.accounts.refund(who, day, -self.purchases.amount[index])
        self.rows.entry(REVERSE, index, who, day, -taken, at=at)

    def _expire(self, who: Ints, day: Ints) -> None:
        moves = self.accounts.expire(who, day)
        self.rows.entry(EXPIRE, self.purchase_of_lot[moves.lot], moves.member, moves.day, -moves.points)


def while_enrolled(events: Purchases | Activities, members: Members) -> Flags:
    """True for the events of members from the day they joined to the day they left, both included."""
    known = events.member >= 0
    who = np.where(known, events.member, 0)
    if not len(members):
        return known
    within: Flags = (events.day >= members.joined_on[who]) & (events.day <= members.left_on[who])
    return known & within


def _put_tiers(accounts: Accounts, changes: TierChanges, place: Ints, day: int) -> None:
    who = place[changes.member]
    past = (who >= 0) & (changes.day <= day)
    # Of several changes of a member the last one stays.
    accounts.tier[who[past]] = np.maximum(changes.to_tier[past], 0)


def _put_points(accounts: Accounts, history: History, place: Ints, day: int) -> None:
    entries, names = history.entries, history.labels.get("entries.account", ())
    if POINTS_ACCOUNT not in names:
        return
    points = entries.codes["account"] == names.index(POINTS_ACCOUNT)
    index = np.flatnonzero(points & (entries.day <= day) & (place[entries.member] >= 0))
    who, amount = place[entries.member[index]], entries.amount[index]
    expires_on = np.maximum(entries.expires_on[index], day + 1)
    overdrawn = np.zeros(accounts.n, np.int64)
    for _, events in rounds(who, np.zeros(len(index), np.int64)):
        inward, outward = events[amount[events] > 0], events[amount[events] < 0]
        gap = np.minimum(overdrawn[who[inward]], amount[inward])
        overdrawn[who[inward]] -= gap
        accounts.lots.add(who[inward], amount[inward] - gap, expires_on[inward])
        taken = accounts.lots.take(who[outward], -amount[outward])
        overdrawn[who[outward]] -= amount[outward] + taken


def _put_spend(accounts: Accounts, history: History, place: Ints, day: int) -> None:
    purchases = history.purchases
    counted = while_enrolled(purchases, history.members) & (purchases.day <= day)
    index = np.flatnonzero(counted & (place[purchases.member] >= 0))
    who = place[purchases.member[index]]
    for _, events in rounds(who, np.zeros(len(index), np.int64)):
        rows = index[events]
        accounts.spend.add(who[events], purchases.day[rows], purchases.amount[rows])
