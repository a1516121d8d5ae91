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
from loyalty_core.facts import (
    ADJUST,
    EARN,
    ENTRY_KINDS,
    EXPIRE,
    POINTS_ACCOUNT,
    REDEEM,
    REVERSE,
    STORED_VALUE_BONUS_ACCOUNT,
    TRANSFER,
)
from loyalty_core.history import NEVER, Flags, History, Ints
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import LONG_AGO, distinct
from simulation.journal import Facts, Journal
from simulation.population import Population
from simulation.rows import Arrays
from simulation.tier_course import TierCourse

Counts = dict[str, Ints]  # columns of period facts: months × (tier unknown, then tiers from the lowest)
_FLOWS = {"points_issued": (EARN,), "points_redeemed": (REDEEM,), "points_expired": (EXPIRE,)} | {
    "points_adjusted": (ADJUST, REVERSE, TRANSFER)
}
_FLOW_OF_KIND = np.array([[kind in kinds for kinds in _FLOWS.values()].index(True) for kind in ENTRY_KINDS])
_TAKEN = ("points_redeemed", "points_expired")  # told as what went
_EXACT = 2**53  # whole numbers up to here are exact in float64


def tallied(
    population: Population, past: History | None, facts: Facts, programme: Programme, months: Periods
) -> Counts:
    """Those columns for the members of a run, whose `past` ends before it; of the account of points alone."""
    tally = Tally(population, past, facts, programme, months)
    sold = tally.purchases() | tally.discounts()
    return sold | tally.bonus() | tally.points() | tally.members() | tally.moves() | tally.benefits()


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
        self.given_on_top = _bonus(journal)
        self.moved = _after(
            journal.tier_changes.table("member", "day", "at", "from_tier", "to_tier"),
            past and past.tier_changes,
        )
        self.course = TierCourse(self.n, *(self.moved[name] for name in ("member", "day", "at", "to_tier")))
        self.joined_on = population.joined_on
        self.left_on = np.full(self.n, NEVER) if past is None else past.members.left_on
        self.at_close = self.course.at(months.last) + 1  # columns of the counts; months × members

    def purchases(self) -> Counts:
        rows = self.bought
        place = self._flows(rows["member"], rows["day"])
        return {
            "purchases": self._total(place[np.flatnonzero(~rows["refund"])]),
            "revenue": self._total(place, rows["amount"]),
        }

    def discounts(self) -> Counts:
        """What was taken off sales, and how often any was told of up to each close."""
        some = self.bought["discount"].nonzero()[0]
        rows = {name: values[some] for name, values in self.bought.items()}
        place = self._flows(rows["member"], rows["day"])
        return {
            "discounts_given": self._total(place, np.where(rows["refund"], -1, 1) * rows["discount"]),
            "discounts_recorded": self._told(rows),
        }

    def bonus(self) -> Counts:
        """What members were given on top of top-ups, less what lapsed, and how often any was told of."""
        rows = self.given_on_top
        place = self._flows(rows["member"], rows["day"])
        return {
            "stored_value_bonus_given": self._total(place, rows["amount"]),
            "stored_value_bonus_recorded": self._told(rows),
        }

    def points(self) -> Counts:
        rows = self.entered
        counts = np.maximum(rows["day"], rows["available_on"])  # as `point_facts.taking_effect`
        place = self._flows(rows["member"], counts)
        redeemed = (rows["kind"] == ENTRY_KINDS.index(REDEEM)).nonzero()[0]
        cost = cost_of_redeeming(
            self.programme,
            -rows["amount"][redeemed].astype(np.int64),
            [reward.name for reward in self.programme.rewards],
            rows["reward"][redeemed],
        )
        return {
            **self._by_flow(rows["kind"], place, rows["amount"]),
            "reward_cost": self._total(place[redeemed], cost),
            "points_outstanding": self._outstanding(rows["member"], counts, rows["amount"]),
        }

    def _by_flow(self, kind: Ints, place: Ints, amount: Ints) -> Counts:
        """The points that came and went, as each kind of entry tells it."""
        size = (len(self.months) + 1) * self.shape[1]
        place = _FLOW_OF_KIND[kind] * size + place
        total = _summed(place, amount, len(_FLOWS) * size).reshape(len(_FLOWS), size)
        signed = {name: -flow if name in _TAKEN else flow for name, flow in zip(_FLOWS, total, strict=True)}
        return {name: self._within(flow) for name, flow in signed.items()}

    def _outstanding(self, member: Ints, day: Ints, amount: Ints) -> Ints:
        """Balances at each close, by the tier that members have then."""
        shape = (len(self.months) + 1, self.n)
        change = _summed(self.place.stocks(day) * self.n + member, amount, prod(shape)).reshape(shape)
        balance, found = np.zeros(self.n, np.int64), np.zeros(self.shape, np.int64)
        for month, tier in enumerate(self.at_close):
            balance += change[month]
            found[month] = _summed(tier, balance, self.shape[1])
        return found

    def members(self) -> Counts:
        """Members at each close by state."""
        found = np.zeros((*self.shape, len(State)), np.int64)
        for month, (day, last_sale) in enumerate(zip(self.months.last, self._last_sales(), strict=True)):
            since = np.where(last_sale > LONG_AGO, day - last_sale, NO_PURCHASE)
            state = states(since, day - self.joined_on, self.programme.lifecycle)
            state[(self.joined_on > day) | (self.left_on <= day)] = State.LEFT
            cell = self.at_close[month] * len(State) + state
            found[month] = np.bincount(cell, minlength=found[month].size).reshape(found[month].shape)
        by_state = {
            f"members_{one.name.lower()}": found[..., one]
            for one in (State.ACTIVE, State.SILENT, State.CHURNED)
        }
        return by_state | {"members_enrolled": found[..., list(ENROLLED)].sum(axis=-1)}

    def _last_sales(self) -> Ints:
        """The day of everybody's last sale up to each close, LONG_AGO before the first; months × members."""
        sold = (~self.bought["refund"]).nonzero()[0]
        member, day = self.bought["member"][sold], self.bought["day"][sold]
        last = np.full((len(self.months) + 1, self.n), LONG_AGO)
        # Of one member and month the last of the rows stays, which come in the order of time.
        last[self.place.stocks(day), member] = day
        return np.maximum.accumulate(last[:-1], axis=0)

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
            first_days = month_starts(int(self.months.first[0]), int(self.months.last[-1]))
            for day, tier in zip(first_days, self.course.at(first_days), strict=True):
                there = (self.joined_on <= day) & (self.left_on > day)
                of_tier = np.bincount(tier[there] + 1, minlength=self.shape[1]) * np.append(0, cost)
                total[int(self.place.flows(day))] += of_tier
        return {"tier_benefit_cost": total}

    def _told(self, rows: Arrays) -> Ints:
        """Rows up to each close."""
        tier = self.course.on(rows["member"], rows["day"]) + 1
        told = self._total(self.place.stocks(rows["day"]) * self.shape[1] + tier)
        return np.cumsum(told, axis=0)

    def _flows(self, member: Ints, day: Ints) -> Ints:
        """The place of each row on the flattened grid; the month after the last is not counted."""
        tier = self.course.on(member, day)
        place: Ints = self.place.flows(day) * self.shape[1] + (tier + 1)
        return place

    def _total(self, place: Ints, amount: Ints | None = None) -> Ints:
        return self._within(_summed(place, amount, (len(self.months) + 1) * self.shape[1]))

    def _within(self, by_place: Ints) -> Ints:
        """Without the month after the last."""
        return by_place[: -self.shape[1]].reshape(self.shape)


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


def _bonus(journal: Journal) -> Arrays:
    """The lines of a run that give or take away bonus of prepaid cards but by payments."""
    rows = journal.other_entries.table("member", "day", "account", "kind", "amount")
    if STORED_VALUE_BONUS_ACCOUNT not in journal.others:
        return {name: values[:0] for name, values in rows.items()}
    mine = rows["account"] == journal.others.index(STORED_VALUE_BONUS_ACCOUNT)
    mine &= np.isin(rows["kind"], [ENTRY_KINDS.index(kind) for kind in (EARN, EXPIRE)])
    return {name: values[mine] for name, values in rows.items()}


def _of_points(past: History | None) -> Flags | None:
    if past is None:
        return None
    names = past.labels.get("entries.account", ())
    account = names.index(POINTS_ACCOUNT) if POINTS_ACCOUNT in names else -2
    flags: Flags = past.entries.codes["account"] == account
    return flags
