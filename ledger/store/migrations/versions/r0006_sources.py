"""Where images come from: counts by source, and the hours in which it sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "source",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("registered", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("waiting_since", sa.BigInteger(), nullable=True),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("reason_at", sa.BigInteger(), nullable=True),
    )
    op.create_table(
        "source_hour",
        sa.Column("source", sa.String(), primary_key=True),
        sa.Column("hour", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("source_hour")
    op.drop_table("source")
