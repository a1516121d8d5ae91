"""Tiers: how members are spread over them, how they move, and what each tier brings.

Cards have keys of their own: `card_distribution`, `card_migration`, `card_near`, `card_tiers_table`.
"""

from __future__ import annotations

import streamlit as st

from dashboard import frame, tiles, watched
from dashboard.cards import tier_cards
from dashboard.headline import headline
from dashboard.i18n import _

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

page = watched.opened(_("Tiers"))
tier = ["member_tier"]
with frame.loading():
    wall = page.readings(WALL)
    members = page.monthly(["tier_members"], tier)
    each = page.now([*tier_cards.TOLD, "near_upgrade", "near_downgrade"], tier)
    moves = page.now(["tier_migration"], ["opening_tier", *tier])

frame.sentence(headline(wall, tier_cards.leading(wall)))
tiles.wall(wall.values(), page.view)
if not members.dropna(subset=["member_tier"])["tier_members"].sum():
    st.info(_("The data tells of nobody's tier in these months."), icon=":material/info:")
    st.stop()
left, right = st.columns(2)
with left:
    tier_cards.distribution(members, page.programme)
with right:
    tier_cards.migration(moves, page.programme)
left, right = st.columns(2)
with left:
    tier_cards.close_to_a_step(each, page.programme)
with right:
    tier_cards.table(each, page.programme)
