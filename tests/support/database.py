"""The database under test: SQLite or a real PostgreSQL, prepared as its owner and used as the application.

Transactional tests cannot be undone by Django's flush: append-only tables refuse it, and it would empty what migrations
wrote. So the freshly migrated database is kept, and put back whole after each of them.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from django.db import connection, connections

from concord.foundation.database.roles import grant_application
from tests.support import postgres

CHOICES = ("sqlite", "postgres")
DATABASE = os.environ.get("CONCORD_TEST_DATABASE", "sqlite")


class DatabaseUnderTest(Protocol):
    """What the fixtures ask of either database."""

    def keep(self) -> None:
        """Remember the freshly migrated database; from here on connections are the application's."""

    def restore(self) -> None:
        """Put the remembered database back, whatever was committed since."""

    def release(self) -> None:
        """Give the connections back to the owner, who removes the database."""

    def owning(self) -> AbstractContextManager[None]:
        """Be the owner for the block, in the middle of a test."""

    def url(self) -> str:
        """Name the database the way the environment of a child process does."""


def point_django_at(settings: Mapping[str, Any]) -> None:
    """Let Django's default connection, in every thread, use these settings."""
    if connections.all(initialized_only=True):
        connections["default"].close()
        del connections["default"]
    connections.databases["default"].update(settings)


class SqliteUnderTest:
    """A file, as in production: write-ahead log, immediate transactions, seen by threads and child processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._restored = 0
        self._live = folder / "live0.sqlite3"
        self._kept = folder / "kept.sqlite3"
        test = connections.databases["default"]["TEST"] | {"NAME": str(self._live)}
        point_django_at({"TEST": test})

    def keep(self) -> None:
        """Copy the file; the last connection to close writes the log back into it."""
        connections.close_all()
        shutil.copyfile(self._live, self._kept)

    def restore(self) -> None:
        """Go on with a new copy of the kept file, under a new name.

        A thread of the live server may still answer a page that nobody looks at any more; it ends on the old file.
        """
        connections.close_all()
        old, self._restored = self._live, self._restored + 1
        self._live = self._folder / f"live{self._restored}.sqlite3"
        shutil.copyfile(self._kept, self._live)
        connections.databases["default"]["NAME"] = str(self._live)
        for name in (old, *self._folder.glob(f"{old.name}-*")):
            name.unlink(missing_ok=True)

    def release(self) -> None:
        """Nothing changes hands: SQLite knows no roles."""

    @contextmanager
    def owning(self) -> Iterator[None]:
        """Whoever has the file owns it."""
        yield

    def url(self) -> str:
        """The file's path."""
        return f"sqlite://{self._live}"


class PostgresUnderTest:
    """A database of the tests' own server: migrated by the owner, used by the unprivileged application role."""

    _LIVE = "concord_test"
    _KEPT = "concord_kept"

    def __init__(self, server: postgres.Server) -> None:
        self._server = server
        test = connections.databases["default"]["TEST"] | {"NAME": self._LIVE}
        point_django_at(
            {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "concord",
                "USER": postgres.OWNER,
                "PASSWORD": "",
                "HOST": str(server.folder),
                "PORT": postgres.PORT,
                "OPTIONS": {},
                "TEST": test,
            }
        )

    def keep(self) -> None:
        """Grant the application its rights, keep a copy of the database, and become the application."""
        with connection.cursor() as cursor:
            grant_application(cursor, postgres.APPLICATION)
        connections.close_all()
        self._server.copy_database(self._LIVE, self._KEPT)
        self._become(postgres.APPLICATION)

    def restore(self) -> None:
        """Replace the database by the kept copy (about 30 ms); connections left open are cut off."""
        connections.close_all()
        self._server.copy_database(self._KEPT, self._LIVE)

    def release(self) -> None:
        """Become the owner again."""
        connections.close_all()
        self._become(postgres.OWNER)

    @contextmanager
    def owning(self) -> Iterator[None]:
        """Be the owner, and the application again."""
        self.release()
        try:
            yield
        finally:
            connections.close_all()
            self._become(postgres.APPLICATION)

    def url(self) -> str:
        """The server's socket, with the application role."""
        return self._server.url(self._LIVE, user=postgres.APPLICATION)

    @staticmethod
    def _become(role: str) -> None:
        connections.databases["default"]["USER"] = role


@contextmanager
def database_under_test(choice: str, folder: Path) -> Iterator[DatabaseUnderTest]:
    """Point Django at the chosen kind of database for as long as the block lasts."""
    if choice == "postgres":
        with postgres.running() as server:
            yield PostgresUnderTest(server)
            connections.close_all()
    else:
        yield SqliteUnderTest(folder)
