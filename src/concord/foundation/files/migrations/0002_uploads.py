import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from concord.foundation.database.migration import row_level

OWN = "EXISTS (SELECT 1 FROM access_scope s WHERE s.id = {scope} AND s.organisation_id = files_upload.organisation_id)"
PIECE = (
    "EXISTS (SELECT 1 FROM files_upload u JOIN access_scope s ON s.organisation_id = u.organisation_id "
    "WHERE u.id = files_uploadchunk.upload_id AND s.id = {scope})"
)


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_tables"),
        ("files", "0001_tables"),
        ("organisations", "0004_confirmation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(editable=False, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("chunk_size", models.PositiveIntegerField()),
                ("received", models.PositiveIntegerField(default=0)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "上传中"), ("complete", "已完成"), ("refused", "未接收")],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("begun_at", models.DateTimeField()),
                ("touched_at", models.DateTimeField()),
                (
                    "file",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="files.file"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organisations.organisation"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UploadChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("index", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pieces", to="files.upload"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(condition=models.Q(("state", "open")), fields=["organisation"], name="upload_under_way"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["touched_at"], name="upload_by_touch"),
        ),
        migrations.AddConstraint(
            model_name="uploadchunk",
            constraint=models.UniqueConstraint(fields=("upload", "index"), name="chunk_once_per_upload"),
        ),
        row_level("files_upload", OWN),
        row_level("files_uploadchunk", PIECE),
    ]
