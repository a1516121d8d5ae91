"""What people write, and what was published: programmes, snapshots, imports, what is saved, runs.

The methods return detached rows of `data.tables`: values to read, never a way to write.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Engine, Select, delete, or_, select
from sqlalchemy.orm import Session

from data.database import reading
from data.leases import HeldLease, process_lives, take_lease
from data.tables import Identity, Import, Lease, ProgrammeVersion, PublishedSnapshot, Run, Saved
from data.versions import assert_takes_effect, holding, reigns
from loyalty_core.errors import InputError
from loyalty_core.rules.programme import Programme, programme_from_dict

SCENARIO = "scenario"  # a kind of what people save
QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
CANCELLED, INTERRUPTED = "cancelled", "interrupted"
NEWEST_VERSIONS = select(ProgrammeVersion).order_by(ProgrammeVersion.id.desc())
_Row = TypeVar("_Row")


class Registry:
    """One workspace's registry, on an engine of `data.database`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reading = reading(engine)

    # Identity

    def claim(self, workspace_id: str) -> bool:
        """Make the registry that workspace's own; False if it belongs to another one."""
        known = self._one(select(Identity))
        if known is None:
            with Session(self.engine) as session, session.begin():
                session.execute(select(Lease).with_for_update())  # one claim at a time
                known = session.execute(select(Identity)).scalar_one_or_none()
                if known is None:
                    session.add(Identity(workspace_id=workspace_id))
                    return True
                return known.workspace_id == workspace_id
        return known.workspace_id == workspace_id

    def is_claimed(self) -> bool:
        """Whether a workspace has made this registry its own."""
        return self._one(select(Identity)) is not None

    # Programmes

    def apply_programme(self, programme: Programme, note: str = "") -> ProgrammeVersion:
        """Record the document as the newest version; the one before, if it is the very same.

        What it implies for facts that are there is another matter: see `data.enforcing`.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            return _applied(session, new_version(programme, note))

    def programme_versions(self) -> list[ProgrammeVersion]:
        """All versions, newest first."""
        return self._all(NEWEST_VERSIONS)

    def version_in_force(self, on: date | None = None) -> ProgrammeVersion | None:
        """The version that holds on that day (today), as `data.versions` tells; None where there is none."""
        return holding(self.programme_versions(), on or _today())

    def programme_in_force(self, on: date | None = None) -> Programme | None:
        """As `version_in_force`, the document itself, which knows the tiers of those before it."""
        return _in_force(self.programme_versions(), on or _today())

    def programme_version(self, number: int) -> ProgrammeVersion:
        """That version; InputError if there is none."""
        found = self._one(select(ProgrammeVersion).where(ProgrammeVersion.id == number))
        if found is None:
            raise InputError(
                f"there is no programme version {number}; see `loyalty programme show --versions`"
            )
        return found

    def programme_once_applied(self, programme: Programme, on: date | None = None) -> Programme:
        """The programme that would be in force if this one were applied now: itself, unless it takes
        effect later only. InputError where it could not be applied."""
        day, version, versions = on or _today(), new_version(programme), self.programme_versions()
        assert_takes_effect(versions, version, day)
        return _in_force([version, *versions], day) or programme

    def programmes_in_turn(self, applied: Programme | None = None) -> list[Programme]:
        """The documents that hold one after the other, each from its `effective_on`; with one that is yet to
        be `applied` among them. InputError where it could not be."""
        versions = self.programme_versions()
        if applied is not None:
            version = new_version(applied)
            assert_takes_effect(versions, version, _today())
            versions = [version, *versions]
        return [programme_of(reign.version) for reign in reigns(versions)]

    def programmes_before(self, programme: Programme) -> list[Programme]:
        """The documents that held one after the other before that one began."""
        begin, turn = programme.effective_on, self.programmes_in_turn()
        return [one for one in turn if begin and (one.effective_on is None or one.effective_on < begin)]

    # Snapshots and imports

    def latest_snapshot(self) -> PublishedSnapshot | None:
        """What readers see now."""
        return self._one(select(PublishedSnapshot).order_by(PublishedSnapshot.id.desc()).limit(1))

    def snapshot(self, snapshot_id: int) -> PublishedSnapshot:
        """That snapshot; InputError if there is none, or its files were given up."""
        found = self._one(select(PublishedSnapshot).where(PublishedSnapshot.id == snapshot_id))
        if found is None:
            raise InputError(f"there is no snapshot {snapshot_id}; see the list of snapshots")
        if found.retired_at is not None:
            raise InputError(f"snapshot {snapshot_id} was retired on {found.retired_at:%Y-%m-%d}")
        return found

    def snapshots(self, limit: int = 100) -> list[PublishedSnapshot]:
        """The newest snapshots that are still kept, newest first."""
        kept = select(PublishedSnapshot).where(PublishedSnapshot.retired_at.is_(None))
        return self._all(kept.order_by(PublishedSnapshot.id.desc()).limit(limit))

    def publish(
        self,
        snapshot: PublishedSnapshot,
        import_: Import | None,
        lease: HeldLease,
        version: ProgrammeVersion | None = None,
        earlier: Sequence[ProgrammeVersion] = (),
    ) -> PublishedSnapshot:
        """The commit: one transaction that holds the snapshot, the account of the import behind it and
        the version of the programme that is applied with it, after those that came before it.

        A snapshot that changes nothing is not added; the account then names the latest one.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            lease.confirm(session)
            for one in (*earlier, *(() if version is None else (version,))):
                _applied(session, one)
            in_force = holding(session.scalars(NEWEST_VERSIONS).all(), _today())
            snapshot.programme_id = in_force.id if in_force else None
            latest = session.scalars(
                select(PublishedSnapshot).order_by(PublishedSnapshot.id.desc()).limit(1)
            ).first()
            if latest is not None and latest.versions == snapshot.versions:
                snapshot = latest
            else:
                session.add(snapshot)
                session.flush()
            if import_ is not None:
                import_.snapshot_id = snapshot.id
                session.add(import_)
        return snapshot

    def retire_snapshots(self, before: datetime, keep: int) -> list[int]:
        """Give up snapshots published before that instant, but never the newest `keep`; their ids."""
        with Session(self.engine) as session, session.begin():
            rows = session.scalars(
                select(PublishedSnapshot)
                .where(PublishedSnapshot.retired_at.is_(None))
                .order_by(PublishedSnapshot.id.desc())
            ).all()
            old = [row for row in rows[max(keep, 1) :] if row.published_at < before]
            for row in old:
                row.retired_at = _now()
            return [row.id for row in old]

    def imports(self, limit: int = 100) -> list[Import]:
        """The newest imports with the accounts of their files, newest first."""
        return self._all(select(Import).order_by(Import.finished_at.desc(), Import.id.desc()).limit(limit))

    def lease(self, purpose: str) -> HeldLease:
        """The right to write to the lake; InputError while someone else has it."""
        return take_lease(self.engine, purpose)

    # What people save under a name

    def save(self, kind: str, name: str, document: dict[str, Any], note: str = "") -> Saved:
        """Keep the document under that name, in place of the one of its kind before."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            saved = session.scalars(_named(kind, name).with_for_update()).first()
            if saved is None:
                saved = Saved(kind=kind, name=name, created_at=_now())
                session.add(saved)
            saved.document, saved.note, saved.changed_at = document, note, _now()
        return saved

    def all_saved(self, kind: str) -> list[Saved]:
        """All that is saved of that kind, by name."""
        return self._all(select(Saved).where(Saved.kind == kind).order_by(Saved.name))

    def saved(self, kind: str, name: str) -> Saved | None:
        """What is saved of that kind under that name."""
        return self._one(_named(kind, name))

    def forget(self, kind: str, name: str) -> None:
        """Keep nothing of that kind under that name any longer."""
        with Session(self.engine) as session, session.begin():
            session.execute(delete(Saved).where(Saved.kind == kind, Saved.name == name))

    # Runs

    def create_run(self, kind: str, payload: dict[str, Any], input_hash: str = "") -> Run:
        """Queue a job."""
        run = Run(kind=kind, payload=payload, input_hash=input_hash, created_at=_now())
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.add(run)
        return run

    def claim_next_run(self, kinds: Sequence[str] = ()) -> Run | None:
        """The oldest queued job, now running in this process; None where nothing waits.

        No two processes get the same one.
        """
        waiting = select(Run).where(Run.status == QUEUED).order_by(Run.id).limit(1)
        if kinds:
            waiting = waiting.where(Run.kind.in_(kinds))
        if self._one(waiting) is None:  # asked every second: without taking SQLite's write lock
            return None
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            run = session.scalars(waiting.with_for_update(skip_locked=True)).first()
            if run is not None:
                run.status, run.host, run.pid = RUNNING, socket.gethostname(), os.getpid()
                run.started_at = run.heartbeat_at = _now()
        return run

    def run(self, run_id: int) -> Run | None:
        """That job as it stands."""
        return self._one(select(Run).where(Run.id == run_id))

    def runs(self, *, kind: str | None = None, status: str | None = None, limit: int = 100) -> list[Run]:
        """The newest jobs, newest first."""
        asked = select(Run).order_by(Run.id.desc()).limit(limit)
        if kind is not None:
            asked = asked.where(Run.kind == kind)
        if status is not None:
            asked = asked.where(Run.status == status)
        return self._all(asked)

    def run_with_input(self, kind: str, input_hash: str) -> Run | None:
        """The newest finished job over the very same input: its result can be shown again."""
        same = (Run.kind == kind, Run.input_hash == input_hash, Run.status == DONE)
        return self._one(select(Run).where(*same).order_by(Run.id.desc()).limit(1))

    def report_run(
        self, run_id: int, progress: float, message: str = "", partial: dict[str, Any] | None = None
    ) -> bool:
        """Say how far a running job is; False when it should stop (cancelled, or no longer running)."""
        with Session(self.engine) as session, session.begin():
            run = session.get_one(Run, run_id, with_for_update=True)
            if run.status != RUNNING:
                return False
            run.progress, run.message, run.heartbeat_at = progress, message, _now()
            if partial is not None:
                run.partial = partial
            return not run.cancel_requested

    def finish_run(
        self, run_id: int, status: str = DONE, *, result: dict[str, Any] | None = None, message: str = ""
    ) -> None:
        """End a running job: done, failed, cancelled or interrupted. One that has ended stays as it is."""
        with Session(self.engine) as session, session.begin():
            run = session.get_one(Run, run_id, with_for_update=True)
            if run.status in (QUEUED, RUNNING):
                run.status, run.result, run.message, run.finished_at = status, result, message, _now()
                run.progress = 1.0 if status == DONE else run.progress

    def request_cancel(self, run_id: int) -> None:
        """Ask a running job to stop; one that still waits is cancelled at once."""
        with Session(self.engine) as session, session.begin():
            run = session.get_one(Run, run_id, with_for_update=True)
            if run.status == QUEUED:
                run.status, run.finished_at = CANCELLED, _now()
            if run.status in (RUNNING, CANCELLED):
                run.cancel_requested = True

    def mark_interrupted(self, silent_since: datetime | None = None) -> list[int]:
        """Jobs whose process is gone from this host, or which were last heard of before `silent_since`,
        become interrupted; returns their ids."""
        here: ColumnElement[bool] = Run.host == socket.gethostname()
        suspects = here if silent_since is None else or_(here, Run.heartbeat_at < silent_since)
        with Session(self.engine) as session, session.begin():
            asked = select(Run).where(Run.status == RUNNING, suspects).with_for_update(skip_locked=True)
            gone = [run for run in session.scalars(asked) if _gone(run, silent_since)]
            for run in gone:
                run.status, run.finished_at = INTERRUPTED, _now()
                run.message = "the process that ran it ended"
            return [run.id for run in gone]

    def _one(self, asked: Select[_Row]) -> _Row | None:
        with Session(self._reading) as session:
            return session.scalars(asked).first()

    def _all(self, asked: Select[_Row]) -> list[_Row]:
        with Session(self._reading) as session:
            return list(session.scalars(asked))


def new_version(programme: Programme, note: str = "") -> ProgrammeVersion:
    """The document as a version that is yet to be applied."""
    return ProgrammeVersion(
        name=programme.name,
        effective_on=programme.effective_on,
        document=programme.model_dump(mode="json"),
        note=note,
        applied_at=_now(),
    )


def programme_of(version: ProgrammeVersion) -> Programme:
    """The document of a version."""
    return _checked(json.dumps(version.document), f"programme version {version.id}")


@lru_cache(maxsize=64)
def _checked(document: str, called: str) -> Programme:
    """A document once it is checked, which takes much longer than reading it does."""
    return programme_from_dict(json.loads(document), called)


def _in_force(versions: Sequence[ProgrammeVersion], day: date) -> Programme | None:
    """The document of the version that holds on that day, after those that held before it."""
    begun = [reign.version for reign in reigns(versions) if reign.first_day is None or reign.first_day <= day]
    if not begun:
        return None
    *earlier, programme = map(programme_of, begun)
    return programme.after(reversed(earlier))


def _applied(session: Session, version: ProgrammeVersion) -> ProgrammeVersion:
    """The version as the newest one; the one before, if its document is the very same."""
    versions = session.scalars(NEWEST_VERSIONS).all()
    if versions and versions[0].document == version.document:
        return versions[0]
    assert_takes_effect(versions, version, _today())
    session.add(version)
    session.flush()
    return version


def _gone(run: Run, silent_since: datetime | None) -> bool:
    if silent_since is not None and run.heartbeat_at is not None and run.heartbeat_at < silent_since:
        return True
    return run.host == socket.gethostname() and not process_lives(run.pid)


def _now() -> datetime:
    return datetime.now(UTC)


def _today() -> date:
    return _now().date()


def _named(kind: str, name: str) -> Select[tuple[Saved]]:
    return select(Saved).where(Saved.kind == kind, Saved.name == name)
