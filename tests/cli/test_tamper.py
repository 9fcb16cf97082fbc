"""``make tamper``: the whole story with nine real witnesses, and no process of it left behind."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from concord.entrypoints.tampering import __main__ as tamper
from concord.entrypoints.tampering import forging


@pytest.mark.slow
def test_every_forgery_is_caught() -> None:
    story = subprocess.run(
        [sys.executable, "-m", "concord.entrypoints.tampering"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert story.returncode == 0, story.stdout + story.stderr
    assert len(re.findall(r"409 .* 422 ", story.stdout)) == 9
    assert "leaf: " in story.stdout
    assert "C12 fail" in story.stdout
    assert "C12 indeterminate" in story.stdout
    assert "ledger is frozen" in story.stdout
    assert _still_running() == []


def test_the_ports_beside_it_are_free() -> None:
    port = tamper.free_port()
    assert tamper.LOWEST <= port < tamper.HIGHEST


def test_a_row_is_rewritten_past_its_guards(tmp_path: Path) -> None:
    database = tmp_path / "concord.sqlite3"
    with closing(sqlite3.connect(database)) as file, file:
        file.executescript(
            """
            CREATE TABLE journal_entry (id INTEGER PRIMARY KEY, at TEXT);
            CREATE TRIGGER guard BEFORE UPDATE ON journal_entry BEGIN SELECT RAISE(ABORT, 'never'); END;
            INSERT INTO journal_entry VALUES (7, '2026-03-02 09:30:00');
            """
        )
    before, after, guards = forging.rewrite_hour(database, 7, by=timedelta(hours=-1))
    assert (before - after, guards) == (timedelta(hours=1), ["guard"])
    with closing(sqlite3.connect(database)) as file:
        assert file.execute("SELECT at FROM journal_entry").fetchall() == [("2026-03-02 08:30:00",)]


def _still_running() -> list[str]:
    """Witnesses of any such story that are still alive."""
    commands = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it ended meanwhile
            commands.append(path.read_bytes().decode(errors="replace"))
    return [one for one in commands if "concord-tamper-" in one]
