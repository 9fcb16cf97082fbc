from django.db import migrations

from concord.foundation.database.migration import joint_statistics


class Migration(migrations.Migration):
    dependencies = [("casework", "0007_words")]

    operations = [joint_statistics("audience_turns", "casework_audience", "scope_id, open, ours, duty")]
