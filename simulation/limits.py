"""What there is not enough of for all: rewards in stock, budgets of rewards. First come, first served.

Claims of a day are granted in the order (instant, member by id, ordinal of the sale behind). A reward of
which none is left is closed: from then on members choose among the others, or keep their points. So a limit
that is never reached changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.rewards.catalogue import NO_LIMIT, stock_of
from loyalty_core.rules.programme import Programme

_OPEN, _CLOSED = np.iinfo(np.int64).max, np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardBudget:
    """From `first_day` to `last_day` the cost of `rewards` (names; all where none is named) is at most
    `amount_minor`. The first claim that it does not cover ends it."""

    name: str
    first_day: int
    last_day: int
    amount_minor: int
    rewards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replenishment:
    """So many more of a reward in stock from the start of a day."""

    reward: str
    day: int
    pieces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Rewards that members took, in the order in which they are granted: when, by whom, after which sale."""

    at: Ints
    rank: Ints  # of the member by id
    ordinal: Ints
    reward: Ints

    def __len__(self) -> int:
        return len(self.at)

    @classmethod
    def together(cls, several: Sequence[Claims]) -> Claims:
        """All of them in order."""
        names = ("at", "rank", "ordinal", "reward")
        whole = {name: np.concatenate([getattr(one, name) for one in several]) for name in names}
        order = np.lexsort((whole["ordinal"], whole["rank"], whole["at"]))
        return cls(**{name: values[order] for name, values in whole.items()})


@dataclass(frozen=True, slots=True)
class Closing:
    """From when on each reward cannot be had on a day: the instant, and of that instant the member's rank.

    `ended` are the budgets (places) that ran out in the course of it.
    """

    at: Ints
    rank: Ints
    ended: tuple[int, ...] = ()

    def open(self, at: Ints, rank: Ints) -> Flags:
        """Whether each claim (rows) may have each reward (columns)."""
        at, rank = at[:, None], rank[:, None]
        found: Flags = (at < self.at) | ((at == self.at) & (rank < self.rank))
        return found

    def closed(self, rewards: Flags, at: int, rank: int, ended: tuple[int, ...] = ()) -> Closing:
        """With those of the rewards that were open closed from there on."""
        now = rewards & (self.at == _OPEN)
        return Closing(np.where(now, at, self.at), np.where(now, rank, self.rank), self.ended + ended)


class Limits:
    """What is left as a run goes on. `share` is the part of the programme's members that is simulated: limits
    are for all of them, and are taken in proportion. Of each reward so many pieces were `taken` before."""

    def __init__(
        self,
        programme: Programme,
        budgets: Sequence[RewardBudget],
        share: float = 1.0,
        taken: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self.share = share
        declared = stock_of(programme)
        gone = np.array([taken.get(one.name, 0) for one in programme.rewards], np.int64)
        left = np.maximum(declared - gone, 0)
        self.stock = self._proportional(np.where(declared == NO_LIMIT, NO_LIMIT, left))
        self.budgets = tuple(budgets)
        self.left = [round(one.amount_minor * share) for one in budgets]
        self.spent_up = [False] * len(self.budgets)
        self.read(programme)

    def read(self, programme: Programme) -> None:
        """The rewards as a document declares them."""
        self.declared = self._proportional(stock_of(programme))
        self.costs = np.array([programme.minor(one.cost) for one in programme.rewards], np.int64)
        names = [one.name for one in programme.rewards]
        self.places = {name: place for place, name in enumerate(names)}
        self.covered = [
            np.array([not one.rewards or name in one.rewards for name in names], bool) for one in self.budgets
        ]

    def change(self, programme: Programme) -> None:
        """Another document: what it declares more or less of is there or gone; what is unlimited is."""
        before = self.declared
        self.read(programme)
        unlimited = self.declared == NO_LIMIT
        moved = np.where(before == NO_LIMIT, self.declared, self.stock + self.declared - before)
        self.stock = np.where(unlimited, NO_LIMIT, np.maximum(moved, 0))

    def replenish(self, more: Replenishment) -> None:
        """More of a reward."""
        place = self.places[more.reward]
        if self.stock[place] != NO_LIMIT:
            self.stock[place] += round(more.pieces * self.share)

    def morning(self, day: int) -> Closing:
        """What is closed when a day begins."""
        gone = self.stock <= 0
        for budget, covered, over in zip(self.budgets, self.covered, self.spent_up, strict=True):
            if over and budget.first_day <= day <= budget.last_day:
                gone = gone | covered
        return Closing(np.where(gone, _CLOSED, _OPEN), np.zeros(len(gone), np.int64))

    def may_run_out(self, day: int, closing: Closing) -> bool:
        """Whether anything that is open may close in the course of a day."""
        open_now = closing.at == _OPEN
        finite = open_now & (self.stock != NO_LIMIT)
        running = self._running(day, closing)
        return bool(finite.any()) or any((open_now & self.covered[number]).any() for number in running)

    def next_closed(self, claims: Claims, day: int, closing: Closing) -> Closing | None:
        """`closing` with what those claims close first; None where they close nothing more.

        The last piece closes its reward behind it. A claim that a budget does not cover ends the budget,
        and is itself too late.
        """
        found: list[tuple[int, int, int]] = []  # place of the claim, 0 for budgets, its number
        for number in self._running(day, closing):
            covered = self.covered[number][claims.reward]
            cost = np.cumsum(np.where(covered, self.costs[claims.reward], 0))
            beyond = np.flatnonzero(covered & (cost > self.left[number]))
            found += [(int(place), 0, number) for place in beyond[:1]]
        for reward in np.flatnonzero((self.stock != NO_LIMIT) & (closing.at == _OPEN)):
            last_piece = int(self.stock[reward]) - 1
            taken = np.flatnonzero(claims.reward == reward)[last_piece : last_piece + 1]
            found += [(int(place), 1, int(reward)) for place in taken]
        if not found:
            return None
        place, of_stock, number = min(found)
        at, rank = int(claims.at[place]), int(claims.rank[place])
        if of_stock:
            return closing.closed(np.arange(len(self.stock)) == number, at, rank + 1)
        return closing.closed(self.covered[number], at, rank, (number,))

    def grant(self, claims: Claims, day: int, closing: Closing) -> None:
        """Take what a day's claims need out of stock and budgets."""
        taken = np.bincount(claims.reward, minlength=len(self.stock))
        self.stock = np.where(self.stock == NO_LIMIT, NO_LIMIT, self.stock - taken)
        for number, budget in enumerate(self.budgets):
            if budget.first_day <= day <= budget.last_day and not self.spent_up[number]:
                self.left[number] -= int((self.costs * taken)[self.covered[number]].sum())
        for number in closing.ended:
            self.spent_up[number] = True

    def _running(self, day: int, closing: Closing) -> list[int]:
        """The budgets of a day that are not spent."""
        return [
            number
            for number, one in enumerate(self.budgets)
            if one.first_day <= day <= one.last_day
            and not self.spent_up[number]
            and number not in closing.ended
        ]

    def _proportional(self, stock: Ints) -> Ints:
        finite = np.flatnonzero(stock != NO_LIMIT)
        part = stock.copy()
        part[finite] = np.rint(stock[finite] * self.share)
        return part
