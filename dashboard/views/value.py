"""Value: what members bring, whether they come back, and what they are expected to buy.

Cards have keys of their own: `card_sales`, `card_coming_back`, `card_order_value`, `card_expected`,
`card_places`, `card_stored_value`, `card_paid`, `card_renewals`, and folded `card_cards_owe`,
`card_rfm_members`, `card_rfm_revenue` and `card_concentration`. Sales are told by what the address says
(`sold_by`).
"""

from __future__ import annotations

from itertools import islice

import streamlit as st

from dashboard import frame, live, page_header, readings
from dashboard.cards import place_cards, rfm_cards, stored_value_cards, value_cards, why_cards
from dashboard.headline import headline
from dashboard.i18n import _
from data.buying_year import year_of_buying
from data.cards_owed import cards_owed
from data.places_of_sale import points_by_place
from loyalty_core.counting.cuts import ACCOUNT
from loyalty_core.days import to_day
from loyalty_core.segments.every_segment import FIELD

WALL = (
    "member_sales_share",
    "revenue_per_member",
    "average_order_value",
    "repurchase_cycle",
    *value_cards.COMING_BACK,
)

INSTEAD = "purchase_frequency"  # where a filter leaves out the share of sales, which guests are part of

page = page_header.opened(_("Member value"))
with frame.loading():
    # Asked of everybody, too: what filters tell follows from it.
    found = page.readings(page.countable([*WALL, INSTEAD]))
    wall = dict(islice(found.items(), len(WALL)))
    monthly = page.monthly(page.countable(value_cards.ALONG))
    beside = page.now(page.countable([*value_cards.BESIDE_SALES, *value_cards.BESIDE_ORDERS])).iloc[0]
    stored = page.monthly(["stored_value_balance"], [ACCOUNT])

frame.sentence(headline(readings.told(wall), value_cards.leading(wall, monthly), value_cards.LEADING))
why_cards.wall(page, readings.told(wall))
left, right = frame.pair()
with left:
    value_cards.sales(monthly, beside, page.programme)
with right:
    value_cards.coming_back(monthly, wall)
with frame.loading():
    expected = page.monthly(value_cards.EXPECTED, most=1)
    by_tier = page.monthly(value_cards.EXPECTED, ["member_tier"], most=1)
    grid, _concentration = page.beyond(FIELD).asked(year_of_buying)
    _grid, concentration = page.asked(year_of_buying)
left, right = frame.pair(both=value_cards.is_expected(expected))
with left:
    value_cards.order_value(monthly, beside, page.programme)
with right:
    value_cards.expected(expected, by_tier, page)
if places := place_cards.told_apart(page):
    sold_by = place_cards.chosen(places)
    with frame.loading():
        before, now = page.compared(place_cards.TOLD, [sold_by])
        points = page.asked(points_by_place, sold_by, to_day(page.view.span.first))
    place_cards.places(before, now, points, sold_by, page)
left, right = frame.pair(both=value_cards.are_paying(monthly) and value_cards.are_renewed(monthly))
with left:
    value_cards.paid(monthly)
with right:
    value_cards.renewals(monthly)
stored_value_cards.stored_value(stored, monthly, page.programme)
if stored_value_cards.hold_cards(stored):
    with st.expander(_("What prepaid cards owe")):
        if page.view.is_whole:
            row = live.asked(page.shown, cards_owed, to_day(page.view.as_of))
            stored_value_cards.owed(row, page.programme)
        else:
            st.caption(
                _("Told of all members alone: how topped-up money is used up is known of all together.")
            )
if grid.buyers:
    is_chosen = page.view.segment.startswith(f"{FIELD}.")
    with st.expander(_("How spending is spread over the buyers"), expanded=is_chosen):
        left, right = frame.pair()
        with left:
            rfm_cards.members(grid)
        with right:
            rfm_cards.revenue(grid)
        if concentration:
            value_cards.concentrated(concentration, page)
