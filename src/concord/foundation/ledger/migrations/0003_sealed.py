import django.db.models.deletion
from django.db import migrations, models

from concord.foundation.database.migration import row_level


class Migration(migrations.Migration):
    dependencies = [
        ("files", "0001_tables"),
        ("ledger", "0002_walls"),
        ("organisations", "0004_confirmation"),
    ]

    operations = [
        migrations.CreateModel(
            name="Sealed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(editable=False, unique=True)),
                ("package", models.CharField(max_length=56, unique=True)),
                ("kind", models.CharField(max_length=12)),
                ("subject", models.CharField(max_length=120)),
                ("manifest", models.TextField()),
                ("events", models.JSONField()),
                ("chunks", models.JSONField(default=list)),
                ("disclosure", models.TextField(blank=True)),
                ("directory", models.TextField(blank=True)),
                ("tokens", models.JSONField(default=list)),
                ("owing", models.JSONField(default=list)),
                ("proof", models.TextField(blank=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "待入账"), ("proven", "已入账")], default="queued", max_length=8
                    ),
                ),
                ("sealed_at", models.DateTimeField()),
                ("proven_at", models.DateTimeField(null=True)),
                ("finished", models.BooleanField(default=False)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organisations.organisation"
                    ),
                ),
                (
                    "submission",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.submission"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="SealedFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.CharField(max_length=240)),
                (
                    "file",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="files.file"),
                ),
                (
                    "sealed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="ledger.sealed"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="sealed",
            index=models.Index(condition=models.Q(("finished", False)), fields=["id"], name="sealed_unfinished"),
        ),
        migrations.AddConstraint(
            model_name="sealed",
            constraint=models.UniqueConstraint(fields=("kind", "subject"), name="one_package_per_subject"),
        ),
        migrations.AddConstraint(
            model_name="sealedfile",
            constraint=models.UniqueConstraint(fields=("sealed", "path"), name="path_once_per_package"),
        ),
        row_level("ledger_sealed", "false"),
        row_level("ledger_sealedfile", "false"),
    ]
