"""Members: how many there are in each state, how they move between them, and who stays.

Cards have keys of their own: `card_lifecycle`, `card_movement`, `card_retention`, `card_regions`.
"""

from __future__ import annotations

import streamlit as st

from dashboard import frame, tiles, watched
from dashboard.cards import development, membership
from dashboard.headline import headline
from dashboard.i18n import _

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

page = watched.opened(_("Members"))
with frame.loading():
    wall = page.readings(WALL)
    monthly = page.monthly(ALONG)
    cohorts = page.monthly(["retention_curve"], ["join_month", "membership_month"])
    regions = page.compared(["members_enrolled", "active_rate"], ["member_region"])

frame.sentence(headline(wall, membership.leading(wall)))
tiles.wall(wall.values(), page.view)
left, right = st.columns(2)
with left:
    development.lifecycle(monthly)
with right:
    membership.movement(monthly)
membership.retention(cohorts)
membership.regions(*regions)
