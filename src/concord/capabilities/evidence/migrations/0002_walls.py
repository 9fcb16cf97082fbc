from django.db import migrations

from concord.foundation.database.migration import append_only, lifted, row_level

# Columns are written with their table: inside EXISTS a bare name would mean the inner table's column of that name.
OWN = "EXISTS (SELECT 1 FROM access_scope s WHERE s.id = {{scope}} AND s.organisation_id = {column})"
SHOWN = "EXISTS (SELECT 1 FROM evidence_itemaudience a WHERE a.scope_id = {{scope}} AND a.item_id = {column})"
MATTER = "EXISTS (SELECT 1 FROM casework_audience m WHERE m.scope_id = {{scope}} AND m.matter_id = {column})"
shown = SHOWN.format
FILE = (
    f"{OWN.format(column='files_file.organisation_id')} "
    "OR EXISTS (SELECT 1 FROM casework_attachment t WHERE t.file_id = files_file.id) "
    "OR EXISTS (SELECT 1 FROM casework_paper p WHERE p.file_id = files_file.id)"
)
EVIDENCE = "EXISTS (SELECT 1 FROM evidence_itemfile e WHERE e.file_id = files_file.id)"


class Migration(migrations.Migration):
    dependencies = [
        ("evidence", "0001_tables"),
        ("casework", "0002_walls"),
    ]

    operations = [
        append_only("evidence_lotmove"),
        append_only("evidence_custody"),
        append_only("evidence_presentation"),
        append_only("evidence_consent"),
        row_level("evidence_itemaudience", "evidence_itemaudience.scope_id = {scope}"),
        row_level("evidence_item", shown(column="evidence_item.id")),
        *[
            row_level(f"evidence_{table}", shown(column=f"evidence_{table}.item_id"))
            for table in ("officer", "itemfile", "lot", "lotmove", "custody", "recognition", "consent")
        ],
        *[
            row_level(
                f"evidence_{table}",
                f"{shown(column=f'evidence_{table}.item_id')} AND {MATTER.format(column=f'evidence_{table}.matter_id')}",
            )
            for table in ("handover", "presentation")
        ],
        lifted(row_level("files_file", FILE)),
        row_level("files_file", f"{FILE} OR {EVIDENCE}"),
    ]
