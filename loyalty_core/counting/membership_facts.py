"""What tiers give beside points and what it costs; memberships that are paid for, and their renewal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting.cuts import Cut
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.lives import while_enrolled
from loyalty_core.days import add_months, month_starts
from loyalty_core.history import UNKNOWN_VALUE, History
from loyalty_core.rounds import rounds
from loyalty_core.rules.programme import Programme
from loyalty_core.tiers.requirements import levels_of
from loyalty_core.tiers.tier_calendar import tier_spells
from loyalty_core.timeline import Spells, following, latest, value_at

BENEFIT, MEMBERSHIP_FEE = "benefit", "membership_fee"  # kinds of activities
RENEWAL_DAYS = 30


def benefit_flows(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Members with a tier that grants benefits on some day, those who used one of them, and the cost.

    A use is an activity `benefit` that names a benefit of the tier of its day. What a month of a
    benefit costs falls on the first day of each month, for everybody who has the tier at its close.
    """
    granted, monthly, amount = grid.once("benefits", lambda: _granted(history, programme, grid.cut))
    used, cost = _uses(history, programme)
    member, day = history.activities.member, history.activities.day
    place = np.where(used, grid.place(day, grid.cut.cells(member, day)), -1)
    return {
        "members_granted": grid.met(granted),
        "members_using_benefit": grid.members(grid.pairs(place, member)),
        "tier_benefit_cost": grid.total(place, cost) + _monthly_cost(grid, monthly, amount),
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


def fee_flows(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """What members paid for tiers, minor units; where the source does not tell how much, the tier's fee."""
    rows, tier = _fees(history, programme)
    member, day = history.activities.member[rows], history.activities.day[rows]
    told = history.activities.value[rows]
    asked = np.array([programme.minor(one.fee) for one in programme.tiers], np.int64)[tier]
    place = grid.place(day, grid.cut.cells(member, day))
    return {"membership_fees": grid.total(place, np.where(told == UNKNOWN_VALUE, asked, told))}


def paying_stocks(history: History, programme: Programme, grid: Grid) -> dict[str, Ints]:
    """Enrolled members at the close who have paid for a tier that has not ended."""
    spells = grid.once("paying", lambda: _paid_for(history, programme, grid.cut))
    return {"members_paying": grid.standing(spells)}


def _paid_for(history: History, programme: Programme, cut: Cut) -> Spells:
    """The days in cells on which members have paid for some tier; the latest fee of each says how long."""
    terms = paid_terms(history, programme)
    owner = terms.tier * max(len(history.members), 1) + terms.member
    end = np.minimum(terms.end, following(owner, terms.paid_on)) - 1
    spells = Spells(terms.member, terms.paid_on, end, np.zeros(len(end), np.int64))
    return cut.pieces(while_enrolled(history, spells.where(terms.paid_on <= end).united()))[0]


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
    return terms_of(*fees_paid(history, programme), programme)


def fees_paid(history: History, programme: Programme) -> tuple[Ints, Ints, Ints, Ints]:
    """All fees that name a paid tier of the programme: member, day, instant and tier of each."""
    activities, (rows, tier) = history.activities, _fees(history, programme)
    return activities.member[rows], activities.day[rows], activities.at[rows], tier


def _fees(history: History, programme: Programme) -> tuple[Ints, Ints]:
    """The activities that are fees for a paid tier of the programme, and which tier each pays for."""
    activities = history.activities
    told = (_code(history, "kind", MEMBERSHIP_FEE) == activities.codes["kind"]) & (activities.member >= 0)
    tier = _tier_named(history, programme)[activities.codes["reference"]]
    rows = np.flatnonzero(told & (_fee_months(programme)[tier] > 0))
    return rows, tier[rows]


def terms_of(member: Ints, day: Ints, at: Ints, tier: Ints, programme: Programme) -> PaidTerms:
    """The terms of fees that members paid at those instants for those tiers of the programme."""
    order = np.lexsort((at, member, tier))
    member, tier, day = member[order], tier[order], day[order].astype(np.int64)
    months = _fee_months(programme)[tier]
    group = np.cumsum(np.append(0, (tier[1:] != tier[:-1]) | (member[1:] != member[:-1])))[: len(order)]
    end, until = np.zeros(len(order), np.int64), np.zeros(len(order), np.int64)
    for _, fee in rounds(group, np.zeros(len(order), np.int64)):
        begin = np.maximum(until[group[fee]], day[fee])
        end[fee] = add_months(begin, months[fee])
        until[group[fee]] = end[fee]
    same = np.append(group[1:] == group[:-1], False)[: len(order)]
    renewed = same & (np.append(day[1:], 0)[: len(order)] <= end + RENEWAL_DAYS)
    return PaidTerms(member, tier, day, end, renewed)


def _fee_months(programme: Programme) -> Ints:
    """The months that a fee pays for each tier, and at the end for none; 0 where it is no paid tier."""
    return np.array([*(level.fee_months for level in levels_of(programme)), 0])


def _tier_named(history: History, programme: Programme) -> Ints:
    """The tier that each code of references names, -1 for none; the last answers unknown."""
    names = [tier.name for tier in programme.tiers]
    labels = history.labels.get("activities.reference", ())
    return np.array([*(names.index(label) if label in names else -1 for label in labels), -1])


def _uses(history: History, programme: Programme) -> tuple[Flags, Ints]:
    """Which activities use a benefit of the tier of their day, and what each use costs, minor units."""
    activities, labels = history.activities, history.labels.get("activities.reference", ())
    tiers = programme.known_tiers
    granted = np.zeros((len(tiers) + 1, len(labels) + 1), bool)  # the last ones answer unknown
    cost = np.zeros(granted.shape, np.int64)
    for number, tier in enumerate(tiers):
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
            for tier in programme.known_tiers
        ],
        np.int64,
    )


def _granted(history: History, programme: Programme, cut: Cut) -> tuple[Spells, Spells, Ints]:
    """The days in cells on which members have a tier with benefits, and those on which benefits cost
    something by the month, with the cost of a month, minor units."""
    spells, cost = tier_spells(history), monthly_costs(programme)
    grants = np.array([bool(tier.benefits) for tier in programme.known_tiers])
    granted = cut.pieces(spells.where(grants[spells.what]))[0].united()
    costly = spells.where(cost[spells.what] > 0)
    monthly, spell = cut.pieces(costly)
    return granted, monthly, cost[costly.what[spell]]


def _monthly_cost(grid: Grid, monthly: Spells, cost: Ints) -> Ints:
    """The cost of the first days of months in each period."""
    days = month_starts(int(grid.periods.first[0]), int(grid.periods.last[-1])).astype(np.int64)
    total = grid.zeros
    if len(days):
        np.add.at(total, grid.periods.index(days)[0], grid.standing(monthly, cost, days))
    return total


def _code(history: History, column: str, label: str) -> int:
    """The code of a label of the activities, one that none has where it does not occur."""
    labels = history.labels.get(f"activities.{column}", ())
    return labels.index(label) if label in labels else -2
