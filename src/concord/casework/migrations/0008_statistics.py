from django.db import migrations, models

from concord.foundation.database.migration import joint_statistics


class Migration(migrations.Migration):
    dependencies = [("casework", "0007_words")]

    operations = [
        joint_statistics("audience_turns", "casework_audience", "scope_id, open, ours, duty"),
        migrations.AddIndex(
            model_name="audience",
            index=models.Index(
                condition=models.Q(("open", True), ("ours", True)),
                fields=["handler", "due", "matter"],
                name="audience_to_do_by_post",
            ),
        ),
    ]
