"""Points: what was issued, redeemed and expired, what is outstanding, and what it will cost.

Cards have keys of their own: `card_balance`, `card_points`, `card_rates`, `card_points_ageing`,
`card_points_to_expiry`.
"""

from __future__ import annotations

import streamlit as st

from dashboard import filters, frame, live, tiles
from dashboard.cards import development, point_cards
from dashboard.headline import headline
from dashboard.i18n import _
from dashboard.readings import readings
from dashboard.spans import months_until

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
MONTHS = 24

shown = live.now()
frame.heading(_("Points"), shown)
if shown is None:
    frame.empty()
view = filters.bar(shown)
st.caption(filters.said(view, shown))

names = list(dict.fromkeys([*WALL, *point_cards.RATES, *point_cards.BALANCE]))
months = months_until(view.as_of, MONTHS, live.begins(shown))
with frame.loading():
    compared = live.measured(shown, view.span.compared, names, where=view.where)
    monthly = live.measured(shown, months, names, where=view.where)
    latest = months_until(view.as_of, 1)
    ageing = live.measured(shown, latest, ["points_ageing"], ["lot_age"], view.where)
    expiring = live.measured(shown, latest, ["points_to_expiry"], ["lot_expiry"], view.where)
found = readings(
    names, shown.programme, compared, monthly, whole=view.is_whole, a_month=view.span.kind == "month"
)
wall = {name: found[name] for name in WALL}

st.header(headline(wall, point_cards.leading(found)), anchor=False)
tiles.wall(wall.values(), view)
left, right = st.columns(2)
with left:
    point_cards.balance(compared.iloc[1], shown.programme)
with right:
    development.points(monthly, shown.programme)
point_cards.rates(found)
left, right = st.columns(2)
with left:
    point_cards.ages(ageing, "lot_age", "points_ageing", shown.programme)
with right:
    point_cards.ages(expiring, "lot_expiry", "points_to_expiry", shown.programme)
