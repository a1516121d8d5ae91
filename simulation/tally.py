"""What happened in a run, counted straight from its journal: no history is built, and nothing is sorted.

Facts are read piece by piece in the order of time: those of the past first, then the blocks of the run.

The columns, and every number in them, are those of `counting.period_facts` on the continued history, by
month and tier; that is what tests hold them against.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting.lifecycle import ENROLLED, NO_PURCHASE, State, states
from loyalty_core.counting.membership_facts import (
    RENEWAL_DAYS,
    PaidTerms,
    fees_paid,
    monthly_costs,
    terms_of,
)
from loyalty_core.counting.point_facts import cost_of_redeeming
from loyalty_core.days import NEVER, month_starts
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
from loyalty_core.history import History
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme
from loyalty_core.timeline import distinct
from simulation.campaigns import Campaign
from simulation.counts import Counts, added
from simulation.journal import Facts, Journal
from simulation.population import Population
from simulation.rows import Arrays
from simulation.tally_grid import MonthsAndTiers, summed
from simulation.tier_course import TierCourse

_FLOWS = {"points_issued": (EARN,), "points_redeemed": (REDEEM,), "points_expired": (EXPIRE,)} | {
    "points_adjusted": (ADJUST, REVERSE, TRANSFER)
}
_FLOW_OF_KIND = np.array([[kind in kinds for kinds in _FLOWS.values()].index(True) for kind in ENTRY_KINDS])
_TAKEN = ("points_redeemed", "points_expired")  # told as what went
_LONG_AGO = np.int32(-(2**30))  # a day before all others
_PIECE = 1 << 16  # rows: what is made of so many stays near the processor


def tallied(
    population: Population,
    past: History | None,
    facts: Facts,
    programme: Programme,
    months: Periods,
    campaigns: Sequence[Campaign] = (),
) -> Counts:
    """Those columns for the members of a run, whose `past` ends before it; of the account of points alone.
    `campaigns` are those of the run's plan."""
    tally = Tally(population, past, facts, programme, months)
    of_tiers = tally.moves() | tally.benefits() | tally.memberships()
    return tally.sales() | tally.bonus() | tally.points() | of_tiers | tally.outlays(campaigns)


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
        self.past, self.journal = past, facts.journal
        told = ("member", "day", "at", "from_tier", "to_tier")
        before = () if past is None else (_rows(past.tier_changes, told),)
        self.moved = _joined([*before, self.journal.tier_changes.table(*told)])
        self.course = TierCourse(self.n, *(self.moved[name] for name in ("member", "day", "at", "to_tier")))
        self.joined_on = population.joined_on
        self.left_on = np.full(self.n, NEVER) if past is None else past.members.left_on
        self.grid = MonthsAndTiers(self.n, self.course, len(programme.tiers), months)

    def sales(self) -> Counts:
        """What was bought, what came off it, and in which state that leaves members."""
        last = np.full((len(self.grid.spans), self.n), _LONG_AGO)
        parts = []
        for rows in self._bought():
            sold, cell = (~rows["refund"]).nonzero()[0], self.grid.cells(rows["member"], rows["day"])
            # Of one member and span the last of the rows stays, which come in the order of time.
            last.ravel()[cell[sold]] = rows["day"][sold]
            parts.append(self._purchases(rows, sold, cell) | self._discounts(rows))
        return added(parts) | self._members(np.maximum.accumulate(last, axis=0))

    def _bought(self) -> Iterator[Arrays]:
        told = ("member", "day", "amount", "discount", "refund")
        if self.past is not None:
            yield _rows(self.past.purchases, told)
        yield from self.journal.purchases.pieces(_PIECE, *told)

    def _purchases(self, rows: Arrays, sold: Ints, cell: Ints) -> Counts:
        place = self.grid.places(cell, rows["member"], rows["day"])
        return {"purchases": self.grid.total(place[sold]), "revenue": self.grid.total(place, rows["amount"])}

    def _discounts(self, rows: Arrays) -> Counts:
        """What was taken off sales, and how often any was told of."""
        some = rows["discount"].nonzero()[0]
        rows = {name: values[some] for name, values in rows.items()}
        place = self.grid.places_of(rows)
        return {
            "discounts_given": self.grid.total(place, np.where(rows["refund"], -1, 1) * rows["discount"]),
            "discounts_recorded": self.grid.upto(place),
        }

    def bonus(self) -> Counts:
        """What members were given on top of top-ups, less what lapsed, and how often any was told of."""
        rows = _bonus(self.journal)
        place = self.grid.places_of(rows)
        return {
            "stored_value_bonus_given": self.grid.total(place, rows["amount"]),
            "stored_value_bonus_recorded": self.grid.upto(place),
        }

    def points(self) -> Counts:
        """What came and went, what it cost, and what was left at each close."""
        change = np.zeros((len(self.grid.spans), self.n), np.int64)
        parts, waiting = [], []
        for rows in self._entered():
            counts = np.maximum(rows["day"], rows["available_on"])  # as `Entries.effective_on`
            cell = self.grid.cells(rows["member"], counts)
            np.add.at(change.ravel(), cell, rows["amount"])
            later = (counts > rows["day"]).nonzero()[0]
            since = self.grid.cells(rows["member"][later], rows["day"][later])
            waiting.append((since, cell[later], rows["amount"][later]))
            place = self.grid.places(cell, rows["member"], counts)
            parts.append(self._by_flow(rows["kind"], place, rows["amount"]) | self._cost(rows, place))
        stocks = {"points_outstanding": self._standing(change), "points_pending": self._pending(waiting)}
        return added(parts) | stocks

    def _entered(self) -> Iterator[Arrays]:
        told = ("member", "day", "available_on", "kind", "amount", "reward")
        if self.past is not None:
            yield _rows(self.past.entries, told, _of_points(self.past))
        yield from self.journal.entries.pieces(_PIECE, *told)

    def _cost(self, rows: Arrays, place: Ints) -> Counts:
        redeemed = (rows["kind"] == ENTRY_KINDS.index(REDEEM)).nonzero()[0]
        cost = cost_of_redeeming(
            self.programme,
            -rows["amount"][redeemed].astype(np.int64),
            [reward.name for reward in self.programme.rewards],
            rows["reward"][redeemed],
        )
        return {"reward_cost": self.grid.total(place[redeemed], cost)}

    def _by_flow(self, kind: Ints, place: Ints, amount: Ints) -> Counts:
        """The points that came and went, as each kind of entry tells it."""
        size = self.grid.shape[0] * self.grid.shape[1]
        place = _FLOW_OF_KIND[kind] * size + place
        total = summed(place, amount, len(_FLOWS) * size).reshape(len(_FLOWS), size)
        signed = {name: -flow if name in _TAKEN else flow for name, flow in zip(_FLOWS, total, strict=True)}
        return {name: self.grid.within(flow.reshape(self.grid.shape)) for name, flow in signed.items()}

    def _pending(self, waiting: Sequence[tuple[Ints, Ints, Ints]]) -> Ints:
        """What waits at each close: cells from which and up to which amounts do."""
        if not any(len(amount) for _, _, amount in waiting):
            return self.grid.within(np.zeros(self.grid.shape, np.int64))
        change = np.zeros((len(self.grid.spans), self.n), np.int64)
        for since, until, amount in waiting:
            np.add.at(change.ravel(), since, amount)
            np.subtract.at(change.ravel(), until, amount)
        return self._standing(change)

    def _standing(self, change: Ints) -> Ints:
        """Balances at each close, by the tier that members have then; `change` is spans × members."""
        balance, found = np.zeros(self.n, np.int64), np.zeros(self.grid.shape, np.int64)
        for span, tier in enumerate(self.grid.at_close):
            balance += change[span]
            found[span] = summed(tier, balance, self.grid.shape[1])
        return self.grid.within(found)

    def _members(self, last_sale: Ints) -> Counts:
        """Members at each close by state; `last_sale` is everybody's up to it, _LONG_AGO before the first."""
        found = np.zeros((*self.grid.shape, len(State)), np.int64)
        for month, day in enumerate(self.months.last, start=1):
            last = last_sale[month]
            since = np.where(last > _LONG_AGO, np.int32(day) - last, np.int32(NO_PURCHASE))
            state = states(since, day - self.joined_on, self.programme.lifecycle)
            state[(self.joined_on > day) | (self.left_on <= day)] = State.LEFT
            cell = self.grid.at_close[month] * np.int16(len(State)) + state
            found[month] = np.bincount(cell, minlength=found[month].size).reshape(found[month].shape)
        within = self.grid.within(found)
        by_state = {
            f"members_{one.name.lower()}": within[..., one]
            for one in (State.ACTIVE, State.SILENT, State.CHURNED)
        }
        return by_state | {"members_enrolled": within[..., list(ENROLLED)].sum(axis=-1)}

    def moves(self) -> Counts:
        """Members who moved up and down, once a month and tier."""
        rows, known = self.moved, self.moved["from_tier"] >= 0
        up = rows["to_tier"] > rows["from_tier"]
        down = (rows["to_tier"] < rows["from_tier"]) & (rows["to_tier"] >= 0)
        place, found = self.grid.places_of(rows), {}
        for name, which in (("tier_upgrades", known & up), ("tier_downgrades", known & down)):
            pairs = distinct(place[which].astype(np.int64) * self.n + rows["member"][which])
            found[name] = self.grid.total(pairs // max(self.n, 1))
        return found

    def benefits(self) -> Counts:
        """What a month of benefits costs for those who have a tier at the close of its first day."""
        cost, total = monthly_costs(self.programme), np.zeros(self.grid.shape, np.int64)
        if cost.any():
            first_days = month_starts(int(self.months.first[0]), int(self.months.last[-1]))
            for day, tier in zip(first_days, self.course.at(first_days), strict=True):
                there = (self.joined_on <= day) & (self.left_on > day)
                of_tier = np.bincount(tier[there] + 1, minlength=self.grid.shape[1]) * np.append(0, cost)
                total[self.grid.spans.of(day)] += of_tier
        return {"tier_benefit_cost": self.grid.within(total)}

    def memberships(self) -> Counts:
        """Members whose tier is paid for at each close; terms whose time to renew ended, and those renewed;
        what was paid in the run."""
        rows = self.journal.activities.table("member", "day", "at", "tier", "value")
        fees = {name: values[rows["tier"] >= 0] for name, values in rows.items()}
        terms, found = self._terms(fees), np.zeros(self.grid.shape, np.int64)
        for month, day in enumerate(self.months.last, start=1):
            who = np.unique(terms.member[(terms.paid_on <= day) & (terms.end > day)])
            who = who[(self.joined_on[who] <= day) & (self.left_on[who] > day)]
            found[month] = np.bincount(self.grid.at_close[month, who], minlength=self.grid.shape[1])
        tier = self.course.on(terms.member, terms.end - 1) + 1
        place = self.grid.spans.of(terms.end + RENEWAL_DAYS) * self.grid.shape[1] + tier
        return {
            "members_paying": self.grid.within(found),
            "memberships_due": self.grid.total(place),
            "memberships_renewed": self.grid.total(place[terms.renewed]),
            "membership_fees": self.grid.total(self.grid.places_of(fees), fees["value"]),
        }

    def outlays(self, campaigns: Sequence[Campaign]) -> Counts:
        """What contacts of campaigns cost, on the last day of each, or of the run if that comes first. A run
        knows that, also where there are none."""
        rows, size = self.journal.contacts.table("campaign", "treated"), self.grid.shape[1]
        told = np.bincount(rows["campaign"][rows["treated"]], minlength=len(campaigns))
        cost = told * np.array([one.cost_minor for one in campaigns], np.int64)
        last = int(self.months.last[-1])
        ends_on = np.array([min(one.ends_on, last) for one in campaigns], np.int64)
        known = np.zeros(self.grid.shape, np.int64)
        known[:, 0] = 1  # a fact of no member, and so of no tier
        return {
            "campaign_cost": self.grid.total(self.grid.spans.of(ends_on) * size, cost),
            "campaign_costs_known": self.grid.within(known),
        }

    def _terms(self, fees: Arrays) -> PaidTerms:
        """What fees of members' past and those of the run paid for."""
        own = [fees[name] for name in ("member", "day", "at", "tier")]
        before = [own] if self.past is None else [fees_paid(self.past, self.programme), own]
        member, day, at, tier = (np.concatenate(column) for column in zip(*before, strict=True))
        return terms_of(member, day, at, tier, self.programme)


def _rows(past: object, told: Sequence[str], chosen: Flags | None = None) -> Arrays:
    """The rows of members' past in those columns, -1 in those that it does not have."""
    known = past.member >= 0 if chosen is None else chosen & (past.member >= 0)  # type: ignore[attr-defined]
    return {name: getattr(past, name, np.full(len(known), -1))[known] for name in told}


def _joined(parts: Sequence[Arrays]) -> Arrays:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _bonus(journal: Journal) -> Arrays:
    """The lines of a run that give or take away bonus of prepaid cards but by payments."""
    rows = journal.other_entries.table("member", "day", "account", "kind", "amount")
    if STORED_VALUE_BONUS_ACCOUNT not in journal.others:
        return {name: values[:0] for name, values in rows.items()}
    mine = rows["account"] == journal.others.index(STORED_VALUE_BONUS_ACCOUNT)
    mine &= np.isin(rows["kind"], [ENTRY_KINDS.index(kind) for kind in (EARN, EXPIRE)])
    return {name: values[mine] for name, values in rows.items()}


def _of_points(past: History) -> Flags:
    names = past.labels.get("entries.account", ())
    account = names.index(POINTS_ACCOUNT) if POINTS_ACCOUNT in names else -2
    flags: Flags = past.entries.codes["account"] == account
    return flags
