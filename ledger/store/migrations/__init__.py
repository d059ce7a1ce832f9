"""The schema's revisions, oldest first. Known without alembic, so that opening a current database stays quick."""

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
HEAD = REVISIONS[-1]
