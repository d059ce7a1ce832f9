"""Fingerprints of images. Images that were registered before have none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "image_trace",
        sa.Column("id", sa.String(), sa.ForeignKey("image.id"), primary_key=True),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("codes", sa.LargeBinary(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("image_trace")
