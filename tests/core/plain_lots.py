"""A ledger matched lot by lot in plain Python: one member, one entry, one point at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo


@dataclass
class PlainLot:
    member: str
    day: date
    expires_on: date | None
    points: int
    left: int
    at: datetime


@dataclass
class PlainUse:
    lot: PlainLot
    kind: str
    day: date
    points: int


def matched(
    entries: list[dict], zone: str, until: date, account: str = "points"
) -> tuple[list[PlainLot], list[PlainUse], list[tuple[str, int]]]:
    """Lots, uses, and what is still owed as (kind, points), from rows of the fact table entries.

    A row may say beside its columns when the sale was (`sold_at`) whose refund it is about.
    """
    lots, uses, owed = [], [], []
    for member in sorted({row["member_id"] for row in entries}):
        rows = [row for row in entries if row["member_id"] == member and row["account"] == account]
        one = _of_member([_line(row, zone) for row in rows], until, member)
        for all_of_them, found in zip((lots, uses, owed), one, strict=True):
            all_of_them.extend(found)
    return lots, uses, owed


def _line(row: dict, zone: str) -> dict:
    day = row["occurred_at"].astimezone(ZoneInfo(zone)).date()
    return row | {"from": max(day, row["available_on"] or day)}


def _of_member(rows: list[dict], until: date, member: str) -> tuple[list, list, list]:
    lots: list[PlainLot] = []
    uses: list[PlainUse] = []
    owed: list[list] = []  # [kind, points], oldest first
    rows = [row for row in rows if row["from"] <= until]
    for row in sorted(rows, key=lambda row: (row["from"], row["occurred_at"], _turn(row))):
        kind, day, amount = row["kind"], row["from"], row["amount"]
        if amount > 0:
            lot = PlainLot(member, day, row["expires_on"], amount, amount, row["occurred_at"])
            lots.append(lot)
            while owed and lot.left:
                _use(uses, lot, owed[0][0], day, owed[0])
                owed = [debt for debt in owed if debt[1]]
            continue
        wanted = [kind, -amount]
        if kind in ("adjust", "reverse", "transfer") and row["expires_on"]:  # these say which points
            for lot in lots:
                if lot.expires_on == row["expires_on"] and lot.left and wanted[1]:
                    _use(uses, lot, kind, day, wanted)
        elif kind == "reverse" and row.get("sold_at"):  # what came with the sale goes with its refund
            for lot in lots:
                if lot.at == row["sold_at"] and lot.expires_on is None and lot.left and wanted[1]:
                    _use(uses, lot, kind, day, wanted)
        while wanted[1] and (waiting := [lot for lot in lots if lot.left]):
            oldest = min(waiting, key=lambda lot: lot.expires_on or date.max)
            _use(uses, oldest, kind, day, wanted)
        if wanted[1]:
            owed.append(wanted)
    return lots, uses, [tuple(debt) for debt in owed]


def _turn(row: dict) -> int:
    """A refund claws back before it gives back; else what brings points comes before what takes them."""
    if row["amount"] < 0:
        return 1
    return 2 if row["kind"] == "reverse" else 0


def _use(uses: list[PlainUse], lot: PlainLot, kind: str, day: date, wanted: list) -> None:
    points = min(lot.left, wanted[1])
    lot.left -= points
    wanted[1] -= points
    uses.append(PlainUse(lot, kind, day, points))
