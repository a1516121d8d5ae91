"""The audit trail: who did what to whom. Each row holds a hash of itself and of the one before it, so that a
row that was edited, or taken out from between others, shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.registry import Registry
from data.tables import Audited, Lease

REVEAL = "reveal"  # personal data of a member were shown
NEWEST = select(Audited).order_by(Audited.id.desc())


def record(registry: Registry, who: str, deed: str, subject: str) -> None:
    """Add a row: who did what, to whom."""
    with Session(registry.engine) as session, session.begin():
        session.execute(select(Lease).with_for_update())  # one row at a time, after the one before
        before = session.scalars(NEWEST.limit(1)).first()
        row = Audited(at=datetime.now(UTC), who=who, deed=deed, subject=subject)
        row.chain = _chained(before, row)
        session.add(row)


def trail(registry: Registry, deed: str, most: int) -> list[Audited]:
    """The latest rows of a deed, the newest first."""
    with Session(registry.engine) as session:
        return list(session.scalars(NEWEST.where(Audited.deed == deed).limit(most)))


def edited(registry: Registry) -> list[int]:
    """The rows that do not follow from the one before: something was changed there."""
    with Session(registry.engine) as session:
        rows = list(session.scalars(select(Audited).order_by(Audited.id)))
    return [row.id for before, row in _pairs(rows) if row.chain != _chained(before, row)]


def _pairs(rows: list[Audited]) -> Iterable[tuple[Audited | None, Audited]]:
    return zip([None, *rows], rows, strict=False)


def _chained(before: Audited | None, row: Audited) -> str:
    told = (
        before.chain if before else "",
        row.at.astimezone(UTC).isoformat(),
        row.who,
        row.deed,
        row.subject,
    )
    return sha256("\x1f".join(told).encode()).hexdigest()
