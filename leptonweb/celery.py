"""The Celery application. Jobs live in ``tasks.jobs`` and are sent by name (``apps.common.jobs``)."""

import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leptonweb.settings")

app = Celery("leptonweb")
app.config_from_object("django.conf:settings", namespace="CELERY")


@celeryd_init.connect
def keep_files_private(**_: Any) -> None:
    """Have a worker, and the engine processes below it, write for this user alone."""
    os.umask(0o077)


app.steps["consumer"].add("leptonweb.broker_wait:BrokerWait")  # by name: the web process needs no worker
