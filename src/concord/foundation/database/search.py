"""Words to find rows by: a tsvector column with a GIN index on PostgreSQL, an FTS5 table on SQLite; the same rule.

A row's words are its tokens in order and its marks, which say who may find it; a question asks for phrases and a mark,
so that the index itself leaves out what is not to be found. Tokens are letters and digits only (``rules.bigrams``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.apps.registry import Apps
from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import RunPython

from concord.rules.bigrams import BREAK, Phrase

# PostgreSQL keeps no positions beyond 16,383; what comes later in a very long matter is not found.
MOST_TOKENS = 16_000


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept for one row."""

    row: int
    tokens: Sequence[str]
    marks: Iterable[int]


def words_index(table: str) -> RunPython:
    """The migration operation that gives ``table`` its words."""

    def forwards(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"ALTER TABLE {table} ADD COLUMN tokens tsvector NOT NULL DEFAULT ''")
            editor.execute(f"CREATE INDEX {table}_tokens ON {table} USING gin (tokens) WITH (fastupdate = off)")
            return
        editor.execute(f"CREATE VIRTUAL TABLE {table}_index USING fts5(tokens, tokenize = 'ascii')")

    def backwards(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"ALTER TABLE {table} DROP COLUMN tokens")
            return
        editor.execute(f"DROP TABLE {table}_index")

    return RunPython(forwards, backwards)


def keep(table: str, rows: Iterable[Kept]) -> None:
    """Write the words of rows of ``table``; what is kept already is not written again."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            told = [(_vector(one), one.row) for one in rows]
            statement = f"UPDATE {table} SET tokens = new.tokens FROM (SELECT %s::tsvector AS tokens) new "  # noqa: S608  a table of ours
            cursor.executemany(f"{statement} WHERE id = %s AND {table}.tokens <> new.tokens", told)
            return
        for one in rows:
            text = _plain(one)
            cursor.execute(f"SELECT tokens FROM {table}_index WHERE rowid = %s", [one.row])  # noqa: S608  as above
            if cursor.fetchone() != (text,):
                cursor.execute(f"INSERT OR REPLACE INTO {table}_index (rowid, tokens) VALUES (%s, %s)", [one.row, text])  # noqa: S608  as above


def found(table: str, asked: Sequence[Phrase], *, mark: int) -> tuple[str, list[str]]:
    """The condition, in SQL with its parameters, that a row of ``table`` carries ``mark`` and every phrase."""
    if connection.vendor == "postgresql":
        question = " & ".join([f"'{_mark(mark)}'", *(_question(phrase) for phrase in asked)])
        return f"{table}.tokens @@ %s::tsquery", [question]
    question = " AND ".join([f'"{_mark(mark)}"', *(_match(phrase) for phrase in asked)])
    return f"{table}.id IN (SELECT rowid FROM {table}_index WHERE {table}_index MATCH %s)", [question]  # noqa: S608  as above


def found_among(table: str, asked: Sequence[Phrase], *, mark: int) -> tuple[str, list[str]]:
    """The same condition for rows of ``table`` that were gathered before, under the name ``these``."""
    if connection.vendor == "postgresql":
        return found("these", asked, mark=mark)
    # The text itself is looked at: to ask the index anew for each row takes a hundred times as long.
    parts = [f" {_mark(mark)} ", *(f" {' '.join(one.tokens)}{'' if one.open else ' '}" for one in asked)]
    held = " AND ".join(["instr(' ' || tokens || ' ', %s) > 0"] * len(parts))
    return f"EXISTS (SELECT 1 FROM {table}_index WHERE rowid = these.id AND {held})", parts  # noqa: S608  as above


def _mark(mark: int) -> str:
    return f"§{mark}"


def _vector(one: Kept) -> str:
    places: dict[str, list[int]] = {}
    for place, token in enumerate(one.tokens[:MOST_TOKENS], start=1):
        if token != BREAK:
            places.setdefault(token, []).append(place)
    told = [f"'{token}':{','.join(map(str, at))}" for token, at in places.items()]
    return " ".join([*told, *(f"'{_mark(mark)}'" for mark in one.marks)])


def _plain(one: Kept) -> str:
    return " ".join([*one.tokens[:MOST_TOKENS], BREAK, *(_mark(mark) for mark in sorted(one.marks))])


def _question(phrase: Phrase) -> str:
    """A phrase, without the tokens that only repeat what their neighbours say, each at its distance from the last."""
    written, last = "", 0
    for place in _telling(phrase.tokens):
        written += f" <{place - last}> " if written else ""
        written += f"'{phrase.tokens[place]}'"
        last = place
    return f"({written}:*)" if phrase.open else f"({written})"


def _telling(tokens: Sequence[str]) -> Iterator[int]:
    """Tokens that together cover every letter; one of a single letter ends a run and must stay."""
    covered = 0
    for place, token in enumerate(tokens):
        if place >= covered or len(token) == 1 or place == len(tokens) - 1:
            covered = max(covered, place + len(token))
            yield place


def _match(phrase: Phrase) -> str:
    return f'"{" ".join(phrase.tokens)}"' + ("*" if phrase.open else "")
