"""Engagement and care: who takes part, who is content, whom to think of, and why others left.

Cards have keys of their own: `card_signing_in`, `card_tasks`, `card_referrals`, `card_satisfaction`,
`card_complaints`, `card_uncontacted`, `card_birthdays`, `card_celebrating`, `card_leaving`.
"""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import frame, page_header
from dashboard.cards import care_cards, why_cards
from dashboard.headline import headline
from dashboard.i18n import _
from data.caring import birthdays_coming, reasons_for_leaving
from loyalty_core.days import to_day

WALL = (
    "sign_in_rate",
    "members_on_streak",
    "task_completion_rate",
    "referrals",
    "satisfaction",
    "nps",
    "complaints_per_thousand",
    "members_uncontacted",
)

page = page_header.opened(_("Engagement and care"))
with frame.loading():
    wall = page.readings(WALL)
    monthly = page.monthly([*care_cards.ALONG, "referrals", "complaints_per_thousand"])
    tiers = page.now(["members_uncontacted", "members_enrolled"], ["member_tier"])
known = {name: reading for name, reading in wall.items() if reading.is_told}

if known:
    frame.sentence(headline(known, care_cards.leading(wall)))
    why_cards.wall(page, known)
else:
    st.info(_("The data tells of no sign-ins, tasks, surveys or complaints."), icon=":material/info:")
tells = partial(care_cards.are_told, monthly)
left, right = frame.pair(both=tells(care_cards.SIGNING_IN) and tells(care_cards.TASKS))
with left:
    care_cards.signing_in(monthly, page.programme)
with right:
    care_cards.tasks(monthly, page.programme)
left, right = frame.pair(both=wall["satisfaction"].is_told and tells(["complaints_per_thousand"]))
with left:
    care_cards.satisfaction(monthly, wall["satisfaction"], wall["nps"])
with right:
    care_cards.complaints(monthly, wall["complaints_per_thousand"])
left, right = frame.pair(both=tells(["referrals"]))
with left:
    care_cards.uncontacted(tiers, wall["members_uncontacted"])
with right:
    care_cards.referrals(monthly, wall["referrals"])
coming = page.listed(birthdays_coming)
reasons = page.asked(reasons_for_leaving, to_day(page.view.span.first))
left, right = frame.pair(both=len(coming) > 0 and len(reasons) > 0)
with left:
    care_cards.birthdays(coming, page)
with right:
    care_cards.leaving(reasons, page)
if len(coming):
    with st.expander(_("Birthdays by name")):
        care_cards.celebrating(coming, page.programme)
