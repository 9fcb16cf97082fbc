from django.db import migrations

from concord.foundation.database.migration import raised_only


class Migration(migrations.Migration):
    dependencies = [("casework", "0009_indexes_of_cases")]

    operations = [raised_only("casework_rating", "opened")]
