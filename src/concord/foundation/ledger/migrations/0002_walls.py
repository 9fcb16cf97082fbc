from django.db import migrations

from concord.foundation.database.migration import given_once, removed_only, row_level


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_tables")]

    operations = [
        removed_only("ledger_salt"),
        given_once("ledger_submission", "leaf_index"),
        row_level("ledger_salt", "false"),
        row_level("ledger_submission", "false"),
    ]
