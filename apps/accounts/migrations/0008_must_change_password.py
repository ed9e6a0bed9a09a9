"""A person whose password the server made has to change it first. Nobody who is there already has to."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the column."""

    dependencies: ClassVar = [("accounts", "0007_token_scopes")]

    operations: ClassVar = [
        migrations.AddField("user", "must_change_password", models.BooleanField(default=False)),
    ]
