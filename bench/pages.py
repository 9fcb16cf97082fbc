"""What pages cost before the reference load: 1 and 8 clients through the real server, beside “ok” and the bare SQL.

For somebody of a member that sees nine of ten matters and of one that sees three; PostgreSQL with a hundred times as
many matters as beside it, SQLite with twenty-five times.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.databases import Database
from bench.deeds import Deeds
from bench.desks import OK, Asked, Desk, in_process, over_the_wire
from bench.measuring import Table, Times, milliseconds, once, ratio, undisturbed
from bench.originals import standing_world
from bench.reference import NARROW, WIDE, kept_postgres, kept_sqlite, seconds_taken
from bench.serving import served
from concord.foundation.database.clock import legal_date, now

SIZES: Final[Mapping[str, tuple[int, int]]] = {"postgres": (10_000, 1_000_000), "sqlite": (2_000, 50_000)}
ROUNDS: Final = 3
REQUESTS: Final = 6
CLIENTS: Final = 8
REQUESTS_OF_EACH: Final = 3
ACTS: Final = 6
LIMIT: Final = 0.15
LIMIT_OF_ACT: Final = 0.2
GROWTH: Final = 1.3
ACT: Final = "one act (accept), in process"
READERS: Final = ((WIDE, "900 of 1,000"), (NARROW, "3"))
NOTE_ON_LOAD: Final = (
    "The load is written by SQL from matters that the engine brought into every state of every procedure, and kept "
    "between runs; filling the larger size took {took} s."
)
Statement = tuple[str, Any]


@dataclass
class Page:
    """One address with everything measured of it at one size."""

    run: Callable[[], int]
    asked: Asked | None = None
    port: int = 0
    alone: list[float] = field(default_factory=list)
    together: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    lines: int = 0


def run(home: Path, kept: Path) -> list[Table]:
    """Two tables per database: the pages, and how the planner reaches the rows."""
    tables: list[Table] = []
    today = legal_date(now())
    for kind, sizes in SIZES.items():
        postgres = kind == "postgres"
        filled = (
            kept_postgres(kept, sizes, today=today, say=_say)
            if postgres
            else kept_sqlite(kept, home, sizes, today=today, say=_say)
        )
        with filled as databases:
            took = seconds_taken(kept, sizes[-1] if postgres else f"sqlite-{sizes[-1]}")
            made = _tables(kind, sizes, databases, kept, took)
        tables += made
        _say("\n".join(table.markdown() for table in made))
    return tables


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _tables(kind: str, sizes: tuple[int, int], databases: Sequence[Database], home: Path, took: str) -> list[Table]:
    small, large = sizes
    with ExitStack() as stack:
        ports = [stack.enter_context(served(database.url(), home)) for database in databases]
        lines: list[list[str]] = []
        plans: list[list[str]] = []
        for place, sees in READERS:
            measured = _measured(databases, ports, place, in_full=place == WIDE)
            lines += [[sees, *line] for line in _lines(measured)]
            if place == WIDE:
                databases[-1].use()
                plans = [[name, *_plan(page, kind)] for name, page in measured[-1].items() if name not in {OK, ACT}]
    columns = _columns(f"{large:,} : {small:,}")
    pages = Table(
        f"Pages on {kind}, {large:,} matters", columns, lines, [_note(small, large), NOTE_ON_LOAD.format(took=took)]
    )
    told = ["page", "indexes of the statements on matters", "read from end to end"]
    return [pages, Table(f"Plans on {kind} at {large:,} matters", told, plans)]


def _columns(sizes: str) -> list[str]:
    alone = ["p50, 1 client", "p95", f"p50, {CLIENTS} clients", "p95", "bare SQL"]
    compared = ["page : ok", "page : SQL", f"{sizes}, page", f"{sizes}, SQL"]
    return ["sees", "page", "statements", *alone, *compared, "p95 < 150 ms, 1 / 8 clients", f"growth ≤ {GROWTH}"]


def _note(small: int, large: int) -> str:
    return (
        f"Whole requests to two web processes on loopback, all on this machine; {ROUNDS} rounds of {REQUESTS} by one "
        f"client and of {REQUESTS_OF_EACH} by each of {CLIENTS}, {small:,} and {large:,} matters in turn. Bare SQL: "
        "the same SELECT statements in one process, through the driver, rows fetched and thrown away. Growth "
        "compares the medians of one client; where the sizes show different numbers of lines, these stand there. "
        "An act is measured in one process, its limit is 200 ms."
    )


def _measured(
    databases: Sequence[Database], ports: Sequence[int], place: str, *, in_full: bool
) -> list[dict[str, Page]]:
    sized: list[dict[str, Page]] = []
    acting: list[list[Callable[[], object]]] = []
    for database, port in zip(databases, ports, strict=True):
        database.use()
        desk = Desk(place, in_full=in_full)
        asked = desk.pages()
        sized.append({name: Page(in_process(one), one, port) for name, one in asked.items()})
        acting.append(_acts() if in_full else [])
    for number in range(ROUNDS + 1):
        for database, pages, acts in zip(databases, sized, acting, strict=True):
            database.use()
            for page in pages.values():
                _measure(page, keep=number > 0)
            if acts:
                page = pages.setdefault(ACT, Page(run=lambda: 0))
                seconds = [once(acts.pop()) for _ in range(ACTS)]
                page.alone += seconds if number else []
    return sized


def _acts() -> list[Callable[[], object]]:
    """Requests that wait to be accepted, and the call that accepts each."""
    deeds = Deeds(standing_world())
    matters = [deeds.in_state("delivered") for _ in range(ACTS * (ROUNDS + 1))]
    return [deeds.ready(matter, "accept", by="asked.case_officer") for matter in matters]


def _measure(page: Page, *, keep: bool) -> None:
    if page.asked is None:
        return
    page.lines = page.run()  # a new connection costs nobody's page
    page.statements = statements_of(page.run)
    with undisturbed():
        alone = over_the_wire(page.port, page.asked, clients=1, requests=REQUESTS)
        bare = [once(lambda: replay(page.statements)) for _ in range(REQUESTS)]
        together = over_the_wire(page.port, page.asked, clients=CLIENTS, requests=REQUESTS_OF_EACH)
    if keep:
        page.alone += alone
        page.bare += bare
        page.together += together


def statements_of(ask: Callable[[], object]) -> list[Statement]:
    """The SELECT statements of one request, as the driver gets them."""
    from django.db import connection  # noqa: PLC0415  the connection of the database in use

    kept: list[Statement] = []

    def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001  Django's call
        if sql.startswith("SELECT"):
            kept.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        ask()
    return kept


def replay(statements: list[Statement]) -> None:
    """Ask the statements again through the driver, and throw their rows away."""
    from django.db import connection  # noqa: PLC0415  as above

    cursor = connection.create_cursor()
    for sql, params in statements:
        cursor.execute(sql, params)
        cursor.fetchall()


def _lines(measured: list[dict[str, Page]]) -> list[list[str]]:
    small, large = measured
    ok = Times(tuple(large[OK].alone)).median
    lines = []
    for name, page in large.items():
        own, before = Times(tuple(page.alone)), Times(tuple(small[name].alone)).median
        limit, growth = LIMIT_OF_ACT if name == ACT else LIMIT, own.median / before
        told = [name, str(len(page.statements)), milliseconds(own.median), milliseconds(own.p95)]
        if page.asked is None:
            told += ["-"] * 5 + [ratio(own.median, before), "-", _met(own.p95 < limit)]
        else:
            together, bare = Times(tuple(page.together)), Times(tuple(page.bare)).median
            told += [milliseconds(together.median), milliseconds(together.p95), milliseconds(bare)]
            told += [ratio(own.median, ok), ratio(own.median, bare), ratio(own.median, before)]
            told += [ratio(bare, Times(tuple(small[name].bare)).median)]
            told += [f"{_met(own.p95 < limit)} / {_met(together.p95 < limit)}"]
        alike = page.lines == small[name].lines
        lines.append([*told, _met(growth <= GROWTH) if alike else f"{page.lines} : {small[name].lines} lines"])
    return lines


def _met(good: bool) -> str:  # noqa: FBT001  the only thing it says
    return "met" if good else "**not met**"


def _plan(page: Page, kind: str) -> list[str]:
    """How the statements on matters are answered: indexes used, tables read from end to end."""
    from django.db import connection  # noqa: PLC0415  as above

    connection.ensure_connection()
    cursor = connection.create_cursor()
    text = ""
    for sql, params in page.statements:
        cursor.execute(sql, params)  # the scope is entered on the way
        cursor.fetchall()
        if "casework_" in sql or "journal_" in sql:
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' if kind == 'sqlite' else ''}{sql}", params)
            text += "\n".join(str(row[-1]) for row in cursor.fetchall()) + "\n"
    if kind == "sqlite":
        used = re.findall(r"USING (?:COVERING )?INDEX (\w+)", text)
        whole = re.findall(r"SCAN (casework_\w+)(?! USING)", text)
    else:
        used = re.findall(r"Index (?:Only )?Scan (?:Backward )?using (\w+)|Bitmap Index Scan on (\w+)", text)
        used = ["".join(names) for names in used]
        whole = re.findall(r"Seq Scan on (casework_\w+|journal_\w+)", text)
    return [", ".join(f"`{name}`" for name in sorted(set(names))) or "-" for names in (used, whole)]
