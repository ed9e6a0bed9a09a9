"""Sessions are stored under a hash of their key; who is signed in stays so."""

import hashlib
from typing import Any

from django.db import migrations

KEY_CHARACTERS, STORED_CHARACTERS = 32, 40


def hash_keys(apps: Any, schema_editor: Any) -> None:
    """Replace each key by its hash. Going back is not possible: people would sign in again."""
    alias = schema_editor.connection.alias
    for app, model in (("sessions", "Session"), ("accounts", "BrowserSession")):
        rows = apps.get_model(app, model).objects.using(alias)
        for key in list(rows.values_list("session_key", flat=True)):
            if len(key) == KEY_CHARACTERS:
                stored = hashlib.sha256(key.encode()).hexdigest()[:STORED_CHARACTERS]
                rows.filter(session_key=key).update(session_key=stored)


class Migration(migrations.Migration):
    """See the module."""

    dependencies = [("accounts", "0005_delete_loginbudget"), ("sessions", "0001_initial")]
    operations = [migrations.RunPython(hash_keys, migrations.RunPython.noop)]
