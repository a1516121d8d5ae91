"""The members of a snapshot as known at the close of a day, and the models of what they will buy."""

from __future__ import annotations

from functools import partial

import pandas as pd

from data.elsewhere import elsewhere
from data.live import live_history
from data.rollup_tables import PORTRAITS
from data.rollups.in_parts import rows_in_parts
from data.rollups.rolled import rollups_of
from data.rollups.rolled_members import remember
from data.rollups.snapshot_facts import SnapshotFacts
from data.snapshots import Snapshot
from loyalty_core.customers.one_prospect import Fits
from loyalty_core.customers.pasts import rhythm
from loyalty_core.customers.prospects import fitted_purchasing, fitted_spending
from loyalty_core.portraits import portraits
from loyalty_core.rules.programme import Programme

DAYS_KEPT = 3


def portrayed(snapshot: Snapshot, programme: Programme, day: int) -> pd.DataFrame:
    """The `portraits` of everybody enrolled, from their roll-up where there is one of that day.

    Contacts that are planned later count as planned.
    """
    told = rollups_of(snapshot, programme)
    if told is not None and told.as_of != day and len(told.members) > 1:
        drawn = partial(portraits, programme=programme, day=day)
        return elsewhere(rows_in_parts, snapshot, programme, PORTRAITS, drawn)
    if told is None or told.as_of != day or not snapshot.files(PORTRAITS.name):
        return portraits(live_history(snapshot, programme), programme, day)
    columns = ", ".join(column.name for column in PORTRAITS)
    question = f"SELECT {columns} FROM {PORTRAITS.name} ORDER BY member_id"
    return snapshot.coded({PORTRAITS.name: question})[PORTRAITS.name]


def portrayed_once(facts: SnapshotFacts, day: int) -> pd.DataFrame:
    """As `portrayed`, kept with what else was found out."""
    if (found := facts.portrayed.get(day)) is None:
        found = portrayed(facts.snapshot, facts.programme, day)
        remember(facts.portrayed, day, found, DAYS_KEPT)
    return found


def fits(facts: SnapshotFacts, day: int) -> Fits:
    """The customer-base models, fitted to all members' purchases up to the close of a day."""
    scale = 10**facts.programme.currency_decimals
    if facts.rollups is not None:
        promised = facts.dealings.promised(day, scale)
        return Fits(promised.buying, promised.spending)
    past = rhythm(facts.history, day + 1, scale)
    return Fits(fitted_purchasing(past), fitted_spending(past))
