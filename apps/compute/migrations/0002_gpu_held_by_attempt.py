"""A GPU is held by an attempt, named with its kind, and has no lease of its own any more."""

from typing import Any

from django.db import migrations
from django.db.models import Value
from django.db.models.functions import Concat, Substr

KIND = "runs.noderun:"


def name_kind(apps: Any, schema_editor: Any) -> None:
    """Put the kind before the key and attempt of each node run that holds a GPU."""
    gpu = apps.get_model("compute", "Gpu")
    gpu.objects.exclude(holder="").update(holder=Concat(Value(KIND), "holder"))


def strip_kind(apps: Any, schema_editor: Any) -> None:
    """Take the kind away again; a GPU held for anything else is free for the older version."""
    gpu = apps.get_model("compute", "Gpu")
    gpu.objects.exclude(holder__startswith=KIND).update(holder="")
    gpu.objects.filter(holder__startswith=KIND).update(holder=Substr("holder", len(KIND) + 1))


class Migration(migrations.Migration):
    dependencies = [("compute", "0001_initial")]

    operations = [
        migrations.RunPython(name_kind, strip_kind),
        migrations.RemoveField("gpu", "lease_until"),
    ]
