"""Migration operations for what the two databases do differently: triggers, policies, statistics."""

from __future__ import annotations

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
            editor.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'concord: {table} is append-only'); END"
            )

    def backwards(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"DROP TRIGGER {table}_append_only ON {table}")
            editor.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
            return
        for verb in ("update", "delete"):
            editor.execute(f"DROP TRIGGER {table}_no_{verb}")

    return RunPython(forwards, backwards)


def raised_only(table: str, flag: str) -> RunPython:
    """Refuse DELETE, (PostgreSQL) TRUNCATE and every UPDATE on ``table`` but that which raises the boolean ``flag``."""

    def forwards(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(REFUSE_FUNCTION)
            editor.execute(
                f"CREATE TRIGGER {table}_raised_only BEFORE UPDATE ON {table} FOR EACH ROW "
                f"WHEN (OLD.{flag} OR NOT NEW.{flag} OR to_jsonb(OLD) - '{flag}' <> to_jsonb(NEW) - '{flag}') "
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
        changed = " OR ".join(f"OLD.{column.name} IS NOT NEW.{column.name}" for column in told if column.name != flag)
        refuse = f"BEGIN SELECT RAISE(ABORT, 'concord: {table} is append-only'); END"
        editor.execute(
            f"CREATE TRIGGER {table}_raised_only BEFORE UPDATE ON {table} "
            f"WHEN OLD.{flag} OR NOT NEW.{flag} OR {changed} {refuse}"
        )
        editor.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")

    def backwards(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        if editor.connection.vendor == "postgresql":
            for name in ("raised_only", "no_delete", "no_truncate"):
                editor.execute(f"DROP TRIGGER {table}_{name} ON {table}")
            return
        for name in ("raised_only", "no_delete"):
            editor.execute(f"DROP TRIGGER {table}_{name}")

    return RunPython(forwards, backwards)


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
