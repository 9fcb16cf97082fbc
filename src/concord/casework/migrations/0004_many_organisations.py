from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.apps.registry import Apps

from concord.foundation.database.scope import writing

FILL = (
    "UPDATE casework_clockrun SET rule_digest = (SELECT v.digest FROM casework_matter m "
    "JOIN casework_procedureversion v ON v.id = m.procedure_version_id WHERE m.id = casework_clockrun.matter_id)"
)


def name_the_rules(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    with writing():
        editor.execute(FILL)


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0003_indexes_of_lists"),
        ("organisations", "0002_holiday_text"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="clockrun", name="one_running_clock_of_a_kind"),
        migrations.RemoveConstraint(model_name="participant", name="one_organisation_per_role"),
        migrations.AddField(model_name="clockrun", name="counts_back", field=models.BooleanField(default=False)),
        migrations.AddField(model_name="clockrun", name="exclusions", field=models.JSONField(default=list)),
        migrations.AddField(model_name="clockrun", name="extensions", field=models.JSONField(default=list)),
        migrations.AddField(
            model_name="clockrun",
            name="rule_digest",
            field=models.CharField(default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(model_name="clockrun", name="suspended_on", field=models.DateField(null=True)),
        migrations.AddField(model_name="participant", name="awaited", field=models.BooleanField(default=False)),
        migrations.AddConstraint(
            model_name="clockrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("running", True)),
                fields=("matter", "clock", "owner"),
                name="one_running_clock_per_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="participant",
            constraint=models.UniqueConstraint(
                fields=("matter", "role", "organisation"), name="organisation_once_per_role"
            ),
        ),
        migrations.RunPython(name_the_rules, migrations.RunPython.noop),
    ]
