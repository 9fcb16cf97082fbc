"""The ledger's cursor: one sequencer at a time, and places in the log given to many rows in one statement."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection

# Any number that no other lock of this database has; PostgreSQL keeps advisory locks apart per database.
SEQUENCER = 0x636F6E636F7264


@contextmanager
def sole_sequencer() -> Iterator[bool]:
    """Whether this process may sequence during the block: False while another does."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [SEQUENCER])
            held = bool(cursor.fetchone()[0])
        try:
            yield held
        finally:
            if held:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [SEQUENCER])
        return
    with open(f"{connection.settings_dict['NAME']}.sequencer", "w", encoding="ascii") as file:  # noqa: PTH123  a name, not a path
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def give_places(table: str, ids: Sequence[int], *, first: int) -> None:
    """Give the rows of ``table`` with these ``ids`` the places ``first``, ``first + 1``, … in their order."""
    _each(f"UPDATE {table} SET leaf_index = %s + given.place FROM {{given}} WHERE {table}.id = given.id", [first], ids)  # noqa: S608  a table of ours


def keep_salts(table: str, ids: Sequence[int], salts: bytes, *, length: int) -> None:
    """Write one row of ``table`` for each of ``ids`` with its part of ``salts``, ``length`` bytes each."""
    part = f"substr(%s, CAST(given.place AS integer) * {length} + 1, {length})"
    _each(f"INSERT INTO {table} (entry_id, salt) SELECT given.id, {part} FROM {{given}}", [salts], ids)  # noqa: S608  a table of ours


def _each(statement: str, before: list[int | bytes], ids: Sequence[int]) -> None:
    """Run the statement over ``given``: the ids, each with its place from 0."""
    if connection.vendor == "postgresql":
        given = "(SELECT id, place - 1 AS place FROM unnest(%s::bigint[]) WITH ORDINALITY AS one (id, place)) AS given"
        asked: list[int] | str = list(ids)
    else:
        given = "(SELECT value AS id, key AS place FROM json_each(%s)) AS given"
        asked = json.dumps(list(ids))
    with connection.cursor() as cursor:
        cursor.execute(statement.format(given=given), [*before, asked])
