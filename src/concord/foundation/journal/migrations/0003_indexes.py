from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_append_only")]

    operations = [
        migrations.RemoveIndex(model_name="entry", name="entry_by_organisation"),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["organisation", "-at", "-id"], name="entry_by_organisation"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["organisation", "event", "-at", "-id"], name="entry_by_event"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                fields=["organisation", "subject", "-at", "-id"],
                name="entry_by_subject",
                opclasses=["int8_ops", "varchar_pattern_ops", "timestamptz_ops", "int8_ops"],
            ),
        ),
    ]
