"""The fact tables as the checks read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.arrays import Flags, Ints
from loyalty_core.counting.finest import FinestFacts
from loyalty_core.days import day_of, start_of
from loyalty_core.facts import TABLES, Kind
from loyalty_core.histories import history_from_frames
from loyalty_core.history import History
from loyalty_core.periods import Periods
from loyalty_core.rules.programme import Programme

# What the checks look at; the rest of a table need not be read for them.
COLUMNS: dict[str, tuple[str, ...]] = {
    "members": ("member_id", "valid_from", "joined_on", "left_on", "birth_year", "birthday", "gender"),
    "purchases": (
        "purchase_id",
        "member_id",
        "kind",
        "occurred_at",
        "amount",
        "discount",
        "coupon_id",
        "paid_points",
        "paid_stored_value",
        "quantity",
        "store",
        "channel",
        "categories",
        "refund_of",
    ),
    "entries": (
        "entry_id",
        "member_id",
        "account",
        "kind",
        "amount",
        "occurred_at",
        "available_on",
        "expires_on",
        "reason",
        "reference",
    ),
    "tier_changes": ("member_id", "occurred_at", "from_tier", "to_tier"),
    "activities": ("activity_id", "member_id", "occurred_at", "kind", "value", "reference"),
    "campaigns": ("campaign_id", "starts_on", "ends_on", "goal"),
    "contacts": (
        "contact_id",
        "campaign_id",
        "member_id",
        "arm",
        "planned_at",
        "delivered_at",
        "opened_at",
        "clicked_at",
    ),
    "coupons": (
        "coupon_id",
        "campaign_id",
        "member_id",
        "state",
        "offered_at",
        "claimed_at",
        "redeemed_at",
        "expires_on",
        "minimum_spend",
        "purchase_id",
        "reference",
    ),
}

DERIVED = "derived"  # beside the columns of a table that may be derived: whether the row is

_TYPES = {
    Kind.TEXT: "str",
    Kind.TEXTS: "object",
    Kind.INTEGER: "Int64",
    Kind.MONEY: "Int64",
    Kind.POINTS: "Int64",
    Kind.DATE: "datetime64[us]",
    Kind.INSTANT: "datetime64[us, UTC]",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledUp:
    """What a snapshot holds rolled up of some members in some periods, and these members' own history.

    `member_months` (columns of that function) and, of the members' whole history, `dealings` and
    `tables` are there for some steps only. These are rows with a `day`: as rolled up, and as the history
    gives them anew.
    """

    step: str
    periods: Periods
    history: History
    finest: FinestFacts
    member_months: pd.DataFrame | None = None
    dealings: pd.DataFrame | None = None
    tables: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]] = field(default_factory=dict)


class Evidence:
    """Frames in the columns of the fact tables, by table; a table or an optional column left out is empty.

    `rolled_up` is what there is of roll-ups to be looked at; it is gone through once. `versions` are the
    programmes that hold in turn, up to the one in force and beyond: that one alone where left out.
    """

    def __init__(
        self,
        frames: Mapping[str, pd.DataFrame],
        programme: Programme,
        rolled_up: Iterable[RolledUp] = (),
        versions: Sequence[Programme] = (),
    ):
        self.programme, self.rolled_up = programme, rolled_up
        self.versions = tuple(versions) or (programme,)
        self._frames = frames

    def table(self, name: str) -> pd.DataFrame:
        """The rows of a table in the columns that the checks read."""
        frame = self._frames.get(name, pd.DataFrame()).reset_index(drop=True)
        columns = (TABLES[name].column(column) for column in COLUMNS[name] if column not in frame)
        missing = {column.name: pd.Series(dtype=_TYPES[column.kind]) for column in columns}
        return frame.assign(**{column: empty.reindex(frame.index) for column, empty in missing.items()})

    def derived(self, name: str) -> Flags:
        """Which rows of a table were derived and are no facts of the source; none where nothing says so."""
        frame = self._frames.get(name, pd.DataFrame())
        if DERIVED not in frame:
            return np.zeros(len(frame), bool)
        return frame[DERIVED].to_numpy(bool)

    def day(self, table: str) -> Ints:
        """The business day of each row of a table of events."""
        return self.day_of(self.table(table)[TABLES[table].time])

    def day_of(self, instants: pd.Series[Any]) -> Ints:
        """The business day of instants, none of which is missing."""
        return day_of(microseconds(instants), self.programme.zone)

    @cached_property
    def history(self) -> History:
        """The same facts as arrays."""
        return history_from_frames(self._frames, self.programme)

    @cached_property
    def ledger(self) -> pd.DataFrame:
        """The entries with `owner` (a number per member and account), `day` and the `balance` after each.

        Sorted by owner and instant; of entries of one instant those that bring points come first.
        """
        entries = self.table("entries").dropna(subset=["member_id", "amount", "occurred_at"])
        entries = entries.assign(
            owner=entries.groupby(["member_id", "account"], sort=True, dropna=False).ngroup(),
            at=microseconds(entries["occurred_at"]),
            day=self.day_of(entries["occurred_at"]),
        )
        order = np.lexsort((entries["amount"] < 0, entries["at"], entries["owner"]))
        entries = entries.iloc[order].reset_index(drop=True)
        return entries.assign(balance=entries.groupby("owner")["amount"].cumsum())

    @cached_property
    def ledger_in_effect(self) -> pd.DataFrame:
        """The ledger in the order in which entries take effect, with what is `available` after each.

        `effective` is the day: that of the entry, or later the one on whose start its points become
        available, which is before all else that day; `effective_at` is the instant.
        """
        ledger = self.ledger
        available_on = days(ledger["available_on"], 0)
        waits = available_on > ledger["day"].to_numpy()
        effective = np.where(waits, available_on, ledger["day"])
        at = ledger["at"].to_numpy(copy=True)
        at[waits] = start_of(available_on[waits], self.programme.zone)
        order = np.lexsort((ledger["amount"] < 0, at, ledger["owner"]))
        ledger = ledger.assign(effective=effective, effective_at=at).iloc[order].reset_index(drop=True)
        return ledger.assign(available=ledger.groupby("owner")["amount"].cumsum())


def microseconds(instants: pd.Series[Any]) -> Ints:
    """Instants as int64 microseconds in UTC; the least int64 where there is none."""
    stamps = pd.to_datetime(instants, utc=True).dt.tz_localize(None)
    return stamps.to_numpy("datetime64[us]").astype(np.int64)


def days(dates: pd.Series[Any], missing: int) -> Ints:
    """Dates as days since 1970-01-01, int64."""
    stamps = pd.to_datetime(dates).to_numpy("datetime64[s]")
    found: Ints = np.where(np.isnat(stamps), missing, stamps.astype("datetime64[D]").astype(np.int64))
    return found
