"""Points carried from a closed account into a living one, lot by lot, each keeping its dates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from loyalty_core.arrays import Ints
from loyalty_core.days import NEVER, day_of, to_date
from loyalty_core.facts import REVERSE, TRANSFER
from loyalty_core.histories import history_from_frames
from loyalty_core.history import History
from loyalty_core.points.lot_ledger import lot_ledger
from loyalty_core.rules.programme import Programme

_END = int(NEVER) - 1  # by then everything that waits is there


def open_lots(entries: pd.DataFrame, programme: Programme, account: str, day: int) -> pd.DataFrame:
    """What an account still holds, by member and dates: columns member_id, expires_on, available_on, points.

    Days are int; NEVER where points stay, and `available_on` is `day` where they are available on it.
    Points owed are a row of their own with points below zero.
    """
    history = history_from_frames({"entries": entries}, programme)
    ledger = lot_ledger(history, _END, account)
    left = ledger.left
    lots = pd.DataFrame(
        {
            "member": ledger.lot_member,
            "expires_on": ledger.lot_expires_on,
            "available_on": np.maximum(ledger.lot_day, day),
            "points": left,
        }
    )
    owed = -_balance(history, account)
    np.add.at(owed, ledger.lot_member, left)
    debts = pd.DataFrame({"member": np.arange(len(owed)), "expires_on": NEVER, "available_on": day})
    found = pd.concat([lots, debts.assign(points=-owed)], ignore_index=True)
    found = found[found["points"] != 0]
    dates = ["member", "expires_on", "available_on"]
    summed = found.groupby([*dates, found["points"] < 0], as_index=False)["points"].sum()
    told: pd.DataFrame = summed.assign(member_id=history.members.ids[summed["member"]])
    return told


def _balance(history: History, account: str) -> Ints:
    entries, names = history.entries, history.labels.get("entries.account", ())
    rows = entries.codes["account"] == (names.index(account) if account in names else -2)
    total = np.zeros(len(history.members), np.int64)
    np.add.at(total, entries.member[rows], entries.amount[rows].astype(np.int64))
    return total


def carried(
    entries: pd.DataFrame, programme: Programme, closed: str, living: str, at_us: int, reason: str
) -> pd.DataFrame:
    """The pairs of entries that empty the closed account into the living one at that instant.

    Each lot leaves by an entry that names it by its expiry, and arrives with the same expiry and the
    same day of becoming available; what is owed arrives as a claw-back.
    """
    day = int(day_of(np.array([at_us]), programme.zone)[0])
    lots = open_lots(entries, programme, closed, day)
    lots = lots.sort_values(["member_id", "expires_on", "available_on", "points"], ignore_index=True)
    number = lots.groupby("member_id").cumcount().astype(str)
    name = f"merge:{closed}:" + lots["member_id"].astype(str) + f":{at_us}:" + number
    row = pd.DataFrame(
        {
            "member_id": lots["member_id"],
            "occurred_at": pd.Timestamp(at_us, unit="us", tz="UTC"),
            "available_on": _dates(lots["available_on"].where(lots["available_on"] > day, NEVER)),
            "expires_on": _dates(lots["expires_on"]),
            "reason": reason,
        }
    )
    leaving = row.assign(
        entry_id=name + ":out", account=closed, kind=TRANSFER, amount=-lots["points"], reference=living
    )
    arriving = row.assign(
        entry_id=name + ":in",
        account=living,
        kind=np.where(lots["points"] < 0, REVERSE, TRANSFER),
        amount=lots["points"],
        reference=closed,
    )
    return pd.concat([leaving, arriving], ignore_index=True)


def _dates(days: pd.Series[int]) -> pd.Series[Any]:
    """Dates of days; none for NEVER."""
    return pd.Series([None if day == NEVER else to_date(day) for day in days], days.index, dtype=object)
