from collections.abc import Iterator

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from concord.foundation.database.migration import row_level
from concord.foundation.database.scope import writing
from concord.rules.procedure import parse
from concord.rules.procedure.leading import duty_of

SHOWN = "EXISTS (SELECT 1 FROM casework_audience a WHERE a.scope_id = {{scope}} AND a.matter_id = {column})"
OWN = "EXISTS (SELECT 1 FROM access_scope s WHERE s.id = {{scope}} AND s.organisation_id = {column})"
shown = SHOWN.format
own = OWN.format
RATING = (
    f"{own(column='casework_rating.organisation_id')} "
    f"OR (casework_rating.opened AND {shown(column='casework_rating.matter_id')})"
)
# What each side's lists are filtered by, from the matter's row and its counting clocks.
FILL = (
    "UPDATE casework_audience SET "
    "procedure = (SELECT m.procedure FROM casework_matter m WHERE m.id = matter_id), "
    "origin_id = (SELECT m.origin_id FROM casework_matter m WHERE m.id = matter_id), "
    "target_id = (SELECT m.target_id FROM casework_matter m WHERE m.id = matter_id), "
    "open = (SELECT NOT m.final FROM casework_matter m WHERE m.id = matter_id), "
    "state = (SELECT CASE WHEN m.inner_role IN ('', role) THEN m.state ELSE m.outer_state END "
    "FROM casework_matter m WHERE m.id = matter_id), "
    "due = coalesce((SELECT min(c.safe_due) FROM casework_clockrun c WHERE c.matter_id = casework_audience.matter_id "
    "AND c.running AND c.suspended_on IS NULL), due), "
    "late_after = coalesce((SELECT min(c.legal_due) FROM casework_clockrun c "
    "WHERE c.matter_id = casework_audience.matter_id AND c.running AND c.suspended_on IS NULL), late_after), "
    "ours = EXISTS (SELECT 1 FROM casework_matter m JOIN access_scope s ON s.id = scope_id WHERE m.id = matter_id "
    "AND NOT m.final AND (m.holder_id = s.organisation_id OR (m.holder_id IS NULL AND EXISTS (SELECT 1 FROM "
    "casework_participant p WHERE p.matter_id = m.id AND p.organisation_id = s.organisation_id AND p.awaited))))"
)
DUTY = (
    "UPDATE casework_audience SET duty = %s WHERE ours AND role = %s AND state = %s AND matter_id IN "
    "(SELECT id FROM casework_matter WHERE procedure_version_id = %s)"
)


def fill(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    with writing(), editor.connection.cursor() as cursor:
        cursor.execute(FILL)
        cursor.execute("SELECT id, text FROM casework_procedureversion")
        for version, text in cursor.fetchall():
            for duty, role, state in duties(text):
                cursor.execute(DUTY, [duty, role, state, version])


def duties(text: str) -> Iterator[tuple[str, str, str]]:
    procedure = parse(text, file="kept")
    for role in procedure.roles:
        for state in procedure.states:
            duty = duty_of(procedure.possible(state.id, role), procedure)
            if duty:
                yield duty, role, state.id


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0005_desk"),
        ("access", "0002_feed"),
        ("sheets", "0001_tables"),
        ("notices", "0003_mail_and_settings"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="audience",
            name="procedure",
            field=models.CharField(max_length=60),
        ),
        migrations.AlterField(
            model_name="audience",
            name="origin",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organisations.organisation",
            ),
        ),
        row_level("casework_rating", RATING),
        *[
            row_level(f"casework_{table}", shown(column=f"casework_{table}.matter_id"))
            for table in ("reminder", "dateoffer", "escalation")
        ],
        row_level(
            "casework_link",
            f"{shown(column='casework_link.first_id')} AND {shown(column='casework_link.second_id')}",
        ),
        row_level("casework_savedview", own(column="casework_savedview.organisation_id")),
        row_level("sheets_sheet", own(column="sheets_sheet.organisation_id")),
        row_level("sheets_sheetrow", "EXISTS (SELECT 1 FROM sheets_sheet s WHERE s.id = sheets_sheetrow.sheet_id)"),
    ]
