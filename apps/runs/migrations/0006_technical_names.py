"""Columns and tables get the names of the glossary; rows stay as they are."""

from django.db import migrations


class Migration(migrations.Migration):
    """Renames only."""

    dependencies = [("runs", "0005_clearing")]

    operations = [
        migrations.RenameField("noderun", "waiting", "unmet_dependencies"),
        migrations.RenameField("noderun", "lost", "lost_attempts"),
        migrations.RenameField("run", "bell_at", "next_notification_at"),
        migrations.RenameModel("Upkeep", "MaintenanceRun"),
        migrations.RenameModel("Clearing", "CleanupRequest"),
    ]
