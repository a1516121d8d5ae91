"""The points of members in every account, under the rules of one programme that are about points.

What deeds earn is told by `Earner`; here it is paid in, paid with, taken back and brought back, with
the dates that the programme gives it. Expiry and waiting are matters of the account `points` alone:
points of other accounts (`status` and further ones that rules name) may be had at once, and stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER
from loyalty_core.earning.earner import Earned
from loyalty_core.facts import POINTS_ACCOUNT
from loyalty_core.kernel.outcomes import Redeemed, Refunded, Sale
from loyalty_core.points.expiring import expires_on
from loyalty_core.points.lots import Moves, joined_moves
from loyalty_core.points.wallet import NO_LOT, TakenBack, Wallet
from loyalty_core.rewards.catalogue import CashRates
from loyalty_core.rules.programme import Programme


class PointAccounts:
    """The wallets of n members, `points` and `others` by account. Calls name each member at most once.

    As with `Wallet`, `settle` has been called for a day before anything else of that day.
    """

    def __init__(self, programme: Programme, n: int, remember: bool):
        self.programme = programme
        self.points = Wallet(n, programme.expiry.inactivity_months, remember)
        accounts = (rule.account for rule in programme.earning.all_rules)
        self.others = {name: Wallet(n) for name in dict.fromkeys(accounts) if name != POINTS_ACCOUNT}
        self.cash = CashRates(programme) if programme.points_as_cash else None
        # Of what each member's last sale earned: available_on, expires_on.
        self._dates_of_last_sale = np.zeros(n, np.int32), np.zeros(n, np.int32)
        self._expired: list[Moves] = []

    def go_on_from(self, other: PointAccounts, day: int) -> None:
        """Take over the accounts of the same members under another programme at the start of `day`.

        Points keep the dates that they were promised.
        """
        self.points = other.points
        self.points.change_inactivity(self.programme.expiry.inactivity_months, day)
        self.others |= other.others
        self._dates_of_last_sale = other._dates_of_last_sale
        self._expired = other._expired

    def settle(self, who: Ints, day: Ints) -> None:
        """Let points become available and go that do so by the start of `day`."""
        expired = self.points.settle(who, day).expired
        if len(expired):
            self._expired.append(expired)

    def expired(self) -> Moves:
        """The points that went since it was last told, each move once."""
        moves, self._expired = joined_moves(self._expired), []
        return moves

    def dates(self, day: Ints) -> tuple[Ints, Ints]:
        """From when points earned on each day may be spent, and the first day on which they are gone."""
        wait = self.programme.pending.days
        return day + np.int32(wait) if wait else day, self.expiry(day)

    def expiry(self, day: Ints) -> Ints:
        """The first day on which points earned on each day are gone, int32; NEVER if they stay."""
        return expires_on(self.programme.expiry, day)

    def earn(self, who: Ints, day: Ints, by_rule: Earned) -> dict[str, Any]:
        """Pay in what rules give: the first fields of an `Outcome`."""
        earned = by_rule.total(POINTS_ACCOUNT)
        available_on, gone = self.dates(day)
        lot = self.points.credit(who, day, earned, gone, None if available_on is day else available_on)
        for name in dict.fromkeys(by_rule.accounts):
            if name != POINTS_ACCOUNT:
                self.others[name].credit(who, day, by_rule.total(name), np.full(len(who), NEVER))
        return {
            "earned": earned,
            "by_rule": by_rule,
            "available_on": available_on,
            "expires_on": gone,
            "lot": lot,
        }

    def keep_dates(self, who: Ints, available_on: Ints, expires_on: Ints) -> None:
        """These are the dates of what each member's last sale earned: a refund may not name its sale."""
        for dates, of_sale in zip(self._dates_of_last_sale, (available_on, expires_on), strict=True):
            dates[who] = of_sale

    def pay(self, who: Ints, amount_minor: Ints, paid_minor: Ints, tier: Ints) -> Moves:
        """Let the points go that are worth what was paid with them, as far as the rules and the balance
        allow; the lots. Only where the programme takes points as cash."""
        assert self.cash is not None
        most = self.cash.most(amount_minor, tier, np.maximum(self.points.balance[who], 0))
        return self.points.spend(who, np.minimum(most, self.cash.needed(paid_minor, tier)))

    def redeem(self, who: Ints, day: Ints, points: Ints, same_day: Flags | None = None) -> Redeemed:
        """Spend points, oldest expiry first, never more than there are.

        Where `same_day` is true, those earned on the day that still wait follow. Taking none is no
        redemption.
        """
        taken = self.points.debit(who, points)
        available_on, gone = day, day  # nothing waits
        waiting: Ints = np.zeros(len(who), np.int64)
        if same_day is not None:
            available_on, gone = self.dates(day)
            wanted = np.where(same_day, points - taken, 0)
            waiting = self.points.take_back(who, wanted, gone, available_on, "pending_only").pending
        points = taken + waiting
        some = points > 0
        self.points.touch(who[some], day[some])
        return Redeemed(
            points=points,
            pending=waiting,
            available_on=available_on,
            expires_on=gone,
        )

    def decide(
        self, who: Ints, day: Ints, points: Ints, account: str, expires_on: Ints, available_on: Ints
    ) -> None:
        """Points that come in, or (negative) leave, with these dates; what is not there is owed.

        In accounts other than that of points nothing waits or is ever gone.
        """
        comes, waits = points > 0, available_on > day
        goes = ~comes
        if account != POINTS_ACCOUNT:
            wallet = self.others.setdefault(account, Wallet(len(self.points.balance)))
            never = np.full(len(who), NEVER)
            wallet.credit(who[comes], day[comes], points[comes], never[comes])
            wallet.take_back(who[goes], -points[goes], never[goes], claw_back="allow_negative")
            return
        self.points.credit(who[comes], day[comes], points[comes], expires_on[comes], available_on[comes])
        named = np.where((expires_on < NEVER) | waits, expires_on, NO_LOT)
        self.points.take_back(who[goes], -points[goes], named[goes], available_on[goes], "allow_negative")

    def waiting_of(self, who: Ints, day: Ints) -> Ints:
        """Points of each member that were earned on `day` and may not be spent yet."""
        available_on, gone = self.dates(day)
        return self.points.waiting(who, gone, available_on)

    def take_back(self, who: Ints, due: Mapping[str, Ints], sale: Sale | None) -> Refunded:
        """Take back so many points of each account as the rule allows; what was taken.

        Without the sale the points are those that the last sale has pending, then the oldest.
        """
        points, dates = self._take_back_points(who, due[POINTS_ACCOUNT], sale)
        taken = {POINTS_ACCOUNT: points.total}
        rule = self.programme.refunds.claw_back
        within = "within_balance" if rule == "pending_only" else rule  # what never waits can only be there
        never = np.full(len(who), NEVER)
        for name, wallet in self.others.items():
            taken[name] = wallet.take_back(who, due[name], never, claw_back=within).total
        return Refunded(taken=taken, pending=points.pending, available_on=dates[0], expires_on=dates[1])

    def give_back(self, lots: Moves, day: Ints) -> Moves:
        """Points that paid for what is refunded come back as the programme's `restore` says; the lots."""
        rule = self.programme.refunds.restore
        if rule == "no":
            return joined_moves([])
        gone = self.expiry(day) if rule == "as_new" else lots.day
        came = self.points.restore(lots.member, day, lots.points, gone)
        some = came > 0
        return Moves(member=lots.member[some], day=gone[some], points=came[some], lot=lots.lot[some])

    def _take_back_points(
        self, who: Ints, points: Ints, sale: Sale | None
    ) -> tuple[TakenBack, tuple[Ints, Ints]]:
        """Points taken back, and from when those still pending could have been spent and would be gone."""
        rule = self.programme.refunds.claw_back
        if sale is not None:
            taken = self.points.take_back(who, points, sale.expires_on, sale.available_on, rule)
            return taken, (sale.available_on, sale.expires_on)
        available_on, gone = (dates[who] for dates in self._dates_of_last_sale)
        waiting = self.points.take_back(who, points, gone, available_on, "pending_only").pending
        unknown = np.full(len(who), NO_LOT)
        rest = self.points.take_back(who, points - waiting, unknown, None, rule)
        return replace(rest, pending=waiting), (available_on, gone)
