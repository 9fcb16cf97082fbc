from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0004_subject")]

    operations = [
        migrations.RemoveIndex(model_name="notice", name="notice_by_person"),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["person", "organisation", "-id"], name="notice_by_person"),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("read_at__isnull", True)), fields=["person", "organisation"], name="notice_unread"
            ),
        ),
    ]
