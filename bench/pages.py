"""What a page costs with 2,000 and with 20,000 matters, beside a page that says “ok” and beside its bare SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.databases import KINDS, Database, made
from bench.measuring import ROUNDS, Table, Times, milliseconds, once, ratio, undisturbed

SIZES = (2_000, 20_000)
REQUESTS = 6
LIMIT = 0.15
OK = "“ok” behind the same middleware"
COLUMNS = (
    "page",
    "statements",
    "p50",
    "p95",
    "bare SQL",
    "page : ok",
    "page : SQL",
    "20,000 : 2,000, page",
    "20,000 : 2,000, SQL",
    "p95 < 150 ms",
)
STATES = ("drafted", "submitted", "delivered", "accepted", "answer_submitted", "answered", "closed", "refused")
Statement = tuple[str, Any]


@dataclass
class Page:
    """One address with everything measured of it at one size."""

    ask: Callable[[], None]
    seconds: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)


def run(home: Path) -> list[Table]:
    """A table per database, and one that says how the planner reaches the rows."""
    tables: list[Table] = []
    plans: list[list[str]] = []
    for kind in KINDS:
        with made(kind, home, len(SIZES)) as databases:
            measured, seen = _measured(databases)
            tables.append(Table(f"Pages on {kind}", COLUMNS, _rows(measured), [_note()]))
            plans += [[kind, *line] for line in seen]
    columns = ["database", "page", "indexes of the statement on matters", "read from end to end"]
    tables.append(Table(f"Plans at {SIZES[-1]:,} matters", columns, plans))
    return tables


def _note() -> str:
    return (
        f"One client, whole requests through WSGI in this process; {ROUNDS} rounds of {REQUESTS}, both sizes in turn. "
        "The reader's city takes part in two of nine matters. Bare SQL: the same SELECT statements once more, through "
        "the driver, rows fetched and thrown away. The first columns are of the larger size."
    )


def _measured(databases: list[Database]) -> tuple[list[dict[str, Page]], list[list[str]]]:
    from bench.desks import Desk  # noqa: PLC0415  models load only once Django is set up

    with ExitStack() as stack:
        sized: list[dict[str, Page]] = []
        for database, size in zip(databases, SIZES, strict=True):
            database.use()
            desk = stack.enter_context(_behind(Desk, database, size))
            sized.append({name: Page(ask) for name, ask in desk.pages().items()})
        for number in range(ROUNDS + 1):
            for database, pages in zip(databases, sized, strict=True):
                database.use()
                for page in pages.values():
                    _measure(page, keep=number > 0)
        databases[-1].use()
        return sized, [[name, *_plan(page, databases[-1].kind)] for name, page in sized[-1].items() if name != OK]


@contextmanager
def _behind(desk: Any, database: Database, size: int) -> Iterator[Any]:
    """Somebody at a desk, in front of so many matters."""
    from django.test import override_settings  # noqa: PLC0415  as above

    with override_settings(
        ROOT_URLCONF="bench.addresses",
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
    ):
        yield desk(database, size, STATES)


def _measure(page: Page, *, keep: bool) -> None:
    page.ask()  # a new connection costs nobody's page
    page.statements = _statements(page.ask)
    with undisturbed():
        asked = [once(page.ask) for _ in range(REQUESTS)]
        bare = [once(lambda: _replay(page.statements)) for _ in range(REQUESTS)]
    if keep:
        page.seconds += asked
        page.bare += bare


def _statements(ask: Callable[[], None]) -> list[Statement]:
    """The SELECT statements of one request, as the driver gets them."""
    from django.db import connection  # noqa: PLC0415  as above

    kept: list[Statement] = []

    def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001  Django's call
        if sql.startswith("SELECT"):
            kept.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        ask()
    return kept


def _replay(statements: list[Statement]) -> None:
    from django.db import connection  # noqa: PLC0415  as above

    cursor = connection.create_cursor()
    for sql, params in statements:
        cursor.execute(sql, params)
        cursor.fetchall()


def _rows(measured: list[dict[str, Page]]) -> list[list[str]]:
    small, large = measured
    ok = Times(tuple(large[OK].seconds)).median
    rows = []
    for name, page in large.items():
        own, bare = Times(tuple(page.seconds)), Times(tuple(page.bare))
        before, bare_before = Times(tuple(small[name].seconds)), Times(tuple(small[name].bare))
        rows.append(
            [
                name,
                str(len(page.statements)),
                milliseconds(own.median),
                milliseconds(own.p95),
                milliseconds(bare.median),
                ratio(own.median, ok),
                ratio(own.median, bare.median),
                ratio(own.median, before.median),
                ratio(bare.median, bare_before.median),
                "met" if own.p95 < LIMIT else "not met",
            ]
        )
    return rows


def _plan(page: Page, kind: str) -> list[str]:
    """How the statements on matters are answered: indexes used, tables read from end to end."""
    from django.db import connection  # noqa: PLC0415  as above

    connection.ensure_connection()
    cursor = connection.create_cursor()
    text = ""
    for sql, params in page.statements:
        cursor.execute(sql, params)  # the scope is entered on the way
        cursor.fetchall()
        if 'FROM "casework_matter"' in sql:
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' if kind == 'sqlite' else ''}{sql}", params)
            text += "\n".join(str(row[-1]) for row in cursor.fetchall()) + "\n"
    if kind == "sqlite":
        used = re.findall(r"USING (?:COVERING )?INDEX (\w+)", text)
        whole = re.findall(r"SCAN (casework_\w+)(?! USING)", text)
    else:
        used = re.findall(r"Index (?:Only )?Scan (?:Backward )?using (\w+)|Bitmap Index Scan on (\w+)", text)
        used = ["".join(names) for names in used]
        whole = re.findall(r"Seq Scan on (casework_\w+)", text)
    ours = sorted({name for name in used if name.startswith(("audience", "matter", "casework", "one_", "running"))})
    return [
        ", ".join(f"`{name}`" for name in ours) or "-",
        ", ".join(f"`{name}`" for name in sorted(set(whole))) or "-",
    ]
