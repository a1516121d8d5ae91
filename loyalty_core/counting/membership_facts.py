"""What tiers give beside points and what it costs; memberships that are paid for, and their renewal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.counting.grid import Grid
from loyalty_core.counting.member_facts import in_cells
from loyalty_core.counting.tier_facts import days_within, tier_spells
from loyalty_core.days import add_months, month_starts
from loyalty_core.history import Flags, History, Ints
from loyalty_core.rounds import rounds
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.requirements import levels_of
from loyalty_core.timeline import Spells, latest, latest_at, value_at

BENEFIT, MEMBERSHIP_FEE = "benefit", "membership_fee"  # kinds of activities
RENEWAL_DAYS = 30


def benefit_flows(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Members with a tier that grants benefits on some day, those who used one of them, and the cost.

    A use is an activity `benefit` that names a benefit of the tier of its day. What a month of a
    benefit costs falls on the first day of each month, for everybody who has the tier at its close.
    """
    spells = tier_spells(history)
    grants = np.array([bool(tier.benefits) for tier in programme.tiers])
    used, cost = _uses(history, programme)
    member, day = history.activities.member, history.activities.day
    place = np.where(used, grid.place(day, grid.cut.cells(member, day)), -1)
    return {
        "members_granted": grid.met(in_cells(spells.where(grants[spells.what]), grid)),
        "members_using_benefit": grid.members(grid.pairs(place, member)),
        "tier_benefit_cost": grid.total(place, cost) + _monthly_cost(programme, spells, grid),
    }


def renewal_flows(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Paid memberships whose time to renew ended in the period, and those renewed by then.

    They are cut by what the member was on the last day that was paid for.
    """
    terms = paid_terms(history, programme)
    place = grid.place(terms.end + RENEWAL_DAYS, grid.cut.cells(terms.member, terms.end - 1))
    return {
        "memberships_due": grid.count(place),
        "memberships_renewed": grid.count(np.where(terms.renewed, place, -1)),
    }


def paying_stocks(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Enrolled members at the close who have paid for a tier that has not ended."""
    terms = paid_terms(history, programme)

    def counted(block: Grid) -> dict[str, Ints]:
        close, members = block.periods.last, history.members
        paying = np.zeros((len(members), len(close)), bool)
        for tier in np.unique(terms.tier):
            of = terms.tier == tier
            row = latest_at(terms.member[of], terms.paid_on[of], len(members), close)
            paying |= value_at(row, terms.end[of], 0) > close
        paying &= (members.joined_on[:, None] <= close) & (members.left_on[:, None] > close)
        return {"members_paying": block.stock(paying, block.cut.cells_at(close))}

    return grid.in_blocks(counted)


@dataclass(frozen=True, slots=True)
class PaidTerms:
    """What membership fees paid for, one row each, by (tier, member, day paid); `end` is the first day after.

    A fee paid early goes on from the end of what is already paid for; one paid up to 30 days after
    the end renews it.
    """

    member: Ints
    tier: Ints
    paid_on: Ints
    end: Ints
    renewed: Flags


def paid_terms(history: History, programme: Programme) -> PaidTerms:
    """The terms of all fees that name a paid tier of the programme."""
    activities = history.activities
    fees = _months_paid(history, programme)
    rows = np.flatnonzero((_code(history, "kind", MEMBERSHIP_FEE) == activities.codes["kind"]) & (fees > 0))
    tier = _tier_named(history, programme)[activities.codes["reference"][rows]]
    order = np.lexsort((activities.at[rows], activities.member[rows], tier))
    rows, tier = rows[order], tier[order]
    member, day = activities.member[rows], activities.day[rows].astype(np.int64)
    group = np.cumsum(np.append(0, (tier[1:] != tier[:-1]) | (member[1:] != member[:-1])))[: len(rows)]
    end, until = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    for _, fee in rounds(group, np.zeros(len(rows), np.int64)):
        begin = np.maximum(until[group[fee]], day[fee])
        end[fee] = add_months(begin, fees[rows[fee]])
        until[group[fee]] = end[fee]
    same = np.append(group[1:] == group[:-1], False)[: len(rows)]
    renewed = same & (np.append(day[1:], 0)[: len(rows)] <= end + RENEWAL_DAYS)
    return PaidTerms(member, tier, day, end, renewed)


def _months_paid(history: History, programme: Programme) -> Ints:
    """The months that each activity's reference, as a tier, is paid for; 0 where it is no paid tier."""
    months = np.array([*(level.fee_months for level in levels_of(programme)), 0])
    return months[_tier_named(history, programme)[history.activities.codes["reference"]]]


def _tier_named(history: History, programme: Programme) -> Ints:
    """The tier that each code of references names, -1 for none; the last answers unknown."""
    names = [tier.name for tier in programme.tiers]
    labels = history.labels.get("activities.reference", ())
    return np.array([*(names.index(label) if label in names else -1 for label in labels), -1])


def _uses(history: History, programme: Programme) -> tuple[Flags, Ints]:
    """Which activities use a benefit of the tier of their day, and what each use costs, minor units."""
    activities, labels = history.activities, history.labels.get("activities.reference", ())
    granted = np.zeros((len(programme.tiers) + 1, len(labels) + 1), bool)  # the last ones answer unknown
    cost = np.zeros(granted.shape, np.int64)
    for number, tier in enumerate(programme.tiers):
        for benefit in tier.benefits:
            if benefit.name in labels:
                granted[number, labels.index(benefit.name)] = True
                cost[number, labels.index(benefit.name)] = programme.minor(benefit.cost_per_use)
    held, reference = _tier_of_day(history), activities.codes["reference"]
    is_use = activities.codes["kind"] == _code(history, "kind", BENEFIT)
    return is_use & granted[held, reference], cost[held, reference]


def _tier_of_day(history: History) -> Ints:
    """The tier of each activity's member at the close of its day, -1 without one or outside membership."""
    moves, members, acts = history.tier_changes, history.members, history.activities
    tier = value_at(latest(moves.member, moves.day, acts.member, acts.day), moves.to_tier, -1)
    enrolled = (members.joined_on[acts.member] <= acts.day) & (members.left_on[acts.member] > acts.day)
    return np.where(enrolled, tier, -1)


def monthly_costs(programme: Programme) -> Ints:
    """What a month of all benefits of each tier costs for one member, minor units."""
    return np.array(
        [
            sum(programme.minor(benefit.cost_per_month) for benefit in tier.benefits)
            for tier in programme.tiers
        ],
        np.int64,
    )


def _monthly_cost(programme: Programme, spells: Spells, grid: Grid) -> Ints:
    cost = monthly_costs(programme)
    spells, total = spells.where(cost[spells.what] > 0), grid.zeros
    first_days = month_starts(int(grid.periods.first[0]), int(grid.periods.last[-1]))
    for spell, day in days_within(spells, first_days.astype(np.int64)):
        member, tier = spells.member[spell], spells.what[spell]
        total = total + grid.total(grid.place(day, grid.cut.cells(member, day)), cost[tier])
    return total


def _code(history: History, column: str, label: str) -> int:
    """The code of a label of the activities, one that none has where it does not occur."""
    labels = history.labels.get(f"activities.{column}", ())
    return labels.index(label) if label in labels else -2
