"""What stands behind case entries: content and salt of each event."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "case_event",
        sa.Column("id", sa.String(), sa.ForeignKey("log_entry.id"), primary_key=True),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("case_id", "sequence", name="case_event_sequence"),
    )


def downgrade() -> None:
    op.drop_table("case_event")
