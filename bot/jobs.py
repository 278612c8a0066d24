"""Background jobs in PostgreSQL, run by procrastinate."""
