"""The page's types are made from the events as they are."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from apps.live.events import any_event


def test_the_exported_schema_is_fresh():
    call_command("export_events", "--check")


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind"):
        any_event.validate_python({"kind": "other", "run": "r", "seq": 1, "at": "2026-01-01T00:00:00Z"})
