from django.db import migrations, models

from concord.foundation.database.search import words_index


class Migration(migrations.Migration):
    dependencies = [("casework", "0006_lists_and_walls")]

    operations = [
        words_index("casework_words"),
        migrations.RemoveIndex(model_name="audience", name="audience_between"),
        migrations.AddIndex(
            model_name="audience",
            index=models.Index(
                condition=models.Q(("handler__isnull", True), ("open", True), ("ours", True)),
                fields=["scope", "duty", "due", "matter"],
                name="audience_nobodys",
            ),
        ),
        migrations.AddIndex(
            model_name="audience",
            index=models.Index(
                condition=models.Q(("open", True)),
                fields=["scope", "-sort_key", "matter"],
                name="audience_open_latest",
            ),
        ),
        migrations.AddIndex(
            model_name="audience",
            index=models.Index(fields=["scope", "origin", "-sort_key", "matter"], name="audience_by_origin"),
        ),
        migrations.AddIndex(
            model_name="audience",
            index=models.Index(fields=["scope", "target", "-sort_key", "matter"], name="audience_by_target"),
        ),
        migrations.AddIndex(
            model_name="audience",
            index=models.Index(
                condition=models.Q(("open", True)),
                fields=["scope", "origin", "target", "late_after"],
                name="audience_between",
            ),
        ),
    ]
