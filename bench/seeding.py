"""Thousands of matters, copied in SQL from a few that were really driven, spread over the nine cities and over months.

A copy keeps everything of its original but identity, time and place: copy ``i`` gets the ids of the original plus
``i`` times ``STRIDE``, is so many minutes older, and its cities are the original's moved on by ``i`` places in the
charter's order. Papers are not copied: their files would be missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# More than any original's id, so that the ids of copies never meet.
STRIDE = 10_000
DAYS_OF_DUES = 40
MICROSECONDS_APART = 7 * 60 * 1_000_000

TABLES = (
    "casework_matter",
    "casework_audience",
    "casework_participant",
    "casework_act",
    "casework_clockrun",
    "casework_message",
)
ORGANISATIONS = {"origin_id", "target_id", "holder_id", "organisation_id", "owner_id", "sender_id", "receiver_id"}
MATTERS = {"id", "matter_id", "act_id"}
DUES = {"next_due", "nominal", "legal_due", "safe_due"}


def copy_matters(connection: Any, kind: str, count: int) -> None:
    """Fill the database up to about ``count`` matters, through a connection that no policy binds."""
    [originals] = connection.execute("SELECT count(*) FROM casework_matter").fetchone()
    copies = count // originals
    first, members = _members(connection)
    if kind == "postgres":
        connection.execute("SET session_replication_role = replica")  # no trigger looks at every single copy
    connection.execute("BEGIN")
    for table in TABLES:
        cursor = connection.execute(f"SELECT * FROM {table} WHERE 1 = 0")  # noqa: S608  our tables
        columns = [column[0] for column in cursor.description]
        given = _expressions(kind, first, members)
        values = ", ".join(given.get(column, f't."{column}"') for column in columns)
        names = ", ".join(f'"{column}"' for column in columns)
        connection.execute(
            f"WITH RECURSIVE n(i) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i < {copies - 1}) "  # noqa: S608  our tables
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t CROSS JOIN n WHERE t.id < {STRIDE}"
        )
    connection.execute("COMMIT")
    if kind == "postgres":
        connection.execute("VACUUM ANALYZE")  # as its own housekeeping does


def _members(connection: Any) -> tuple[int, int]:
    """The first member's id and how many there are; scopes are checked to run along with them."""
    query = "SELECT o.id, s.id FROM organisations_organisation o JOIN access_scope s ON s.organisation_id = o.id"
    pairs = sorted(connection.execute(f"{query} WHERE o.kind = 'member'").fetchall())
    first, count = pairs[0][0], len(pairs)
    if [tuple(pair) for pair in pairs] != [(first + n, pairs[0][1] + n) for n in range(count)]:
        raise RuntimeError("members and scopes are not numbered alike")
    if pairs[0][0] != pairs[0][1]:
        raise RuntimeError("members and their scopes have different numbers")
    return first, count


def _expressions(kind: str, first: int, members: int) -> Mapping[str, str]:
    """What a copy has in each column that is not the original's."""

    def moved(column: str) -> str:
        on = f"{first} + (t.{column} - {first} + n.i) % {members}"
        return f"CASE WHEN t.{column} BETWEEN {first} AND {first + members - 1} THEN {on} ELSE t.{column} END"

    postgres = kind == "postgres"
    uid = "md5(t.id || '-' || n.i)::uuid" if postgres else "printf('%016x%016x', t.id, n.i)"
    found = {column: moved(column) for column in {*ORGANISATIONS, "scope_id"}}
    found |= {column: f"t.{column} + n.i * {STRIDE}" for column in MATTERS}
    days = f"CAST((n.i * 7) % {DAYS_OF_DUES} AS integer)"
    found |= {
        column: f"t.{column} + {days}" if postgres else f"date(t.{column}, '+' || {days} || ' days')" for column in DUES
    }
    number = "lpad((n.i * 100 + t.id)::text, 9, '0')" if postgres else "printf('%09d', n.i * 100 + t.id)"
    return found | {
        "uid": uid,
        "number": f"'COPY-2026-' || {number}",
        "title": f"t.title || ' ' || {number}",
        "sort_key": f"t.sort_key - n.i * {MICROSECONDS_APART}",
        "key": "NULL",
    }
