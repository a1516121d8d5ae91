"""Checks of what points and money wait for, pay for and come back from: the rows of which it is not true."""

from __future__ import annotations

from typing import Any

import pandas as pd

from loyalty_core.checks.evidence import Evidence
from loyalty_core.facts import EARN, EXPIRE, REDEEM, REVERSE, SALE, STORED_VALUE_ACCOUNTS

_SHOWN = ["entry_id", "member_id", "account", "kind", "amount", "occurred_at"]


def pending_points_are_not_spent_before_their_day(evidence: Evidence) -> pd.DataFrame:
    """Entries that took points which were there but not yet available, with what was available after them.

    A claw-back may take them, and what expires was not spent.
    """
    ledger = evidence.ledger_in_effect
    spent = (ledger["amount"] < 0) & ~ledger["kind"].isin([REVERSE, EXPIRE])
    early = spent & (ledger["available"] < 0) & (ledger["balance"] >= 0)
    return ledger.loc[early, [*_SHOWN, "available"]]


def points_are_available_before_they_expire(evidence: Evidence) -> pd.DataFrame:
    """Entries whose points would be gone before anybody could spend them."""
    entries = evidence.table("entries")
    never = pd.to_datetime(entries["available_on"]) >= pd.to_datetime(entries["expires_on"])
    return entries.loc[never & (entries["amount"] > 0), [*_SHOWN, "available_on", "expires_on"]]


def stored_value_is_never_overdrawn(evidence: Evidence) -> pd.DataFrame:
    """Entries after which a prepaid card held less than nothing, be it by a claw-back."""
    ledger = evidence.ledger_in_effect
    wrong = ledger["account"].isin(STORED_VALUE_ACCOUNTS) & (ledger["amount"] < 0) & (ledger["available"] < 0)
    return ledger.loc[wrong, [*_SHOWN, "available"]]


def no_refund_restores_more_than_was_spent(evidence: Evidence) -> pd.DataFrame:
    """Sales for which more came back to an account than had paid for them, where the source says so."""
    moved = _by_sale(evidence)
    restored = moved.loc[(moved["kind"] == REVERSE) & (moved["amount"] > 0)]
    return _beyond(restored, moved.loc[moved["kind"] == REDEEM], "restored", "spent")


def no_claw_back_exceeds_what_was_earned(evidence: Evidence) -> pd.DataFrame:
    """Sales of which more points were taken back than they had earned, where the source tells the sale."""
    moved = _by_sale(evidence)
    taken = moved.loc[(moved["kind"] == REVERSE) & (moved["amount"] < 0)]
    return _beyond(taken, moved.loc[moved["kind"] == EARN], "taken_back", "earned")


def _by_sale(evidence: Evidence) -> pd.DataFrame:
    """Entries that refer to a sale or to the refund of one, with the `sale`."""
    purchases, entries = evidence.table("purchases"), evidence.table("entries")
    is_sale = purchases["kind"] == SALE
    sale = purchases["refund_of"].mask(is_sale, purchases["purchase_id"])
    known = sale.fillna("") != ""
    named = pd.DataFrame({"reference": purchases["purchase_id"], "sale": sale}).loc[known]
    entries = entries.loc[entries["kind"].isin([EARN, REDEEM, REVERSE]) & entries["reference"].notna()]
    return entries.merge(named, on="reference")


def _beyond(back: pd.DataFrame, first: pd.DataFrame, taken: str, had: str) -> pd.DataFrame:
    """The sales and accounts of which more moved back than first moved; none where nothing ever moved.

    A source that never refers to a sale on one side says nothing about the other.
    """
    by = ["member_id", "account", "sale"]
    moved = _total(back, by, taken).join(_total(first, by, had)).fillna({had: 0}).reset_index()
    return moved.loc[(moved[taken] > moved[had]) & (len(first) > 0)]


def _total(rows: pd.DataFrame, by: list[str], name: str) -> pd.DataFrame:
    total: pd.Series[Any] = rows.groupby(by)["amount"].sum().abs()
    return total.rename(name).to_frame()
