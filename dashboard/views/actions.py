"""Actions: whom to turn to next, why, with what offer, and what it may bring.

The address holds the list that is open (`list`), the cap on contacts (`cap`) and the supposed response
(`lift`). Cards have keys of their own: `card_lists`, `card_left_out`, `card_members`.
"""

from __future__ import annotations

from dashboard import action_choices, frame, live_members, page_header
from dashboard.cards import action_cards
from dashboard.i18n import _, language
from data.acting import rows_of
from loyalty_core.actions.listing import Terms, listing

SHOWN = 20

page = page_header.opened_of_members_on_a_day(_("Actions"))
name = action_choices.chosen_list()
cap, supposed = action_choices.terms()
with frame.loading():
    sight = live_members.sight(page.shown, page.view)
    lifts = live_members.lifts(page.shown, page.view.as_of)
    found = {
        one: listing(
            one, sight, Terms(lift=lifts[one].share if supposed is None else supposed, most_contacts=cap)
        )
        for one in lifts
    }

frame.sentence(action_cards.leading(found, page.programme))
rows = rows_of(name, found[name].first(SHOWN), sight, language())
lift = lifts[name] if supposed is None else None
action_cards.members(name, found[name], rows, lift, page.programme)
action_choices.taken_along(page.shown, name, found[name], sight)
left, right = frame.pair(both=any(map(len, found.values())))
with left:
    action_cards.overview(found, page.programme)
with right:
    action_cards.left_out(found)
