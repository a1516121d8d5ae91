"""Overview: what moved, whether it is on target, and how the programme has developed.

Containers have keys of their own: `tile_<metric>` on the wall, `card_<chart>` and `chart_<chart>` for the
charts lifecycle, tiers, redemption, points and why; the filters are those of `filters.py`.
"""

from __future__ import annotations

from dashboard import frame, page_header, watch_page
from dashboard.cards import development, inbox, why_cards
from dashboard.headline import headline
from dashboard.i18n import _

ALONG = (*development.STATES, "active_rate", "points_issued", "points_redeemed")

page = page_header.opened(_("Overview"))
with frame.loading():
    wall = page.readings(watch_page.WATCHED_DAILY)
    monthly = page.monthly(ALONG)
    tiers = page.compared(["tier_members", "tier_share"], ["member_tier"])

frame.sentence(headline(wall))
inbox.inbox(page, wall)
why_cards.wall(page, wall)
left, right = frame.pair()
with left:
    development.lifecycle(monthly)
with right:
    development.tiers(*tiers, page.programme)
left, right = frame.pair()
with left:
    development.redemption(monthly, wall["redemption_rate"])
with right:
    development.points(monthly, page.programme)
why_cards.why(page, wall)
