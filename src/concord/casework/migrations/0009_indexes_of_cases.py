from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casework", "0008_statistics")]

    operations = [
        migrations.RemoveIndex(model_name="matter", name="matter_open_by_due"),
        migrations.RemoveIndex(model_name="matter", name="matter_open_by_holder"),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["organisation", "-id"], name="case_latest"),
        ),
    ]
