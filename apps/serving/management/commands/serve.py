"""``manage.py serve``: replace this process by the serving plane, which does not load Django."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.common.engine_environment import SECRETS


class Command(BaseCommand):
    """Answer predictions on the serving plane's own port."""

    help = "Answer predictions on LEPTON_SERVE_PORT."
    requires_system_checks: list[str] = []  # noqa: RUF012

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Replace this process by the server, with the settings in its environment."""
        os.chdir(settings.BASE_DIR)
        os.execve(sys.executable, (sys.executable, "-m", "tasks.inference.server"), environment())  # noqa: S606


def environment() -> dict[str, str]:
    """Return the environment of the server: of the secrets, the key of models and the address of Redis alone."""
    inherited = {name: value for name, value in os.environ.items() if name not in SECRETS}
    return {
        **inherited,
        "LEPTON_DATA_DIR": str(settings.LEPTON_DATA_DIR),
        "LEPTON_HOST": settings.LEPTON_HOST,
        "LEPTON_SERVE_PORT": str(settings.LEPTON_SERVE_PORT),
        "LEPTON_ARTIFACTS_URL": settings.LEPTON_ARTIFACTS_URL,
        "LEPTON_ARTIFACT_KEY": settings.LEPTON_ARTIFACT_KEY,
        "LEPTON_LOCAL_CACHE_GB": str(settings.LEPTON_LOCAL_CACHE_GB),
        "REDIS_URL": settings.REDIS_URL,
    }
