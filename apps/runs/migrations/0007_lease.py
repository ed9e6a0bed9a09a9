"""A request to free space is held under a lease like every other work; renewing a lease touches no index."""

from typing import Any

from django.db import migrations, models


def end_leases(apps: Any, schema_editor: Any) -> None:
    """A request that nobody works on had a time there, too."""
    apps.get_model("runs", "CleanupRequest").objects.exclude(state="working").update(lease_until=None)


class Migration(migrations.Migration):
    dependencies = [("runs", "0006_technical_names")]

    operations = [
        migrations.RenameField("cleanuprequest", "due_at", "lease_until"),
        migrations.AddField("cleanuprequest", "attempt", models.PositiveIntegerField(default=0)),
        migrations.AddField("cleanuprequest", "lost_attempts", models.PositiveIntegerField(default=0)),
        migrations.AddField("cleanuprequest", "owner", models.CharField(blank=True, default="", max_length=120), False),
        migrations.AddField("cleanuprequest", "not_before", models.DateTimeField(null=True)),
        migrations.RunPython(end_leases, migrations.RunPython.noop, elidable=True),
        migrations.RemoveIndex("noderun", "node_lease"),
        migrations.AddIndex(
            "noderun", models.Index(fields=("owner",), condition=models.Q(state="running"), name="node_running")
        ),
        migrations.AddIndex(
            "noderun", models.Index(fields=("queue",), condition=models.Q(state="queued"), name="node_queued")
        ),
    ]
