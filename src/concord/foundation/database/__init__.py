"""Everything that differs between SQLite and PostgreSQL."""
