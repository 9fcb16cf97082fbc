from django.db import migrations

from concord.foundation.database.migration import append_only, row_level

# Columns are written with their table: inside EXISTS a bare name would mean the inner table's column of that name.
OWN = "EXISTS (SELECT 1 FROM access_scope s WHERE s.id = {{scope}} AND s.organisation_id = {column})"
SHOWN = "EXISTS (SELECT 1 FROM casework_audience a WHERE a.scope_id = {{scope}} AND a.matter_id = {column})"
own = OWN.format
shown = SHOWN.format
ACT = f"{shown(column='casework_act.matter_id')} AND (NOT internal OR {own(column='casework_act.organisation_id')})"
ENTRY = (
    f"{own(column='journal_entry.organisation_id')} OR (NOT journal_entry.internal AND EXISTS ("
    "SELECT 1 FROM casework_audience a JOIN casework_matter m ON m.id = a.matter_id "
    "WHERE a.scope_id = {scope} AND m.uid = journal_entry.matter_uid))"
)
FILE = (
    f"{own(column='files_file.organisation_id')} "
    "OR EXISTS (SELECT 1 FROM casework_attachment t WHERE t.file_id = files_file.id) "
    "OR EXISTS (SELECT 1 FROM casework_paper p WHERE p.file_id = files_file.id)"
)


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0001_tables"),
        ("journal", "0002_append_only"),
        ("notices", "0001_tables"),
        ("access", "0001_tables"),
    ]

    operations = [
        append_only("casework_act"),
        append_only("casework_attachment"),
        append_only("casework_paper"),
        append_only("casework_procedureversion"),
        row_level("casework_audience", "casework_audience.scope_id = {scope}"),
        row_level("casework_matter", shown(column="casework_matter.id")),
        row_level("casework_act", ACT),
        row_level(
            "casework_attachment", "EXISTS (SELECT 1 FROM casework_act c WHERE c.id = casework_attachment.act_id)"
        ),
        *[
            row_level(f"casework_{table}", shown(column=f"casework_{table}.matter_id"))
            for table in ("participant", "clockrun", "paper", "message")
        ],
        row_level("casework_case", own(column="casework_case.organisation_id")),
        row_level("journal_entry", ENTRY),
        row_level("journal_read", own(column="journal_read.organisation_id")),
        row_level("notices_notice", own(column="notices_notice.organisation_id")),
        row_level("files_file", FILE),
    ]
