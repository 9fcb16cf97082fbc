"""What one act costs: beside the bare insert of the rows it writes, and a signing act also beside bare typesetting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import typst

from bench.databases import KINDS, Database, made
from bench.measuring import Table, Times, milliseconds, once, ratio, undisturbed

LIMIT = 0.2
WARM_UP = 4
ACTS = 40
COLUMNS = (
    "act",
    "database",
    "p50",
    "p95",
    "bare insert and commit, p50",
    "bare typst, p50",
    "act : insert",
    "act : insert + typst",
    "p95 < 200 ms",
)
NOTE_ON_BARE = (
    f"{ACTS} acts of each kind, one after another, each followed at once by its bare counterparts. The bare insert "
    "writes the rows that the act wrote (the matter's own among them) into copies of the tables without indexes or "
    "triggers, in one transaction that waits for the disk. Bare typst compiles the same letter with another number, "
    "once; the act also asks typst for the number of pages."
)
NOTE_ON_DISK = (
    "On SQLite an act commits without waiting for the disk (write-ahead log, `synchronous=NORMAL`), the bare insert "
    "waits; on PostgreSQL both wait."
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that an act has written: the table, its columns, the values as the driver gave them."""

    table: str
    columns: tuple[str, ...]
    values: tuple[Any, ...]


def run(home: Path, _kept: Path) -> list[Table]:
    """One table: a signing act and a plain one on either database."""
    rows: list[list[str]] = []
    for kind in KINDS:
        with made(kind, home) as [database]:
            rows += _measured(database)
    notes = [NOTE_ON_BARE, NOTE_ON_DISK]
    return [Table("Acts", COLUMNS, rows, notes)]


def _measured(database: Database) -> list[list[str]]:
    from bench.deeds import Deeds  # noqa: PLC0415  models load only once Django is set up

    deeds = Deeds()
    matters = [deeds.submitted() for _ in range(WARM_UP + ACTS)]
    bare = Bare(database)
    found: dict[str, list[float]] = {name: [] for name in ("issue", "issue rows", "typst", "accept", "accept rows")}
    for number, matter in enumerate(matters):
        times: dict[str, float] = {}
        for act, place in (("issue", "asking.leader"), ("accept", "asked.case_officer")):
            perform = deeds.ready(matter, act, by=place)
            before = bare.marks()
            with undisturbed():
                times[act] = once(perform)
            rows = bare.rows_since(before)
            with undisturbed():
                times[f"{act} rows"] = once(partial(bare.insert, rows))
        with undisturbed():
            times["typst"] = once(_compiling(deeds, matter))
        if number >= WARM_UP:
            for name, seconds in times.items():
                found[name].append(seconds)
    timed = {name: Times(tuple(seconds)) for name, seconds in found.items()}
    return [_line(database.kind, act, timed) for act in ("issue", "accept")]


def _line(kind: str, act: str, timed: dict[str, Times]) -> list[str]:
    own, insert = timed[act], timed[f"{act} rows"].median
    signing = act == "issue"
    typeset = timed["typst"].median if signing else 0.0
    return [
        "issue: number, letter, journal" if signing else "accept",
        kind,
        milliseconds(own.median),
        milliseconds(own.p95),
        milliseconds(insert),
        milliseconds(typeset) if signing else "-",
        ratio(own.median, insert),
        ratio(own.median, insert + typeset),
        "met" if own.p95 < LIMIT else "not met",
    ]


class Bare:
    """The driver's own way into the tables."""

    def __init__(self, database: Database) -> None:
        self._kind = database.kind
        self._connection = database.bare()
        self._tables = self._named("id")
        for table in self._tables:
            self._connection.execute(f"CREATE TABLE bare_{table} AS SELECT * FROM {table} WHERE 1 = 0")  # noqa: S608  our tables
        if self._kind == "postgres":
            from psycopg.types.json import JsonbDumper  # noqa: PLC0415  needed for PostgreSQL alone

            for kind in (dict, list):
                self._connection.adapters.register_dumper(kind, JsonbDumper)

    def marks(self) -> dict[str, int]:
        """The largest id of every table."""
        return {
            table: self._connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]  # noqa: S608  our tables
            for table in self._tables
        }

    def rows_since(self, marks: dict[str, int]) -> list[Row]:
        """The rows written since, and the newest matter's, which the act has changed."""
        found: list[Row] = []
        for table, last in marks.items():
            cursor = self._connection.execute(f"SELECT * FROM {table} WHERE id > {last}")  # noqa: S608  our tables
            columns = tuple(column[0] for column in cursor.description)
            found += [Row(table, columns, tuple(values)) for values in cursor.fetchall()]
        cursor = self._connection.execute("SELECT * FROM casework_matter ORDER BY acted_at DESC LIMIT 1")
        columns = tuple(column[0] for column in cursor.description)
        return [*found, Row("casework_matter", columns, tuple(cursor.fetchone()))]

    def insert(self, rows: list[Row]) -> None:
        """All rows in one transaction, on the disk when it returns."""
        sign = "?" if self._kind == "sqlite" else "%s"
        self._connection.execute("BEGIN")
        for row in rows:
            signs = ", ".join([sign] * len(row.columns))
            names = ", ".join(f'"{name}"' for name in row.columns)
            self._connection.execute(f"INSERT INTO bare_{row.table} ({names}) VALUES ({signs})", row.values)  # noqa: S608  our tables
        self._connection.execute("COMMIT")

    def _named(self, column: str) -> list[str]:
        """Our tables with that column."""
        prefixes = ("casework_", "journal_", "notices_", "files_")
        if self._kind == "sqlite":
            listed = (
                "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = ?"
            )
        else:
            listed = (
                "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = %s"
            )
        names = [str(row[0]) for row in self._connection.execute(listed, (column,)).fetchall()]
        return sorted(name for name in names if name.startswith(prefixes))


def _compiling(deeds: Any, matter: Any) -> Callable[[], object]:
    """Compile the letter of the matter, under a number that typst has not seen."""
    from bench.deeds import letter_and_template  # noqa: PLC0415  as above
    from concord.casework.papers.letter import context  # noqa: PLC0415  as above

    letter, template, fonts = letter_and_template(matter)
    again = replace(letter, number=f"{letter.number}之二", issued_date=letter.issued_date + timedelta(days=1))
    sources: Any = {"main.typ": template.source.encode()}
    sources |= {path: text.encode() for path, text in template.parts.items()}
    inputs = {"letter": context(again)}
    loaded = deeds.fonts()

    def compiled() -> object:
        return typst.compile(
            sources,
            format="pdf",
            root=fonts,
            font_paths=loaded,
            ignore_system_fonts=True,
            sys_inputs=inputs,
            pdf_standards=["a-2b"],
        )

    return compiled
