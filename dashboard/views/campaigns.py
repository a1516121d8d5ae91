"""Campaigns: whom they reached, what they added, and what they cost; one of them looked back on.

The chosen campaign stands in the address (`campaign`). Cards have keys of their own: `card_campaigns`,
`card_calendar`, `card_waking`, `card_review`, `card_response`, `card_reach`, `card_coupons`.
"""

from __future__ import annotations

import streamlit as st

from dashboard import address, frame, live, page_header, readings
from dashboard.cards import campaign_cards, campaign_review, why_cards
from dashboard.headline import headline
from dashboard.i18n import _, words
from data.offered import Campaign, campaigns
from loyalty_core.counting.cuts import CAMPAIGN, CONTACT_CHANNEL
from loyalty_core.days import to_day
from loyalty_core.offers import STAGES, Stage

WALL = (
    "contacted",
    "delivered_rate",
    "open_rate",
    "click_rate",
    "response_rate",
    "coupon_claim_rate",
    "coupon_redemption_rate",
    "coupon_revenue",
)


def chosen(among: tuple[Campaign, ...]) -> Campaign:
    """The campaign that the reader chose, the latest that is over unless another."""
    known = {one.id: one for one in among}
    usual = next((one.id for one in among if one.stage is Stage.OVER), among[0].id)
    now = address.value("campaign", usual, known)
    st.selectbox(
        _("Campaign"),
        list(known),
        format_func=lambda id: _("{name} · {state}").format(
            name=campaign_cards.spoken_name(known[id]), state=words(STAGES[known[id].stage])
        ),
        width=420,
        **address.tied("campaign", now, usual),
    )
    return known[now]


page = page_header.opened(_("Campaigns"))
with frame.loading():
    offered = live.asked(page.shown, campaigns, to_day(page.view.as_of))
    wall = page.readings(page.countable(WALL))
    names = page.countable(dict.fromkeys([*campaign_cards.TOLD, *campaign_review.ASKED]))
    told = page.so_far(names, [CAMPAIGN]).set_index(CAMPAIGN)[names]
    monthly = page.monthly(list(campaign_cards.WAKING))

if not offered:
    st.info(_("The data tells of no campaigns."), icon=":material/info:")
    campaign_cards.waking(monthly)
    st.stop()
frame.sentence(headline(readings.told(wall), campaign_cards.leading(offered, wall), campaign_cards.LEADING))
why_cards.wall(page, readings.told(wall))
rows = campaign_cards.of_campaigns(offered, told)
campaign_cards.overview(offered, rows, page.programme)
left, right = frame.pair()
with left:
    campaign_cards.calendar(offered, page.view.as_of)
with right:
    campaign_cards.waking(monthly)
one = chosen(offered)
row = rows.loc[one.id]
channels = page.so_far(list(campaign_review.REACH), [CAMPAIGN, CONTACT_CHANNEL])
left, right = frame.pair()
with left:
    campaign_review.review(one, row, page)
with right:
    campaign_review.response(row, one, page)
left, right = frame.pair()
with left:
    campaign_review.reach(channels[channels[CAMPAIGN] == one.id], row, one, page)
with right:
    if row["coupons_offered"] > 0:
        campaign_cards.coupons(row, _("Coupons of this campaign, by what became of them"), page, one)
    else:
        everything = page.so_far(list(campaign_review.COUPONS)).iloc[0]
        everybody = _("All coupons up to the as-of date, by what became of them")
        campaign_cards.coupons(everything, everybody, page)
