from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0004_leaf_index")]

    operations = [
        migrations.AddIndex(
            model_name="read",
            index=models.Index(fields=["subject", "-id"], name="read_by_subject"),
        ),
    ]
