"""Member: one member, found by number: profile, tier, points, history, contacts and what is to be expected.

The address names the member (`member`), the part of the story that is shown (`story`) and its page
(`story_page`). Cards have keys of their own: `card_glance`, `card_spending`, `card_prospect`, `card_story`,
`card_lots`, `card_contacts`, `card_profile`.
"""

from __future__ import annotations

import streamlit as st

from dashboard import frame, live_members, member_search, page_header, personal_data
from dashboard.cards import glance, member_cards, story_cards
from dashboard.figures import day, unmarked
from dashboard.i18n import _
from dashboard.live import begins, opened
from dashboard.spans import months_until

page = page_header.opened_on_a_day(_("Member profile"))
member_id = member_search.chosen(page.shown)
as_of = page.view.as_of
with frame.loading():
    seen = live_members.member(page.shown, member_id, as_of, months_until(as_of, 24, begins(page.shown)))
    told = live_members.profile(page.shown, member_id, as_of)
    contacts = live_members.contacts(page.shown, member_id, as_of)

if seen is None:
    st.info(unmarked(_("{member} was not enrolled on {day}.").format(member=member_id, day=day(as_of))))
else:
    frame.sentence(glance.leading(member_id, seen.portrait, page.programme))
    glance.card(member_id, seen, told, page.programme)
    left, right = frame.pair()
    with left:
        member_cards.spending(seen, page.programme)
    expected = right
happened, points, campaigns, attributes = st.tabs(
    [_("History"), _("Points by lot"), _("Campaigns"), _("Attributes")], key="details"
)
with happened:
    subjects, skipped, most = member_search.asked_of_the_story()
    rows, total = live_members.story(page.shown, member_id, as_of, subjects, most, skipped)
    story_cards.story(rows, total, page.programme)
    member_search.pages_of_the_story(total)
with points:
    if seen is not None:
        member_cards.lots(seen, page.programme)
with campaigns:
    story_cards.contacts(contacts, page.programme)
with attributes:
    member_cards.profile(told, page.programme, reveal=personal_data.is_revealed(member_id))
    personal_data.offer(opened(page.shown.workspace).registry, member_id)
if seen is not None:  # last, since the models are fitted to everybody when they are first asked
    with expected:
        found = live_members.prospect(page.shown, seen.past, as_of)
        has_bought = seen.portrait["state"] not in ("new_inactive", "never_active")
        member_cards.prospect(found, page.programme, as_of, has_bought=has_bought)
