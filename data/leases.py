"""The one lease on the lake: who may write to it, and how it is known that the holder still lives.

A holder beats every few seconds. It counts as dead when its process is gone from this host, or when
it has not beaten for LOST_AFTER. Whoever was declared dead by mistake can do no harm: publishing
checks the lease again, in the same transaction.
"""

from __future__ import annotations

import os
import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine, Update, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from data.database import reading
from data.lake import LeaseLostError
from data.tables import Lease
from loyalty_core.errors import InputError

LAKE = "lake"
TAKEN_OVER = "the lease on the lake was taken over by another import meanwhile; import again"
BEAT_SECONDS = 5.0
LOST_AFTER = timedelta(seconds=60)


class HeldLease:
    """A lease while it is held; a thread keeps it alive until `release`."""

    def __init__(self, engine: Engine, owner: str, epoch: int) -> None:
        self.owner, self.epoch = owner, epoch
        self._engine = engine
        self._released = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="lease", daemon=True)
        self._heart.start()

    def holds(self) -> bool:
        """Whether it is still ours."""
        with Session(reading(self._engine)) as session:
            return session.get_one(Lease, LAKE).owner == self.owner

    def confirm(self, session: Session) -> None:
        """Lock the lease within `session`; LeaseLostError if someone else holds it by now."""
        if _locked(session).owner != self.owner:
            raise LeaseLostError(TAKEN_OVER)

    def release(self) -> None:
        """Let the next writer in at once."""
        self._released.set()
        self._heart.join()
        with Session(self._engine) as session, session.begin():
            session.execute(_mine(self.owner).values(owner=None, heartbeat_at=None))

    def _beat(self) -> None:
        while not self._released.wait(BEAT_SECONDS):
            try:
                with Session(self._engine) as session, session.begin():
                    session.execute(_mine(self.owner).values(heartbeat_at=datetime.now(UTC)))
            except (SQLAlchemyError, InputError):
                continue  # a database away or full for a moment is no death; the next beat tries again


def take_lease(engine: Engine, purpose: str) -> HeldLease:
    """The lease on the lake; InputError while a living writer holds it."""
    owner, now = uuid4().hex, datetime.now(UTC)
    with Session(engine) as session, session.begin():
        lease = _locked(session)
        if lease.owner and _lives(lease, now):
            since = f"{lease.taken_at:%Y-%m-%d %H:%M:%S} UTC" if lease.taken_at else "a moment ago"
            raise InputError(
                f"another import is running since {since} ({lease.purpose or 'no description'}, process "
                f"{lease.pid} on {lease.host}); wait for it to end, or end it, and try again"
            )
        lease.epoch += 1
        lease.owner, lease.host, lease.pid = owner, socket.gethostname(), os.getpid()
        lease.purpose, lease.taken_at, lease.heartbeat_at = purpose, now, now
        epoch = lease.epoch
    return HeldLease(engine, owner, epoch)


def _locked(session: Session) -> Lease:
    return session.execute(select(Lease).where(Lease.name == LAKE).with_for_update()).scalar_one()


def _mine(owner: str) -> Update:
    return update(Lease).where(Lease.name == LAKE, Lease.owner == owner)


def _lives(lease: Lease, now: datetime) -> bool:
    if lease.heartbeat_at is None or now - lease.heartbeat_at > LOST_AFTER:
        return False
    return lease.host != socket.gethostname() or process_lives(lease.pid)


def process_lives(pid: int | None) -> bool:
    """Whether that process of this host is there (a zombie, dead but not yet waited for, is not)."""
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return stat.rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True
