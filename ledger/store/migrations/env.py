"""Alembic's entry point: runs the revisions on the connection, and in the transaction, that the caller holds."""

from __future__ import annotations

from alembic import context

from ledger.store import models_capture  # noqa: F401  (its tables are in METADATA from now on)
from ledger.store.models import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
