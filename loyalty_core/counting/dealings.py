"""What members and guests did on a day at a place: bought, gave back, came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting.cuts import Cut
from loyalty_core.counting.purchase_facts import debuts, places_of_sale
from loyalty_core.counting.sales import Sales
from loyalty_core.history import History
from loyalty_core.timeline import moment

CHECK_INS = ("sign_in", "check_in", "visit")  # activities that are a visit


@dataclass(frozen=True, slots=True)
class Dealings:
    """A row for each member (-1 for guests), day and cell with purchases or check-ins, in that order.

    `visits` is 1 where the member bought or checked in, of guests the number of their sales; money is in
    minor units, `sold` of sales alone, `spent` with refunds subtracted. A first-time buyer's first day is a
    `debut`; `again` marks those whose buyer was back within 90 days.
    """

    member: Ints
    day: Ints
    cell: Ints
    visits: Ints
    bought: Flags
    debut: Flags
    again: Flags
    sold: Ints
    spent: Ints


def dealings(history: History, sales: Sales, cut: Cut) -> Dealings:
    """The dealings within a cut."""
    purchases, (who, when) = history.purchases, check_ins(history)
    member, day = np.concatenate([purchases.member, who]), np.concatenate([purchases.day, when])
    nowhere = np.full(len(who), -1)
    own = {name: np.concatenate([codes, nowhere]) for name, codes in places_of_sale(history).items()}
    cell = cut.cells(member, day, own)
    sale = np.concatenate([~purchases.refund, np.zeros(len(who), bool)])
    came = np.concatenate([~purchases.refund, np.ones(len(who), bool)])
    amount = np.concatenate([purchases.amount, np.zeros(len(who), np.int64)])
    inside = np.flatnonzero(cell >= 0)
    key = moment(member[inside], day[inside])
    order = np.lexsort((cell[inside], key))
    rows, key = inside[order], key[order]
    changes = (key[1:] != key[:-1]) | (cell[rows][1:] != cell[rows][:-1])
    begins = np.flatnonzero(np.append(True, changes)[: len(rows)])
    first = rows[begins]

    def sums(values: Ints) -> Ints:
        return np.add.reduceat(values[rows].astype(np.int64), begins) if len(begins) else begins

    visits, bought = sums(came), sums(sale) > 0
    member, day = member[first].astype(np.int64), day[first].astype(np.int64)
    debut, again = debuts(sales, len(history.members), member, day)
    of_member = bought & (member >= 0)
    return Dealings(
        member,
        day,
        cell[first],
        np.where(member < 0, visits, np.minimum(visits, 1)),
        bought,
        debut & of_member,
        again & of_member,
        sums(np.where(sale, amount, 0)),
        sums(amount),
    )


def check_ins(history: History) -> tuple[Ints, Ints]:
    """Member and day of the activities that are a visit."""
    activities, kinds = history.activities, history.labels.get("activities.kind", ())
    among = [kinds.index(kind) for kind in CHECK_INS if kind in kinds]
    rows = np.flatnonzero(np.isin(activities.codes["kind"], among))
    return activities.member[rows].astype(np.int64), activities.day[rows].astype(np.int64)
