from django.db import migrations

from concord.foundation.database.migration import append_only, row_level

# A draft is shown to its own organisation and to the centre.
DRAFT = (
    "EXISTS (SELECT 1 FROM access_scope s JOIN organisations_organisation o ON o.id = s.organisation_id "
    "WHERE s.id = {scope} AND (o.kind = 'centre' OR o.id = governance_charterdraft.organisation_id))"
)


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0001_tables"),
        ("access", "0001_tables"),
        ("organisations", "0001_tables"),
    ]

    operations = [
        append_only("organisations_charterversion"),
        row_level("governance_charterdraft", DRAFT),
    ]
