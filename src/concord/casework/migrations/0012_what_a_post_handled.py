from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casework", "0011_edition_of_words")]

    operations = [
        migrations.AddIndex(
            model_name="audience",
            index=models.Index(
                fields=["handler", "-sort_key", "matter"],
                condition=models.Q(("handler__isnull", False)),
                name="audience_handled",
            ),
        ),
    ]
