"""The database: SQLModel tables, records and the outbox."""
