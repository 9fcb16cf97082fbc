"""Throw-away databases to measure on: a SQLite file as in production, and a PostgreSQL that keeps what it commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from unittest.mock import patch

import django
from django.core.management import call_command
from django.db import connection, connections

from concord.foundation.database.roles import grant_application
from tests.support import postgres
from tests.support.database import point_django_at

KINDS = ("sqlite", "postgres")
# The tests' server owes nobody durability; what is measured here does.
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "shared_buffers": "512MB"}


class Database(Protocol):
    """One freshly migrated database."""

    kind: str

    def use(self) -> None:
        """Let Django speak to this database, as the application."""

    def url(self) -> str:
        """The database as the environment of a child process names it."""

    def bare(self) -> Any:
        """A driver's own connection, past Django and past every policy; committing is up to the caller."""


class Sqlite:
    """A file, with the settings of production."""

    kind = "sqlite"

    def __init__(self, path: Path, *, made: bool = False) -> None:
        self._path = path
        if made:
            return
        self.use()
        _migrate()

    def use(self) -> None:
        """Point Django at the file."""
        point_django_at({"NAME": str(self._path)})

    def url(self) -> str:
        """The file's path."""
        return f"sqlite://{self._path}"

    def bare(self) -> Any:
        """A connection that waits for the disk at every commit."""
        import sqlite3  # noqa: PLC0415  needed here alone

        found = sqlite3.connect(self._path, isolation_level=None)
        found.execute("PRAGMA synchronous=FULL")
        return found


class Postgres:
    """A database of a private server: migrated by the owner, used by the unprivileged role."""

    kind = "postgres"

    def __init__(self, server: postgres.Server, name: str, *, made: bool = False) -> None:
        self._server, self._name = server, name
        if made:
            return
        with server.connect() as administrator:
            administrator.execute(f"CREATE DATABASE {name} OWNER {postgres.OWNER}")
        self._point(postgres.OWNER)
        _migrate()
        with connection.cursor() as cursor:
            grant_application(cursor, postgres.APPLICATION)
        self.use()

    def use(self) -> None:
        """Point Django at the database as the application."""
        self._point(postgres.APPLICATION)

    def url(self) -> str:
        """The server's socket, with the application role."""
        return self._server.url(self._name, user=postgres.APPLICATION)

    def bare(self) -> Any:
        """A connection of the superuser, whom no policy binds."""
        return self._server.connect(self._name)

    def _point(self, role: str) -> None:
        place = {"NAME": self._name, "USER": role, "PASSWORD": "", "HOST": str(self._server.folder)}
        engine = "django.db.backends.postgresql"
        point_django_at({"ENGINE": engine, "PORT": postgres.PORT, "OPTIONS": {}, "CONN_MAX_AGE": None, **place})


@contextmanager
def made(kind: str, folder: Path, count: int = 1) -> Iterator[list[Database]]:
    """So many new databases of one kind, for as long as the block lasts."""
    with application():
        if kind == "sqlite":
            yield [Sqlite(folder / f"bench{n}.sqlite3") for n in range(count)]
        else:
            with patch.dict(postgres._SETTINGS, DURABLE), postgres.running() as server:  # noqa: SLF001  see DURABLE
                yield [Postgres(server, f"bench{n}") for n in range(count)]
                connections.close_all()


@contextmanager
def application() -> Iterator[None]:
    """Django set up; whatever it is pointed at inside the block, afterwards it speaks to its own database again."""
    django.setup()
    kept = dict(connections.databases["default"])
    try:
        yield
    finally:
        point_django_at(kept)


def _migrate() -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
