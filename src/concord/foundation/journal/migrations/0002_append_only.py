from django.db import migrations

from concord.foundation.database.migration import append_only


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_tables")]

    operations = [append_only("journal_entry"), append_only("journal_read")]
