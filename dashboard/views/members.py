"""Members: how many there are in each state, how they move between them, and who stays.

Cards have keys of their own: `card_lifecycle`, `card_movement`, `card_retention`, `card_regions`.
"""

from __future__ import annotations

import streamlit as st

from dashboard import filters, frame, live, tiles
from dashboard.cards import development, membership
from dashboard.headline import headline
from dashboard.i18n import _
from dashboard.readings import readings
from dashboard.spans import months_until

WALL = (
    "members_enrolled",
    "members_joined",
    "activation_rate",
    "members_engaged",
    "reachable_rate",
    "wake_up_rate",
    "win_back_rate",
    "churn_rate",
)
ALONG = (*development.STATES, *membership.MOVES, "active_rate")
MONTHS = 24

shown = live.now()
frame.heading(_("Members"), shown)
if shown is None:
    frame.empty()
view = filters.bar(shown)
st.caption(filters.said(view, shown))

months = months_until(view.as_of, MONTHS, live.begins(shown))
with frame.loading():
    compared = live.measured(shown, view.span.compared, WALL, where=view.where)
    monthly = live.measured(shown, months, list(dict.fromkeys([*WALL, *ALONG])), where=view.where)
    cohorts = live.measured(
        shown, months, ["retention_curve"], ["join_month", "membership_month"], view.where
    )
    regions = live.measured(
        shown, view.span.compared, ["members_enrolled", "active_rate"], ["member_region"], view.where
    )
wall = readings(
    WALL, shown.programme, compared, monthly, whole=view.is_whole, a_month=view.span.kind == "month"
)

st.header(headline(wall, membership.leading(wall)), anchor=False)
tiles.wall(wall.values(), view)
left, right = st.columns(2)
with left:
    development.lifecycle(monthly)
with right:
    membership.movement(monthly)
membership.retention(cohorts)
before, now = (regions[regions["period_end"] == close] for close in sorted(regions["period_end"].unique()))
membership.regions(now, before)
