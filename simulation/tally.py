"""What happened in a run, counted straight from its journal: no history is built, and nothing is sorted.

The columns, and every number in them, are those of `counting.period_facts` on the continued history, by
month and tier; that is what tests hold them against.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from loyalty_core.counting.lifecycle import ENROLLED, NO_PURCHASE, State, states
from loyalty_core.counting.membership_facts import monthly_costs
from loyalty_core.counting.point_facts import cost_of_redeeming
from loyalty_core.days import month_starts
from loyalty_core.facts import ADJUST, EARN, ENTRY_KINDS, EXPIRE, POINTS_ACCOUNT, REDEEM, REVERSE, TRANSFER
from loyalty_core.history import NEVER, Flags, History, Ints
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import LONG_AGO, distinct, latest_at, moment, value_at
from simulation.journal import Facts
from simulation.population import Population
from simulation.rows import Arrays

Counts = dict[str, Ints]  # columns of period facts: months × (tier unknown, then tiers from the lowest)
_FLOWS = {"points_issued": (EARN,), "points_redeemed": (REDEEM,), "points_expired": (EXPIRE,)} | {
    "points_adjusted": (ADJUST, REVERSE, TRANSFER)
}
_TAKEN = ("points_redeemed", "points_expired")  # told as what went
_EXACT = 2**53  # whole numbers up to here are exact in float64


def tallied(
    population: Population, past: History | None, facts: Facts, programme: Programme, months: Periods
) -> Counts:
    """Those columns for the members of a run, whose `past` ends before it; of the account of points alone."""
    tally = Tally(population, past, facts, programme, months)
    sold = tally.purchases() | tally.discounts()
    return sold | tally.points() | tally.members() | tally.moves() | tally.benefits()


class TierCourse:
    """The tier of each of n members from day to day."""

    def __init__(self, n: int, member: Ints, day: Ints, at: Ints, tier: Ints) -> None:
        order = np.lexsort((at, member))
        self._member, self._day, tier = member[order], day[order].astype(np.int64), tier[order]
        last = np.ones(len(order), bool)
        last[:-1] = (self._member[1:] != self._member[:-1]) | (self._day[1:] != self._day[:-1])
        self._member, self._day, self._tier = self._member[last], self._day[last], tier[last]
        self._moments = moment(self._member, self._day)
        begins = np.ones(len(self._member), bool)
        begins[1:] = self._member[1:] != self._member[:-1]
        # Nothing is done before the first tier, so it may stand for all that is before it.
        self._first = np.full(n, -1, np.int64)
        self._first[self._member[begins]] = self._tier[begins]
        self._moves: Flags = np.zeros(n, bool)
        self._moves[self._member[~begins]] = True

    def on(self, member: Ints, day: Ints) -> Ints:
        """The tier of each member at the close of a day on which something happened to them, -1 unknown."""
        tier: Ints = self._first[member]
        moved = np.flatnonzero(self._moves[member])
        row = np.searchsorted(self._moments, moment(member[moved], day[moved]), side="right") - 1
        tier[moved] = np.where(self._member[row] == member[moved], self._tier[row], tier[moved])
        return tier

    def at(self, days: Ints) -> Ints:
        """The tier of every member at the close of each of the ascending days; members × days."""
        row = latest_at(self._member, self._day, len(self._first), days)
        return value_at(row, self._tier, -1)


@dataclass(frozen=True, slots=True)
class _Months:
    """The places of days among months: for flows, and for stocks, to which all that was before belongs."""

    first: int
    of_flows: Ints
    of_stocks: Ints

    @classmethod
    def of(cls, months: Periods) -> _Months:
        first, last = int(months.first[0]), int(months.last[-1])
        place = np.searchsorted(months.last, np.arange(first - 1, last + 2))  # one day before, one after
        flows = place.copy()
        flows[0] = len(months)
        return cls(first - 1, flows, place)

    def flows(self, day: Ints) -> Ints:
        """The month of each day, the number of months for days outside."""
        return self.of_flows[np.clip(day - self.first, 0, len(self.of_flows) - 1)]

    def stocks(self, day: Ints) -> Ints:
        """The first month at whose close each day has been, the number of months where none."""
        return self.of_stocks[np.clip(day - self.first, 0, len(self.of_stocks) - 1)]


class Tally:
    """Members, what they did before and in a run, and the months and tiers to count by."""

    def __init__(
        self,
        population: Population,
        past: History | None,
        facts: Facts,
        programme: Programme,
        months: Periods,
    ) -> None:
        self.programme, self.months, self.n = programme, months, len(population)
        self.place = _Months.of(months)
        self.shape = (len(months), len(programme.tiers) + 1)
        journal = facts.journal
        self.bought = _after(
            journal.purchases.table("member", "day", "amount", "discount", "refund"), past and past.purchases
        )
        self.entered = _after(
            journal.entries.table("member", "day", "available_on", "kind", "amount", "reward"),
            past and past.entries,
            _of_points(past),
        )
        self.moved = _after(
            journal.tier_changes.table("member", "day", "at", "from_tier", "to_tier"),
            past and past.tier_changes,
        )
        self.course = TierCourse(self.n, *(self.moved[name] for name in ("member", "day", "at", "to_tier")))
        self.joined_on = population.joined_on.astype(np.int64)[:, None]
        left = np.full(self.n, NEVER) if past is None else past.members.left_on
        self.left_on = left.astype(np.int64)[:, None]
        tier = self.course.at(months.last.astype(np.int64))
        # Places on the flattened grid of members at each close.
        self.close = np.arange(len(months)) * self.shape[1] + (tier + 1)

    def purchases(self) -> Counts:
        rows = self.bought
        place = self._flows(rows["member"], rows["day"])
        return {
            "purchases": self._total(place[np.flatnonzero(~rows["refund"])]),
            "revenue": self._total(place, rows["amount"]),
        }

    def discounts(self) -> Counts:
        """What was taken off sales, and how often any was told of up to each close."""
        rows = {name: values[np.flatnonzero(self.bought["discount"])] for name, values in self.bought.items()}
        place = self._flows(rows["member"], rows["day"])
        tier = self.course.on(rows["member"], rows["day"]) + 1
        told = self._total(self.place.stocks(rows["day"]) * self.shape[1] + tier)
        return {
            "discounts_given": self._total(place, np.where(rows["refund"], -1, 1) * rows["discount"]),
            "discounts_recorded": np.cumsum(told, axis=0),
        }

    def points(self) -> Counts:
        rows = self.entered
        counts = np.maximum(rows["day"], rows["available_on"])  # as `point_facts.taking_effect`
        place, found = self._flows(rows["member"], counts), {}
        for name, kinds in _FLOWS.items():
            of = np.flatnonzero(np.isin(rows["kind"], [ENTRY_KINDS.index(kind) for kind in kinds]))
            sign = -1 if name in _TAKEN else 1
            found[name] = sign * self._total(place[of], rows["amount"][of])
            if name == "points_redeemed":
                cost = cost_of_redeeming(
                    self.programme,
                    -rows["amount"][of].astype(np.int64),
                    [reward.name for reward in self.programme.rewards],
                    rows["reward"][of],
                )
                found["reward_cost"] = self._total(place[of], cost)
        month = self.place.stocks(counts)
        width = len(self.months) + 1
        change = _summed(rows["member"] * width + month, rows["amount"], self.n * width)
        balance = np.cumsum(change.reshape(self.n, width)[:, :-1], axis=1)
        found["points_outstanding"] = _summed(self.close.ravel(), balance.ravel(), prod(self.shape)).reshape(
            self.shape
        )
        return found

    def members(self) -> Counts:
        """Members at each close by state."""
        days = self.months.last.astype(np.int64)
        sold = np.flatnonzero(~self.bought["refund"])
        last_sale = np.full((self.n, len(days) + 1), LONG_AGO)
        day = self.bought["day"][sold]
        # Of one member and month the last of the rows stays, which come in the order of time.
        last_sale[self.bought["member"][sold], self.place.stocks(day)] = day
        last_sale = np.maximum.accumulate(last_sale[:, :-1], axis=1)
        since = np.where(last_sale > LONG_AGO, days - last_sale, NO_PURCHASE)
        enrolled = (self.joined_on <= days) & (self.left_on > days)
        state = np.where(enrolled, states(since, days - self.joined_on, self.programme.lifecycle), State.LEFT)
        shape = (*self.shape, len(State))
        counted = _summed((self.close * len(State) + state).ravel(), None, prod(shape)).reshape(shape)
        found = {
            f"members_{one.name.lower()}": counted[..., one]
            for one in (State.ACTIVE, State.SILENT, State.CHURNED)
        }
        return found | {"members_enrolled": counted[..., list(ENROLLED)].sum(axis=-1)}

    def moves(self) -> Counts:
        """Members who moved up and down, once a month and tier."""
        rows, known = self.moved, self.moved["from_tier"] >= 0
        up = rows["to_tier"] > rows["from_tier"]
        down = (rows["to_tier"] < rows["from_tier"]) & (rows["to_tier"] >= 0)
        place = self._flows(rows["member"], rows["day"])
        found = {}
        for name, which in (("tier_upgrades", known & up), ("tier_downgrades", known & down)):
            pairs = distinct(place[which].astype(np.int64) * self.n + rows["member"][which])
            found[name] = self._total(pairs // max(self.n, 1))
        return found

    def benefits(self) -> Counts:
        """What a month of benefits costs for those who have a tier at the close of its first day."""
        cost, total = monthly_costs(self.programme), np.zeros(self.shape, np.int64)
        if cost.any():
            first_days = month_starts(int(self.months.first[0]), int(self.months.last[-1])).astype(np.int64)
            tier = np.where(
                (self.joined_on <= first_days) & (self.left_on > first_days), self.course.at(first_days), -1
            )
            for day, tiers in zip(first_days, tier.T, strict=True):
                of_tier = np.bincount(tiers + 1, minlength=self.shape[1]) * np.append(0, cost)
                total[int(self.place.flows(day))] += of_tier
        return {"tier_benefit_cost": total}

    def _flows(self, member: Ints, day: Ints) -> Ints:
        """The place of each row on the flattened grid; the month after the last is not counted."""
        tier = self.course.on(member, day)
        place: Ints = self.place.flows(day) * self.shape[1] + (tier + 1)
        return place

    def _total(self, place: Ints, amount: Ints | None = None) -> Ints:
        months, cells = self.shape
        return _summed(place, amount, (months + 1) * cells)[: months * cells].reshape(self.shape)


def _summed(place: Ints, amount: Ints | None, length: int) -> Ints:
    """Rows, or the sum of their amounts, at each place, exactly."""
    if amount is None:
        return np.bincount(place, minlength=length)
    if len(amount) * int(np.abs(amount).max(initial=0)) < _EXACT:
        return np.bincount(place, amount, length).astype(np.int64)
    total = np.zeros(length, np.int64)
    np.add.at(total, place, amount)
    return total


def _after(rows: Arrays, past: object, chosen: Flags | None = None) -> Arrays:
    """The rows of a run behind those of its members' past; -1 in columns that the past does not have."""
    if past is None:
        return rows
    known = past.member >= 0 if chosen is None else chosen & (past.member >= 0)  # type: ignore[attr-defined]
    before = {name: getattr(past, name, np.full(len(known), -1))[known] for name in rows}
    return {name: np.concatenate([before[name], values]) for name, values in rows.items()}


def _of_points(past: History | None) -> Flags | None:
    if past is None:
        return None
    names = past.labels.get("entries.account", ())
    account = names.index(POINTS_ACCOUNT) if POINTS_ACCOUNT in names else -2
    flags: Flags = past.entries.codes["account"] == account
    return flags
