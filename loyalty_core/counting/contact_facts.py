"""Contacts of members chosen to be treated: how many, and what had become of them by the close."""

from __future__ import annotations

import numpy as np

from loyalty_core.arrays import Ints
from loyalty_core.counting.cuts import CAMPAIGN, CONTACT_CHANNEL
from loyalty_core.counting.grid import Grid
from loyalty_core.counting.recording import recorded
from loyalty_core.history import History


def contact_flows(history: History, grid: Grid) -> dict[str, Ints]:
    """Contacts by the day they were planned and by what the member was then."""
    contacts = history.offers.contacts
    own = {CAMPAIGN: contacts.campaign, CONTACT_CHANNEL: contacts.channel}
    cell = np.where(contacts.treated, grid.cut.cells(contacts.member, contacts.day, own), -1)
    place = grid.place(contacts.day, cell)
    period, _ = grid.periods.index(contacts.day)
    close = grid.periods.last[period]
    delivered = contacts.delivered_on <= close

    def of_them(outcome_on: Ints) -> Ints:
        return grid.count(np.where(delivered & (outcome_on <= close), place, -1))

    return {
        "contacts_made": grid.count(place),
        "contacted": grid.members(grid.pairs(place, contacts.member)),
        "contacts_delivered": of_them(contacts.delivered_on),
        "contacts_opened": of_them(contacts.opened_on),
        "contacts_clicked": of_them(contacts.clicked_on),
        "campaign_contacts_recorded": recorded(grid, contacts.day, cell),
        "deliveries_recorded": recorded(grid, contacts.delivered_on, cell),
        "opens_recorded": recorded(grid, contacts.opened_on, cell),
        "clicks_recorded": recorded(grid, contacts.clicked_on, cell),
    }
