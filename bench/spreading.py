"""Matters by the million, copied in SQL from originals that the engine brought about.

A copy keeps everything of its original but identity, time, place and name: ``spread_copy`` says for each copy which
original it repeats, by how many whole days and seconds it is moved, in which variant the organisations are exchanged
and which officer works on it. Answers and papers keep the original's words, so digests stay true; the title and the
fact it comes from get a name of their own, by which a copy is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Copies are numbered from here on; originals stay below.
FIRST_ID = 10_000
# Children of copy n are numbered from n times this.
ROOM = 128
NEVER = "9999-12-31"
ENTRIES = 10
MICROSECONDS = 1_000_000

MATTER_SIDES = ("origin_id", "target_id", "holder_id")
# Table: its columns that name organisations, posts, persons; instants; days.
CHILDREN: Mapping[str, Mapping[str, Sequence[str]]] = {
    "casework_audience": {
        "organisation": ("origin_id", "target_id"),
        "scope": ("scope_id",),
        "post": ("handler_id",),
        "department": ("department_id",),
        "day": ("due", "late_after"),
    },
    "casework_participant": {"organisation": ("organisation_id",), "instant": ("joined_at",)},
    "casework_act": {
        "organisation": ("organisation_id",),
        "post": ("post_id",),
        "person": ("person_id",),
        "instant": ("at",),
        "nothing": ("key",),
    },
    "casework_attachment": {},
    "casework_clockrun": {
        "organisation": ("owner_id",),
        "instant": ("started_at", "due_at", "ended_at"),
        "day": ("start_date", "nominal", "legal_due", "safe_due", "suspended_on"),
    },
    "casework_message": {
        "organisation": ("sender_id", "receiver_id"),
        "person": ("read_by_id",),
        "instant": ("submitted_at", "delivered_at", "read_at", "answered_at"),
    },
    "casework_paper": {"organisation": ("organisation_id",), "instant": ("issued_at",)},
    "journal_entry": {
        "organisation": ("organisation_id",),
        "post": ("post_id",),
        "person": ("person_id",),
        "instant": ("at",),
    },
    "notices_notice": {
        "organisation": ("organisation_id",),
        "person": ("person_id",),
        "instant": ("made_at", "read_at"),
        "nothing": ("mail_after",),
    },
}
BY_UID = {"journal_entry", "notices_notice"}
# Only of matters as young as this are notices kept.
NOTICES_OF_DAYS = 40


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the two databases write differently."""

    postgres: bool

    def instant(self, column: str) -> str:
        """An instant of the original, moved."""
        if self.postgres:
            return f"{column} + c.seconds * interval '1 second'"
        return f"strftime('%Y-%m-%d %H:%M:%f', {column}, c.seconds || ' seconds')"

    def day(self, column: str) -> str:
        """A day of the original, moved; what is never due stays so."""
        moved = f"{column} + c.days" if self.postgres else f"date({column}, c.days || ' days')"
        return f"CASE WHEN {column} = '{NEVER}' THEN {column} ELSE {moved} END"

    def facts(self) -> str:
        """The facts of the original with the copy's title."""
        if self.postgres:
            return (
                "CASE WHEN c.title_field = '' THEN t.facts "
                f"ELSE jsonb_set(t.facts, ARRAY[c.title_field], to_jsonb({TITLE})) END"
            )
        return f"CASE WHEN c.title_field = '' THEN t.facts ELSE json_set(t.facts, '$.' || c.title_field, {TITLE}) END"

    def uid(self, letter: str) -> str:
        """An identifier made from the copy's own, for a child of a kind."""
        text = "replace(CAST(c.uid AS text), '-', '')" if self.postgres else "c.uid"
        made = f"substr({text}, 1, 19) || '{letter}' || substr('0' || t.rank, -1) || substr({text}, 22)"
        if self.postgres:
            made = f"substr({text}, 1, 19) || '{letter}' || right('0' || t.rank, 1) || substr({text}, 22)"
            return f"({made})::uuid"
        return made


TITLE = "substr(t.title, 1, 150) || '（' || c.name || '）'"
COPY_COLUMNS = (
    "id",
    "original",
    "original_uid",
    "uid",
    "number",
    "variant",
    "officer",
    "days",
    "seconds",
    "name",
    "title_field",
    "in_case",
    "entries",
    "age",
)


def prepare(connection: Any, dialect: Dialect) -> None:
    """The staging tables."""
    uid = "uuid" if dialect.postgres else "char(32)"
    connection.execute(
        "CREATE TABLE spread_copy (id bigint PRIMARY KEY, original bigint, "
        f"original_uid {uid}, uid {uid}, number varchar(40), variant integer, officer integer, days integer, "
        "seconds bigint, name varchar(40), title_field varchar(40), in_case boolean, entries integer, age integer)"
    )
    connection.execute(
        "CREATE TABLE spread_side (variant integer, old bigint, new bigint, scope bigint, new_scope bigint, "
        "mark varchar(20), new_mark varchar(20), PRIMARY KEY (variant, old))"
    )
    connection.execute(
        "CREATE TABLE spread_post (variant integer, officer integer, old bigint, new bigint, person bigint, "
        "new_person bigint, department bigint, PRIMARY KEY (variant, officer, old))"
    )


def fill(connection: Any, dialect: Dialect, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Put rows into a staging table the quickest way there is."""
    names = ", ".join(columns)
    if dialect.postgres:
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        connection.execute(f"ANALYZE {table}")
        return
    signs = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({signs})", rows)  # noqa: S608  our own words


def spread(connection: Any, dialect: Dialect) -> Iterable[tuple[str, str]]:
    """The statements that write the copies, each with the name of the table it fills."""
    yield "casework_case", _cases(dialect)
    yield "casework_matter", _matters(connection, dialect)
    yield "files_file", _files(connection, dialect)
    for table in CHILDREN:
        yield table, _children(connection, dialect, table)
    yield "journal_entry", _more_entries(dialect)


def columns_of(connection: Any, table: str) -> list[str]:
    """The columns of a table."""
    cursor = connection.execute(f"SELECT * FROM {table} WHERE 1 = 0")  # noqa: S608  our tables
    return [column[0] for column in cursor.description]


class Joins:
    """The joins by which a statement exchanges organisations and people."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], str] = {}

    def side(self, column: str, *, key: str = "old", wanted: str = "new") -> str:
        """Who takes the place of an organisation, or of its scope."""
        alias = self._made.setdefault((f"spread_side {key}", column), f"s{len(self._made)}")
        return f"{alias}.{wanted}"

    def post(self, column: str, *, key: str = "old", wanted: str = "new") -> str:
        """Who takes the place of a post, or of a person."""
        alias = self._made.setdefault((f"spread_post {key}", column), f"p{len(self._made)}")
        return f"{alias}.{wanted}"

    def __str__(self) -> str:
        lines = []
        for (source, column), alias in self._made.items():
            table, key = source.split()
            officer = f" AND {alias}.officer = c.officer" if table == "spread_post" else ""
            same = f"{alias}.variant = c.variant{officer} AND {alias}.{key} = {column}"
            lines.append(f"LEFT JOIN {table} {alias} ON {same}")
        return " ".join(lines)


def _insert(table: str, values: Mapping[str, str], source: str) -> str:
    names = ", ".join(f'"{name}"' for name in values)
    return f"INSERT INTO {table} ({names}) SELECT {', '.join(values.values())} FROM {source}"  # noqa: S608  our own words


def _cases(dialect: Dialect) -> str:
    """A case of the beginner's organisation for some of the copies."""
    joins = Joins()
    at = dialect.instant("m.begun_at")
    values = {
        "id": "c.id",
        "uid": "c.uid",
        "organisation_id": joins.side("m.origin_id"),
        "number": "'案字〔2026〕' || c.id || '号'",
        "name": "c.name || '涉嫌侵权案'",
        "stage": "'filed'",
        "source": "''",
        "party": "c.name",
        "party_code": "''",
        "party_address": "''",
        "cause": "''",
        "mark": "''",
        "right_number": "''",
        "content": "''",
        "person_id": joins.post("a.person_id", key="person", wanted="new_person"),
        "opened_at": at,
    }
    first = "JOIN casework_act a ON a.matter_id = m.id AND a.seq = 1"
    return _insert(
        "casework_case",
        values,
        f"spread_copy c JOIN casework_matter m ON m.id = c.original {first} {joins} WHERE c.in_case",
    )


def _matters(connection: Any, dialect: Dialect) -> str:
    joins = Joins()
    values = {name: f't."{name}"' for name in columns_of(connection, "casework_matter")}
    values |= {
        "id": "c.id",
        "uid": "c.uid",
        "number": "c.number",
        "title": f"CASE WHEN t.title = '' THEN '' ELSE {TITLE} END",
        "facts": dialect.facts(),
        "case_id": "CASE WHEN c.in_case THEN c.id END",
        "next_due": dialect.day("t.next_due"),
        "begun_at": dialect.instant("t.begun_at"),
        "acted_at": dialect.instant("t.acted_at"),
    }
    values |= {column: joins.side(f"t.{column}") for column in MATTER_SIDES}
    return _insert("casework_matter", values, f"spread_copy c JOIN casework_matter t ON t.id = c.original {joins}")


def _files(connection: Any, dialect: Dialect) -> str:
    """A file of its own for every paper, with the content of the original's."""
    joins = Joins()
    values = {name: f't."{name}"' for name in columns_of(connection, "files_file")}
    values |= {
        "id": f"c.id * {ROOM} + t.rank",
        "uid": dialect.uid("f"),
        "organisation_id": joins.side("t.organisation_id"),
    }
    ranked = (
        "(SELECT f.*, x.matter_id, row_number() OVER (PARTITION BY x.matter_id ORDER BY x.id) AS rank "
        "FROM casework_paper x JOIN files_file f ON f.id = x.file_id)"
    )
    return _insert("files_file", values, f"spread_copy c JOIN {ranked} t ON t.matter_id = c.original {joins}")


def _children(connection: Any, dialect: Dialect, table: str) -> str:
    told, joins = CHILDREN[table], Joins()
    columns = columns_of(connection, table)
    values = {name: f't."{name}"' for name in columns} | {"id": f"c.id * {ROOM} + t.rank"}
    parent, key = ("matter_uid", "original_uid") if table in BY_UID else ("matter_id", "original")
    values[parent] = "c.uid" if table in BY_UID else "c.id"
    values |= {name: joins.side(f"t.{name}") for name in told.get("organisation", ())}
    values |= {name: joins.side(f"t.{name}", key="scope", wanted="new_scope") for name in told.get("scope", ())}
    values |= {name: joins.post(f"t.{name}") for name in told.get("post", ())}
    values |= {name: joins.post("t.handler_id", wanted="department") for name in told.get("department", ())}
    values |= {name: joins.post(f"t.{name}", key="person", wanted="new_person") for name in told.get("person", ())}
    values |= {name: dialect.instant(f"t.{name}") for name in told.get("instant", ())}
    values |= {name: dialect.day(f"t.{name}") for name in told.get("day", ())}
    values |= dict.fromkeys(told.get("nothing", ()), "NULL")
    if "sort_key" in columns:
        values["sort_key"] = f"t.sort_key + c.seconds * {MICROSECONDS}"
    if "act_id" in columns:
        values["act_id"] = f"c.id * {ROOM} + t.seq_of_act"
    if table == "casework_act":
        values["id"] = f"c.id * {ROOM} + t.seq"
    if table == "casework_paper":
        values |= _paper(dialect, joins)
    if table == "journal_entry":
        values["subject"] = "c.number"
    where = f" WHERE c.age <= {NOTICES_OF_DAYS}" if table == "notices_notice" else ""
    seq = ", (SELECT a.seq FROM casework_act a WHERE a.id = x.act_id) AS seq_of_act" if "act_id" in columns else ""
    ranked = (
        f"(SELECT x.*, row_number() OVER (PARTITION BY x.{parent} ORDER BY x.id) AS rank{seq} FROM {table} x "  # noqa: S608  our tables
        f"WHERE x.{parent} IN (SELECT {key} FROM spread_copy))"
    )
    return _insert(table, values, f"spread_copy c JOIN {ranked} t ON t.{parent} = c.{key} {joins}{where}")


def _paper(dialect: Dialect, joins: Joins) -> Mapping[str, str]:
    """A paper's number bears the mark of the organisation that issues it, and the copy's own."""
    own = joins.side("t.organisation_id", wanted="mark"), joins.side("t.organisation_id", wanted="new_mark")
    n = f"(c.id * {ROOM} + t.rank)"
    return {
        "uid": dialect.uid("a"),
        "n": n,
        "file_id": n,
        "number": f"replace(replace(t.number, {own[0]}, {own[1]}), '〕' || t.n || '号', '〕' || {n} || '号')",
    }


def _more_entries(dialect: Dialect) -> str:
    """What people did around the matter, until it has as many entries as the load asks for."""
    joins = Joins()
    day = "c.seconds + g.k * 3600"
    at = (
        f"m.begun_at + ({day}) * interval '1 second'"
        if dialect.postgres
        else (f"strftime('%Y-%m-%d %H:%M:%f', m.begun_at, ({day}) || ' seconds')")
    )
    values = {
        "id": f"c.id * {ROOM} + {ROOM // 2} + g.k",
        "at": at,
        "event": "CASE g.k % 3 WHEN 0 THEN 'matter.assign' WHEN 1 THEN 'matter.remind' ELSE 'matter.link' END",
        "person_id": joins.post("a.person_id", key="person", wanted="new_person"),
        "post_id": joins.post("a.post_id"),
        "organisation_id": joins.side("a.organisation_id"),
        "subject": "c.number",
        "matter_uid": "c.uid",
        "internal": "g.k % 3 = 0",
        "details": "'{}'",
    }
    steps = " UNION ALL ".join(f"SELECT {k} AS k" for k in range(1, ENTRIES + 1))
    return _insert(
        "journal_entry",
        values,
        f"spread_copy c JOIN ({steps}) g ON g.k <= {ENTRIES} - c.entries "
        "JOIN casework_matter m ON m.id = c.original "
        f"JOIN casework_act a ON a.matter_id = m.id AND a.seq = 1 {joins}",
    )
