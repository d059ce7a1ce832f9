"""The tables. Times are whole microseconds since 1970, so that both databases sort and return them alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Dialect,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as microseconds since 1970 and returned in UTC.

    What is no moment (SQLite stores any value in any column) is returned as 1970, which no record is of: an audit
    then names it, where an exception would end the audit.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Whole microseconds since 1970."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The same moment in UTC."""
        if value is None:
            return None
        try:
            return _EPOCH + timedelta(microseconds=value)
        except (TypeError, OverflowError):
            return _EPOCH


class Base(SQLModel):
    """Keeps these tables apart from any other SQLModel tables of the process."""

    metadata = MetaData()


class RegistrarRow(Base, table=True):
    """A registrar and its first Ed25519 public key (hex)."""

    __tablename__ = "registrar"
    id: str = Field(primary_key=True)
    name: str
    public_key: str
    created_at: datetime = Field(sa_type=Moment)


class LogRow(Base, table=True):
    """The number of entries of each log; its row lock hands out the positions."""

    __tablename__ = "log"
    registrar: str = Field(primary_key=True, foreign_key="registrar.id")
    size: int = Field(sa_type=BigInteger)


class EntryRow(Base, table=True):
    """The canonical entries of all logs, with what is looked up in them; rows are added and never changed."""

    __tablename__ = "log_entry"
    __table_args__ = (
        Index("log_entry_target", "target"),
        Index("log_entry_time", "time", "position"),
        Index("log_entry_registrar_time", "registrar", "time", "position"),
    )
    registrar: str = Field(primary_key=True, foreign_key="registrar.id")
    position: int = Field(primary_key=True, sa_type=BigInteger)
    id: str = Field(unique=True)
    kind: str
    leaf: bytes
    body: bytes
    target: str | None
    time: datetime = Field(sa_type=Moment)


class ImageRow(Base, table=True):
    """What stands behind a register entry and is not disclosed: salt, facts and the details of its digests."""

    __tablename__ = "image"
    __table_args__ = (
        UniqueConstraint("file_digest", "registrar", name="image_file_digest"),
        UniqueConstraint("idempotency_key", "registrar", name="image_idempotency_key"),
        Index("image_instance", "instance"),
    )
    id: str = Field(primary_key=True, foreign_key="log_entry.id")
    registrar: str
    file_digest: str
    salt: bytes
    facts: dict[str, Any] = Field(sa_type=JSON)
    details: bytes
    instance: str | None
    idempotency_key: str | None


class DigestRow(Base, table=True):
    """The digests of each image by name; what verification searches."""

    __tablename__ = "image_digest"
    __table_args__ = (Index("image_digest_value", "value"),)
    id: str = Field(primary_key=True, foreign_key="image.id")
    name: str = Field(primary_key=True)
    value: str


class TraceRow(Base, table=True):
    """The fingerprint of an image, in clear or sealed (:mod:`ledger.store.sealing`).

    The large column is last: a search reads the codes of all rows, and SQLite walks through what stands before them.
    """

    __tablename__ = "image_trace"
    id: str = Field(primary_key=True, foreign_key="image.id")
    sealed: bool
    codes: bytes
    blob: bytes


class CaseRow(Base, table=True):
    """What a reviewer wrote behind a case entry, with the salt that opens the entry's commitment to it."""

    __tablename__ = "case_event"
    __table_args__ = (UniqueConstraint("case_id", "sequence", name="case_event_sequence"),)
    id: str = Field(primary_key=True, foreign_key="log_entry.id")
    case_id: str
    sequence: int = Field(sa_type=BigInteger)
    salt: bytes
    content: bytes


class OutboxRow(Base, table=True):
    """The entries that no batch covers yet."""

    __tablename__ = "outbox"
    __table_args__ = (ForeignKeyConstraint(["registrar", "position"], ["log_entry.registrar", "log_entry.position"]),)
    registrar: str = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=BigInteger)
    urgent: bool
    time: datetime = Field(sa_type=Moment)


class BatchRow(Base, table=True):
    """What one head on the chain covers (``first`` up to ``size``), and how far its transaction has come."""

    __tablename__ = "batch"
    registrar: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    first: int = Field(sa_type=BigInteger)
    size: int = Field(sa_type=BigInteger)
    root: bytes
    mode: str
    state: str
    created_at: datetime = Field(sa_type=Moment)
    tx_hash: str | None
    block_number: int | None = Field(sa_type=BigInteger)
    block_hash: str | None
    block_time: int | None = Field(sa_type=BigInteger)
    gas_used: int | None = Field(sa_type=BigInteger)
    reason: str | None


class AttemptRow(Base, table=True):
    """The signed transactions of a batch in the order of signing, each kept before it is sent."""

    __tablename__ = "attempt"
    __table_args__ = (ForeignKeyConstraint(["registrar", "sequence"], ["batch.registrar", "batch.sequence"]),)
    registrar: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    place: int = Field(primary_key=True)
    tx_hash: str
    raw: bytes
    nonce: int = Field(sa_type=BigInteger)
    size: int = Field(sa_type=BigInteger)
    root: bytes
    gas_price: int = Field(sa_type=BigInteger)
    created_at: datetime = Field(sa_type=Moment)
    broadcast_at: datetime | None = Field(sa_type=Moment)


class EventRow(Base, table=True):
    """The contract's events; those of blocks that left the chain stay, as not canonical."""

    __tablename__ = "chain_event"
    __table_args__ = (
        Index("chain_event_order", "registrar", "block_number", "log_index"),
        Index("chain_event_position", "registrar", "position"),
        Index("chain_event_sequence", "registrar", "sequence"),
        Index("chain_event_block", "block_number"),
        Index(
            "chain_event_dropped",
            "registrar",
            sqlite_where=text("canonical IS 0"),
            postgresql_where=text("canonical IS false"),
        ),
    )
    block_hash: str = Field(primary_key=True)
    log_index: int = Field(primary_key=True)
    block_number: int = Field(sa_type=BigInteger)
    block_time: int = Field(sa_type=BigInteger)
    tx_hash: str
    name: str
    registrar: str
    canonical: bool
    leaf: bytes | None
    position: int | None = Field(sa_type=BigInteger)
    sequence: int | None = Field(sa_type=BigInteger)
    size: int | None = Field(sa_type=BigInteger)
    root: bytes | None


class CursorRow(Base, table=True):
    """The last block whose events are kept; one row."""

    __tablename__ = "cursor"
    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    number: int = Field(sa_type=BigInteger)
    hash: str
    time: int = Field(sa_type=BigInteger)


class KeyRow(Base, table=True):
    """API keys: the hash of the secret, never the secret."""

    __tablename__ = "api_key"
    id: str = Field(primary_key=True)
    label: str
    scopes: list[str] = Field(sa_type=JSON)
    secret_hash: bytes
    created_at: datetime = Field(sa_type=Moment)
    revoked_at: datetime | None = Field(sa_type=Moment)


class VerificationRow(Base, table=True):
    """That somebody asked for a verification; rows are added, and old ones end."""

    __tablename__ = "verification_note"
    __table_args__ = (
        Index("verification_note_registration", "registration", "id"),
        Index("verification_note_time", "time"),
    )
    id: int | None = Field(default=None, primary_key=True)
    time: datetime = Field(sa_type=Moment)
    key_id: str
    label: str
    verdict: str
    accepted: bool
    policy: str
    registration: str | None
    salt: bytes
    seal: bytes


def _table(model: type[SQLModel]) -> Table:
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


def stored_type(column: Column[Any]) -> type:
    """The Python type of what the database keeps in ``column``: int for a moment, dict for JSON."""
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    return dict if isinstance(kind, JSON) else kind.python_type


METADATA = Base.metadata
REGISTRAR = _table(RegistrarRow)
LOG = _table(LogRow)
ENTRY = _table(EntryRow)
IMAGE = _table(ImageRow)
DIGEST = _table(DigestRow)
TRACE = _table(TraceRow)
CASE = _table(CaseRow)
OUTBOX = _table(OutboxRow)
BATCH = _table(BatchRow)
ATTEMPT = _table(AttemptRow)
EVENT = _table(EventRow)
CURSOR = _table(CursorRow)
KEY = _table(KeyRow)
VERIFICATION = _table(VerificationRow)
