"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _logs()
    _images()
    _batches()
    _chain()
    op.create_table(
        "api_key",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
    )


def downgrade() -> None:
    names = ("api_key", "cursor", "chain_event", "attempt", "batch", "outbox", "image_digest", "image", "log_entry")
    for name in (*names, "log", "registrar"):
        op.drop_table(name)


def _logs() -> None:
    op.create_table(
        "registrar",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "log",
        sa.Column("registrar", sa.String(), sa.ForeignKey("registrar.id"), primary_key=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "log_entry",
        sa.Column("registrar", sa.String(), sa.ForeignKey("registrar.id"), primary_key=True),
        sa.Column("position", sa.BigInteger(), primary_key=True),
        sa.Column("id", sa.String(), nullable=False, unique=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("target", sa.String()),
        sa.Column("time", sa.BigInteger(), nullable=False),
    )
    op.create_index("log_entry_target", "log_entry", ["target"])
    op.create_index("log_entry_time", "log_entry", ["time", "position"])
    op.create_index("log_entry_registrar_time", "log_entry", ["registrar", "time", "position"])


def _images() -> None:
    op.create_table(
        "image",
        sa.Column("id", sa.String(), sa.ForeignKey("log_entry.id"), primary_key=True),
        sa.Column("registrar", sa.String(), nullable=False),
        sa.Column("file_digest", sa.String(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("instance", sa.String()),
        sa.Column("idempotency_key", sa.String()),
        sa.UniqueConstraint("file_digest", "registrar", name="image_file_digest"),
        sa.UniqueConstraint("idempotency_key", "registrar", name="image_idempotency_key"),
    )
    op.create_index("image_instance", "image", ["instance"])
    op.create_table(
        "image_digest",
        sa.Column("id", sa.String(), sa.ForeignKey("image.id"), primary_key=True),
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("value", sa.String(), nullable=False),
    )
    op.create_index("image_digest_value", "image_digest", ["value"])


def _batches() -> None:
    op.create_table(
        "outbox",
        sa.Column("registrar", sa.String(), primary_key=True),
        sa.Column("position", sa.BigInteger(), primary_key=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["registrar", "position"], ["log_entry.registrar", "log_entry.position"]),
    )
    op.create_table(
        "batch",
        sa.Column("registrar", sa.String(), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), primary_key=True),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", sa.String()),
        sa.Column("block_number", sa.BigInteger()),
        sa.Column("block_hash", sa.String()),
        sa.Column("block_time", sa.BigInteger()),
        sa.Column("gas_used", sa.BigInteger()),
        sa.Column("reason", sa.String()),
    )
    op.create_table(
        "attempt",
        sa.Column("registrar", sa.String(), primary_key=True),
        sa.Column("sequence", sa.BigInteger(), primary_key=True),
        sa.Column("place", sa.Integer(), primary_key=True),
        sa.Column("tx_hash", sa.String(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("gas_price", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("broadcast_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["registrar", "sequence"], ["batch.registrar", "batch.sequence"]),
    )


def _chain() -> None:
    op.create_table(
        "chain_event",
        sa.Column("block_hash", sa.String(), primary_key=True),
        sa.Column("log_index", sa.Integer(), primary_key=True),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_time", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("registrar", sa.String(), nullable=False),
        sa.Column("canonical", sa.Boolean(), nullable=False),
        sa.Column("leaf", sa.LargeBinary()),
        sa.Column("position", sa.BigInteger()),
        sa.Column("sequence", sa.BigInteger()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("root", sa.LargeBinary()),
    )
    op.create_index("chain_event_order", "chain_event", ["registrar", "block_number", "log_index"])
    op.create_index("chain_event_position", "chain_event", ["registrar", "position"])
    op.create_index("chain_event_sequence", "chain_event", ["registrar", "sequence"])
    op.create_index("chain_event_block", "chain_event", ["block_number"])
    op.create_index(
        "chain_event_dropped",
        "chain_event",
        ["registrar"],
        sqlite_where=sa.text("canonical IS 0"),
        postgresql_where=sa.text("canonical IS false"),
    )
    op.create_table(
        "cursor",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
    )
