"""The registry's tables. Types are those that SQLite and PostgreSQL share; instants are UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """An instant in UTC; SQLite, which knows no time zone, gets it back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Autoincrement in SQLite works for INTEGER alone, which there holds 64 bits.
Number = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        int: Number,
        datetime: Instant,
        date: Date,
        dict[str, Any]: JSON,
        dict[str, int]: JSON,
    }


class Identity(Base):
    """The one workspace that this registry belongs to."""

    __tablename__ = "identity"

    workspace_id: Mapped[str] = mapped_column(String(32), primary_key=True)


class ProgrammeVersion(Base):
    """A programme document as applied; the truth about the rules."""

    __tablename__ = "programme_versions"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(80))
    effective_on: Mapped[date | None]
    document: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(Text, default="")
    applied_at: Mapped[datetime]


class PublishedSnapshot(Base):
    """The Delta version of each table; the row is the commit of an import across all tables."""

    __tablename__ = "snapshots"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    published_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text, default="")
    versions: Mapped[dict[str, int]]
    as_of: Mapped[date | None]
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programme_versions.id"))
    retired_at: Mapped[datetime | None]


class Lease(Base):
    """Who may write to the lake; `epoch` counts the holders. The row stands from the first migration on."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    epoch: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(String(32))
    host: Mapped[str | None] = mapped_column(String(255))
    pid: Mapped[int | None]
    purpose: Mapped[str] = mapped_column(Text, default="")
    taken_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]


class Import(Base):
    """One import that was published, with the account of its files."""

    __tablename__ = "imports"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    mapping: Mapped[str] = mapped_column(String(200), default="")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text, default="")
    rows_written: Mapped[dict[str, int]]
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("snapshots.id"), index=True)
    files: Mapped[list[ImportFile]] = relationship(
        lazy="selectin", order_by="ImportFile.id", cascade="all, delete-orphan"
    )


class ImportFile(Base):
    """The account of one file: rows_read = accepted + duplicate + conflict + rejected."""

    __tablename__ = "import_files"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    import_id: Mapped[str] = mapped_column(ForeignKey("imports.id"), index=True)
    source: Mapped[str] = mapped_column(String(100), default="")
    file_name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    rows_read: Mapped[int]
    accepted: Mapped[int]
    duplicate: Mapped[int]
    conflict: Mapped[int]
    rejected: Mapped[int]
    rejects_path: Mapped[str | None] = mapped_column(Text)
    conflicts_path: Mapped[str | None] = mapped_column(Text)


class Saved(Base):
    """What somebody saved under a name, as its author wrote it; names are unique among those of a kind."""

    __tablename__ = "saved"
    __table_args__ = (UniqueConstraint("kind", "name", name="uq_saved_kind_name"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(80))
    document: Mapped[dict[str, Any]]
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class Audited(Base):
    """One deed that is accounted for: who did what, to whom; `chain` is the hash of this row and the last."""

    __tablename__ = "audit_trail"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(80))
    deed: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(Text)
    chain: Mapped[str] = mapped_column(String(64))


class Run(Base):
    """A job: queued, running, then done, failed, cancelled or interrupted; progress is 0 … 1."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]]
    input_hash: Mapped[str] = mapped_column(String(64), index=True, default="")
    status: Mapped[str] = mapped_column(String(12), index=True, default="queued")
    progress: Mapped[float] = mapped_column(default=0.0)
    message: Mapped[str] = mapped_column(Text, default="")
    partial: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    host: Mapped[str | None] = mapped_column(String(255))
    pid: Mapped[int | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
