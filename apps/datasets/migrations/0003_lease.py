"""A reading is held under a lease like every other work; the time of the next message has a column of its own."""

from typing import Any

from django.db import migrations, models
from django.db.models import F


def start_leases(apps: Any, schema_editor: Any) -> None:
    """Readings under way were overdue at the time that now belongs to messages."""
    version = apps.get_model("datasets", "DatasetVersion")
    version.objects.filter(status="reading").update(lease_until=F("next_notification_at"))


class Migration(migrations.Migration):
    dependencies = [("datasets", "0002_read_options")]

    operations = [
        migrations.RenameField("datasetversion", "due_at", "next_notification_at"),
        migrations.AlterField("datasetversion", "next_notification_at", models.DateTimeField(null=True)),
        migrations.AddField("datasetversion", "lost_attempts", models.PositiveIntegerField(default=0)),
        migrations.AddField("datasetversion", "owner", models.CharField(blank=True, default="", max_length=120), False),
        migrations.AddField("datasetversion", "lease_until", models.DateTimeField(null=True)),
        migrations.AddField("datasetversion", "not_before", models.DateTimeField(null=True)),
        migrations.RunPython(start_leases, migrations.RunPython.noop, elidable=True),
    ]
