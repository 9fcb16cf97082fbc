"""The reference load: databases of a given number of matters that are kept between runs and rebuilt when they must be.

A member of the nine takes part in nine of ten matters (``wide``), a tenth member in three (``narrow``); three of a
hundred are open.
"""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from bench import kept, spreading
from bench.databases import Database, Postgres, Sqlite, application
from bench.originals import OFFICERS, TENTH, Original, drive, nine_cities, originals
from bench.spreading import COPY_COLUMNS, FIRST_ID, Dialect
from bench.wording import Copy, Wording, shared, write
from concord.foundation.database.scope import NOBODY, SYSTEM, enter
from tests.support import postgres

PROJECT: Final = Path(__file__).resolve().parents[1]
# Raised whenever what is written changes, so that kept databases are filled anew.
EDITION: Final = 4
WIDE, NARROW = "asking", TENTH
SHARE_OF_WIDE = 0.9
MATTERS_OF_NARROW = 3
SHARE_OF_OPEN = 0.03
SHARE_OF_LATE = 0.1
SHARE_IN_CASES = 0.3
DAYS = 730
LONGEST_LATE = 12
UNHURRIED = 45
LAST_HOUR = 3_600
ORIGINALS: Final = "originals"
FAMILIES, TRADES = "云江锦绣华兴泰和宏远达诚信恒", "五金服饰电器食品茶叶皮具文具灯饰"
KINDS_OF_FIRM = ("商贸有限公司", "制造有限公司", "网店")
Say = Callable[[str], None]
ALL_TABLES = ("casework_case", "casework_matter", "casework_words", "files_file", *spreading.CHILDREN)


@dataclass(frozen=True, slots=True)
class Side:
    """An organisation with its scope and the mark of its papers."""

    id: int
    scope: int
    mark: str


@dataclass(frozen=True, slots=True)
class PostOf:
    """A post: whose, where, of which kind, in which department."""

    id: int
    person: int
    organisation: int
    kind: str
    department: int | None


def fingerprint() -> str:
    """What a kept database depends on: every migration and this edition of the load."""
    found = hashlib.sha256(str(EDITION).encode())
    for path in sorted((PROJECT / "src").glob("**/migrations/*.py")):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


def keep_postgres(folder: Path, sizes: Sequence[int], *, today: date, say: Say) -> None:
    """Fill the kept server's databases ``kept_<size>`` where they are missing or of another edition."""
    missing = [size for size in sizes if _mark(folder, size) != fingerprint()]
    if not missing:
        return
    with kept.running(folder, kept.FILLING) as server, application(), files_in(folder):
        if _mark(folder, ORIGINALS) != fingerprint():
            begun = perf_counter()
            with server.connect() as administrator:
                administrator.execute(f"DROP DATABASE IF EXISTS {ORIGINALS}")
            Postgres(server, ORIGINALS)
            drive(nine_cities())
            _edition(folder, ORIGINALS).write_text(fingerprint(), encoding="utf-8")
            say(f"originals: {perf_counter() - begun:.0f} s")
        for size in missing:
            _edition(folder, size).unlink(missing_ok=True)
            name = f"kept_{size}"
            server.copy_database(ORIGINALS, name)
            database = Postgres(server, name, made=True)
            database.use()
            connection = database.bare()
            begun = perf_counter()
            load(connection, Dialect(postgres=True), size, today=today, say=say)
            connection.close()
            _edition(folder, size).write_text(f"{fingerprint()} {perf_counter() - begun:.0f}", encoding="utf-8")


@contextmanager
def kept_postgres(folder: Path, sizes: Sequence[int], *, today: date, say: Say) -> Iterator[list[Database]]:
    """A working copy of each kept database, on a server that waits for the disk; the copies go with the block."""
    keep_postgres(folder, sizes, today=today, say=say)
    with kept.running(folder, kept.DURABLE) as server, application(), files_in(folder):
        begun = perf_counter()
        for size in sizes:
            server.copy_database(f"kept_{size}", f"copy_{size}")
        say(f"working copies: {perf_counter() - begun:.0f} s")
        try:
            yield [Postgres(server, f"copy_{size}", made=True) for size in sizes]
        finally:
            _drop_copies(server, sizes)


def _drop_copies(server: postgres.Server, sizes: Sequence[int]) -> None:
    _close()
    with server.connect() as administrator:
        for size in sizes:
            administrator.execute(f"DROP DATABASE IF EXISTS copy_{size} WITH (FORCE)")


@contextmanager
def kept_sqlite(folder: Path, home: Path, sizes: Sequence[int], *, today: date, say: Say) -> Iterator[list[Database]]:
    """A working copy in ``home`` of each kept SQLite file, filled before where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    with application(), files_in(folder):
        for size in sizes:
            if _mark(folder, f"sqlite-{size}") != fingerprint():
                _fill_sqlite(folder, size, today=today, say=say)
        databases: list[Database] = []
        for size in sizes:
            path = home / f"reference{size}.sqlite3"
            shutil.copyfile(folder / f"{size}.sqlite3", path)
            databases.append(Sqlite(path, made=True))
        yield databases


def _fill_sqlite(folder: Path, size: int, *, today: date, say: Say) -> None:
    """Fill one file, from originals that are brought about once."""
    path, source = folder / f"{size}.sqlite3", folder / f"{ORIGINALS}.sqlite3"
    if _mark(folder, "sqlite-originals") != fingerprint():
        for stale in folder.glob(f"{ORIGINALS}.sqlite3*"):
            stale.unlink()
        Sqlite(source)
        drive(nine_cities())
        _close()
        _edition(folder, "sqlite-originals").write_text(fingerprint(), encoding="utf-8")
    begun = perf_counter()
    shutil.copyfile(source, path)
    database = Sqlite(path, made=True)
    database.use()
    connection = database.bare()
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("BEGIN")
    load(connection, Dialect(postgres=False), size, today=today, say=say)
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.close()
    _close()
    _edition(folder, f"sqlite-{size}").write_text(f"{fingerprint()} {perf_counter() - begun:.0f}", encoding="utf-8")


def _close() -> None:
    """The last connection to close writes the log back into the file."""
    from django.db import connections  # noqa: PLC0415  Django is set up by then

    connections.close_all()


@contextmanager
def files_in(folder: Path) -> Iterator[None]:
    """Keep the files of papers beside the databases."""
    from django.test import override_settings  # noqa: PLC0415  Django is set up by then

    with override_settings(FILES_ROOT=folder / "files"):
        yield


def _edition(folder: Path, what: int | str) -> Path:
    """The file that says of which edition a kept database is."""
    return folder / f"{what}.edition"


def _mark(folder: Path, what: int | str) -> str:
    return _told(folder, what)[0]


def seconds_taken(folder: Path, what: int | str) -> str:
    """How many seconds it took to fill a kept database."""
    return _told(folder, what)[1]


def _told(folder: Path, what: int | str) -> tuple[str, str]:
    path = _edition(folder, what)
    digest, _, seconds = path.read_text(encoding="utf-8").partition(" ") if path.exists() else ("", "", "")
    return digest, seconds


def load(connection: Any, dialect: Dialect, size: int, *, today: date, say: Say) -> None:
    """Copy the originals in the database until it holds ``size`` matters; the caller owns the connection."""
    clock = _Clock(say)
    enter(SYSTEM)
    found = originals()
    enter(NOBODY)
    sides, posts = _sides(connection), _posts(connection)
    members = [side for side in sides if side.mark != ""]
    plan = Plan(found, members, today)
    spreading.prepare(connection, dialect)
    made = list(plan.copies(size - len(found)))
    spreading.fill(connection, dialect, "spread_copy", COPY_COLUMNS, made)
    spreading.fill(
        connection,
        dialect,
        "spread_side",
        ("variant", "old", "new", "scope", "new_scope", "mark", "new_mark"),
        plan.side_rows(sides),
    )
    spreading.fill(
        connection,
        dialect,
        "spread_post",
        ("variant", "officer", "old", "new", "person", "new_person", "department"),
        plan.post_rows(sides, posts),
    )
    clock.tell(f"plan of {size:,}")
    kept_apart = _strip(connection) if dialect.postgres else []
    clock.tell("indexes put aside")
    for table, statement in spreading.spread(connection, dialect):
        cursor = connection.execute(statement)
        clock.tell(f"{table}: {cursor.rowcount:,} rows")
    _number_on(connection, made, dialect)
    clock.tell(f"casework_words: {_words(connection, dialect, plan, sides, made):,} rows")
    for table in ("spread_copy", "spread_side", "spread_post"):
        connection.execute(f"DROP TABLE {table}")
    for statement in kept_apart:
        connection.execute(statement)
    clock.tell("indexes made again")
    if dialect.postgres:
        connection.execute("RESET session_replication_role")
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
        clock.tell("vacuum")


class _Clock:
    """Tells what each step took."""

    def __init__(self, say: Say) -> None:
        self._say, self._last = say, perf_counter()

    def tell(self, what: str) -> None:
        now = perf_counter()
        self._say(f"{what}: {now - self._last:.1f} s")
        self._last = now


class Plan:
    """Which original each copy repeats, when, and who takes whose place."""

    def __init__(self, found: Sequence[Original], members: Sequence[Side], today: date) -> None:
        self._open = [one for one in found if one.open and one.members]
        self._ended = [one for one in found if not one.open and one.members]
        self._nine, self._tenth = list(members[:-1]), members[-1]
        self._chance = random.Random(20261123)  # noqa: S311  the same load every time
        self._today = today

    def copies(self, count: int) -> Iterator[tuple[Any, ...]]:
        """The rows of ``spread_copy`` in the order of their beginning."""
        drawn = sorted((self._drawn(n, count) for n in range(count)), key=lambda one: one[0])
        numbers: dict[int, int] = {}
        for at, (begun, original, days, seconds, open_now) in enumerate(drawn):
            year = begun.year
            numbers[year] = numbers.get(year, 10_000) + 1
            narrow = count - at in {5, 50, 500}
            stamp = int(begun.timestamp() * 1_000)
            yield (
                FIRST_ID + at,
                original.id,
                original.uid,
                f"{stamp:012x}7{at & 0xFFF:03x}8{at:015x}",
                f"G60-{year}-{numbers[year]:05d}",
                self._variant(original, narrow=narrow),
                self._chance.randrange(OFFICERS + 1),
                days,
                days * 86_400 + seconds,
                self._name(at),
                original.title_field,
                self._chance.random() < SHARE_IN_CASES,
                original.entries,
                0 if open_now else (self._today - begun.date()).days,
            )

    def _drawn(self, n: int, count: int) -> tuple[datetime, Original, int, int, bool]:
        open_now = self._chance.random() < SHARE_OF_OPEN
        original = self._chance.choice(self._open if open_now else self._ended)
        last = self._today - timedelta(days=self._age(original) if open_now else 1 + (count - n) * DAYS // count)
        days = (last - original.last_date).days
        seconds = self._chance.randrange(LAST_HOUR)
        return original.begun_at + timedelta(days=days, seconds=seconds), original, days, seconds, open_now

    def _age(self, original: Original) -> int:
        """How many days ago the last act was, so that a tenth of what has a clock is late."""
        if original.due_date is None:
            return self._chance.randrange(UNHURRIED)
        left = max(0, (original.due_date - original.last_date).days)
        if self._chance.random() < SHARE_OF_LATE:
            return left + 1 + self._chance.randrange(LONGEST_LATE)
        return self._chance.randrange(left + 1)

    def _variant(self, original: Original, *, narrow: bool) -> int:
        """A variant in which the widest member takes part in this original, or one in which it does not."""
        taking_part = [at for at, side in enumerate(self._nine) if side.id in original.members]
        if narrow:
            return len(self._nine) ** 2 + taking_part[0]
        absent = [at for at in range(len(self._nine)) if at not in taking_part]
        among = taking_part if not absent or self._chance.random() < SHARE_OF_WIDE else absent
        return self._chance.choice(among or absent) * len(self._nine) + self._chance.randrange(len(self._nine) - 1)

    def _name(self, at: int) -> str:
        """A firm's name; ``at`` makes it one of its kind."""
        draw = self._chance
        family = draw.choice(FAMILIES) + draw.choice(FAMILIES) + draw.choice(FAMILIES)
        trade = draw.randrange(len(TRADES) // 2) * 2
        return f"{family}{TRADES[trade : trade + 2]}{draw.choice(KINDS_OF_FIRM)}{at}"

    def exchanged(self) -> Iterator[tuple[int, Mapping[int, Side]]]:
        """Every variant: whom it puts in each member's place; the last ones put the tenth in the place of one."""
        wide, *others = self._nine
        for instead in range(len(self._nine)):
            rest = [side for at, side in enumerate(self._nine) if at != instead]
            for turn in range(len(others)):
                turned = others[turn:] + others[:turn]
                placed = {old.id: new for old, new in zip(rest, turned, strict=True)}
                yield instead * len(self._nine) + turn, {self._nine[instead].id: wide, **placed}
            yield len(self._nine) ** 2 + instead, {self._nine[instead].id: self._tenth}

    def side_rows(self, sides: Sequence[Side]) -> Iterator[tuple[Any, ...]]:
        """The rows of ``spread_side``; who is not exchanged stays."""
        for variant, placed in self.exchanged():
            for side in sides:
                new = placed.get(side.id, side)
                yield variant, side.id, new.id, side.scope, new.scope, side.mark, new.mark

    def post_rows(self, sides: Sequence[Side], posts: Sequence[PostOf]) -> Iterator[tuple[Any, ...]]:
        """The rows of ``spread_post``: a post of the same kind there, of case officers one of many."""
        of: dict[tuple[int, str], list[PostOf]] = {}
        for post in posts:
            of.setdefault((post.organisation, post.kind), []).append(post)
        for variant, placed in self.exchanged():
            for officer in range(OFFICERS + 1):
                for side in sides:
                    new_side = placed.get(side.id, side)
                    for old in (post for post in posts if post.organisation == side.id):
                        own, there = of[side.id, old.kind], of[new_side.id, old.kind]
                        new = there[(own.index(old) + officer) % len(there)]
                        yield variant, officer, old.id, new.id, old.person, new.person, new.department


def _sides(connection: Any) -> list[Side]:
    rows = connection.execute(
        "SELECT o.id, s.id, CASE WHEN o.kind = 'member' THEN o.mark ELSE '' END FROM organisations_organisation o "
        "JOIN access_scope s ON s.organisation_id = o.id ORDER BY o.position, o.id"
    ).fetchall()
    return [Side(*row) for row in rows]


def _posts(connection: Any) -> list[PostOf]:
    rows = connection.execute(
        "SELECT id, person_id, organisation_id, kind, department_id FROM organisations_post ORDER BY id"
    ).fetchall()
    return [PostOf(*row) for row in rows]


def _strip(connection: Any) -> list[str]:
    """Take secondary indexes and unique constraints off the large tables; returns what makes them again."""
    connection.execute("SET session_replication_role = replica")  # no trigger looks at every single copy
    again: list[str] = []
    for table in ALL_TABLES:
        rows = connection.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass "
            "AND contype = 'u'",
            [table],
        ).fetchall()
        for name, definition in rows:
            connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            again.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        indexes = connection.execute(
            "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.tablename = %s AND NOT EXISTS "
            "(SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname AND c.conrelid = %s::regclass)",
            [table, table],
        ).fetchall()
        for name, definition in indexes:
            connection.execute(f'DROP INDEX "{name}"')
            again.append(definition)
    return again


def _words(connection: Any, dialect: Dialect, plan: Plan, sides: Sequence[Side], made: Sequence[Sequence[Any]]) -> int:
    """Put every copy into words."""
    enter(SYSTEM)
    placed = {variant: {old: new.id for old, new in new_sides.items()} for variant, new_sides in plan.exchanged()}
    put = Wording(shared(), placed, {side.id: side.mark for side in sides})
    enter(NOBODY)
    copies = []
    for row in made:
        told = dict(zip(COPY_COLUMNS, row, strict=True))
        n = told["id"] - FIRST_ID
        firm = told["name"].removesuffix(str(n))
        one = Copy(told["id"], told["original"], told["number"], firm, n, in_case=told["in_case"])
        copies.append((one, told["variant"]))
    return write(connection, dialect, put, copies)


def _number_on(connection: Any, made: Iterable[Sequence[Any]], dialect: Dialect) -> None:
    """Let numbers and ids go on after the copies."""
    last: dict[int, int] = {}
    for row in made:
        _alliance, told, n = str(row[COPY_COLUMNS.index("number")]).split("-")
        last[int(told)] = max(last.get(int(told), 0), int(n))
    for year, number in last.items():
        connection.execute(
            f"UPDATE casework_numberseries SET last = {number} WHERE kind = 'matter' AND year = {year}"  # noqa: S608  numbers
        )
        connection.execute(
            "INSERT INTO casework_numberseries (organisation_id, kind, year, last) "  # noqa: S608  numbers
            f"SELECT id, 'matter', {year}, {number} FROM organisations_organisation WHERE kind = 'centre' AND NOT "
            f"EXISTS (SELECT 1 FROM casework_numberseries WHERE kind = 'matter' AND year = {year})"
        )
    if dialect.postgres:
        for table in ALL_TABLES:
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # noqa: S608  our tables
            )
