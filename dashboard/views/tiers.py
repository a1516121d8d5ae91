"""Tiers: how members are spread over them, how they move, and what each tier brings.

The address holds the rule change looked at (`change`). Cards have keys of their own: `card_distribution`,
`card_migration`, `card_near`, `card_coming`, `card_tiers`, `card_benefits`, `card_fees`,
`card_rule_change`, and folded `card_tier_flows`.
"""

from __future__ import annotations

import streamlit as st

from dashboard import frame, live_members, page_header, readings
from dashboard.cards import benefit_cards, change_cards, tier_cards, why_cards
from dashboard.headline import headline
from dashboard.i18n import _
from data.before_and_after import compared_around
from data.benefit_uses import benefit_uses
from loyalty_core.days import to_day

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

page = page_header.opened(_("Tiers"))
tier = ["member_tier"]
with frame.loading():
    wall = page.readings(WALL)
    members = page.monthly(["tier_members"], tier)
    each = page.now([*tier_cards.TOLD, "near_upgrade", "near_downgrade"], tier)
    moves = page.now(["tier_migration"], ["opening_tier", *tier])

frame.sentence(headline(wall, tier_cards.leading(wall), tier_cards.LEADING))
why_cards.wall(page, readings.told(wall))
if not members.dropna(subset=["member_tier"])["tier_members"].any():
    st.info(_("The data tells of nobody's tier in these months."), icon=":material/info:")
    st.stop()
left, right = frame.pair()
with left:
    tier_cards.distribution(members, page.programme)
with right:
    tier_cards.migration(moves, page)
tier_cards.table(each, page.programme)
left, right = frame.pair()
with left:
    tier_cards.close_to_a_step(each, wall, page)
with right:
    tier_cards.coming(live_members.reviews(page.shown, page.view), page)
uses = page.asked(benefit_uses, to_day(page.view.span.first))
bought = page.monthly(list(tier_cards.BOUGHT))
left, right = frame.pair(both=tier_cards.are_bought(bought) and len(uses) > 0)
with left:
    benefit_cards.benefits(uses, wall["tier_benefit_cost"], page)
with right:
    tier_cards.fees(bought, page.programme)
if changes := page.rule_changes():
    change = change_cards.chosen(changes)
    change_cards.comparison(page.asked(compared_around, to_day(change.on)), change, page)
else:
    st.caption(_("The rules have not changed since the data begins."))
detail = st.expander(_("How members moved"), on_change="rerun", icon=":material/account_tree:", key="flows")
if detail.open:
    with detail:
        tier_cards.flows(moves, page.programme)
        frame.beside_bands()
