"""Points: what was issued, redeemed and expired, what is outstanding, and what it will cost.

Cards have keys of their own: `card_balance`, `card_points`, `card_rates`, `card_points_ageing`,
`card_points_to_expiry`, `card_sources`, `card_rewards`, and folded `card_owed`, `card_deferral`,
`card_cohorts`, `card_triangle` and `card_link_ratios`.
"""

from __future__ import annotations

import streamlit as st

from dashboard import frame, live, page_header, readings
from dashboard.cards import development, finance_cards, point_cards, why_cards
from dashboard.headline import headline
from dashboard.i18n import _
from data.point_reasons import points_by_reason
from data.redeeming import redemption_by_age
from loyalty_core.days import to_day
from loyalty_core.facts import EARN, REDEEM

WALL = (
    "points_issued",
    "points_redeemed",
    "points_expired",
    "points_outstanding",
    "points_liability",
    "breakage_rate",
    "cost_per_point",
    "reward_cost_share",
)

page = page_header.opened(_("Points"))
with frame.loading():
    found = page.readings(list(dict.fromkeys([*WALL, *point_cards.RATES])))
    balance = page.now([*point_cards.BALANCE, *page.countable(point_cards.BESIDE_BALANCE)])
    monthly = page.monthly(["points_issued", "points_redeemed"])
    ageing = page.monthly(["points_ageing"], ["lot_age"], most=1)
    expiring = page.monthly(["points_to_expiry"], ["lot_expiry"], most=1)
wall = {name: found[name] for name in WALL}

frame.sentence(headline(wall, point_cards.leading(found), point_cards.LEADING))
why_cards.wall(page, readings.told(wall))
left, right = frame.pair()
with left:
    point_cards.balance(balance.iloc[0], page)
with right:
    development.points(monthly, page.programme)
point_cards.rates(found)
left, right = frame.pair()
with left:
    point_cards.ages(ageing, "lot_age", "points_ageing", page)
with right:
    point_cards.ages(expiring, "lot_expiry", "points_to_expiry", page)
reasons = page.asked(points_by_reason, to_day(page.view.span.first))
left, right = frame.pair(both=set(reasons["kind"]) >= {EARN, REDEEM})
with left:
    point_cards.sources(reasons, page)
with right:
    point_cards.rewards(reasons, page)
detail = st.expander(_("For finance"), on_change="rerun", icon=":material/account_balance:", key="finance")
if detail.open:
    with detail:
        finance_cards.owed(page.now(finance_cards.OWED_WITH_ENDS).iloc[0], page.programme)
        if page.view.is_whole:
            finance_cards.deferral(page.monthly(list(finance_cards.DEFERRAL)), page.programme)
        told = page.countable(finance_cards.COHORT_FIGURES)
        finance_cards.cohorts(page.monthly(told, ["earn_month"], most=1), page.programme)
        if page.view.is_whole:
            as_of = to_day(page.view.as_of)
            finance_cards.triangle(*live.asked(page.shown, redemption_by_age, as_of, finance_cards.COHORTS))
        else:
            st.caption(
                _("What is deferred, and how redemption develops, is told where everybody is looked at.")
            )
