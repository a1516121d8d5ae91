"""The demo's prepaid cards: who has one, when it is topped up, and the sales that it pays for."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.points.stored_value import PrepaidCards
from loyalty_core.rounds import rounds
from simulation.demo.story import Part
from simulation.streams import Purpose

HOLDERS = 0.07  # members who ever take a card, with one of their first sales
FIRST_SALES = 8
AMOUNTS, AMOUNT_SHARES = (100, 200, 300, 500, 1000), (0.16, 0.34, 0.2, 0.2, 0.1)  # units of money
TOPS_UP_AGAIN, PAYS = 0.55, 0.85  # of the sales at a low balance; of those with money on the card
BEFORE_US = 300_000_000  # cards are topped up at the desk, shortly before the sale


def paid_by_card(part: Part) -> tuple[Ints, Ints]:
    """For each row of the part's purchases: what the card paid, and what was put on it just before."""
    rows, programme = part.facts.purchases, part.demo.declared
    paid, topped_up = np.zeros((2, len(rows["member"])), np.int64)
    if not programme.stored_value.bonuses:
        return paid, topped_up
    cards, low = PrepaidCards(programme, len(part)), programme.minor(programme.stored_value.low_balance)
    draws = [part.demo.streams.uniform(Purpose.TOP_UP, part.keys, nth) for nth in (0, 1)]
    since = np.where(draws[0] < HOLDERS, (draws[1] * FIRST_SALES).astype(np.int64), np.iinfo(np.int64).max)
    sales = np.flatnonzero(~rows["refund"] & (rows["ordinal"] >= since[rows["member"]]))
    member, nth = rows["member"][sales], rows["ordinal"][sales]
    again, pays, size = (
        part.demo.streams.uniform(Purpose.TOP_UP, part.keys[member], 10 + 3 * nth + turn) for turn in range(3)
    )
    place = np.searchsorted(np.cumsum(AMOUNT_SHARES)[:-1], size, side="right")
    amount = np.array([programme.minor(one) for one in AMOUNTS])[place]
    for _, some in rounds(member, np.zeros(len(sales), np.int64)):
        who, row = member[some], sales[some]
        day = rows["day"][row]
        cards.settle(who, day)
        first = nth[some] == since[who]
        tops = first | ((cards.balance[who] < low) & (again[some] < TOPS_UP_AGAIN))
        cards.top_up(who[tops], day[tops], amount[some[tops]])
        topped_up[row[tops]] = amount[some[tops]]
        using = pays[some] < PAYS
        wanted = np.maximum(rows["amount"][row[using]], 0)
        paid[row[using]] = cards.pay(who[using], day[using], wanted).total
    return paid, topped_up
