"""The clock is read at one edge, the databases differ in one place."""

import ast

from tests.fitness.sources import Module, dotted, modules

CLOCK = "src/concord/foundation/database/clock.py"
CLOCK_READS = {
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "date.today",
    "timezone.now",
    "timezone.localdate",
    "timezone.localtime",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
}
DATABASE = "src/concord/foundation/database/"
# They read the address of the database from the environment and hand it to Django; they decide nothing by it.
CONFIGURATION = ("src/concord/config/env.py", "src/concord/config/settings.py")
# They keep a small file of their own, the same whichever database serves the application, or say where it lies.
OWN_FILES = (
    "src/concord/foundation/keys/setting_up.py",
    "src/concord/foundation/ledger/fsck.py",
    "src/concord/foundation/ledger/lock.py",
    "src/concord/foundation/ledger/log.py",
    "src/concord/witness/",
)
# It takes the part of somebody who owns the file of a SQLite database of its own, and goes past every program.
OWNERS = "src/concord/entrypoints/tampering/"
ENGINE_NAMES = ("sqlite", "postgres", "psycopg")


def test_the_clock_is_read_in_one_place() -> None:
    reads = [
        f"{module.path}:{call.lineno} {dotted(call.func)}"
        for module in modules()
        if module.path != CLOCK
        for call in module.calls()
        if ".".join(dotted(call.func).split(".")[-2:]) in CLOCK_READS
    ]
    assert reads == []


def test_the_one_place_does_read_it() -> None:
    (clock,) = (module for module in modules() if module.path == CLOCK)
    assert any(".".join(dotted(call.func).split(".")[-2:]) in CLOCK_READS for call in clock.calls())


def test_only_the_database_room_knows_which_database_it_is() -> None:
    asked = [
        f"{module.path}:{line} {what}"
        for module in modules()
        if not module.path.startswith((DATABASE, OWNERS, *OWN_FILES)) and module.path not in CONFIGURATION
        for line, what in _engine_questions(module)
    ]
    assert asked == []


def _engine_questions(module: Module) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and (node.attr == "vendor" or dotted(node) == "settings.DATABASES"):
            found.append((node.lineno, dotted(node)))
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            found += [(node.lineno, name) for name in names if name.startswith(("psycopg", "sqlite3"))]
    for text in module.texts():
        if any(name in str(text.value).lower() for name in ENGINE_NAMES):
            found.append((text.lineno, repr(text.value)))
    return found
