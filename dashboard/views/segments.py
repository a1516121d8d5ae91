"""Segments: members who are alike, how many they are, what they do, and how that changes.

The address holds how members are divided (`division`), the segment looked at (`segment`) and the one it is
held against (`with`). Cards have keys of their own: `card_sizes`, `card_worth`, `card_over_time`,
`card_spending`, `card_overlap`, `card_meanings`.
"""

from __future__ import annotations

import streamlit as st

from dashboard import frame, live_members, member_files, page_header, rule_form, segment_choices
from dashboard.cards import segment_cards
from dashboard.i18n import _, words
from data.segmented import file_rows
from loyalty_core.segments.every_segment import OWN
from loyalty_core.segments.tallies import overlap, tally

page = page_header.opened_of_members_on_a_day(_("Segments"))
division = segment_choices.division()
with frame.loading():
    segments = live_members.segments(page.shown, page.view)
    each = segments.of(division)
    told = {one.key: tally(segments.found, segments.members(f"{division}.{one.key}")) for one in each}
    everybody = tally(segments.found, segments.everybody)
if division == OWN:
    rule_form.rule_form(page.shown, segments.found, tuple(segments.own))
if not each or not everybody.members:
    st.info(_("There is no segment of this kind yet."), icon=":material/info:")
    st.stop()

frame.sentence(segment_cards.leading(each, told, everybody))
left, right = frame.pair()
with left:
    segment_cards.sizes(division, each, told, everybody)
with right:
    segment_cards.worth(division, each, told, everybody, page.programme)
with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="chosen_segment"):
    chosen = segment_choices.segment(each, division, told)
    other = segment_choices.other(segments, chosen)
one = segment_choices.found(segments, chosen)
inside = segments.members(chosen)
developed = frame.pair()
left, right = frame.pair()
with left:
    told_apart = segment_choices.apart(segments, chosen, other)
    segment_cards.overlap(told_apart, overlap(inside, segments.members(other)), (chosen, other), page)
with right:
    segment_cards.meanings(division, each, page.programme)
st.caption(_("Take along the members of “{segment}”:").format(segment=words(one.label)))
member_files.contactable(segments.found[inside])
member_files.offered(chosen, lambda: file_rows(segments.found, inside, page.programme))
# Last, since the members of every month before are looked at.
closes = live_members.followed(page.shown, page.view.as_of)
with st.spinner(_("Following the segment through the months …")):
    through = live_members.segment_over_time(page.shown, page.view, closes, chosen)
with developed[0]:
    segment_cards.over_time(one, closes, through)
with developed[1]:
    segment_cards.spending(one, closes, through, page.programme)
