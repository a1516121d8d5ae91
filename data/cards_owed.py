"""What prepaid cards owe as of a day, read from the ledger of the cards alone."""

from __future__ import annotations

import pandas as pd

from data.kept_answers import kept
from data.rollups.snapshot_facts import SnapshotFacts
from loyalty_core.counting.card_outlook import card_outlook
from loyalty_core.facts import STORED_VALUE_ACCOUNT
from loyalty_core.histories import COLUMNS, history_from_frames


@kept
def cards_owed(facts: SnapshotFacts, day: int) -> pd.DataFrame:
    """The row of `card_outlook`: of a large programme, too, cards have few entries."""
    columns = ", ".join(COLUMNS["entries"])
    entries = facts.snapshot.query(
        f"SELECT {columns} FROM entries WHERE account = $account", {"account": STORED_VALUE_ACCOUNT}
    )
    return card_outlook(history_from_frames({"entries": entries}, facts.programme), day)
