import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_closed_logs")]

    operations = [
        migrations.AddField(
            model_name="sealed",
            name="head_submission",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.submission"
            ),
        ),
        migrations.AddField(model_name="sealed", name="head_proof", field=models.TextField(blank=True)),
    ]
