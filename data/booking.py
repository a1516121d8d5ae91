"""Points adjusted, moved or pooled by people: entries of the workspace's own, published like an import.

They are booked right after the last event that the workspace knows, so that they rest on all that has
happened and change nothing of what was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.derivation import derive
from data.one_member import members_history
from data.snapshots import Snapshot, last_event_at
from data.tables import Import
from data.workspace import Workspace
from loyalty_core.days import NEVER, day_of, to_date
from loyalty_core.errors import InputError
from loyalty_core.facts import ENTRIES, POINTS_ACCOUNT
from loyalty_core.kernel.accounts import Accounts
from loyalty_core.kernel.decisions import Decision, Line
from loyalty_core.kernel.standing import enrolled, standing
from loyalty_core.rules.programme import Programme
from loyalty_core.rules.versions import Versions

MAPPING = "points"  # what the account of an import says of a booking


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """The entries of a decision, the points that each member can spend before and after it, in point units,
    and the snapshot that shows it."""

    entries: pd.DataFrame
    balances: Mapping[str, tuple[int, int]]
    snapshot: int | None


def book(workspace: Workspace, members: Sequence[str], decision: Decision, reason: str) -> Booking:
    """Let people decide about the points of these members, whom the decision gets in this order.

    InputError where no reason is given, a member occurs twice or is not enrolled, or points are not there.
    """
    _assert_sound(members, reason)
    note = f"points by hand: {reason}"
    with workspace.writer(note) as writer:
        programmes = workspace.registry.programmes_in_turn()
        at = None if writer.before is None else last_event_at(writer.before)
        if writer.before is None or at is None or not programmes:
            raise InputError(f"{workspace.folder}: holds no facts yet; import something first")
        day = int(day_of(np.array([at + 1]), programmes[-1].zone)[0])
        accounts, who = _standing(writer.before, Versions.of(programmes).upto(day), members, day)
        held = accounts.balance[who].tolist()
        lines = decision(accounts, day, who)
        entries = _entries(lines, dict(zip(who, members, strict=True)), at + 1, reason)
        writer.append(ENTRIES.name, entries)
        derive(writer, programmes)
        account = Import(mapping=MAPPING, rows_written={ENTRIES.name: len(entries)}, files=[])
        snapshot = writer.publish(note, account)
    left = zip(held, accounts.balance[who].tolist(), strict=True)
    return Booking(entries=entries, balances=dict(zip(members, left, strict=True)), snapshot=snapshot.id)


def _assert_sound(members: Sequence[str], reason: str) -> None:
    if not reason.strip():
        raise InputError("--reason is empty; say why, as it stays with the points")
    if twice := [member for member in members if members.count(member) > 1]:
        raise InputError(f"{twice[0]} is named twice; name each member once")


def _standing(
    snapshot: Snapshot, programmes: Sequence[Programme], members: Sequence[str], day: int
) -> tuple[Accounts, list[int]]:
    """Where these members stand at the close of a day under programmes that held in turn, and the place of
    each there."""
    *earlier, programme = programmes
    history = members_history(snapshot, programme, members)
    there = history.members.ids[enrolled(history.members, day)].tolist()
    for member in members:
        if member not in there:
            raise InputError(f"{member} is not enrolled on {to_date(day)}; only members hold points")
    accounts = standing(history, programme, day, earlier=earlier)
    return accounts, [there.index(member) for member in members]


def _entries(lines: Sequence[Line], member_of: Mapping[int, str], at_us: int, reason: str) -> pd.DataFrame:
    def dates(days: Sequence[int | None]) -> pd.DatetimeIndex:
        return pd.to_datetime([None if day in (None, NEVER) else to_date(day) for day in days])

    return pd.DataFrame(
        {
            "entry_id": [f"by hand:{at_us}:{number}" for number in range(len(lines))],
            "member_id": [member_of[line.member] for line in lines],
            "account": POINTS_ACCOUNT,
            "kind": [line.kind for line in lines],
            "amount": [line.points for line in lines],
            "occurred_at": pd.Timestamp(at_us, unit="us", tz="UTC"),
            "available_on": dates([line.available_on for line in lines]),
            "expires_on": dates([line.expires_on for line in lines]),
            "reason": reason,
            "recorded_at": pd.Timestamp.now("UTC"),
        }
    )
