"""The Celery application. Jobs live in ``tasks.jobs`` and are sent by name (``apps.common.jobs``)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leptonweb.settings")

app = Celery("leptonweb")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["consumer"].add("leptonweb.broker_wait:BrokerWait")  # by name: the web process needs no worker
