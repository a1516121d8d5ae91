"""What a run writes down as it goes: facts as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER
from loyalty_core.facts import EARN, ENTRY_KINDS, REDEEM, REVERSE
from loyalty_core.kernel.outcomes import Outcome, Redeemed, Refunded, Sale
from loyalty_core.kernel.walk import MEMBERSHIP_FEE, TOP_UP
from loyalty_core.points.lots import Moves, sum_of_each
from simulation.population import Population
from simulation.rows import Arrays, Rows

KIND = {name: code for code, name in enumerate(ENTRY_KINDS)}
# Kinds that a run brings about.
ACTIVITIES = ("referral", "referred", "sign_in", "task", "review", TOP_UP, "joined", MEMBERSHIP_FEE)
NO_TIER, NO_SALE, NO_REWARD, NO_CAMPAIGN = -1, -1, -1, -1


class Journal:
    """The facts of one run. `ordinal` counts a member's sales from 0 and names the sale behind a row.

    A refund bears the ordinal of the sale that it takes back, an expiry that of the sale that had
    earned the points (-1 where the run did not see it).
    """

    def __init__(self, other_accounts: Sequence[str] = ()) -> None:
        self.others = tuple(other_accounts)
        moment: dict[str, type[np.generic]] = {"member": np.int64, "day": np.int32, "at": np.int64}
        self.purchases = Rows(
            **moment,
            ordinal=np.int32,
            amount=np.int64,
            discount=np.int64,
            paid_points=np.int64,
            paid_stored_value=np.int64,
            quantity=np.int8,
            refund=np.bool_,
        )
        self.entries = Rows(
            **moment,
            kind=np.int8,
            amount=np.int64,
            available_on=np.int32,
            expires_on=np.int32,
            reward=np.int16,
            ordinal=np.int32,
        )
        # Of accounts beside that of points, by their place in `other_accounts`.
        self.other_entries = Rows(
            **moment, account=np.int8, kind=np.int8, amount=np.int64, expires_on=np.int32, ordinal=np.int32
        )
        self.tier_changes = Rows(**moment, from_tier=np.int32, to_tier=np.int32, review=np.bool_)
        self.contacts = Rows(**moment, campaign=np.int32, treated=np.bool_)
        # `tier` is the one that a membership fee pays for.
        self.activities = Rows(**moment, kind=np.int8, value=np.int64, tier=np.int8)
        # Coupons by kind (place among the coupon rules) and number: those given, and those used with sales.
        self.coupons = Rows(**moment, rule=np.int16, number=np.int32, campaign=np.int32, expires_on=np.int32)
        self.coupon_uses = Rows(**moment, rule=np.int16, number=np.int32, ordinal=np.int32, off=np.int64)

    def enter(
        self,
        who: Ints,
        day: Ints,
        at: Ints,
        kind: str,
        amount: Ints,
        nth: Ints,
        expires_on: Ints | np.integer = NEVER,
        reward: Ints | int = NO_REWARD,
        available_on: Ints | None = None,
    ) -> None:
        """Entries of the account of points, one for each member given; `nth` are ordinals of sales."""
        self.entries.add(
            who,
            day=day,
            at=at,
            kind=KIND[kind],
            amount=amount,
            available_on=day if available_on is None else available_on,
            expires_on=expires_on,
            reward=reward,
            ordinal=nth,
        )

    def earned(self, who: Ints, day: Ints, at: Ints, nth: Ints, done: Outcome) -> None:
        """What deeds gave: points, and perhaps a tier."""
        up = (done.tier_after != done.tier_before).nonzero()[0]
        self.change_tiers(who[up], day[up], at[up], done.tier_before[up], done.tier_after[up])
        points, gone, available_on = done.earned, done.expires_on, done.available_on
        who, day, at, points, nth, gone, available_on = _where(
            points > 0, who, day, at, points, nth, gone, available_on
        )
        self.enter(who, day, at, EARN, points, nth, gone, available_on=available_on)

    def earned_elsewhere(self, who: Ints, day: Ints, at: Ints, nth: Ints, done: Outcome) -> None:
        """What deeds gave in other accounts."""
        for name in self.others:
            if name in done.by_rule.accounts:
                self.enter_other(name, who, day, at, EARN, done.by_rule.total(name), nth)

    def sold(
        self,
        who: Ints,
        day: Ints,
        at: Ints,
        nth: Ints,
        amount: Ints,
        off: Ints | int,
        by_points: Ints | int,
        by_card: Ints | int,
    ) -> None:
        """Sales: what they came to after coupons took so much off, and what of it points and cards paid."""
        how = {"discount": off, "paid_points": by_points, "paid_stored_value": by_card, "quantity": 1}
        self.purchases.add(who, day=day, at=at, ordinal=nth, amount=amount, **how, refund=False)

    def paid_with_points(self, who: Ints, day: Ints, at: Ints, nth: Ints, paid: Moves | None) -> None:
        """The points that paid for parts of sales; None where none did."""
        if paid is not None and len(paid):
            points = sum_of_each(who, paid)
            some = points.nonzero()[0]
            self.enter(who[some], day[some], at[some], REDEEM, -points[some], nth[some])

    def brought_back(
        self, who: Ints, day: Ints, at: Ints, nth: Ints, sale: Sale, back: Ints, off: Ints
    ) -> None:
        """Refunds of so much of sales; `nth` are their ordinals, `off` is what coupons had taken off that.
        A piece is back with the whole of its sale."""
        pieces = np.where(back < sale.amount_minor, 0, -1)
        how = {"discount": off, "quantity": pieces, "amount": -back}
        self.purchases.add(
            who, day=day, at=at, ordinal=nth, **how, paid_points=0, paid_stored_value=0, refund=True
        )

    def restored(self, day: Ints, at: Ints, nth: Ints, back: Moves) -> None:
        """Points that had paid for what is brought back; `lot` is the place of day, instant and ordinal."""
        of = back.lot
        self.enter(back.member, day[of], at[of], REVERSE, back.points, nth[of], back.day)

    def enter_other(
        self,
        account: str,
        who: Ints,
        day: Ints,
        at: Ints,
        kind: str,
        amount: Ints,
        nth: Ints,
        expires_on: Ints | np.integer = NEVER,
    ) -> None:
        """Entries of an account beside that of points, where anything moves."""
        some = amount.nonzero()[0]
        self.other_entries.add(
            who[some],
            day=day[some],
            at=at[some],
            account=self.others.index(account),
            kind=KIND[kind],
            amount=amount[some],
            expires_on=np.broadcast_to(expires_on, amount.shape)[some],
            ordinal=nth[some],
        )

    def redeemed(self, who: Ints, day: Ints, at: Ints, nth: Ints, reward: Ints, paid: Redeemed) -> None:
        """What rewards cost, those points apart that could not be spent on anything else yet."""
        points = paid.pending - paid.points
        by, then, moment, out, of, what = _where(points < 0, who, day, at, points, nth, reward)
        self.enter(by, then, moment, REDEEM, out, of, reward=what)
        early = (paid.pending > 0).nonzero()[0]
        if not len(early):
            return
        who, day, at, nth, reward = (column[early] for column in (who, day, at, nth, reward))
        gone, available_on, waiting = (
            column[early] for column in (paid.expires_on, paid.available_on, paid.pending)
        )
        self.enter(who, day, at, REDEEM, -waiting, nth, gone, reward=reward, available_on=available_on)

    def taken_back(self, who: Ints, day: Ints, at: Ints, nth: Ints, sale: Sale, refunded: Refunded) -> None:
        """What refunds took of what sales had earned, those points apart that still waited."""
        gone, available_on = sale.expires_on, sale.available_on
        for points, on in ((refunded.pending, available_on), (refunded.available, day)):
            some = (points > 0).nonzero()[0]
            by, then, moment, of = who[some], day[some], at[some], nth[some]
            self.enter(by, then, moment, REVERSE, -points[some], of, gone[some], available_on=on[some])
        for name in self.others:
            if name in refunded.taken:
                self.enter_other(name, who, day, at, REVERSE, -refunded.taken[name], nth)

    def change_tiers(
        self,
        who: Ints,
        day: Ints | int,
        at: Ints,
        from_tier: Ints | int,
        to_tier: Ints | int,
        review: bool = False,
    ) -> None:
        """Members who entered a tier, by what they did or by what a review decided."""
        self.tier_changes.add(who, day=day, at=at, from_tier=from_tier, to_tier=to_tier, review=review)

    @property
    def tables(self) -> dict[str, Rows]:
        """All kinds of facts by name."""
        return {name: rows for name, rows in vars(self).items() if isinstance(rows, Rows)}

    def of_members(self, places: Ints) -> Journal:
        """The facts of some members; as `Rows.of_members`."""
        some = Journal(self.others)
        for name, rows in self.tables.items():
            setattr(some, name, rows.of_members(places))
        return some


def rewards_taken(entries: Arrays) -> Ints:
    """The rows of entries by which rewards were taken, one for each.

    Points at hand and points that wait pay for one in two lines, of one sale; points that pay for a sale
    itself buy none.
    """
    rows = ((entries["kind"] == KIND[REDEEM]) & (entries["reward"] != NO_REWARD)).nonzero()[0]
    sale = entries["member"][rows] * (1 << 32) + entries["ordinal"][rows]
    taken: Ints = rows[np.sort(np.unique(sale, return_index=True)[1])]
    return taken


def _where(flags: Flags, *columns: Ints) -> Sequence[Ints]:
    """Columns of the rows for which the flags are true; where they all are, the columns themselves."""
    if flags.all():
        return columns
    rows = flags.nonzero()[0]
    return [column[rows] for column in columns]


class Facts:
    """What a run has brought about, each table sorted by member and instant (columns as in `Journal`).

    `population` are the members behind the numbers: those given who were there. `friends` are the facts of
    those whom they brought, None where nobody ever can. Tables are sorted when they are first asked for.
    """

    def __init__(self, journal: Journal, population: Population, friends: Facts | None = None) -> None:
        self.journal, self.population, self.friends = journal, population, friends

    def of_those(self, present: Flags) -> Facts:
        """The facts of some of the members."""
        if present.all():
            return self
        places = np.where(present, np.cumsum(present) - 1, -1)
        return Facts(self.journal.of_members(places), self.population.part(present))

    @cached_property
    def purchases(self) -> Arrays:
        return self.journal.purchases.sorted()

    @cached_property
    def entries(self) -> Arrays:
        return self.journal.entries.sorted()

    @cached_property
    def other_entries(self) -> Arrays:
        return self.journal.other_entries.sorted()

    @cached_property
    def tier_changes(self) -> Arrays:
        return self.journal.tier_changes.sorted()

    @cached_property
    def contacts(self) -> Arrays:
        return self.journal.contacts.sorted()

    @cached_property
    def activities(self) -> Arrays:
        return self.journal.activities.sorted()

    @cached_property
    def coupons(self) -> Arrays:
        return self.journal.coupons.sorted()

    @cached_property
    def coupon_uses(self) -> Arrays:
        return self.journal.coupon_uses.sorted()
