"""``manage.py export_events [--check]``: writes the JSON Schema of the events, from which the page's types are made."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.live.events import events_schema


class Command(BaseCommand):
    """Write or check ``frontend/src/contracts/events.schema.json``."""

    help = "Write the JSON Schema of live events for the page."
    # The file follows from the code alone; warnings about this machine's settings are no part of it.
    requires_system_checks: list[str] = []  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ``--check``: change nothing, fail when the file is stale."""
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Write the file, or compare it."""
        path = settings.BASE_DIR / "frontend" / "src" / "contracts" / "events.schema.json"
        text = json.dumps(events_schema(), indent=2, ensure_ascii=False) + "\n"
        if not options["check"]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            raise CommandError(f"{path} is stale. Run “make contracts”.")
