"""The application's role on PostgreSQL: it reads and writes rows, owns nothing and cannot step around a policy."""

from __future__ import annotations

from django.db.backends.utils import CursorWrapper


def grant_application(cursor: CursorWrapper, role: str, *, schema: str = "public") -> None:
    """Grant ``role`` what the web and job processes need on every table and sequence of ``schema``.

    Run by the owner after migrations. ``role`` must exist; it should be NOSUPERUSER NOBYPASSRLS.
    """
    quoted = '"' + role.replace('"', '""') + '"'
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {quoted}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {quoted}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {quoted}",
    ):
        cursor.execute(statement)
