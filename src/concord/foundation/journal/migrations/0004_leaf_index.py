from django.db import migrations, models

from concord.foundation.database.migration import append_only, given_once, lifted


class Migration(migrations.Migration):
    dependencies = [("journal", "0003_indexes")]

    operations = [
        lifted(append_only("journal_entry")),
        migrations.AddField(model_name="entry", name="leaf_index", field=models.BigIntegerField(null=True)),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["id"], condition=models.Q(("leaf_index__isnull", True)), name="entry_pending"),
        ),
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.UniqueConstraint(
                fields=("leaf_index",), condition=models.Q(("leaf_index__isnull", False)), name="one_entry_per_leaf"
            ),
        ),
        given_once("journal_entry", "leaf_index"),
    ]
