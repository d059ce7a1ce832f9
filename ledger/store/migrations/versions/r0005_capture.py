"""What capture needs: which object and study a registration belongs to, closed studies, open storage commitments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "object_place",
        sa.Column("id", sa.String(), sa.ForeignKey("image.id"), primary_key=True),
        sa.Column("instance", sa.String(), nullable=False),
        sa.Column("study", sa.String(), nullable=True),
    )
    op.create_index("object_place_instance", "object_place", ["instance"])
    op.create_index("object_place_study", "object_place", ["study"])
    op.create_table(
        "study_close",
        sa.Column("id", sa.String(), sa.ForeignKey("log_entry.id"), primary_key=True),
        sa.Column("study", sa.String(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("members", sa.LargeBinary(), nullable=False),
    )
    op.create_index("study_close_study", "study_close", ["study"])
    op.create_table(
        "commitment_request",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("transaction", sa.String(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("commitment_request")
    op.drop_table("study_close")
    op.drop_table("object_place")
