"""Overview: what moved, whether it is on target, and how the programme has developed.

Containers have keys of their own: `tile_<metric>` on the wall, `card_<chart>` and `chart_<chart>` for the
charts lifecycle, tiers, redemption and points; the filters are those of `filters.py`.
"""

from __future__ import annotations

import streamlit as st

from dashboard import filters, frame, live, tiles
from dashboard.cards import development
from dashboard.headline import headline
from dashboard.i18n import _
from dashboard.readings import readings
from dashboard.spans import months_until

WALL = (
    "members_active",
    "members_silent",
    "members_churned",
    "members_joined",
    "redemption_rate",
    "points_outstanding",
    "revenue",
    "repeat_rate",
)
ALONG = (*development.STATES, "active_rate", "points_issued", "points_redeemed")
MONTHS = 24

shown = live.now()
frame.heading(_("Overview"), shown)
if shown is None:
    frame.empty()
view = filters.bar(shown)
st.caption(filters.said(view, shown))

months = months_until(view.as_of, MONTHS, live.begins(shown))
with frame.loading():
    compared = live.measured(shown, view.span.compared, WALL, where=view.where)
    monthly = live.measured(shown, months, list(dict.fromkeys([*WALL, *ALONG])), where=view.where)
    tiers = live.measured(
        shown, view.span.compared, ["tier_members", "tier_share"], ["member_tier"], view.where
    )
wall = readings(
    WALL, shown.programme, compared, monthly, whole=view.is_whole, a_month=view.span.kind == "month"
)

st.header(headline(wall), anchor=False)
tiles.wall(wall.values(), view)
left, right = st.columns(2)
with left:
    development.lifecycle(monthly)
with right:
    development.tiers(tiers, shown.programme)
with left:
    development.redemption(monthly, wall["redemption_rate"])
with right:
    development.points(monthly, shown.programme)
