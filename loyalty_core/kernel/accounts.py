"""The standing of members under one programme, moved on by what they do.

This is the kernel that the replay of real history and the simulator both drive; no rule is applied
anywhere else: `TierStanding` knows the tiers, `Earner` what deeds earn, `PointAccounts` what becomes
of points, and here they are put together. A call takes many members at once, each at most once, so a
caller advances "the k-th purchase of everybody" together. Members never touch each other: any split of
them, and any order between members, gives the same. For one member, days only go forward.

The order of a day:

1. Reviews, at its start: those of the calendar and those of each member's own dates. They look at
   windows that end the day before.
2. Points whose `available_on` it is may be spent from its start, and points whose `expires_on` it
   is, or whose owner has been inactive too long, are gone from its start.
3. What members do, in the order in which they do it. A purchase is first paid for, then earns at
   the tier before it, and only then lifts the tier: by what counts, then by an offer of direct
   entry. An activity earns and lifts likewise, and then gives the tier that it names.

Prepaid cards are `PrepaidCards`, and there are none before `open_cards`.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.days import NEVER
from loyalty_core.earning.earner import Earner, Events, earning_amount, events
from loyalty_core.earning.earning_conditions import Labels
from loyalty_core.facts import POINTS_ACCOUNT, STATUS_ACCOUNT
from loyalty_core.history import UNKNOWN_VALUE
from loyalty_core.kernel.claims import Claims
from loyalty_core.kernel.outcomes import Outcome, Redeemed, Refunded, Sale
from loyalty_core.kernel.point_accounts import PointAccounts
from loyalty_core.points.lots import Moves, joined_moves, sum_of_each
from loyalty_core.points.stored_value import PrepaidCards
from loyalty_core.points.wallet import Wallet
from loyalty_core.rewards.held_coupons import HeldCoupons
from loyalty_core.rules.earning_rules import PURCHASE
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.tier_rules import Measure
from loyalty_core.tiers.tier_moves import NO_TIER_MOVES, OwnLooks, TierMoves, joined_looks, joined_tier_moves
from loyalty_core.tiers.tier_standing import TierStanding
from loyalty_core.tiers.tier_succession import hand_over


class Accounts:
    """Tier, points and what counts of n members, as arrays.

    `joined_on` and `left_on` (NEVER while enrolled) only limit who is reviewed: deeds are to be
    brought by the caller while their member is enrolled. Everybody starts in the lowest tier with
    no points. `birthday` is month * 100 + day (0 unknown), `labels` are those of the history whose
    codes purchases come in. Who is to come `under` another programme must be told to `remember`.
    """

    def __init__(
        self,
        programme: Programme,
        joined_on: Ints,
        left_on: Ints | None = None,
        birthday: Ints | None = None,
        labels: Labels | None = None,
        remember: bool = False,
    ):
        self.labels = labels = {} if labels is None else labels
        self.programme = programme
        self.joined_on = np.asarray(joined_on, np.int32)
        self.n = len(self.joined_on)
        self.left_on = np.full(self.n, NEVER) if left_on is None else np.asarray(left_on, np.int32)
        categories = tuple(labels.get("purchases.categories", ()))
        self.standing = TierStanding(programme, self.joined_on, self.left_on, categories)
        birthday = np.zeros(self.n, np.int32) if birthday is None else birthday
        self.earner = Earner(programme, labels, birthday, remember)
        self.held = PointAccounts(programme, self.n, remember)
        self.has_bought: Flags = np.zeros(self.n, bool)
        self.claims = Claims(programme, self.n)
        self.catalogue = self.claims.catalogue
        self._deeds: list[tuple[Ints, Ints, Measure, Ints]] | None = [] if remember else None
        self.cards: PrepaidCards | None = None
        self.coupons: dict[str, HeldCoupons] = {}  # by the name of the rule, where any are held
        self._expired_bonus: list[Moves] = []
        self._moved: list[TierMoves] = []

    @property
    def tier(self) -> Ints:
        """The tier of each member, 0 the lowest."""
        return self.standing.tier

    @property
    def points(self) -> Wallet:
        """The account of points."""
        return self.held.points

    @property
    def others(self) -> dict[str, Wallet]:
        """The other accounts that rules name, by name."""
        return self.held.others

    @property
    def balance(self) -> Ints:
        """Points each member may spend, below zero where they are owed; what fell due since the member's
        last call still counts."""
        return self.points.balance

    @property
    def pending(self) -> Ints:
        """Points of each member that may not be spent yet."""
        return self.points.pending

    @property
    def remembers(self) -> bool:
        """Whether the members may come under another programme."""
        return self._deeds is not None

    def copy(self) -> Accounts:
        """The same standing once more, to be moved on independently."""
        return deepcopy(self)

    def open_cards(self) -> PrepaidCards:
        """The prepaid cards of the members, settled with them from now on; settle before each use."""
        if self.cards is None:
            self.cards = PrepaidCards(self.programme, self.n, self.remembers)
        return self.cards

    def under(self, programme: Programme, day: int) -> Accounts:
        """The same members as they go on under another programme from the start of `day`.

        Settle the day before first. Nothing that members did is forgotten: tiers as `hand_over` says,
        points with the dates that they have, caps and rows of days with the rule of the same name,
        clocks of inactivity from where they started; a deed counts for tiers what it counted when it
        was done.
        """
        new = Accounts(
            programme,
            self.joined_on,
            self.left_on,
            self.earner.birthday,
            self.labels,
            self.remembers,
        )
        hand_over(self.standing, self.programme.tiers, new.standing, programme.tiers, day)
        for deeds in self._deeds or ():
            new.count(*deeds)
        new.earner.go_on_from(self.earner)
        new.held.go_on_from(self.held, day)
        new.cards = None if self.cards is None else self.cards.under(programme, day)
        new.coupons = self.coupons
        new.has_bought = self.has_bought
        new.standing.own_looks = self.standing.own_looks
        new._expired_bonus, new._moved = self._expired_bonus, self._moved
        return new

    def qualifying(self, who: Ints, day: Ints | int) -> Ints:
        """Spend in the qualification's window that ends with `day`, minor units; 0 where no tier asks it."""
        return self.standing.qualifying(who, _days(day, who))

    def settle(self, who: Ints, day: Ints | int) -> None:
        """Let everything happen to members that falls due by the start of `day`.

        The calendar's reviews up to then must have been held. What happened is told by `expire` and
        `moved` and `expired_bonus`.
        """
        days = _days(day, who)
        moved = self.standing.settle(who, days)
        if len(moved):
            self._moved.append(moved)
        self.held.settle(who, days)
        if self.cards is not None:
            self._expired_bonus.append(self.cards.settle(who, days).expired)

    def expire(self, who: Ints, day: Ints | int) -> Moves:
        """Settle, and tell which points went: a move per lot, dated on the day it was gone.

        Includes the moves of members whose expiry another call came upon, so that each expiry is
        told once and none is lost.
        """
        self.settle(who, day)
        return self.held.expired()

    def expired_bonus(self) -> Moves:
        """The bonus of prepaid cards that went since it was last told, each once; as `expire`."""
        moves, self._expired_bonus = joined_moves(self._expired_bonus), []
        return moves

    def moved(self) -> TierMoves:
        """The tier moves that reviews brought about since they were last told, each once."""
        if not self._moved:
            return NO_TIER_MOVES
        moves, self._moved = joined_tier_moves(self._moved), []
        return moves

    def looked(self) -> OwnLooks:
        """The looks on days of members' own since they were last told, or watched; each once."""
        looks = self.standing.own_looks or []
        if looks:
            self.standing.own_looks = []
        return joined_looks(looks)

    def watch_looks(self) -> None:
        """Keep the looks on days of members' own from now on, to be told by `looked`."""
        self.standing.own_looks = []

    def review(self, day: int) -> TierMoves:
        """Review everybody who joined before `day` and has not left before it, at the start of `day`.

        Tells what `moved` would. What counts is the window that ends the day before.
        """
        self._moved.append(self.standing.review(day))
        return self.moved()

    def buy(
        self,
        who: Ints,
        day: Ints | int,
        amount_minor: Ints,
        paid_points_minor: Ints | None = None,
        quantity: Ints | int = 1,
        **codes: Any,
    ) -> Outcome:
        """A sale to each member; `codes` are its store, channel and categories.

        Where the programme takes points as cash, as many leave as are worth `paid_points_minor`, or
        as there are.
        """
        days = _days(day, who)
        self.settle(who, days)
        tier, first = self.tier[who], ~self.has_bought[who]
        paid = None
        if self.held.cash is not None and paid_points_minor is not None and paid_points_minor.any():
            paid = self.held.pay(who, amount_minor, paid_points_minor, tier)
            self.count(who, days, "redeemed_points", sum_of_each(who, paid))
            amount = earning_amount(self.programme, amount_minor, paid_points_minor)
        else:
            amount = amount_minor
        bought = events(who, days, amount_minor=amount, quantity=quantity, first=first, **codes)
        self.has_bought[who] = True
        earned = self._earn(PURCHASE, bought, tier)
        self.held.keep_dates(who, earned["available_on"], earned["expires_on"])
        self.points.touch(who, days)
        self._spend(who, days, amount_minor)
        if self._counts("purchases"):
            self.count(who, days, "purchases", np.ones(len(who), np.int64))
        lifted = self.standing.lift(who, days)
        after = self.standing.direct(who, days, amount_minor, bought.categories)
        return Outcome(**earned, tier_before=tier, tier_lifted=lifted, tier_after=after, paid=paid)

    def refund(
        self, who: Ints, day: Ints | int, amount_minor: Ints, sale: Sale | None = None, **details: Any
    ) -> Refunded:
        """A refund (amounts positive) to each member; the points that it took back.

        What counts falls on the day of the refund and lowers no tier before the next review. The
        points go back that the sale earned, in proportion. Where the sale is not known, it is what
        the amount would earn at the member's present tier (`details` as in `buy`): from what the
        member's last sale has pending, else oldest expiry first.
        """
        days = _days(day, who)
        self.settle(who, days)
        self._spend(who, days, -amount_minor)
        if sale is None:
            worth = self.earner.worth(
                PURCHASE, events(who, days, amount_minor=amount_minor, **details), self.tier[who]
            )
            due = {name: worth.total(name) for name in (POINTS_ACCOUNT, *self.others)}
        else:
            self.count(who, days, "purchases", -sale.completed(amount_minor).astype(np.int64))
            due = {
                name: sale.share(amount_minor, sale.earned[name]) for name in (POINTS_ACCOUNT, *self.others)
            }
        refunded = self.held.take_back(who, due, sale)
        if STATUS_ACCOUNT in refunded.taken:
            self.count(who, days, "status_points", -refunded.taken[STATUS_ACCOUNT])
        return refunded

    def give_back(self, lots: Moves, day: Ints) -> Moves:
        """Points that paid for what is refunded come back as the programme's `restore` says; the lots.

        `lots` are parts of those that were spent (a member may have several), `day` is that of the
        refund for each; settle first. With the expiry they had, what would be gone by now stays away.
        What was redeemed stays counted as such.
        """
        return self.held.give_back(lots, day)

    def act(
        self, who: Ints, day: Ints | int, kind: str, value: Ints | None = None, gives: Ints | None = None
    ) -> Outcome:
        """An activity of each member: earns, counts, and may give a tier (`gives`, -1 for none).

        Only an invitation and a membership fee give tiers.
        """
        days = _days(day, who)
        self.settle(who, days)
        values = np.full(len(who), UNKNOWN_VALUE) if value is None else value
        tier = self.tier[who]
        earned = self._earn(kind, events(who, days, value=values), tier)
        score = self.programme.qualification.activity_scores.get(kind, 0)
        if score:
            self.count(who, days, "activity_score", np.full(len(who), score, np.int64))
        after = lifted = self.standing.lift(who, days)
        if gives is not None and (named := gives >= 0).any():
            self.standing.enter(who[named], days[named], gives[named].astype(np.int32))
            after = self.tier[who]
        return Outcome(**earned, tier_before=tier, tier_lifted=lifted, tier_after=after)

    def decide(
        self, who: Ints, day: Ints | int, points: Ints, account: str, expires_on: Ints, available_on: Ints
    ) -> Ints:
        """Adjustments and transfers as a ledger tells them, with its dates; each one's tier after it.

        What leaves is taken from the lot that the dates name, where they name one, then oldest expiry
        first; what is not there is owed, for it has been decided. Status points count for tiers while
        their member is enrolled, and lift.
        """
        days = _days(day, who)
        self.settle(who, days)
        self.held.decide(who, days, points, account, expires_on, available_on)
        if account == STATUS_ACCOUNT:
            enrolled = (self.joined_on[who] <= days) & (days <= self.left_on[who])
            members, on = who[enrolled], days[enrolled]
            self.count(members, on, "status_points", points[enrolled])
            self.standing.lift(members, on)
        return self.tier[who]

    def redeem(self, who: Ints, day: Ints | int, points: Ints) -> Ints:
        """Spend points, oldest expiry first; what was taken, which is never more than the balance.

        May lift the tier, where redeemed points count for it.
        """
        days = _days(day, who)
        self.settle(who, days)
        return self._redeem(who, days, points).points

    def refusals(self, who: Ints, day: Ints | int, reward: Ints) -> Ints:
        """Why members may not have rewards, places in the catalogue (`Refusal`, 0 where they may).

        The stock, which they share, is left to the caller. A reward tied to the spend of a day sees
        what was bought on it, less what came back on it, and takes the points of the day at once.
        """
        days = _days(day, who)
        self.settle(who, days)
        return self.claims.refusals(who, days, reward, self.tier[who], self.held)

    def claim(self, who: Ints, day: Ints | int, reward: Ints) -> Redeemed:
        """Let members have rewards, save for those whom `refusals` names; what each paid for it.

        May lift the tier, as `redeem`.
        """
        days = _days(day, who)
        self.settle(who, days)
        prices, same_day = self.claims.prices(who, days, reward, self.tier[who], self.held)
        return self._redeem(who, days, prices, same_day)

    def expiry(self, day: Ints) -> Ints:
        """The first day on which points earned on each day are gone, int32; NEVER if they stay."""
        return self.held.expiry(day)

    def _earn(self, kind: str, deeds: Events, tier: Ints) -> dict[str, Any]:
        """What deeds earn, paid into each account: the first fields of an `Outcome`."""
        by_rule = self.earner.earn(kind, deeds, tier)
        if STATUS_ACCOUNT in by_rule.accounts:
            self.count(deeds.member, deeds.day, "status_points", by_rule.total(STATUS_ACCOUNT))
        return self.held.earn(deeds.member, deeds.day, by_rule)

    def _redeem(self, who: Ints, days: Ints, points: Ints, same_day: Flags | None = None) -> Redeemed:
        redeemed = self.held.redeem(who, days, points, same_day)
        self.count(who, days, "redeemed_points", redeemed.points)
        if "redeemed_points" in self.standing.measures:
            self.standing.lift(who, days)
        return redeemed

    def _spend(self, who: Ints, days: Ints, amount_minor: Ints) -> None:
        self.count(who, days, "spend", amount_minor)
        self.claims.spend(who, days, amount_minor)

    def _counts(self, measure: Measure) -> bool:
        """Whether deeds of a measure matter, under this programme or under one that may follow it."""
        return self.remembers or measure in self.standing.measures

    def count(self, who: Ints, day: Ints, measure: Measure, amount: Ints) -> None:
        """Deeds that count for tiers, under this programme or under one that may follow it."""
        if self._deeds is not None:
            self._deeds.append((who, day, measure, amount))
        if measure in self.standing.measures:
            self.standing.count(who, day, measure, amount)


def _days(day: Ints | int, who: Ints) -> Ints:
    if isinstance(day, np.ndarray) and day.dtype == np.int32 and day.shape == who.shape:
        return day
    return np.broadcast_to(np.asarray(day, np.int32), who.shape)
