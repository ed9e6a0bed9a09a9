"""Rows keep the name of their file without the folder or store it lay in when they were written."""

from typing import Any

from django.db import migrations

AT_ONCE = 500


def keep_names(apps: Any, schema_editor: Any) -> None:
    """Cut every path and URL down to its last part. Going back needs nothing: a name alone was always found."""
    versions = apps.get_model("datasets", "DatasetVersion").objects.using(schema_editor.connection.alias)
    changed = []
    for version in versions.filter(path__contains="/").only("path").iterator(chunk_size=AT_ONCE):
        version.path = version.path.rpartition("/")[2]
        changed.append(version)
    versions.bulk_update(changed, ["path"], batch_size=AT_ONCE)


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("datasets", "0005_dataset_upload")]
    operations = [
        migrations.RunPython(keep_names, migrations.RunPython.noop),
    ]
