"""Tiers: how members are spread over them, how they move, and what each tier brings.

Cards have keys of their own: `card_distribution`, `card_migration`, `card_near`, `card_tiers_table`.
"""

from __future__ import annotations

import streamlit as st

from dashboard import filters, frame, live, tiles
from dashboard.cards import tier_cards
from dashboard.headline import headline
from dashboard.i18n import _
from dashboard.readings import readings
from dashboard.spans import months_until

WALL = (
    "tier_upgrades",
    "tier_downgrades",
    "upgrade_rate",
    "keep_rate",
    "near_upgrade",
    "near_downgrade",
    "tier_benefit_cost",
    "benefit_use_rate",
)
MONTHS = 24

shown = live.now()
frame.heading(_("Tiers"), shown)
if shown is None:
    frame.empty()
view = filters.bar(shown)
st.caption(filters.said(view, shown))

months = months_until(view.as_of, MONTHS, live.begins(shown))
tier, span = ["member_tier"], view.span.compared
with frame.loading():
    compared = live.measured(shown, span, WALL, where=view.where)
    monthly = live.measured(shown, months, WALL, where=view.where)
    members = live.measured(shown, months, ["tier_members"], tier, view.where)
    each = live.measured(shown, span, [*tier_cards.TOLD, "near_upgrade", "near_downgrade"], tier, view.where)
    moves = live.measured(shown, span, ["tier_migration"], ["opening_tier", *tier], view.where)
wall = readings(
    WALL, shown.programme, compared, monthly, whole=view.is_whole, a_month=view.span.kind == "month"
)
now = each[each["period_end"] == each["period_end"].max()]

st.header(headline(wall, tier_cards.leading(wall)), anchor=False)
tiles.wall(wall.values(), view)
if not members.dropna(subset=["member_tier"])["tier_members"].sum():
    st.info(_("The data tells of nobody's tier in these months."), icon=":material/info:")
    st.stop()
left, right = st.columns(2)
with left:
    tier_cards.distribution(members, shown.programme)
with right:
    tier_cards.migration(moves[moves["period_end"] == moves["period_end"].max()], shown.programme)
left, right = st.columns(2)
with left:
    tier_cards.close_to_a_step(now, shown.programme)
with right:
    tier_cards.table(now, shown.programme)
