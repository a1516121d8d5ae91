"""Which points of which lot every entry of a ledger took: the ledger matched, oldest expiry first.

Metrics count what leaves a balance; finance asks *which* points left, since a point earned in March
and redeemed in June belongs to March's cohort. The rule of what leaves first is `Lots`; here it is
only driven through the entries, and asked what it did. Points that are taken back, moved or
corrected may be named by their expiry, and then those leave first. Points that stay have none: of these
a refund takes back those that came at the instant of the sale that it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER
from loyalty_core.facts import ENTRY_KINDS, EXPIRE, NAMING_THEIR_LOT, POINTS_ACCOUNT, REDEEM, REVERSE
from loyalty_core.history import Entries, History
from loyalty_core.points.end_to_end import first_in_first_out
from loyalty_core.points.lots import Lots, Moves
from loyalty_core.rounds import rounds

UNTOLD = -(2**63)  # an instant before all others
AT_ONCE = 2**21  # entries: to match them takes some three times the memory of what is found


@dataclass(frozen=True, slots=True, kw_only=True)
class LotLedger:
    """The lots of a history as of the close of `day`, and what was taken from them, in point units.

    A lot is what one entry brought, whatever its kind, on the day it took effect. A use is points of
    one lot that one entry took: `use_lot` indexes lots, `use_kind` indexes `facts.ENTRY_KINDS`. What
    was taken before it was there is owed: the next points that come in pay it, oldest debt first, and
    count as used that day, though taken before (`use_taken_on`). A debt is what one entry took and
    nothing has paid yet, so that uses and debts of a kind add up to its entries.
    """

    day: int
    lot_member: Ints
    lot_day: Ints
    lot_expires_on: Ints  # NEVER where the points stay
    lot_points: Ints
    use_lot: Ints
    use_day: Ints
    use_taken_on: Ints
    use_kind: Ints
    use_points: Ints
    debt_day: Ints
    debt_kind: Ints
    debt_points: Ints

    @property
    def owed(self) -> Ints:
        """What nothing has paid, by kind of the entry that took it."""
        total = np.zeros(len(ENTRY_KINDS), np.int64)
        np.add.at(total, self.debt_kind, self.debt_points)
        return total

    def upto(self, day: int) -> LotLedger:
        """The ledger as of an earlier close: what came later changed nothing of what was there then."""
        lots, uses = np.flatnonzero(self.lot_day <= day), self.use_day <= day
        unpaid, paid_later = self.debt_day <= day, ~uses & (self.use_taken_on <= day)
        return LotLedger(
            day=day,
            lot_member=self.lot_member[lots],
            lot_day=self.lot_day[lots],
            lot_expires_on=self.lot_expires_on[lots],
            lot_points=self.lot_points[lots],
            use_lot=np.searchsorted(lots, self.use_lot[uses]),
            use_day=self.use_day[uses],
            use_taken_on=self.use_taken_on[uses],
            use_kind=self.use_kind[uses],
            use_points=self.use_points[uses],
            debt_day=np.append(self.debt_day[unpaid], self.use_taken_on[paid_later]),
            debt_kind=np.append(self.debt_kind[unpaid], self.use_kind[paid_later]),
            debt_points=np.append(self.debt_points[unpaid], self.use_points[paid_later]),
        )

    @property
    def redeeming(self) -> Flags:
        """The uses that were redemptions."""
        flags: Flags = self.use_kind == ENTRY_KINDS.index(REDEEM)
        return flags

    @property
    def expiring(self) -> Flags:
        """The uses that were expiries."""
        flags: Flags = self.use_kind == ENTRY_KINDS.index(EXPIRE)
        return flags

    def taken(self, uses: Flags) -> Ints:
        """Points that those uses took from each lot."""
        total = np.zeros(len(self.lot_points), np.int64)
        np.add.at(total, self.use_lot[uses], self.use_points[uses])
        return total

    @property
    def redeemed(self) -> Ints:
        """Points of each lot that were redeemed."""
        return self.taken(self.redeeming)

    @property
    def expired(self) -> Ints:
        """Points of each lot that expired."""
        return self.taken(self.expiring)

    @property
    def left(self) -> Ints:
        """Points of each lot that are still there."""
        total = np.zeros(len(self.lot_points), np.int64)
        np.add.at(total, self.use_lot, self.use_points)
        return self.lot_points - total

    @property
    def issued(self) -> Ints:
        """Points of each lot without those clawed back, adjusted or transferred away.

        What could be redeemed, was or will be: redeemed + expired + left.
        """
        return self.redeemed + self.expired + self.left


def lot_ledger(history: History, day: int, account: str = POINTS_ACCOUNT) -> LotLedger:
    """The ledger of an account up to the close of `day`, matched lot by lot.

    Entries count from the day they take effect, as in the metrics, so that what is left less what is
    owed is `points_outstanding`. Those of one instant take their `turn`.
    """
    rows = _rows(history, day, account)
    parts, lots = list[dict[str, Ints]](), 0
    for some in np.split(rows, _ends(history.entries.member[rows])):
        parts.append(_matched(history, some, lots))
        lots += len(parts[-1]["lot_day"])
    columns = {name: np.concatenate([part.pop(name) for part in parts]) for name in list(parts[0])}
    return LotLedger(day=day, **columns)


def _ends(member: Ints) -> Ints:
    """Where rows by member are cut, so that all of a member stay together, some `AT_ONCE` in each part."""
    return np.searchsorted(member, member[AT_ONCE::AT_ONCE])


def _matched(history: History, rows: Ints, before: int) -> dict[str, Ints]:
    """The columns of the ledger of those entries, after so many lots of other members."""
    entries = history.entries
    inward = entries.amount[rows] > 0
    lot, taker, use_day, points = _Matching(history, rows).run()
    effective, kind = entries.effective_on, entries.kind
    unpaid = np.where(inward, 0, -entries.amount[rows].astype(np.int64))
    np.subtract.at(unpaid, taker, points)
    lots, debts = rows[inward], rows[unpaid > 0]
    return {
        "lot_member": entries.member[lots],
        "lot_day": effective[lots],
        "lot_expires_on": entries.expires_on[lots],
        "lot_points": entries.amount[lots].astype(np.int64),
        "use_lot": before + (np.cumsum(inward) - 1)[lot],
        "use_day": use_day,
        "use_taken_on": effective[rows[taker]],
        "use_kind": kind[rows[taker]],
        "use_points": points,
        "debt_day": effective[debts],
        "debt_kind": kind[debts],
        "debt_points": unpaid[unpaid > 0],
    }


def turn(amount: Ints, reverses: Flags) -> Ints:
    """Which entries of one instant come first where it matters whose lots they take: as the rules have it.

    What brings points (0), what takes them (1), and what a refund gives back (2), which claws back before.
    """
    return np.where(amount < 0, 1, np.where(reverses, 2, 0))


def _rows(history: History, day: int, account: str) -> Ints:
    """The entries of the account up to the day, by member and in the order they take effect."""
    entries, names = history.entries, history.labels.get("entries.account", ())
    if account not in names:
        return np.zeros(0, np.int64)
    effective = entries.effective_on
    chosen = (entries.codes["account"] == names.index(account)) & (effective <= day)
    rows = np.flatnonzero(chosen & (entries.member >= 0) & (entries.amount != 0))
    return _in_order(entries, rows)


def _in_order(entries: Entries, rows: Ints) -> Ints:
    """The rows, sorted by member and instant, put in the order in which they take effect.

    Most members' are in it already, so only the others' are sorted.
    """
    member, effective = entries.member[rows], entries.effective_on[rows]
    at, turns = entries.at[rows], turn(entries.amount[rows], entries.kind[rows] == ENTRY_KINDS.index(REVERSE))
    behind = (at[1:] < at[:-1]) | ((at[1:] == at[:-1]) & (turns[1:] < turns[:-1]))
    behind = (effective[1:] < effective[:-1]) | ((effective[1:] == effective[:-1]) & behind)
    unsorted = np.zeros(int(member.max(initial=-1)) + 1, bool)
    unsorted[member[1:][behind & (member[1:] == member[:-1])]] = True
    place = np.flatnonzero(unsorted[member])
    order = np.lexsort((turns[place], at[place], effective[place], member[place]))
    rows[place] = rows[place[order]]
    return rows


def _sold_at(history: History, rows: Ints) -> Ints:
    """The instant of the sale whose refund each row is about; `UNTOLD` where its points expire, or none
    is known."""
    entries, purchases = history.entries, history.purchases
    found = np.full(len(rows), UNTOLD, np.int64)
    refund = entries.purchase[rows]
    known = np.flatnonzero(
        (entries.kind[rows] == ENTRY_KINDS.index(REVERSE)) & (entries.amount[rows] < 0)
        & (entries.expires_on[rows] == NEVER) & (refund >= 0)
    )  # fmt: skip
    sale = purchases.refund_of[refund[known]]
    found[known[sale >= 0]] = purchases.at[sale[sale >= 0]]
    return found


class _Matching:
    """Which row took what of which; indices are places in `rows`.

    Of most members the lots expire in the order in which they came, so that the first in is the first
    out. The entries of the others are walked through, the k-th of everybody together.
    """

    def __init__(self, history: History, rows: Ints):
        entries, n = history.entries, len(history.members)
        self.who = entries.member[rows].astype(np.int64)
        self.amount = entries.amount[rows].astype(np.int64)
        self.day = entries.effective_on[rows]
        # Points that stay are lots too: the last of all to go, in the order in which they came.
        self.gone = np.minimum(entries.expires_on[rows], NEVER - 1)
        naming = np.isin(entries.kind[rows], [ENTRY_KINDS.index(kind) for kind in NAMING_THEIR_LOT])
        self.at, self.sold_at = entries.at[rows], _sold_at(history, rows)
        self.names_lot = naming & ((entries.expires_on[rows] < NEVER) | (self.sold_at != UNTOLD))
        self.lots, self.debts = Lots(n), Lots(n)
        self.of_lot = np.zeros(len(rows) + 1, np.int64)  # numbers of lots and debts count from 1
        self.of_debt = np.zeros(len(rows) + 1, np.int64)
        self.of_member = np.zeros(n, np.int64)  # the entry of this round
        self.uses = [np.zeros((3, 0), np.int64)]

    def run(self) -> tuple[Ints, Ints, Ints, Ints]:
        """For each use the entry that brought the points, the one that took them, the day, the points."""
        walked = self._out_of_order()[self.who]
        plain, others = np.flatnonzero(~walked), np.flatnonzero(walked)
        came, went, points = first_in_first_out(self.who[plain], self.amount[plain])
        self.uses.append(np.stack([plain[came], plain[went], points]))
        for _, places in rounds(self.who[others], np.zeros(len(others), np.int64)):
            events = others[places]
            self.of_member[self.who[events]] = events
            self._bring(events[self.amount[events] > 0])
            self._take(events[self.amount[events] < 0])
        lot, taker, points = np.concatenate(self.uses, axis=1)
        return lot, taker, np.maximum(self.day[lot], self.day[taker]), points

    def _out_of_order(self) -> Flags:
        """Members with a lot that expires before an earlier one, or an entry that names its lot."""
        found = np.zeros(len(self.of_member), bool)
        lots = np.flatnonzero(self.amount > 0)
        who, gone = self.who[lots], self.gone[lots]
        found[who[1:][(gone[1:] < gone[:-1]) & (who[1:] == who[:-1])]] = True
        found[self.who[self.names_lot]] = True
        return found

    def _bring(self, events: Ints) -> None:
        who, points = self.who[events], self.amount[events]
        owed = self.debts.balance[who]
        paid = self.debts.spend(who, points)
        self._note(self.of_member[paid.member], self.of_debt[paid.lot], paid)
        lot = self.lots.add(who, points - (owed - self.debts.balance[who]), self.gone[events])
        self.of_lot[lot] = events

    def _take(self, events: Ints) -> None:
        points = -self.amount[events]
        naming = self.names_lot[events]
        if naming.any():
            named = events[naming]
            taken, moves = self.lots.withdraw(
                self.who[named], points[naming], self.gone[named], partial(self._meant, named)
            )
            self._note(self.of_lot[moves.lot], self.of_member[moves.member], moves)
            points[naming] -= taken
        who, held = self.who[events], self.lots.balance[self.who[events]]
        spent = self.lots.spend(who, points)
        self._note(self.of_lot[spent.lot], self.of_member[spent.member], spent)
        debt = self.debts.add(who, np.maximum(points - held, 0), self.day[events])
        self.of_debt[debt] = events

    def _meant(self, takers: Ints, lot: Ints, place: Ints) -> Flags:
        """Whether each of those lots is one that the taker in that place means."""
        sold_at = self.sold_at[takers[place]]
        meant: Flags = (sold_at == UNTOLD) | (self.at[self.of_lot[lot]] == sold_at)
        return meant

    def _note(self, lot: Ints, taker: Ints, moves: Moves) -> None:
        self.uses.append(np.stack([lot, taker, moves.points]))
