from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casework", "0010_ratings_stay")]

    operations = [
        migrations.CreateModel(
            name="WordsEdition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edition", models.PositiveIntegerField(default=0)),
                ("reached", models.BigIntegerField(default=0)),
                ("done", models.BooleanField(default=False)),
            ],
        ),
    ]
