import django.db.models.deletion
from django.db import migrations, models

from concord.foundation.database.migration import row_level

OWN = "EXISTS (SELECT 1 FROM access_scope s WHERE s.id = {scope} AND s.organisation_id IN (asking_id, asked_id))"


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0012_what_a_post_handled"),
        ("ledger", "0003_sealed"),
        ("organisations", "0004_confirmation"),
    ]

    operations = [
        migrations.CreateModel(
            name="SilenceStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(editable=False, unique=True)),
                ("date", models.DateField()),
                ("count", models.PositiveIntegerField()),
                ("stated_at", models.DateTimeField()),
                (
                    "asked",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisations.organisation",
                    ),
                ),
                (
                    "asking",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisations.organisation",
                    ),
                ),
                (
                    "sealed",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.sealed"
                    ),
                ),
            ],
            options={
                "ordering": ["-date", "asking", "asked"],
                "indexes": [
                    models.Index(fields=["asking", "-date", "-id"], name="statement_by_asking"),
                    models.Index(fields=["asked", "-date", "-id"], name="statement_by_asked"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("date", "asking", "asked"), name="one_statement_per_pair"),
                    models.UniqueConstraint(
                        condition=models.Q(("asked__isnull", True)),
                        fields=("date", "asking"),
                        name="one_statement_of_nothing",
                    ),
                ],
            },
        ),
        row_level("casework_silencestatement", OWN),
    ]
