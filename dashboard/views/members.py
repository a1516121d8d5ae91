"""Members: how many there are in each state, how they move between them, who stays, and who they are.

The address holds by what members are told apart (`attribute`). Cards have keys of their own:
`card_lifecycle`, `card_movement`, `card_states_moved`, `card_activation`, `card_retention`, `card_rhythm`,
`card_preferences`, `card_attributes`, and folded `card_state_flows`.
"""

from __future__ import annotations

import streamlit as st

from dashboard import frame, page_header, readings
from dashboard.cards import development, habit_cards, membership, why_cards
from dashboard.headline import headline
from dashboard.i18n import _
from data.attributes import age_groups, categories_bought
from data.rhythm import days_between
from data.state_flows import state_flows
from loyalty_core.days import to_day

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
ALONG = (*development.STATES, *membership.MOVES, "active_rate", "activation_rate")
CYCLE = "repurchase_cycle"

page = page_header.opened(_("Members"))
first = to_day(page.view.span.first)
with frame.loading():
    found = page.readings([*WALL, CYCLE])
    wall = {name: found[name] for name in WALL}
    monthly = page.monthly(ALONG)
    beside = page.now(page.countable(membership.BESIDE_MOVES)).iloc[0]
    cohorts = page.monthly(["retention_curve"], ["join_month", "membership_month"])
    # Of the months of joining that are drawn, the latest is not followed yet.
    together = page.together(membership.COHORTS - 1, ["retention_curve"], ["membership_month"])

frame.sentence(headline(wall, membership.leading(wall), membership.LEADING))
why_cards.wall(page, readings.told(wall))
left, right = frame.pair()
with left:
    development.lifecycle(monthly)
with right:
    membership.movement(monthly, beside, page.programme)
flows = page.asked(state_flows, first - 1)
membership.states_moved(flows, page, first - 1)
gaps = page.asked(days_between)
left, right = frame.pair(both=membership.have_joined(monthly) and any(gaps))
with left:
    membership.activation(monthly)
with right:
    habit_cards.rhythm(gaps, found[CYCLE], page)
membership.retention(cohorts, together, page)
ages = page.asked(age_groups)
names = habit_cards.attributes(page.shown, ages)
chosen = habit_cards.attribute(names) if names else None
bought = page.asked(categories_bought, first)
left, right = frame.pair(both=bool(chosen) and len(bought) > 0)
with left:
    if chosen == habit_cards.AGE:
        habit_cards.ages(ages)
    elif chosen:
        of_each = page.compared(habit_cards.TOLD_OF_EACH, [chosen])
        habit_cards.groups(*of_each, chosen, page.programme)
with right:
    habit_cards.preferences(bought, page)
detail = st.expander(_("How members moved"), on_change="rerun", icon=":material/account_tree:", key="flows")
if detail.open:
    with detail:
        membership.state_flows(flows)
        frame.beside_bands()
