"""Migration operations for what the two databases do differently: triggers, policies, statistics."""

from __future__ import annotations

from collections.abc import Iterable

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import RunPython

REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION concord_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'concord: %% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
SEES_ALL = "(SELECT current_setting('concord.scope', true)) = 'system'"
SCOPE = "(SELECT nullif(nullif(current_setting('concord.scope', true), ''), 'system'))::bigint"


def append_only(table: str) -> RunPython:
    """Refuse UPDATE, DELETE and (PostgreSQL) TRUNCATE on ``table``."""

    def forwards(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(REFUSE_FUNCTION)
            editor.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION concord_refuse_change()"
            )
            editor.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION concord_refuse_change()"
            )
            return
        for verb in ("UPDATE", "DELETE"):
            editor.execute(f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {_refusal(table)}")

    def backwards(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        on_postgres = editor.connection.vendor == "postgresql"
        _drop_triggers(editor, table, ("append_only", "no_truncate") if on_postgres else ("no_update", "no_delete"))

    return RunPython(forwards, backwards)


def raised_only(table: str, flag: str) -> RunPython:
    """Refuse DELETE, (PostgreSQL) TRUNCATE and every UPDATE on ``table`` but that which raises the boolean ``flag``."""
    return _one_change(table, flag, name="raised_only", refused=f"OLD.{flag} OR NOT NEW.{flag}")


def given_once(table: str, column: str) -> RunPython:
    """Refuse DELETE, (PostgreSQL) TRUNCATE and every UPDATE on ``table`` but that which fills the empty ``column``."""
    refused = f"OLD.{column} IS NOT NULL OR NEW.{column} IS NULL"
    return _one_change(table, column, name="given_once", refused=refused)


def removed_only(table: str) -> RunPython:
    """Refuse UPDATE and (PostgreSQL) TRUNCATE on ``table``; a row may go, but never change."""

    def forwards(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(REFUSE_FUNCTION)
            for name, event, each in (("no_update", "UPDATE", "ROW"), ("no_truncate", "TRUNCATE", "STATEMENT")):
                editor.execute(
                    f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} "
                    f"FOR EACH {each} EXECUTE FUNCTION concord_refuse_change()"
                )
            return
        editor.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {_refusal(table)}")

    def backwards(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        names = ("no_update", "no_truncate") if editor.connection.vendor == "postgresql" else ("no_update",)
        _drop_triggers(editor, table, names)

    return RunPython(forwards, backwards)


def lifted(guard: RunPython) -> RunPython:
    """Take back what an operation of this module put on a table in an earlier migration."""
    if guard.reverse_code is None:
        raise ValueError("nothing says how to take it back")
    return RunPython(guard.reverse_code, guard.code)


def _one_change(table: str, column: str, *, name: str, refused: str) -> RunPython:
    """Refuse every change but one of ``column``, and that one too where ``refused`` holds."""

    def forwards(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(REFUSE_FUNCTION)
            editor.execute(
                f"CREATE TRIGGER {table}_{name} BEFORE UPDATE ON {table} FOR EACH ROW "
                f"WHEN ({refused} OR to_jsonb(OLD) - '{column}' <> to_jsonb(NEW) - '{column}') "
                "EXECUTE FUNCTION concord_refuse_change()"
            )
            editor.execute(
                f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION concord_refuse_change()"
            )
            editor.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION concord_refuse_change()"
            )
            return
        with editor.connection.cursor() as cursor:
            told = editor.connection.introspection.get_table_description(cursor, table)
        changed = " OR ".join(f"OLD.{kept.name} IS NOT NEW.{kept.name}" for kept in told if kept.name != column)
        refuse = _refusal(table)
        editor.execute(f"CREATE TRIGGER {table}_{name} BEFORE UPDATE ON {table} WHEN {refused} OR {changed} {refuse}")
        editor.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")

    def backwards(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        on_postgres = editor.connection.vendor == "postgresql"
        _drop_triggers(editor, table, (name, "no_delete", "no_truncate") if on_postgres else (name, "no_delete"))

    return RunPython(forwards, backwards)


def _refusal(table: str) -> str:
    """What a trigger of SQLite does."""
    return f"BEGIN SELECT RAISE(ABORT, 'concord: {table} is append-only'); END"


def _drop_triggers(editor: BaseDatabaseSchemaEditor, table: str, names: Iterable[str]) -> None:
    on_table = f" ON {table}" if editor.connection.vendor == "postgresql" else ""
    for name in names:
        editor.execute(f"DROP TRIGGER {table}_{name}{on_table}")


def joint_statistics(name: str, table: str, columns: str) -> RunPython:
    """Let PostgreSQL know which values of these columns go together, so that it expects as many rows as there are.

    SQLite keeps such counts with its indexes.
    """

    def forwards(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"CREATE STATISTICS {name} (mcv) ON {columns} FROM {table}")

    def backwards(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"DROP STATISTICS {name}")

    return RunPython(forwards, backwards)


def row_level(table: str, condition: str) -> RunPython:
    """Let a connection see the rows of ``table`` that meet ``condition`` ({scope} is its scope), or all as SYSTEM.

    Only PostgreSQL knows policies. The policy is forced, so that the table's owner obeys it too.
    """

    def forwards(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor != "postgresql":
            return
        allowed = f"{SEES_ALL} OR ({condition.format(scope=SCOPE)})"
        editor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        editor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        editor.execute(f"CREATE POLICY concord_scope ON {table} USING ({allowed}) WITH CHECK ({allowed})")

    def backwards(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor != "postgresql":
            return
        editor.execute(f"DROP POLICY concord_scope ON {table}")
        editor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        editor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")

    return RunPython(forwards, backwards)
